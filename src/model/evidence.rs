//! Evidence that names files: which texts are paths, and where the files may be.

use std::net::Ipv4Addr;

use crate::characters::is_unseen;

/// What is wrong with a path that evidence names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathProblem {
    /// No file exists at any of the places that it may mean.
    Missing(String),
    /// It is absolute or leads out of the repository, so that nobody else can look at it.
    Outside(String),
}

/// The first problem of the paths that a text names. `exists` is asked with paths from the repository's root.
///
/// A text names paths if it consists of nothing else, but for addresses and words that join them. In other texts, those in
/// Markdown links count.
pub fn path_problem(text: &str, model: &str, exists: impl Fn(&str) -> bool) -> Option<PathProblem> {
    /// More paths than that are not looked at.
    const MOST: usize = 100;
    let is_there = |path: &str| candidates(path, model).iter().any(|path| exists(path));
    // A file's name may contain spaces.
    if !is_absolute(text.trim()) && is_there(text.trim()) {
        return None;
    }
    let (links, rest) = without_links(text);
    let rest = rest.replace([',', ';', '|'], " ");
    let words: Vec<Word> = rest.split_whitespace().map(|word| Word::of(word, is_there)).collect();
    let is_prose = words.contains(&Word::Prose);
    let links = links.iter().map(|target| Word::of(target, is_there));
    let words = words.into_iter().filter(|_| !is_prose);
    links.chain(words).take(MOST).find_map(|word| match word {
        Word::Path(path) if candidates(&path, model).is_empty() => Some(PathProblem::Outside(path)),
        Word::Path(path) if !is_there(&path) && !is_there(&path.replace("%20", " ")) => {
            Some(PathProblem::Missing(path))
        }
        Word::Outside(path) => Some(PathProblem::Outside(path)),
        Word::Path(_) | Word::Other | Word::Prose => None,
    })
}

/// A word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Word {
    Path(String),
    /// A path that is absolute.
    Outside(String),
    /// An address, or a word that joins others.
    Other,
    Prose,
}

/// What a word may be in: quotes of several kinds, and brackets.
const WRAPPERS: [char; 19] =
    ['`', '"', '\'', '(', ')', '[', ']', '<', '>', '{', '}', '“', '”', '„', '‘', '’', '‚', '«', '»'];
/// The beginnings of addresses and identifiers that are no paths.
const SCHEMES: [&str; 4] = ["mailto:", "doi:", "arxiv:", "urn:"];
/// Words that join paths.
const JOINTS: [&str; 9] = ["and", "or", "see", "evidence", "&", "+", "-", "–", "•"];
/// Folders whose name makes a path of a word without a file extension.
const USUAL_FOLDERS: [&str; 7] = ["doc", "docs", "evidence", "src", "tests", ".github", ".gitlab"];
/// File extensions that make a path of a word without a folder.
const USUAL_EXTENSIONS: [&str; 24] = [
    "adoc", "csv", "docx", "feature", "htm", "html", "ipynb", "jpeg", "jpg", "json", "log", "markdown", "md",
    "odt", "pdf", "png", "pptx", "rst", "sarif", "svg", "txt", "xlsx", "yaml", "yml",
];

impl Word {
    fn of(word: &str, is_there: impl Fn(&str) -> bool) -> Self {
        const LONGEST: usize = 1_000;
        let word: String =
            word.chars().filter(|letter| letter.is_ascii() || !is_unseen(*letter)).map(plain_dot).collect();
        let word = word.trim_matches(WRAPPERS).trim_end_matches([':', '!', '…']);
        let word = word.strip_suffix('.').filter(|rest| !rest.ends_with(['.', '/'])).unwrap_or(word);
        let word = word.trim_matches(WRAPPERS);
        if is_absolute(word) {
            return Self::Outside(word.to_owned());
        }
        let is_scheme =
            |scheme: &str| word.get(..scheme.len()).is_some_and(|lead| lead.eq_ignore_ascii_case(scheme));
        let is_address = word.contains("://") || SCHEMES.iter().any(|scheme| is_scheme(scheme));
        if word.is_empty() || is_address || JOINTS.contains(&&*word.to_lowercase()) {
            return Self::Other;
        }
        let path = without_place(word).replace('\\', "/");
        let is_plain = |letter: char| !letter.is_control() && !"<>|*?\"@".contains(letter);
        if path.len() > LONGEST || !path.chars().all(is_plain) {
            return Self::Prose;
        }
        let Some((first, _)) = path.split_once('/') else {
            let is_usual = |(_, extension): (&str, &str)| is_one_of(extension, &USUAL_EXTENSIONS);
            let is_file = has_extension(&path) && path.rsplit_once('.').is_some_and(is_usual);
            return if is_file { Self::Path(path) } else { Self::Prose };
        };
        if first.eq_ignore_ascii_case(".git") {
            return Self::Outside(path);
        }
        let is_dotted = first == "." || first == "..";
        if !is_dotted && !path.contains("/../") && is_host(first) {
            return Self::Other;
        }
        let is_file = path.rsplit('/').next().is_some_and(has_extension);
        let is_folder = is_one_of(first, &USUAL_FOLDERS) || is_there(first);
        if is_dotted || is_file || is_folder { Self::Path(path) } else { Self::Prose }
    }
}

fn is_one_of(word: &str, words: &[&str]) -> bool {
    words.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// Whether a path begins at the root of a system or a drive, at a home folder, or is an address of a file.
fn is_absolute(path: &str) -> bool {
    let is_file_address = path.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("file:"));
    let mut letters = path.chars();
    let (first, second, third) = (letters.next(), letters.next(), letters.next());
    let is_separator = |letter: Option<char>| matches!(letter, Some('/' | '\\'));
    let is_on_drive = first.is_some_and(|drive| drive.is_ascii_alphabetic()) && second == Some(':');
    is_file_address
        || is_separator(first) && second.is_some()
        || first == Some('~') && is_separator(second)
        || is_on_drive && is_separator(third)
}

/// The targets of the Markdown links in a text, and the text without the links.
fn without_links(text: &str) -> (Vec<&str>, String) {
    let (mut targets, mut plain, mut rest) = (Vec::new(), String::new(), text);
    while let Some((before, after)) = rest.split_once("](") {
        let Some((target, next)) = after.split_once(')') else { break };
        let start = before.rfind('[').unwrap_or(before.len());
        plain.push_str(&before[..start]);
        plain.push(' ');
        // A title may come after the target.
        let target = target.trim().strip_prefix('<').map_or_else(
            || target.split_whitespace().next().unwrap_or_default(),
            |target| target.split('>').next().unwrap_or_default(),
        );
        // What begins with `#` is a place in the same page.
        targets.extend((!target.starts_with('#')).then_some(target));
        rest = next;
    }
    plain.push_str(rest);
    (targets, plain)
}

/// A path without `#fragment`, `?query`, `:12`, `:12:3` or `:12-20`.
fn without_place(text: &str) -> &str {
    let path = text.split(['#', '?']).next().unwrap_or(text);
    let is_place =
        |part: &str| !part.is_empty() && part.bytes().all(|letter| letter.is_ascii_digit() || letter == b'-');
    let mut path = path;
    while let Some((rest, _)) = path.rsplit_once(':').filter(|(_, part)| is_place(part)) {
        path = rest;
    }
    path
}

/// Whether a folder's name reads like a host's, as in `example.org/report.pdf` or `localhost:8080/report.html`.
fn is_host(first: &str) -> bool {
    let is_domain = |(rest, last): (&str, &str)| {
        !rest.is_empty() && last.len() > 1 && last.bytes().all(|letter| letter.is_ascii_alphabetic())
    };
    let is_port = |(_, port): (&str, &str)| port.parse::<u16>().is_ok();
    first.rsplit_once(':').is_some_and(is_port)
        || first.parse::<Ipv4Addr>().is_ok()
        || first.rsplit_once('.').is_some_and(is_domain)
}

/// A full stop for a character that looks like one.
const fn plain_dot(letter: char) -> char {
    if matches!(letter, '\u{2024}' | '．' | '﹒') { '.' } else { letter }
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
fn candidates(path: &str, model: &str) -> Vec<String> {
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
    // Nobody else can look at git's own files.
    let is_git = parts.first().is_some_and(|first| first.eq_ignore_ascii_case(".git"));
    (!parts.is_empty() && !is_git).then(|| parts.join("/"))
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
    fn paths_to_nothing_are_found() {
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
    fn paths_that_nobody_else_can_look_at_are_found() {
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
    fn existing_paths_prose_and_addresses_are_no_problem() {
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
