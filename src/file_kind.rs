//! The kinds of files that are named like threat models and are none: how each is recognized, its name for people, and the
//! command to run next.
//!
//! Recognition searches a text for keys and never parses it, so it is linear, and works on broken files as well. Whether a
//! broken file is skipped as another tool's depends on it; [`crate::workspace`] limits that to files without the marker.

mod table;

use std::borrow::Cow;

use memchr::memmem;

use crate::page::draft;
use crate::source::{BOM, Language, Source, is_default};
use crate::syntax::Node;
pub use table::FileKind;
use table::FormatMark::{Key, Text};
use table::{
    BROKEN, DATA, FormatMark, MAESTRO_PAGE, MAESTRO_PAGES, MENTION, MISPLACED_REPORT, MODEL_PAGE, Next,
    UNKNOWN, UNMARKED,
};

/// A file that is not checked: its kind, its next step, and the reason why it cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherFile {
    /// Its kind.
    pub kind: &'static FileKind,
    next: Next,
    cause: Option<Box<str>>,
}

impl OtherFile {
    const fn of(kind: &'static FileKind) -> Self {
        Self { kind, next: kind.next, cause: None }
    }

    /// A file of a kind of [`DATA`], whose threats can be imported if it can be read.
    fn of_data(kind: &'static FileKind, text: &[u8], is_read: bool) -> Self {
        let next = match kind.next {
            Next::ImportThreats if is_read && lists_threats(text) => Next::Import,
            Next::Import | Next::ImportThreats if !is_read => Next::Init,
            Next::ImportThreats => Next::Init,
            next => next,
        };
        Self { next, ..Self::of(kind) }
    }

    /// A file of any kind.
    pub(crate) const UNKNOWN: Self = Self::of(&UNKNOWN);
    /// A file that contains the marker in prose or a comment.
    pub(crate) const MENTION: Self = Self::of(&MENTION);

    /// Recognizes a file that was read and contains no threat model. `is_unmarked` is whether it has keys of one.
    pub(crate) fn recognize(path: &str, source: &Source, is_unmarked: bool) -> Self {
        if source.language() == Language::Markdown {
            return page_kind(path, source);
        }
        match data_kind(source.text().as_bytes()) {
            Some(kind) if kind.name == MISPLACED_REPORT.name && is_unmarked => Self::of(&MISPLACED_REPORT),
            Some(kind) => Self::of_data(kind, source.text().as_bytes(), true),
            None if is_unmarked && has_own_keys(source.text().as_bytes()) => Self::of(&UNMARKED),
            None => Self::UNKNOWN,
        }
    }

    /// Recognizes a file that cannot be read and does not contain the marker; `None` if it is empty or has keys of a threat
    /// model, so that it may be a broken one.
    pub(crate) fn unreadable(path: &str, source: &Source, cause: impl FnOnce() -> String) -> Option<Self> {
        let text = without_zeros(source.text().as_bytes());
        let has_own_keys = OWN_KEYS.iter().any(|key| is_key_in(&text, key, false));
        if source.language() == Language::Markdown {
            // In a page that can be decoded, only blocks that are meant to be threat models have problems.
            let is_meant = source.undecodable().is_none() || has_own_keys;
            let page = Some(page_kind(path, source)).filter(|_| !is_meant)?;
            return Some(if page.is_unknown() { Self::broken(cause()) } else { page });
        }
        match data_kind(&text).filter(|kind| kind.name != MISPLACED_REPORT.name) {
            Some(kind) => Some(Self::of_data(kind, &text, false)),
            None if has_own_keys || text.trim_ascii().is_empty() => None,
            None => Some(Self::broken(cause())),
        }
    }

    fn broken(cause: String) -> Self {
        Self { cause: Some(cause.into()), ..Self::of(&BROKEN) }
    }

    pub(crate) fn has_next(&self) -> bool {
        self.next != Next::Nothing
    }

    /// Whether a run reports the file, whose name is that of a threat model. A page may be an introduction to others.
    pub(crate) fn is_remarkable(&self, language: Language) -> bool {
        *self.kind != MENTION && !(self.is_unknown() && language == Language::Markdown)
    }

    pub(crate) fn is_unknown(&self) -> bool {
        *self.kind == UNKNOWN
    }

    /// Whether the file is a page that analyzes layers.
    pub(crate) fn has_layers(&self) -> bool {
        self.kind.name == MAESTRO_PAGE.name
    }

    /// Whether another tool's or OWASP's format was recognized.
    pub(crate) fn is_foreign(&self) -> bool {
        DATA.contains(self.kind)
    }

    /// The place among the files of a folder without a threat model: the file that leads furthest comes first.
    pub(crate) fn rank(&self) -> usize {
        let known = [&MAESTRO_PAGE, &MAESTRO_PAGES, &UNMARKED, &MISPLACED_REPORT];
        match known.iter().position(|kind| *kind == self.kind) {
            Some(place) => place,
            None => match self.next {
                Next::ImportInPlace | Next::Import | Next::ImportPage | Next::Check => known.len(),
                Next::Init if *self.kind == MODEL_PAGE => known.len() + 1,
                Next::ImportThreats | Next::Init => known.len() + 2,
                Next::Edit(_) | Next::Nothing => known.len() + 3,
            },
        }
    }

    /// The reason why the file is not checked.
    pub(crate) fn reason(&self) -> Cow<'static, str> {
        match &self.cause {
            Some(cause) => format!("{} ({cause})", self.kind.what).into(),
            None => self.kind.what.into(),
        }
    }

    /// The command to run next, for the file at a path as the user writes it.
    pub(crate) fn command(&self, path: &str) -> Option<String> {
        let arguments = match self.next {
            Next::ImportInPlace => format!("import --in-place {}", shell_word(path)),
            Next::Import | Next::ImportPage => {
                let option = if self.next == Next::ImportPage { "--threats " } else { "" };
                format!("import {option}{} --output {}", shell_word(path), shell_word(&model_path(path)))
            }
            Next::ImportThreats | Next::Init => format!("init{}", init_target(path)),
            Next::Check => shell_word(path).into_owned(),
            Next::Edit(_) | Next::Nothing => return None,
        };
        Some(format!("aivss-lint {arguments}"))
    }

    /// The next step, as a part of a sentence.
    pub(crate) fn next(&self, path: &str) -> Option<String> {
        match (self.next, self.command(path)) {
            (Next::Edit(step), _) => Some(step.to_owned()),
            (Next::ImportThreats | Next::Init, Some(command)) => {
                Some(format!("run `{command}` to write a threat model of the agent"))
            }
            (_, command) => command.map(|command| format!("run `{command}`")),
        }
    }

    /// The reason and the next step, for the file at a path as the user writes it.
    pub(crate) fn sentence(&self, path: &str) -> String {
        match self.next(path) {
            Some(next) => format!("{}; {next}", self.reason()),
            None => self.reason().into_owned(),
        }
    }
}

/// Whether a file is a pointer of Git LFS: by its first line, of any version, or by its keys.
pub(crate) fn is_lfs_pointer(text: &str) -> bool {
    /// Names of Git LFS in the addresses of its versions.
    const NAMES: [&str; 3] = ["git-lfs", "hawser", "git-media"];
    /// A pointer has fewer than 1,024 bytes, so a file with more lines is not one.
    const MAX_LINES: usize = 30;
    let mut lines =
        text.trim_start_matches(BOM).split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty());
    let Some(version) = lines.next().and_then(|first| first.strip_prefix("version ")) else { return false };
    let keys: Vec<&str> = lines.take(MAX_LINES).collect();
    let has_keys = ["oid ", "size "].iter().all(|key| keys.iter().any(|line| line.starts_with(key)));
    NAMES.iter().any(|name| version.contains(name)) || has_keys && keys.len() < MAX_LINES
}

/// Whether a path that is not named like a threat model may be the threat model of another tool, or a page with one.
pub(crate) fn is_hinted(path: &str) -> bool {
    const HINTS: [&str; 6] = ["threat", "maestro", "threagile", "aivss", ".otm.", "tm-bom"];
    let path = path.to_ascii_lowercase();
    HINTS.iter().any(|hint| path.contains(hint))
}

/// The keys of a threat model, of a report and of a policy.
const OWN_KEYS: [&str; 5] =
    ["aivss", "maestro", "amplification_factors", "aivss_policy", "aivss_policy_test"];

fn has_own_keys(text: &[u8]) -> bool {
    ["aivss", "maestro"].iter().any(|key| is_key_in(text, key, true))
}

fn data_kind(text: &[u8]) -> Option<&'static FileKind> {
    let has = |mark: &FormatMark| match *mark {
        Key(key) => is_key_in(text, key, true),
        Text(part) => memmem::find(text, part.as_bytes()).is_some(),
    };
    DATA.iter().find(|kind| kind.marks.iter().any(|marks| marks.iter().all(has)))
}

/// Whether a text lists threats, by its keys.
fn lists_threats(text: &[u8]) -> bool {
    const KEY: &[u8] = b"threats";
    memmem::find_iter(text, KEY).any(|at| {
        let rest = text[at + KEY.len()..].trim_ascii_start();
        let rest = rest.strip_prefix(b"\"").unwrap_or(rest).trim_ascii_start();
        let value = rest.strip_prefix(b":").unwrap_or_default().trim_ascii_start();
        match value.strip_prefix(b"[") {
            Some(list) => !list.trim_ascii_start().starts_with(b"]"),
            None => value.starts_with(b"-"),
        }
    })
}

/// Whether a text contains a key: a word before a colon, in quotes or after white space. An `outer` key without quotes
/// begins its line or follows a brace.
fn is_key_in(text: &[u8], key: &str, is_outer: bool) -> bool {
    memmem::find_iter(text, key.as_bytes()).any(|at| {
        let before = at.checked_sub(1).map(|before| text[before]);
        let mut rest = &text[at + key.len()..];
        match before {
            Some(quote @ (b'"' | b'\'')) => match rest.split_first() {
                Some((first, after)) if *first == quote => rest = after,
                _ => return false,
            },
            None | Some(b'\n' | b'\r' | b'{' | b',' | 0xBF) => {}
            Some(b' ' | b'\t') if !is_outer || text[..at].trim_ascii_end().ends_with(b"{") => {}
            Some(_) => return false,
        }
        rest.trim_ascii_start().starts_with(b":")
    })
}

/// Text in UTF-16 without the zeros of its ASCII characters.
fn without_zeros(text: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(0, text).is_none() {
        return text.into();
    }
    text.iter().copied().filter(|byte| *byte != 0).collect::<Vec<u8>>().into()
}

/// The words in titles of threat models, in lower case.
const TITLES: [&str; 6] =
    ["threat model", "bedrohungsmodell", "modelo de amenaza", "modèle de menace", "威胁模型", "脅威モデル"];

/// Recognizes a page by what the reader of pages finds in it.
fn page_kind(path: &str, source: &Source) -> OtherFile {
    let (page, text) = (draft(source), source.text());
    let has_threats = page.document.roots().any(has_threats);
    let (kind, next) = if page.has_layers {
        let is_toml = text.trim_start_matches(BOM).starts_with("+++");
        match page.document.roots().nth(1) {
            Some(_) => (&MAESTRO_PAGES, MAESTRO_PAGES.next),
            // Front matter in TOML has no place for the marker.
            None => (&MAESTRO_PAGE, if is_toml { Next::Import } else { MAESTRO_PAGE.next }),
        }
    } else if is_model_name(path)
        || title(text).is_some_and(is_model_title)
        || has_threats && is_default(path)
    {
        (&MODEL_PAGE, if has_threats { Next::ImportPage } else { MODEL_PAGE.next })
    } else {
        return OtherFile::UNKNOWN;
    };
    let next = if source.undecodable().is_some() { Next::Edit("save it as UTF-8") } else { next };
    OtherFile { next, ..OtherFile::of(kind) }
}

/// Whether the file's own name, not that of its folder, is that of a threat model.
fn is_model_name(path: &str) -> bool {
    is_default(path.rsplit('/').next().unwrap_or(path))
}

fn has_threats(root: Node<'_>) -> bool {
    let threats = root.get("maestro").and_then(|maestro| maestro.get("cross_layer")?.get("threats"));
    threats.is_some()
}

/// Whether a title is that of one threat model, not of a list of them or a page about threat modeling.
fn is_model_title(title: &str) -> bool {
    let title = title.to_lowercase();
    TITLES.iter().any(|words| {
        title.find(words).is_some_and(|at| {
            let after = &title[at + words.len()..];
            !after.starts_with(|letter: char| letter.is_ascii_alphabetic()) || after.starts_with("l ")
        })
    })
}

/// The first heading of a page, or the title in its front matter.
fn title(text: &str) -> Option<&str> {
    text.lines().find_map(|line| line.strip_prefix("title:").or_else(|| line.strip_prefix('#')))
}

/// The name of the threat model that `import` writes next to a file.
fn model_path(path: &str) -> String {
    let (folder, name) = path.rsplit_once('/').map_or((None, path), |(folder, name)| (Some(folder), name));
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let folder = folder.map(|folder| format!("{folder}/")).unwrap_or_default();
    let plain = format!("{folder}{stem}.yaml");
    if is_default(&plain) && plain != path { plain } else { format!("{folder}{stem}.threat-model.yaml") }
}

/// The argument of `init` that writes a threat model next to a file and does not overwrite it; empty for the current
/// folder.
fn init_target(path: &str) -> String {
    let (folder, name) = path.rsplit_once('/').map_or(("", path), |(folder, name)| (folder, name));
    let is_taken = name.eq_ignore_ascii_case("threat-model.yaml");
    match (folder, is_taken) {
        ("", false) => String::new(),
        ("", true) => " agent.threat-model.yaml".to_owned(),
        (folder, false) => format!(" {}", shell_word(folder)),
        (folder, true) => format!(" {}", shell_word(&format!("{folder}/agent.threat-model.yaml"))),
    }
}

/// A path as a word of a shell. A path that begins with a hyphen is not an option.
pub(crate) fn shell_word(path: &str) -> Cow<'_, str> {
    let path: Cow<'_, str> = if path.starts_with('-') { format!("./{path}").into() } else { path.into() };
    if path.chars().all(|letter| letter.is_ascii_alphanumeric() || "/._-+@%=:,".contains(letter)) {
        path
    } else {
        format!("'{}'", path.replace('\'', r"'\''")).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documentation_lists_every_kind() {
        let page = include_str!("../docs/reference/files.md");
        let own = [&MAESTRO_PAGE, &MODEL_PAGE, &UNMARKED, &BROKEN, &UNKNOWN, &MENTION];
        for kind in DATA.iter().chain(own) {
            assert!(page.contains(&format!("`{}`", kind.name)), "{}", kind.name);
        }
    }

    #[test]
    fn lfs_pointer_is_known_in_every_version() {
        let keys = "oid sha256:0123456789abcdef\nsize 12\n";
        for text in [
            format!("version https://git-lfs.github.com/spec/v1\n{keys}"),
            format!("version https://git-lfs.github.com/spec/v2\n{keys}"),
            format!("version https://hawser.github.com/spec/v1\n{keys}"),
            format!("version http://git-media.io/v/2\n{keys}"),
            format!("version https://example.org/spec/v1\n{keys}"),
            format!("version https://git-lfs.github.com/spec/v1\next-0-case sha256:01\n{keys}"),
            format!("version https://git-lfs.github.com/spec/v1\r\n{}", keys.replace('\n', "\r\n")),
            format!("\u{FEFF}\nversion https://git-lfs.github.com/spec/v1 \n{keys}"),
        ] {
            assert!(is_lfs_pointer(&text), "{text}");
        }
        for text in ["", "version: 1\n", "version 2\nsize 1\n", "aivss_threat_model: 1\noid a\nsize 1\n"] {
            assert!(!is_lfs_pointer(text), "{text}");
        }
    }

    #[test]
    fn key_is_a_word_before_a_colon() {
        for text in ["a: 1", "x: 2\na : 1", "{ a: 1 }", "{\"a\":1}", "x: { 'a' : 1 }", "\u{FEFF}a: 1"] {
            assert!(is_key_in(text.as_bytes(), "a", true), "{text}");
        }
        for text in ["", "a", "ba: 1", "a b: 1", "\"a: 1", "'a\": 1", "x:\n  a: 1", "# a: 1", "\"xa\": 1"] {
            assert!(!is_key_in(text.as_bytes(), "a", true), "{text}");
        }
        assert!(is_key_in(b"x:\n  a: 1", "a", false));
    }

    #[test]
    fn threats_are_listed_if_a_list_has_any() {
        for text in [
            "threats:\n- id: a",
            "\"threats\" : [ {} ]",
            "x: { threats: [a] }",
            "{\"threats\":[],\"x\":{\"threats\":[1]}}",
        ] {
            assert!(lists_threats(text.as_bytes()), "{text}");
        }
        for text in ["threats:", "\"threats\": []", "threats: [ ]", "threats: 3", "threats"] {
            assert!(!lists_threats(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn new_files_have_the_names_of_threat_models_and_replace_none() {
        for (path, model, target) in [
            ("threat-model.json", "threat-model.yaml", ""),
            ("threat-model.yaml", "threat-model.threat-model.yaml", " agent.threat-model.yaml"),
            ("docs/shop.otm.json", "docs/shop.otm.threat-model.yaml", " docs"),
            ("threat-models/shop.json", "threat-models/shop.yaml", " threat-models"),
            ("a b/Threat-Model.YAML", "a b/Threat-Model.yaml", " 'a b/agent.threat-model.yaml'"),
            ("x", "x.threat-model.yaml", ""),
        ] {
            assert_eq!((model_path(path).as_str(), init_target(path).as_str()), (model, target), "{path}");
            assert!(is_default(&model_path(path)) && model_path(path) != path, "{path}");
        }
    }
}
