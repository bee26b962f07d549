//! What the gate has to say about a place in a file: plain, owned data. How it looks is up to [`crate::output`].

use std::borrow::Cow;
use std::fmt;
use std::fmt::{Display, Formatter};
use std::sync::Arc;

use crate::date::Date;
use crate::decimal::Decimal;
use crate::source::{Source, Span};

/// How much a diagnostic weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Worth knowing.
    Note,
    /// Probably wrong.
    Warning,
    /// Wrong: by default this fails the gate.
    Error,
}

impl Level {
    /// The level's word, as policies and reports write it.
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
    pub level: Level,
    /// Whether no policy can turn the rule off or lower it.
    pub fixed: bool,
}

impl RuleInfo {
    /// An error that no policy can turn off.
    pub const fn fixed(name: &'static str) -> Self {
        Self { name, level: Level::Error, fixed: true }
    }

    /// The rule that reports a file that is too complex to be read or reported as a whole.
    pub const FILE_TOO_COMPLEX: Self = Self::fixed("file-too-complex");
    /// The rule that reports a mistake in a policy.
    pub const POLICY: Self = Self::fixed("policy");
}

/// The rules that policies can name, and former names that are accepted as well.
#[derive(Clone, Copy, Debug)]
pub struct RuleNames {
    /// All rules.
    pub rules: &'static [RuleInfo],
    /// Former names with the current ones.
    pub former: &'static [(&'static str, &'static str)],
}

impl RuleNames {
    /// The rule with this current or former name.
    pub fn resolve(&self, name: &str) -> Option<RuleInfo> {
        let name = self.current(name);
        self.rules.iter().find(|rule| rule.name == name).copied()
    }

    /// The current name of a rule with this former name, or else the name itself.
    pub fn current<'n>(&self, name: &'n str) -> &'n str {
        self.former.iter().find(|(former, _)| *former == name).map_or(name, |(_, current)| current)
    }

    /// A note if this is a former name.
    pub fn renamed(&self, name: &str) -> Option<String> {
        let current = self.current(name);
        (current != name).then(|| format!("`{name}` is now `{current}`"))
    }
}

/// What a problem is about: exceptions and comparisons go by it.
///
/// The rule that finds a problem sets it. Where the bytes lie does not matter: an alias can put them anywhere in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    /// The file as a whole.
    File,
    /// A policy.
    Policy,
    /// The agent of a threat model.
    Agent,
    /// A finding of a threat model, by its index in the list.
    Finding(usize),
}

/// One thing that is wrong, where, why, and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The rule's name.
    pub rule: Cow<'static, str>,
    /// Its weight, as the policy decided.
    pub level: Level,
    /// Whether no policy can turn its rule off.
    pub fixed: bool,
    /// The offending bytes.
    pub span: Span,
    /// What is wrong: what was declared, and what is right.
    pub message: Box<str>,
    /// Words for the place itself, such as the right number.
    pub label: Option<Box<str>>,
    /// Other places that belong to it.
    pub related: Vec<Related>,
    /// The computation behind it, term by term.
    pub working: Option<Box<str>>,
    /// What else explains it.
    pub note: Option<Box<str>>,
    /// How to mend it, where its rule does not say that well enough: see [`Diagnostic::remedy`].
    pub help: Option<Box<str>>,
    /// The edits that mend it, where they follow from the file or can be suggested.
    pub fix: Option<Box<Fix>>,
    /// The line of the policy that decided it, where one did.
    pub decided_by: Option<Box<Origin>>,
    /// Why it passes all the same, where an exception covers it.
    pub excepted: Option<Box<Excepted>>,
    /// Whether the base revision has the same fault; `false` where there is none to compare with.
    pub known: bool,
    /// How much there is of what is wrong, where less of it is better: the score that exceeds a limit, say.
    pub amount: Option<Decimal>,
    /// What it is about.
    pub owner: Owner,
    /// The part of the owner it is about, where its rule can report several: a factor's key, or a path from Rego.
    pub part: Option<Cow<'static, str>>,
    /// The threat model it is about, by its place in the file; `None` for the whole file.
    pub model: Option<usize>,
    /// The whole identifier of the finding it is about; `None` for the agent or the whole file.
    pub finding: Option<Arc<str>>,
    /// The name of the threat of a layer that it is about, which stays when another goes in above.
    pub threat: Option<Box<str>>,
    /// JSON pointer (RFC 6901) of the place within its document.
    pub pointer: Box<str>,
}

/// How many characters of a finding's identifier are shown.
const LONGEST_ID: usize = 80;

/// A second place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// Its bytes.
    pub span: Span,
    /// What it has to do with it.
    pub message: String,
}

/// Edits that mend a fault, all or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What they do, in a few words.
    pub title: String,
    /// The edits, in the order of the text; none overlaps another.
    pub edits: Vec<Edit>,
    /// Whether they may be made without a look at them.
    pub safety: Safety,
}

/// Whether a person must look at what a fix writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Safety {
    /// It follows from the file.
    Safe,
    /// It is probably what was meant, or it is a form to be filled in.
    Suggested,
}

/// A text to put in the place of bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The bytes that go.
    pub span: Span,
    /// What comes in their place.
    pub text: String,
}

impl Fix {
    /// The bytes in `span` replaced by `text`.
    pub fn replacing(span: Span, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { title: format!("Write {text}"), edits: vec![Edit { span, text }], safety: Safety::Safe }
    }

    /// The same edits as a suggestion.
    #[must_use]
    pub fn suggested(self) -> Self {
        Self { safety: Safety::Suggested, ..self }
    }
}

/// Why a fault passes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excepted {
    /// The reason given.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// The last day.
    pub expires: Date,
    /// The line of the policy.
    pub origin: Origin,
}

/// A line of a policy file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The policy's path, or the name of a built-in one.
    pub file: Arc<str>,
    /// Line, 1-based; 0 for a decision that no file holds.
    pub line: u32,
    /// Column, 1-based, in code points.
    pub column: u32,
    /// The place in the file, in bytes.
    pub span: Span,
    /// The line's text, without the white space around it.
    pub text: Arc<str>,
}

impl Origin {
    /// A decision that no file holds, such as an argument's.
    pub fn outside(name: &str) -> Self {
        Self { file: Arc::from(name), line: 0, column: 0, span: Span::new(0, 0), text: Arc::from("") }
    }

    /// The file and the byte in it: two origins with the same place are one.
    pub fn place(&self) -> (Arc<str>, u32) {
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
            // Not every decision comes from a file.
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
            fixed: rule.fixed,
            span,
            message: message.into().into(),
            label: None,
            related: Vec::new(),
            working: None,
            note: None,
            help: None,
            fix: None,
            decided_by: None,
            excepted: None,
            known: false,
            amount: None,
            owner,
            part: None,
            model: None,
            finding: None,
            threat: None,
            pointer: Box::default(),
        }
    }

    /// A diagnostic about a declared value that is not the expected one.
    pub fn mismatch(
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
            fixed: false,
            message: message.into(),
            ..Self::new(RuleInfo::fixed(""), owner, span, "")
        }
    }

    /// The finding's identifier, cut to the length that is shown.
    pub fn finding_shown(&self) -> Option<&str> {
        self.finding.as_deref().map(|id| {
            let end = id.char_indices().nth(LONGEST_ID).map_or(id.len(), |(end, _)| end);
            &id[..end]
        })
    }

    /// The pointer with the finding's identifier, or the threat's name, in place of its number in the list, which others may
    /// shift.
    pub fn lasting_pointer(&self) -> String {
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

    /// With words for the place itself.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into().into());
        self
    }

    /// With a second place.
    #[must_use]
    pub fn related(mut self, span: Span, message: impl Into<String>) -> Self {
        self.related.push(Related { span, message: message.into() });
        self
    }

    /// With the computation behind it.
    #[must_use]
    pub fn working(mut self, working: impl Into<String>) -> Self {
        self.working = Some(working.into().into());
        self
    }

    /// With what else explains it, if something does.
    #[must_use]
    pub fn note(mut self, note: Option<String>) -> Self {
        self.note = note.map(String::into_boxed_str);
        self
    }

    /// With the way to mend it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into().into());
        self
    }

    /// With the edits that mend it, if some do.
    #[must_use]
    pub fn fix(mut self, fix: Option<Fix>) -> Self {
        self.fix = fix.map(Box::new);
        self
    }

    /// With how much there is of it.
    #[must_use]
    pub const fn amount(mut self, amount: Decimal) -> Self {
        self.amount = Some(amount);
        self
    }

    /// With the part of the owner it is about.
    #[must_use]
    pub fn part(mut self, part: impl Into<Cow<'static, str>>) -> Self {
        self.part = Some(part.into());
        self
    }

    /// With the fix as help, or else writing the right value; `otherwise` is the alternative.
    #[must_use]
    pub fn help_by_fix(self, right: impl Display, otherwise: &str) -> Self {
        let first = match self.fix {
            Some(_) => "run `aivss-lint fix`".to_owned(),
            None => format!("write {right}"),
        };
        self.help(format!("{first}, or {otherwise}"))
    }

    /// With the command that makes the suggested edits behind the way to mend it, where there are some; `does` says what it
    /// does.
    #[must_use]
    pub fn help_by_suggestion(self, help: impl Display, does: &str) -> Self {
        let command =
            if self.fix.is_some() { format!(" (`aivss-lint fix --unsafe` {does})") } else { String::new() };
        self.help(format!("{help}{command}"))
    }

    /// With the policy line that decided it.
    #[must_use]
    pub fn decided_by(mut self, origin: &Origin) -> Self {
        self.decided_by = Some(Box::new(origin.clone()));
        self
    }
}

/// A pointer with the name of a threat in place of its number, as far as `name` gives one for the layer's key and the
/// number.
pub fn with_threat(pointer: &str, name: impl FnOnce(&str, usize) -> Option<String>) -> String {
    let parts: Vec<&str> = pointer.splitn(6, '/').collect();
    let ["", "maestro", layer, "threats", number, rest @ ..] = parts.as_slice() else {
        return pointer.to_owned();
    };
    let Some(name) = number.parse().ok().and_then(|number| name(layer, number)) else {
        return pointer.to_owned();
    };
    let rest = rest.first().map(|rest| format!("/{rest}")).unwrap_or_default();
    format!("/maestro/{layer}/threats/{name}{rest}")
}

/// How many problems of one file are reported.
pub(crate) const MAX_PROBLEMS: usize = 1_000;
/// How many bytes of a message are shown.
const LONGEST_MESSAGE: usize = 600;

/// Drops problems beyond [`MAX_PROBLEMS`] and adds an error in their place: they can be the worse ones.
pub(crate) fn limit_problems(diagnostics: &mut Vec<Diagnostic>, owner: Owner, place: Span) {
    if diagnostics.len() > MAX_PROBLEMS {
        diagnostics.truncate(MAX_PROBLEMS);
        let message = format!("there are more than {MAX_PROBLEMS} faults; the others are not shown");
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
    if text.len() <= LONGEST_MESSAGE {
        return text;
    }
    format!("{}…", &text[..text.floor_char_boundary(LONGEST_MESSAGE)]).into()
}
