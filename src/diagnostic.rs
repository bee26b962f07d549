//! Diagnostics: plain, owned data about a problem at a place in a file. [`crate::output`] prints them.

use std::borrow::Cow;
use std::fmt::{self, Display, Formatter};
use std::sync::Arc;

use crate::date::Date;
use crate::decimal::Decimal;
use crate::source::{Source, Span};
pub use crate::text_edit::{Edit, Fix, Safety};

/// The weight of a diagnostic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Information that fails no run by default.
    Note,
    /// A probable problem.
    Warning,
    /// A problem that fails a run by default.
    #[default]
    Error,
}

impl Level {
    /// The level's name in policies and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// The level with this name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Note, Self::Warning, Self::Error].into_iter().find(|level| level.name() == name)
    }
}

/// The part of a rule that a diagnostic and a policy need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleInfo {
    /// The rule's name.
    pub name: &'static str,
    /// The level where a policy sets none.
    pub(crate) level: Level,
    /// Whether no policy can turn the rule off or lower it.
    pub(crate) mandatory: bool,
}

impl RuleInfo {
    pub(crate) const fn mandatory(name: &'static str) -> Self {
        Self { name, level: Level::Error, mandatory: true }
    }

    pub(crate) const FILE_TOO_COMPLEX: Self = Self::mandatory("file-too-complex");
    pub(crate) const POLICY: Self = Self::mandatory("policy");
}

/// The rules that policies can name, and former names that are accepted as well.
#[derive(Clone, Copy, Debug, Default)]
pub struct RuleNames {
    pub(crate) rules: &'static [RuleInfo],
    pub(crate) former: &'static [(&'static str, &'static str)],
}

impl RuleNames {
    pub(crate) fn resolve(&self, name: &str) -> Option<RuleInfo> {
        let name = self.current(name);
        self.rules.iter().find(|rule| rule.name == name).copied()
    }

    /// The current name of a rule with this former name, or else the name itself.
    pub(crate) fn current<'n>(&self, name: &'n str) -> &'n str {
        self.former.iter().find(|(former, _)| *former == name).map_or(name, |(_, current)| current)
    }

    pub(crate) fn renamed(&self, name: &str) -> Option<String> {
        let current = self.current(name);
        (current != name).then(|| format!("`{name}` is now `{current}`"))
    }
}

/// The part of a file that a problem is about, for exceptions and comparisons.
///
/// The rule that finds a problem sets it. The position of the bytes does not matter: an alias can put them anywhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    /// The file as a whole.
    #[default]
    File,
    /// A policy.
    Policy,
    /// The agent of a threat model.
    Agent,
    /// A finding of a threat model, by its index in the list.
    Finding(usize),
}

/// One problem, with its position, its reason and its fix.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostic {
    /// The rule's name.
    pub rule: Cow<'static, str>,
    /// The level that the policy decides.
    pub level: Level,
    /// Whether no policy can turn its rule off.
    pub mandatory: bool,
    /// The bytes of the problem.
    pub span: Span,
    /// The problem: the declared and the expected value.
    pub message: Box<str>,
    /// A text for the bytes, such as the expected value.
    pub label: Option<Box<str>>,
    /// The wrong value that it follows from, if it is only a consequence.
    pub cause: Option<Box<Cause>>,
    /// The words after a number of problems like this one, such as `layers are blank`.
    pub many: Option<&'static str>,
    /// Other places that are part of the problem.
    pub related: Vec<RelatedPlace>,
    /// The computation, term by term.
    pub working: Option<Box<str>>,
    /// Background.
    pub note: Option<Box<str>>,
    /// The action that fixes it, if the remedy of its rule is too general: see [`crate::rules::remedy`].
    pub help: Option<Box<str>>,
    /// The edits that fix it, if they follow from the file or can be suggested.
    pub fix: Option<Box<Fix>>,
    /// The line of the policy that decides its level or limit.
    pub decided_by: Option<Box<Origin>>,
    /// The exception that covers it.
    pub excepted: Option<Box<Excepted>>,
    /// Whether the base revision has the same problem; `false` without a base revision.
    pub known: bool,
    /// The amount that exceeds a limit, such as a score: less is better. It replaces the message in comparisons with a base.
    pub amount: Option<Decimal>,
    /// The part of the file that it is about.
    pub owner: Owner,
    /// The part of the owner, if its rule can report several: a factor's key, or a path from Rego. It belongs to its identity.
    pub part: Option<Cow<'static, str>>,
    /// The index of its threat model in the file; `None` for the whole file.
    pub model: Option<usize>,
    /// The whole identifier of its finding; `None` for the agent or the whole file.
    pub finding: Option<Arc<str>>,
    /// The name of its threat in a layer, which stays when another threat is inserted.
    pub threat: Option<Box<str>>,
    /// The entries of public lists that its threat refers to, such as `ASI02`.
    pub references: Vec<String>,
    /// The JSON pointer (RFC 6901) of the place in its document.
    pub pointer: Box<str>,
}

/// The number of characters of a finding's identifier that are shown.
const MAX_ID_LENGTH: usize = 80;

/// The reason why a problem disappears with another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// The bytes of the other wrong value.
    pub span: Span,
    /// The consequence in words, after the other problem: `so the score is 8.0 High`.
    pub effect: String,
}

/// Another place that is part of a problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelatedPlace {
    /// Its bytes.
    pub span: Span,
    /// Its relation to the problem.
    pub message: String,
}

/// The exception that covers a problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excepted {
    /// Its reason.
    pub reason: String,
    /// The person or team responsible for it.
    pub owner: String,
    /// Its last day.
    pub expires: Date,
    /// Its line in the policy.
    pub origin: Origin,
}

/// A line of a policy file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The policy's path, or the name of a built-in one.
    pub file: Arc<str>,
    /// Line, 1-based; 0 for a decision that is not in a file.
    pub line: u32,
    /// Column, 1-based, in code points.
    pub column: u32,
    /// The place in the file, in bytes.
    pub span: Span,
    /// The line's text, without the white space around it.
    pub text: Arc<str>,
}

impl Origin {
    /// A decision that is not in a file, such as an argument.
    pub fn outside(name: &str) -> Self {
        Self { file: Arc::from(name), line: 0, column: 0, span: Span::new(0, 0), text: Arc::from("") }
    }

    /// The file and the byte in it: two origins with the same place are one.
    pub(crate) fn place(&self) -> (Arc<str>, u32) {
        (self.file.clone(), self.span.start)
    }

    /// The line in which `span` begins.
    pub fn new(file: Arc<str>, source: &Source, span: Span) -> Self {
        let position = source.position(span.start);
        let text = source.line(position.line).trim();
        Self { file, line: position.line, column: position.column, span, text: Arc::from(text) }
    }
}

impl Display for Origin {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => f.write_str(&self.file),
            line => write!(f, "{}:{line}:{}", self.file, self.column),
        }
    }
}

impl Diagnostic {
    /// A diagnostic of `rule` about `owner`, shown at the bytes in `span`, at the rule's own level.
    pub fn new(rule: impl Into<RuleInfo>, owner: Owner, span: Span, message: impl Into<String>) -> Self {
        let rule = rule.into();
        Self {
            rule: Cow::Borrowed(rule.name),
            level: rule.level,
            mandatory: rule.mandatory,
            span,
            message: message.into().into(),
            owner,
            ..Self::default()
        }
    }

    pub(crate) fn mismatch(
        rule: impl Into<RuleInfo>,
        owner: Owner,
        name: &str,
        span: Span,
        declared: impl Display,
        expected: impl Display,
    ) -> Self {
        let message = format!("{name} is {declared}, expected {expected}");
        Self::new(rule, owner, span, message).label(format!("expected {expected}"))
    }

    /// A diagnostic of a rule that is not this program's own.
    pub fn of_rego(rule: String, level: Level, owner: Owner, span: Span, message: String) -> Self {
        let rule = Cow::Owned(rule);
        Self {
            rule,
            level,
            mandatory: false,
            message: message.into(),
            ..Self::new(RuleInfo::mandatory(""), owner, span, "")
        }
    }

    /// The finding's identifier, cut to the length that is shown.
    pub(crate) fn finding_shown(&self) -> Option<&str> {
        self.finding.as_deref().map(|id| {
            let end = id.char_indices().nth(MAX_ID_LENGTH).map_or(id.len(), |(end, _)| end);
            &id[..end]
        })
    }

    /// The pointer with the finding's identifier, or the threat's name, in place of its index, which can change.
    pub(crate) fn lasting_pointer(&self) -> String {
        if let Some(threat) = &self.threat {
            return with_threat(&self.pointer, |_, _| Some(threat.to_string()));
        }
        let Some(id) = self.finding_shown() else { return self.pointer.to_string() };
        let mut parts = self.pointer.splitn(4, '/');
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(""), Some(list @ ("findings" | "vulnerabilities")), Some(_), rest) => {
                format!("/{list}/{id}/{}", rest.unwrap_or_default())
            }
            // An alias leads out of the finding.
            _ => format!("{id}:{}", self.pointer),
        }
    }

    /// With a text for the bytes.
    #[must_use]
    pub fn label(self, label: impl Into<String>) -> Self {
        Self { label: Some(label.into().into()), ..self }
    }

    /// As a consequence of another wrong value.
    #[must_use]
    pub fn cause(self, span: Option<Span>, effect: impl FnOnce() -> String) -> Self {
        Self { cause: span.map(|span| Box::new(Cause { span, effect: effect() })), ..self }
    }

    /// With the words for several such problems.
    #[must_use]
    pub fn many(self, words: &'static str) -> Self {
        Self { many: Some(words), ..self }
    }

    /// With another place.
    #[must_use]
    pub fn related(mut self, span: Span, message: impl Into<String>) -> Self {
        self.related.push(RelatedPlace { span, message: message.into() });
        self
    }

    /// With the computation.
    #[must_use]
    pub fn working(self, working: impl Into<String>) -> Self {
        Self { working: Some(working.into().into()), ..self }
    }

    /// With background.
    #[must_use]
    pub fn note(self, note: Option<String>) -> Self {
        Self { note: note.map(String::into_boxed_str), ..self }
    }

    /// With the action that fixes it.
    #[must_use]
    pub fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into().into()), ..self }
    }

    /// With the edits that fix it.
    #[must_use]
    pub fn fix(self, fix: Option<Fix>) -> Self {
        Self { fix: fix.map(Box::new), ..self }
    }

    /// The amount that exceeds a limit. `part` distinguishes several problems of one owner: a factor's key, a band.
    pub(crate) fn amount(self, part: Option<&'static str>, amount: Decimal) -> Self {
        Self { part: part.map(Cow::Borrowed), amount: Some(amount), ..self }
    }

    pub(crate) fn part(self, part: impl Into<Cow<'static, str>>) -> Self {
        Self { part: Some(part.into()), ..self }
    }

    /// With the fix as help, or else writing the right value; `otherwise` is the alternative.
    pub(crate) fn help_by_fix(self, right: impl Display, otherwise: &str) -> Self {
        let first = match self.fix {
            Some(_) => "run `aivss-lint fix`".to_owned(),
            None => format!("write {right}"),
        };
        self.help(format!("{first}, or {otherwise}"))
    }

    /// With an action as help, and the command that applies suggested edits; `effect` is their effect.
    pub(crate) fn help_by_suggestion(self, help: impl Display, effect: &str) -> Self {
        match &self.fix {
            Some(fix) if fix.safety <= Safety::Suggested => {
                self.help(format!("{help} (`aivss-lint fix --unsafe` {effect})"))
            }
            Some(_) | None => self.help(help.to_string()),
        }
    }

    /// With the line of the policy that decides it.
    #[must_use]
    pub fn decided_by(self, origin: &Origin) -> Self {
        Self { decided_by: Some(Box::new(origin.clone())), ..self }
    }
}

/// A pointer with the name of a threat in place of its index; `name` returns it by the layer's key and the index.
pub(crate) fn with_threat(pointer: &str, name: impl FnOnce(&str, usize) -> Option<String>) -> String {
    let mut parts: Vec<&str> = pointer.splitn(6, '/').collect();
    let name = match parts.as_slice() {
        ["", "maestro", layer, "threats", index, ..] => {
            index.parse().ok().and_then(|index| name(layer, index))
        }
        _ => None,
    };
    let Some(name) = &name else { return pointer.to_owned() };
    parts[4] = name;
    parts.join("/")
}

pub(crate) const MAX_PROBLEMS: usize = 1_000;
/// The number of bytes of a message that are shown.
const MAX_MESSAGE_LENGTH: usize = 600;

/// Drops problems beyond [`MAX_PROBLEMS`] and adds an error in their place: they can be the worse ones.
pub(crate) fn limit_problems(diagnostics: &mut Vec<Diagnostic>, owner: Owner, place: Span) {
    if diagnostics.len() > MAX_PROBLEMS {
        diagnostics.truncate(MAX_PROBLEMS);
        let message = format!("there are more than {MAX_PROBLEMS} problems; the others are not shown");
        diagnostics.push(Diagnostic::new(RuleInfo::FILE_TOO_COMPLEX, owner, place, message));
    }
}

/// Sorts diagnostics by position, shortens their messages and sets their pointers: `pointer_of` returns the JSON pointer of
/// a place.
pub(crate) fn sort_diagnostics(diagnostics: &mut Vec<Diagnostic>, pointer_of: impl Fn(Span) -> String) {
    diagnostics.sort_by(|one, other| {
        (one.span, &one.rule, &one.message, one.owner).cmp(&(
            other.span,
            &other.rule,
            &other.message,
            other.owner,
        ))
    });
    for diagnostic in diagnostics {
        diagnostic.pointer = pointer_of(diagnostic.span).into();
        diagnostic.message = shortened(std::mem::take(&mut diagnostic.message));
    }
}

/// Cuts a text that quotes more of a file than anyone reads.
pub(crate) fn shortened(text: Box<str>) -> Box<str> {
    let end = text.floor_char_boundary(MAX_MESSAGE_LENGTH);
    if end == text.len() { text } else { format!("{}…", &text[..end]).into() }
}
