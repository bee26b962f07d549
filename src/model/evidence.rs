//! Paths and addresses in texts: the files that evidence names, with the places where they may be, and what a text points to.

use std::net::Ipv4Addr;

use crate::likeness::is_unseen;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PathProblem {
    /// No file exists at any of the places that it may mean.
    Missing(String),
    /// It is absolute or leads out of the repository, so that nobody else can open it.
    Outside(String),
}

const MAX_PATHS: usize = 100;
/// The maximum length of a path in bytes.
const MAX_PATH_LENGTH: usize = 1_000;
/// Quotes and brackets around a word.
const WRAPPERS: &str = "`\"'()[]<>{}“”„‘’‚«»";
/// The beginnings of addresses and identifiers that are not paths.
const SCHEMES: [&str; 4] = ["mailto:", "doi:", "arxiv:", "urn:"];
const JOINTS: [&str; 9] = ["and", "or", "see", "evidence", "&", "+", "-", "–", "•"];
/// Folders whose name makes a path of a word without a file extension.
const USUAL_FOLDERS: [&str; 7] = ["doc", "docs", "evidence", "src", "tests", ".github", ".gitlab"];
/// File extensions that make a path of a word without a folder.
const USUAL_EXTENSIONS: [&str; 24] = [
    "adoc", "csv", "docx", "feature", "htm", "html", "ipynb", "jpeg", "jpg", "json", "log", "markdown", "md",
    "odt", "pdf", "png", "pptx", "rst", "sarif", "svg", "txt", "xlsx", "yaml", "yml",
];

/// The first problem of the paths in a text. `exists` gets paths from the repository's root.
///
/// A text that has nothing but paths, addresses and words that join them names paths. In other texts only the targets of
/// Markdown links count.
pub(crate) fn path_problem(text: &str, model: &str, exists: impl Fn(&str) -> bool) -> Option<PathProblem> {
    let is_there = |path: &str| candidates(path, model).iter().any(|path| exists(path));
    // A file's name may contain spaces.
    if !is_absolute(text.trim()) && is_there(text.trim()) {
        return None;
    }
    let (targets, rest) = without_links(text);
    let rest = rest.replace([',', ';', '|'], " ");
    let mut words: Vec<Word> = rest.split_whitespace().map(|word| Word::of(word, is_there)).collect();
    if words.contains(&Word::Prose) {
        words.clear();
    }
    let targets = targets.iter().map(|target| Word::of(target, is_there));
    targets.chain(words).take(MAX_PATHS).find_map(|word| match word {
        Word::Path(path) if candidates(&path, model).is_empty() => Some(PathProblem::Outside(path)),
        Word::Path(path) if !is_there(&path) && !is_there(&path.replace("%20", " ")) => {
            Some(PathProblem::Missing(path))
        }
        Word::Outside(path) => Some(PathProblem::Outside(path)),
        Word::Path(_) | Word::Other | Word::Prose => None,
    })
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Word {
    Path(String),
    Outside(String),
    /// An address, or a word that joins others.
    Other,
    Prose,
}

impl Word {
    fn of(word: &str, is_there: impl Fn(&str) -> bool) -> Self {
        let seen = word.chars().filter(|letter| letter.is_ascii() || !is_unseen(*letter));
        // Some characters resemble a full stop.
        let word = seen.collect::<String>().replace(['\u{2024}', '．', '﹒'], ".");
        let word = word.trim_matches(is_wrapper).trim_end_matches([':', '!', '…']);
        let word = word.strip_suffix('.').filter(|rest| !rest.ends_with(['.', '/'])).unwrap_or(word);
        let word = word.trim_matches(is_wrapper);
        if is_absolute(word) {
            return Self::Outside(word.to_owned());
        }
        let is_address = word.contains("://") || SCHEMES.iter().any(|scheme| begins_with(word, scheme));
        if word.is_empty() || is_address || JOINTS.contains(&&*word.to_lowercase()) {
            return Self::Other;
        }
        let path = without_place(word).replace('\\', "/");
        let is_odd = path.contains(|letter: char| letter.is_control() || "<>|*?\"@".contains(letter));
        if path.len() > MAX_PATH_LENGTH || is_odd {
            return Self::Prose;
        }
        let extension = path.rsplit('/').next().and_then(extension);
        let Some((first, _)) = path.split_once('/') else {
            let is_file = extension.is_some_and(|extension| is_one_of(extension, &USUAL_EXTENSIONS));
            return if is_file { Self::Path(path) } else { Self::Prose };
        };
        if first.eq_ignore_ascii_case(".git") {
            return Self::Outside(path);
        }
        let is_dotted = first == "." || first == "..";
        if !is_dotted && !path.contains("/../") && is_host(first) {
            return Self::Other;
        }
        let is_folder = is_one_of(first, &USUAL_FOLDERS) || is_there(first);
        if is_dotted || extension.is_some() || is_folder { Self::Path(path) } else { Self::Prose }
    }
}

fn is_wrapper(letter: char) -> bool {
    WRAPPERS.contains(letter)
}

fn begins_with(word: &str, start: &str) -> bool {
    word.get(..start.len()).is_some_and(|lead| lead.eq_ignore_ascii_case(start))
}

fn is_one_of(word: &str, words: &[&str]) -> bool {
    words.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// Whether a path begins at the root of a system or a drive, at a home folder, or is an address of a file.
fn is_absolute(path: &str) -> bool {
    match path.as_bytes() {
        [b'/' | b'\\', _, ..] | [b'~', b'/' | b'\\', ..] => true,
        [drive, b':', b'/' | b'\\', ..] if drive.is_ascii_alphabetic() => true,
        _ => begins_with(path, "file:"),
    }
}

/// The targets of the Markdown links in a text, and the text without the links.
fn without_links(text: &str) -> (Vec<&str>, String) {
    let (mut targets, mut plain, mut rest) = (Vec::new(), String::new(), text);
    while let Some((before, after)) = rest.split_once("](") {
        let Some((target, next)) = after.split_once(')') else { break };
        plain.push_str(&before[..before.rfind('[').unwrap_or(before.len())]);
        plain.push(' ');
        let target = target.trim();
        // A title may follow the target.
        let target = match target.strip_prefix('<') {
            Some(bracketed) => bracketed.split('>').next(),
            None => target.split_whitespace().next(),
        };
        // `#` begins a place in the same page.
        targets.extend(target.filter(|target| !target.starts_with('#')));
        rest = next;
    }
    plain.push_str(rest);
    (targets, plain)
}

/// A path without `#fragment`, `?query`, `:12`, `:12:3` or `:12-20`.
fn without_place(text: &str) -> &str {
    let mut path = text.split(['#', '?']).next().unwrap_or(text);
    while let Some((rest, place)) = path.rsplit_once(':') {
        if place.is_empty() || !place.bytes().all(|letter| letter.is_ascii_digit() || letter == b'-') {
            break;
        }
        path = rest;
    }
    path
}

/// Whether a folder's name is like a host's, as in `example.org/report.pdf` or `localhost:8080/report.html`.
fn is_host(first: &str) -> bool {
    let (port, domain) = (first.rsplit_once(':'), first.rsplit_once('.'));
    port.is_some_and(|(_, port)| port.parse::<u16>().is_ok())
        || first.parse::<Ipv4Addr>().is_ok()
        || domain.is_some_and(|(rest, last)| {
            !rest.is_empty() && last.len() > 1 && last.bytes().all(|letter| letter.is_ascii_alphabetic())
        })
}

fn extension(name: &str) -> Option<&str> {
    let (stem, extension) = name.rsplit_once('.')?;
    let is_extension = !stem.is_empty()
        && (1..=10).contains(&extension.len())
        && extension.bytes().all(|letter| letter.is_ascii_alphanumeric())
        && extension.bytes().any(|letter| letter.is_ascii_alphabetic());
    is_extension.then_some(extension)
}

/// The paths that a relative one may mean: from the threat model's folder, and from the repository's root, unless they lead
/// out of the repository.
fn candidates(path: &str, model: &str) -> Vec<String> {
    let folder = model.rsplit_once('/').map_or("", |(folder, _)| folder);
    if model.starts_with('/') {
        // The threat model is outside of the repository: only its own folder is searched.
        return joined("", path).map(|path| format!("{folder}/{path}")).into_iter().collect();
    }
    let mut all: Vec<String> = joined(folder, path).into_iter().chain(joined("", path)).collect();
    all.dedup();
    all
}

/// A path from a folder, without `.` and `..`; `None` if it leads out.
fn joined(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    // Git's own files are not part of the repository.
    let is_git = parts.first().is_some_and(|first| first.eq_ignore_ascii_case(".git"));
    (!parts.is_empty() && !is_git).then(|| parts.join("/"))
}

// Addresses in any text.

/// Whether a part of a text without white space is the address of a page, a file, a mailbox or a ticket.
pub(crate) fn is_address(part: &str) -> bool {
    let is_relative =
        (part.starts_with("./") || part.starts_with("../")) && part.contains(char::is_alphanumeric);
    let part = part.trim_matches(|sign: char| !sign.is_alphanumeric() && !matches!(sign, '#' | '/'));
    is_relative
        || part.contains("://")
        || part.starts_with("www.")
        || part.starts_with("mailto:")
        || part.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'))
        || part.strip_prefix('#').is_some_and(is_digits)
        || part.split_once('-').is_some_and(|(key, number)| is_ticket(key, number))
        || is_path(part)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit())
}

fn is_ticket(key: &str, number: &str) -> bool {
    /// Names of standards, algorithms and models, which precede a hyphen and a number too.
    const STANDARDS: [&str; 12] =
        ["AES", "CRC", "CWE", "FIPS", "GPT", "ISO", "MD", "RFC", "RSA", "SHA", "SOC", "UTF"];
    key.len() > 1
        && key.bytes().all(|letter| letter.is_ascii_uppercase())
        && !STANDARDS.contains(&key)
        && is_digits(number)
}

/// Whether a part has slashes, and a file or a host at one end.
fn is_path(part: &str) -> bool {
    /// The longest extension next to which no folder is known.
    const MAX_LENGTH: usize = 8;
    let Some((first, rest)) = part.split_once('/') else { return false };
    let last = rest.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    [first, last].into_iter().filter_map(extension).any(|extension| extension.len() <= MAX_LENGTH)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The problem of a text in a repository with a few files, as text.
    fn problem(text: &str) -> String {
        const FILES: [&str; 7] = [
            "tests",
            "tests/a.md",
            "tests/a b.md",
            "agents/a.md",
            "agents",
            "x.pdf",
            ".github/workflows/t.yml",
        ];
        let exists = |path: &str| FILES.contains(&path);
        match path_problem(text, "agents/threat-model.yaml", exists) {
            None => String::new(),
            Some(PathProblem::Missing(path)) => format!("missing {path}"),
            Some(PathProblem::Outside(path)) => format!("outside {path}"),
        }
    }

    #[test]
    fn path_to_a_missing_file_is_reported() {
        for (text, path) in [
            ("tests/b.md", "tests/b.md"),
            (" docs/a/report.pdf ", "docs/a/report.pdf"),
            ("./evidence", "./evidence"),
            ("../reports/2026", "../reports/2026"),
            ("v1.2/report.md", "v1.2/report.md"),
            ("tests/b.rs:42:7", "tests/b.rs"),
            ("tests/b.rs:42-50", "tests/b.rs"),
            ("docs/report.md#results", "docs/report.md"),
            ("docs/report.md?plain=1#L4", "docs/report.md"),
            ("prüfung/bericht.md", "prüfung/bericht.md"),
            ("docs\\evidence.md", "docs/evidence.md"),
            ("..\\evidence.md", "../evidence.md"),
            ("tests/missing", "tests/missing"),
            ("nope.md\u{200B}", "nope.md"),
            ("nope\u{2024}md", "nope.md"),
            ("nope/a.md…", "nope/a.md"),
            ("nope.md|tests/a.md", "nope.md"),
            ("example.org/../nope.md", "example.org/../nope.md"),
            ("agents/missing", "agents/missing"),
            ("docs/", "docs/"),
            ("missing.md", "missing.md"),
            ("MISSING.PDF", "MISSING.PDF"),
            ("tests/a.md, tests/b.md", "tests/b.md"),
            ("tests/a.md\n- tests/b.md\n", "tests/b.md"),
            ("tests/a.md and tests/b.md.", "tests/b.md"),
            ("https://example.org/a; tests/b.md", "tests/b.md"),
            ("See: `tests/b.md`", "tests/b.md"),
            ("<tests/b.md>", "tests/b.md"),
            ("“tests/b.md”", "tests/b.md"),
            ("[tests](tests/b.md)", "tests/b.md"),
            ("We ran [the tests](tests/b.md \"all\") twice.", "tests/b.md"),
            ("[a](tests/a.md) and [b](<tests/b c.md>)", "tests/b c.md"),
        ] {
            assert_eq!(problem(text), format!("missing {path}"), "{text}");
        }
    }

    #[test]
    fn path_out_of_the_repository_is_reported() {
        for text in [
            "/nonexistent/x.md",
            "/tests/a.md",
            "file:///tmp/x.md",
            "FILE:x",
            "file:tests/a.md",
            "C:\\x",
            "c:/x.md",
            "\\\\server\\share\\x.md",
            "~/x.md",
            ".git/config",
            "../.git/config",
            "../../outside.md",
            "tests/../../../x.md",
        ] {
            assert_eq!(problem(text), format!("outside {}", text.replace("..\\", "../")), "{text}");
        }
        assert_eq!(problem("tests/a.md, /etc/hosts"), "outside /etc/hosts");
        assert_eq!(problem("[hosts](/etc/hosts)"), "outside /etc/hosts");
    }

    #[test]
    fn existing_path_prose_and_address_pass() {
        for text in [
            "tests/a.md",
            "./a.md",
            "../tests/a.md",
            "`tests/a.md:12`",
            "tests\\a.md",
            "tests/a b.md",
            "[a](tests/a%20b.md)",
            "tests/a.md, a.md; x.pdf",
            "tests",
            "../x.pdf#page=2",
            ".github/workflows/t.yml",
            "Sandbox escape tests.",
            "Approved in the risk meeting of 2026-03-01",
            "Approved by the owner and/or the risk board",
            "CI/CD",
            "CI/CD.",
            "and/or",
            "24/7",
            "input/output",
            "pass/fail",
            "n/a",
            "client/server",
            "read/write",
            "2026/03/01",
            "SEC-1234",
            "SEC/1234",
            "JIRA: SEC-1234, SEC-1235",
            "owner/repository#12",
            "@owner/package",
            "Node.js",
            "ISO/IEC 27001",
            "SOC 2 / ISO 27001",
            "https://example.org/report.md",
            "<https://example.org/a/b.md>",
            "[report](https://example.org/report.md)",
            "[above](#tests)",
            "mailto:security@example.org",
            "example.org/report.pdf",
            "www.example.org/a/report.pdf",
            "doi:10.1000/x.pdf",
            "arXiv:2401.1/v2.pdf",
            "localhost:8080/r.html",
            "10.0.0.1/r.html",
            "Tests in tests/sandbox.md",
            "Runs of tests/sandbox.md, see /etc/hosts on the runner",
            "security@example.org/report.md",
            "TCP/IP",
            "runs/2026",
            "50/50.5",
            "tests/*.md",
            "",
            "/",
            "..",
            "](",
            "a](b",
        ] {
            assert_eq!(problem(text), "", "{text}");
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
