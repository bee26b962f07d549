//! The kinds of files that are named like threat models and are none: how each is recognized, its name for people, and the
//! command to run next.
//!
//! Recognition searches a text for keys and never parses it, so it is linear, and works on broken files as well. It gives
//! advice and never decides the verdict.

use std::borrow::Cow;
use std::collections::BTreeSet;

use memchr::memmem;

use crate::aivss::{LayerKind, LayerSet};
use crate::source::{Language, Source, is_default};

/// A kind of file that is not checked.
#[derive(Debug, PartialEq, Eq)]
pub struct FileKind {
    /// Its identifier, for programs.
    pub name: &'static str,
    /// Its name in sentences.
    what: &'static str,
    /// The alternatives by which it is recognized. Of each, all marks must be in the text.
    marks: &'static [&'static [Mark]],
    next: Next,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    /// A key at the top level of YAML, or in quotes anywhere.
    Key(&'static str),
    /// A text.
    Text(&'static str),
}

/// The next step for the owner of a file. None of them puts the marker on a format of another tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// Put front matter on the page.
    ImportInPlace,
    /// Make a threat model of it.
    Import,
    /// Make a threat model of it, if it lists threats; else write one next to it.
    ImportThreats,
    /// Write a threat model next to it.
    Init,
    /// Check it by its name.
    Check,
    /// A change of the file, in words.
    Edit(&'static str),
    Nothing,
}

use Mark::{Key, Text};

/// The formats of other tools, and of OWASP. The first one that matches counts.
static DATA: [FileKind; 14] = [
    FileKind {
        name: "threat-dragon",
        what: "an OWASP Threat Dragon model (v1)",
        marks: &[&[Key("summary"), Key("detail"), Key("diagramJson")]],
        next: Next::ImportThreats,
    },
    FileKind {
        name: "threat-dragon",
        what: "an OWASP Threat Dragon model (v2)",
        marks: &[&[Key("summary"), Key("detail"), Key("diagrams")]],
        next: Next::ImportThreats,
    },
    FileKind {
        name: "otm",
        what: "an Open Threat Model (OTM)",
        marks: &[&[Key("otmVersion")]],
        next: Next::ImportThreats,
    },
    FileKind {
        name: "threagile",
        what: "a Threagile model",
        marks: &[
            &[Key("threagile_version")],
            &[Key("technical_assets"), Key("data_assets")],
            &[Key("technical_assets"), Key("trust_boundaries")],
        ],
        next: Next::Init,
    },
    FileKind {
        name: "tm-bom",
        what: "a threat model of the OWASP Threat Model Library (TM-BOM)",
        marks: &[
            &[Text("www-project-threat-model-library"), Key("scope")],
            &[Key("trust_zones"), Key("symbolic_name")],
        ],
        next: Next::ImportThreats,
    },
    FileKind {
        name: "tm-bom",
        what: "a CycloneDX threat model (TM-BOM)",
        marks: &[
            &[Key("specFormat"), Text("CycloneDX"), Key("threats")],
            &[Key("specFormat"), Text("CycloneDX"), Key("blueprints")],
            &[Key("bomFormat"), Text("CycloneDX"), Key("threats")],
        ],
        next: Next::Init,
    },
    FileKind {
        name: "cyclonedx",
        what: "a CycloneDX BOM, which lists components",
        marks: &[&[Key("bomFormat"), Text("CycloneDX")], &[Key("specFormat"), Text("CycloneDX")]],
        next: Next::Init,
    },
    FileKind {
        name: "pytm",
        what: "a pytm model",
        marks: &[
            &[Text("from pytm import")],
            &[Text("import pytm")],
            &[Key("threatsFile")],
            &[Key("mergeResponses"), Key("onDuplicates")],
        ],
        next: Next::Init,
    },
    FileKind {
        name: "ave",
        what: "AVE records",
        marks: &[&[Key("ave_id")], &[Key("aarf")]],
        next: Next::Import,
    },
    FileKind {
        name: "aivss-candidate",
        what: "an AIVSS 1.0 candidate assessment, whose metrics are not those of 0.5 or 0.8",
        marks: &[
            &[Text("AIVSS:1.0/")],
            &[Text("AIVSS:2.0/")],
            &[Text("urn:aivss:")],
            &[Key("agentic_ai_profile")],
            &[Key("agentic_applicability")],
        ],
        next: Next::Init,
    },
    FileKind {
        name: "scan-result",
        what: "a SARIF log",
        marks: &[&[Text("sarif-schema")], &[Text("sarif-2.1.0")], &[Key("runs"), Key("tool"), Key("driver")]],
        next: Next::Init,
    },
    FileKind {
        name: "scan-result",
        what: "the result of a scanner",
        marks: &[
            &[Key("aivss_score"), Key("findings")],
            &[Key("ArtifactName"), Key("Results")],
            &[Key("auditReportVersion")],
            &[Key("check_id"), Key("results")],
            &[Key("check_type"), Key("results")],
            &[Key("issue_severity"), Key("test_id")],
            &[Key("matched-at"), Key("template-id")],
            &[Key("matches"), Key("artifact"), Key("vulnerability")],
            &[Key("packageManager"), Key("vulnerabilities")],
            &[Key("probe_classname")],
            &[Key("RuleID"), Key("Fingerprint")],
            &[Key("scan"), Key("scanner"), Key("vulnerabilities")],
            &[Key("@programName"), Key("site")],
        ],
        next: Next::Init,
    },
    FileKind {
        name: "owasp-report",
        what: "an OWASP report, under a name that is not searched",
        marks: &[&[Key("vulnerabilities"), Key("amplification_factors")]],
        next: Next::Check,
    },
    FileKind {
        name: "json-schema",
        what: "a JSON Schema",
        marks: &[&[Text("json-schema.org/"), Key("properties")]],
        next: Next::Nothing,
    },
];

static MISPLACED_REPORT: FileKind = FileKind {
    name: "owasp-report",
    what: "an OWASP report that is not at the top level of the file",
    marks: &[],
    next: Next::Edit("move it there"),
};

static UNMARKED: FileKind = FileKind {
    name: "unmarked",
    what: "it looks like a threat model, but its first key is not `aivss_threat_model: 1`",
    marks: &[],
    next: Next::Edit("add that key"),
};

static MAESTRO_PAGE: FileKind = FileKind {
    name: "maestro-page",
    what: "a MAESTRO analysis without front matter",
    marks: &[],
    next: Next::ImportInPlace,
};

static MODEL_PAGE: FileKind = FileKind {
    name: "threat-model-page",
    what: "a threat model without headings for MAESTRO's layers",
    marks: &[],
    next: Next::Init,
};

static BROKEN: FileKind = FileKind {
    name: "broken",
    what: "it lacks the key `aivss_threat_model` and cannot be read",
    marks: &[],
    next: Next::Edit("correct both if it is meant to be a threat model"),
};

static UNKNOWN: FileKind =
    FileKind { name: "other", what: "it contains no threat model", marks: &[], next: Next::Nothing };

static MENTION: FileKind = FileKind {
    name: "mention",
    what: "it mentions `aivss_threat_model` and contains no threat model",
    marks: &[],
    next: Next::Nothing,
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
            return Self::of(page_kind(path, source.text()));
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
            let page = Some(Self::of(page_kind(path, source.text()))).filter(|_| !is_meant)?;
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

    /// Whether a next step is known.
    pub(crate) fn has_next(&self) -> bool {
        self.next != Next::Nothing
    }

    /// Whether a run reports the file, whose name is that of a threat model. A page may be an introduction to others.
    pub(crate) fn is_remarkable(&self, language: Language) -> bool {
        *self.kind != MENTION && !(self.is_unknown() && language == Language::Markdown)
    }

    /// Whether nothing is known about the file.
    pub(crate) fn is_unknown(&self) -> bool {
        *self.kind == UNKNOWN
    }

    /// Whether another tool's or OWASP's format was recognized.
    pub(crate) fn is_foreign(&self) -> bool {
        DATA.contains(self.kind)
    }

    /// The place among the files of a folder without a threat model: the file that leads furthest comes first.
    pub(crate) fn rank(&self) -> usize {
        let known = [&MAESTRO_PAGE, &UNMARKED, &MISPLACED_REPORT];
        match known.iter().position(|kind| *kind == self.kind) {
            Some(place) => place,
            None => match self.next {
                Next::ImportInPlace | Next::Import | Next::Check => known.len(),
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
            Next::Import => format!("import {} --output {}", shell_word(path), shell_word(&model_path(path))),
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
    let has = |mark: &Mark| match *mark {
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

fn page_kind(path: &str, text: &str) -> &'static FileKind {
    if layer_headings(text) > 1 {
        return &MAESTRO_PAGE;
    }
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let is_index = ["readme", "index", "template", "_template"].iter().any(|index| name.starts_with(index));
    if is_default(path) && !is_index || headings(text).next().is_some_and(is_model_title) {
        return &MODEL_PAGE;
    }
    &UNKNOWN
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

/// The texts of the headings of a page, without fenced blocks.
fn headings(text: &str) -> impl Iterator<Item = &str> {
    let mut is_fenced = false;
    text.lines().filter_map(move |line| {
        is_fenced ^= line.trim_start().starts_with("```");
        let title = line.trim_start_matches('#');
        (!is_fenced && title.len() < line.len() && title.starts_with(' ')).then_some(title.trim())
    })
}

/// The number of different layers that headings of a page name.
fn layer_headings(text: &str) -> usize {
    let layers = headings(text).filter_map(|title| LayerSet::DEFAULT.named(title));
    layers.map(LayerKind::key).collect::<BTreeSet<_>>().len()
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
fn shell_word(path: &str) -> Cow<'_, str> {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-+@%=:,".contains(letter);
    let path: Cow<'_, str> = if path.starts_with('-') { format!("./{path}").into() } else { path.into() };
    if path.chars().all(is_plain) { path } else { format!("'{}'", path.replace('\'', r"'\''")).into() }
}
