//! Evidence that names a file: which texts are relative paths, and where the file may be.

/// The relative path that a text is, if it is one and nothing else: it begins with `./` or `../`, or has a folder and a
/// file extension; it has no white space and no scheme, and its first part is no host name. A fragment or a line number at
/// the end is not part of it.
pub fn relative_path(text: &str) -> Option<&str> {
    const LONGEST: usize = 1_000;
    let text = text.trim().trim_matches(['`', '"', '\'', '(', ')', '[', ']', ',', ';']).trim_end_matches('.');
    let is_plain =
        |letter: char| !letter.is_whitespace() && !letter.is_control() && !"\\<>|*?\"@".contains(letter);
    if text.len() > LONGEST || text.contains("://") || !text.chars().all(is_plain) {
        return None;
    }
    let path = without_place(text);
    let (first, last) = (path.split('/').next()?, path.rsplit('/').next()?);
    let is_dotted = first == "." || first == "..";
    let is_file = !first.is_empty() && !is_host(first) && has_extension(last);
    (path.contains('/') && (is_dotted || is_file)).then_some(path)
}

/// A path without `#fragment`, `:12` or `:12:3`.
fn without_place(text: &str) -> &str {
    let path = text.split('#').next().unwrap_or(text);
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|digit| digit.is_ascii_digit());
    let mut path = path;
    while let Some((rest, _)) = path.rsplit_once(':').filter(|(_, part)| is_number(part)) {
        path = rest;
    }
    path
}

/// Whether a folder's name reads like a host's, as in `example.org/report.pdf`.
fn is_host(first: &str) -> bool {
    let is_domain = |(rest, last): (&str, &str)| {
        !rest.is_empty() && last.len() > 1 && last.bytes().all(|letter| letter.is_ascii_alphabetic())
    };
    first.rsplit_once('.').is_some_and(is_domain)
}

fn has_extension(name: &str) -> bool {
    let is_ending = |ending: &str| {
        (1..=10).contains(&ending.len())
            && ending.bytes().all(|letter| letter.is_ascii_alphanumeric())
            && ending.bytes().any(|letter| letter.is_ascii_alphabetic())
    };
    name.rsplit_once('.').is_some_and(|(stem, ending)| !stem.is_empty() && is_ending(ending))
}

/// The paths that a relative one may mean: from the folder of the threat model, and from the repository's root. Those that
/// lead out of the repository are left out.
pub fn candidates(path: &str, model: &str) -> Vec<String> {
    let folder = model.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut all = Vec::new();
    if model.starts_with('/') {
        // The threat model is outside of the repository: only its own folder is searched.
        all.extend(joined("", path).map(|path| format!("{folder}/{path}")));
    } else {
        all.extend(joined(folder, path));
        all.extend(joined("", path));
        all.dedup();
    }
    all
}

/// A path from a folder, without `.` and `..`; `None` where it leads out.
fn joined(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_path_is_told_from_prose_and_addresses() {
        for (text, path) in [
            ("tests/sandbox.md", "tests/sandbox.md"),
            (" docs/a/report.pdf ", "docs/a/report.pdf"),
            ("./evidence", "./evidence"),
            ("./", "./"),
            ("../reports/2026", "../reports/2026"),
            (".github/workflows/test.yml", ".github/workflows/test.yml"),
            ("v1.2/report.md", "v1.2/report.md"),
            ("tests/sandbox.rs:42", "tests/sandbox.rs"),
            ("tests/sandbox.rs:42:7", "tests/sandbox.rs"),
            ("docs/report.md#results", "docs/report.md"),
            ("prüfung/bericht.md", "prüfung/bericht.md"),
        ] {
            assert_eq!(relative_path(text), Some(path), "{text}");
        }
        for text in [
            "Sandbox escape tests.",
            "CI/CD",
            "CI/CD.",
            "and/or",
            "report.md",
            "https://example.org/report.md",
            "example.org/report.pdf",
            "www.example.org/a/report.pdf",
            "Tests in tests/sandbox.md",
            "tests/sandbox.md, tests/other.md",
            "/etc/passwd.txt",
            "security@example.org/report.md",
            "TCP/IP",
            "runs/2026",
            "50/50.5",
            "tests/*.md",
            "",
        ] {
            assert_eq!(relative_path(text), None, "{text}");
        }
    }

    #[test]
    fn candidates_stay_in_the_repository() {
        for (path, model, expected) in [
            (
                "tests/a.md",
                "agents/planner/threat-model.yaml",
                vec!["agents/planner/tests/a.md", "tests/a.md"],
            ),
            ("./a.md", "threat-model.yaml", vec!["a.md"]),
            ("../a.md", "agents/threat-model.yaml", vec!["a.md"]),
            ("../../a.md", "agents/threat-model.yaml", vec![]),
            ("./", "agents/threat-model.yaml", vec!["agents"]),
            ("a/../../../etc/passwd.txt", "agents/threat-model.yaml", vec![]),
            ("tests/a.md", "/tmp/x/threat-model.yaml", vec!["/tmp/x/tests/a.md"]),
            ("../a.md", "/tmp/x/threat-model.yaml", vec![]),
        ] {
            assert_eq!(candidates(path, model), expected, "{path} {model}");
        }
    }
}
