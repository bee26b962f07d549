//! Inputs that a run could not read, find or understand, candidates that it skipped, and the revision it compares with.

use std::cmp::Ordering;
use std::fmt;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::file_kind::{OtherFile, shell_word};

/// The message for a link that is not followed.
pub(crate) const LINK_OUT: &str = "it is a link that leads out of the repository";

/// The names by which files are found.
const NAMES: &str = "files are found by names such as threat-model.yaml, NAME.threat-model.json and THREAT_MODEL.md, and by \
     the policy's `files`";

/// The message for a tracked file that is not in the working folder.
pub(crate) const SPARSE: &str =
    "not in the working folder, because of a sparse checkout: add its folder with `git sparse-checkout add`";

/// An input that could not be read, found or understood. The verdict of its run is not known.
///
/// `path` is the path as the user would write it, or the value of an argument. [`fmt::Display`] omits it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the doc comment of the type says what `path` is")]
pub enum InputError {
    /// Nothing exists at the path.
    NotFound { path: String, suggestion: Option<Suggestion> },
    /// Reading or checking failed, with a cause in words.
    Unreadable { path: String, cause: String },
    /// A folder without a threat model, with the file in it that is most like one.
    EmptyFolder { path: String, found: Option<(String, OtherFile)> },
    /// A file that was given by name and is neither a threat model nor a policy.
    NoModel { path: String, file: OtherFile },
    /// The pointer that Git LFS puts in the place of a file.
    LfsPointer { path: String },
    /// A link that leads out of the repository.
    LinkOut { path: String },
    /// A tracked file that a sparse checkout excludes.
    Sparse { path: String },
    /// A tracked file in the place of which another repository is checked out.
    Overlaid { path: String },
    /// A tracked file whose name differs from another one only in case, on a file system that ignores case.
    CaseClash { path: String, other: String },
    /// A file whose committed text git changes on checkout, with the attribute.
    Rewritten { path: String, attribute: String },
    /// A policy with errors.
    BrokenPolicy { path: String, role: PolicyRole },
    /// A threat model of the base that a sparse checkout excludes from the head.
    BaseModelSparse { path: String },
    /// A threat model of the base that the run on the head does not check.
    BaseModelUnchecked { path: String },
    /// An error of the base.
    InBase(Box<Self>),
}

/// The name that a path was probably meant to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Suggestion {
    /// A path next to it.
    Path(String),
    /// A command of the program.
    Command(String),
}

/// The role of a broken policy in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyRole {
    /// It is the policy in force, or one that the policy in force extends.
    InForce,
    /// It is the policy of a change that is checked by another policy.
    OfChange,
    /// It is one of the checked files.
    Checked,
}

impl InputError {
    /// An error of an input, with its cause in words.
    pub fn unreadable(path: impl Into<String>, cause: impl Into<String>) -> Self {
        Self::Unreadable { path: path.into(), cause: cause.into() }
    }

    /// The path of the input as the user would write it.
    pub fn path(&self) -> &str {
        match self {
            Self::NotFound { path, .. }
            | Self::Unreadable { path, .. }
            | Self::EmptyFolder { path, .. }
            | Self::NoModel { path, .. }
            | Self::LfsPointer { path }
            | Self::LinkOut { path }
            | Self::Sparse { path }
            | Self::Overlaid { path }
            | Self::CaseClash { path, .. }
            | Self::Rewritten { path, .. }
            | Self::BrokenPolicy { path, .. }
            | Self::BaseModelSparse { path }
            | Self::BaseModelUnchecked { path } => path,
            Self::InBase(error) => error.path(),
        }
    }
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound { suggestion, .. } => {
                f.write_str("no such file or folder")?;
                match suggestion {
                    Some(Suggestion::Path(path)) => write!(f, "; did you mean `{path}`?"),
                    Some(Suggestion::Command(name)) => write!(f, "; did you mean the command `{name}`?"),
                    None => Ok(()),
                }
            }
            Self::Unreadable { cause, .. } => f.write_str(cause),
            Self::EmptyFolder { path, found: None } => {
                let folder = if path == "." { String::new() } else { format!(" {}", shell_word(path)) };
                write!(f, "no threat model here; {NAMES}; `aivss-lint init{folder}` writes a threat model")
            }
            Self::EmptyFolder { found: Some((path, file)), .. } => {
                write!(f, "no threat model here; found {path}: {}", file.sentence(path))
            }
            Self::NoModel { file, .. } if file.is_unknown() => f.write_str(
                "it contains no threat model (first key `aivss_threat_model`), OWASP report or policy",
            ),
            Self::NoModel { path, file } => f.write_str(&file.sentence(path)),
            Self::LfsPointer { .. } => f.write_str(
                "it is a Git LFS pointer, so its content cannot be checked; run `git lfs pull` \
                 (actions/checkout: `lfs: true`)",
            ),
            Self::LinkOut { .. } => write!(f, "{LINK_OUT}, so it was not read; name the file itself"),
            Self::Sparse { .. } => f.write_str(SPARSE),
            Self::Overlaid { .. } => f.write_str(
                "tracked, but the checkout of another repository is in its place; check that out elsewhere",
            ),
            Self::CaseClash { other, .. } => write!(
                f,
                "its name differs from {other} only in case, and this file system keeps only one of them"
            ),
            Self::Rewritten { attribute, .. } => write!(
                f,
                "git rewrites this file on checkout ({attribute}), so its committed text cannot be checked; \
                 remove the attribute from `.gitattributes`"
            ),
            Self::BrokenPolicy { role: PolicyRole::InForce, .. } => {
                f.write_str("the policy is broken, so nothing was checked against it")
            }
            Self::BrokenPolicy { role: PolicyRole::OfChange, .. } => {
                f.write_str("the policy of this change is broken")
            }
            Self::BrokenPolicy { role: PolicyRole::Checked, .. } => f.write_str("the policy is broken"),
            Self::BaseModelSparse { .. } => f.write_str(
                "it contains a threat model in the base, and a sparse checkout excludes it; run \
                 `git sparse-checkout disable`",
            ),
            Self::BaseModelUnchecked { .. } => {
                f.write_str("it contains a threat model in the base, and this run does not check it")
            }
            Self::InBase(error) => write!(f, "in the base: {error}"),
        }
    }
}

impl Serialize for InputError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut error = serializer.serialize_struct("InputError", 2)?;
        error.serialize_field("path", self.path())?;
        error.serialize_field("message", &self.to_string())?;
        error.end()
    }
}

/// By path, then by message: the order in reports.
impl Ord for InputError {
    fn cmp(&self, other: &Self) -> Ordering {
        self.path().cmp(other.path()).then_with(|| self.to_string().cmp(&other.to_string()))
    }
}

impl PartialOrd for InputError {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The reason why a file is not checked, where that is not an error.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the doc comment of the variant names its fields")]
pub enum SkipReason {
    /// A pattern of the policy excludes it; `origin` is the place of the pattern.
    Excluded { pattern: String, origin: String },
    /// Git ignores it.
    Ignored,
    /// It was given by name, and no pattern matches it.
    NotMatched,
    /// It is in a format that contains no threat models.
    OtherFormat,
    /// It contains no threat model: its path as the user writes it, and its kind.
    NoModel { path: String, file: OtherFile },
    /// It is not below the paths that were given.
    OutsidePaths,
    /// Another reason, which is not known.
    Unchecked,
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Excluded { pattern, origin } => return write!(f, "excluded by `{pattern}` ({origin})"),
            Self::Ignored => "git ignores it",
            Self::NotMatched => "neither the built-in names nor `files.include` match it (--only-matching)",
            Self::OtherFormat => "not YAML, JSON or Markdown",
            Self::NoModel { path, file } => return f.write_str(&file.sentence(path)),
            Self::OutsidePaths => "outside of the checked paths",
            Self::Unchecked => "not checked",
        })
    }
}

/// A name of a commit, and the commit.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Revision {
    /// The name that the user gave.
    pub asked: String,
    /// The id of the commit, in hexadecimal digits.
    pub commit: String,
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = self.commit.get(..10).unwrap_or(&self.commit);
        if self.asked == self.commit { f.write_str(short) } else { write!(f, "{} ({short})", self.asked) }
    }
}
