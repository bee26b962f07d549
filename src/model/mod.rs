//! Tree to model: what a file says, in the words of the domain, each with its place.
//!
//! Two readers make the same [`Model`]: [`native`] of this project's format, [`owasp`] of OWASP's v0.8 report.
//! Reading never fails: what is absent or out of shape is `None`, and the rule of the schema has spoken of it.
//! Nothing is computed or judged here.

mod block;
mod detect;
mod evidence;
mod layers;
mod native;
mod owasp;
mod placeholder;
mod stub;

pub use crate::model::detect::{DetectedFormat, detect, is_meant};
pub use crate::model::layers::{Answer, Blank, Layer, LayerKind, Maestro, Threat};
pub use evidence::{PathProblem, path_problem};
pub use placeholder::{TextKind, blank, is_refusal, is_too_short};

use crate::aivss::Factor;
use crate::decimal::Decimal;
use crate::diagnostic::{Edit, Fix, Owner, Safety};
use crate::did_you_mean::nearest;
use crate::schema::Schema;
use crate::source::Span;
use crate::syntax::{Node, Vacancy};

/// A value of the file and its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Span,
    /// Whether it stands there letter by letter, perhaps in quotes: not escaped, folded, or reached by an alias.
    pub verbatim: bool,
}

impl<T> Spanned<T> {
    /// A value with its place.
    pub const fn new(value: T, span: Span) -> Self {
        Self { value, span, verbatim: false }
    }
}

impl Spanned<Decimal> {
    /// The edit that writes another number here, where this one stands letter by letter.
    pub fn rewritten(self, right: Decimal) -> Option<Fix> {
        self.verbatim.then(|| Fix::replacing(self.span, right.to_string()))
    }
}

impl Spanned<&str> {
    /// The edit that writes another text here, within the same quotes, where this one stands letter by letter.
    pub fn rewritten(self, right: &str) -> Option<Fix> {
        let span = self.part(0, self.value.len());
        (self.verbatim && span.range().len() == self.value.len()).then(|| Fix::replacing(span, right))
    }

    /// The place of a part of the text, by byte offsets in it; the whole place where its bytes do not correspond.
    pub fn part(self, start: usize, end: usize) -> Span {
        let written = (self.span.end - self.span.start) as usize;
        let quote = match written.checked_sub(self.value.len()) {
            Some(0) if self.verbatim => 0,
            // Two bytes more are a pair of quotes.
            Some(2) if self.verbatim => 1,
            _ => return self.span,
        };
        let first = self.span.start as usize + quote;
        Span::new(first + start, first + end)
    }
}

/// One threat model.
#[derive(Debug)]
pub struct Model<'t> {
    /// The format it is written in.
    pub format: Format,
    /// The first key: where what is missing from the whole is shown.
    pub key_span: Span,
    /// The agent.
    pub agent: Agent<'t>,
    /// Its last review.
    pub review: Review<'t>,
    /// The score of the agent as a whole, in formats that have one.
    pub assessment: Option<Assessment<'t>>,
    /// The key of the list of findings, where there is one.
    pub findings_key_span: Option<Span>,
    /// Single vulnerabilities.
    pub findings: Vec<Finding<'t>>,
    /// The layers; `None` for a format that has none, so that rules about layers are silent.
    pub maestro: Option<Maestro<'t>>,
}

/// The formats that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// This project's own.
    Native,
    /// The report of OWASP AIVSS v0.8, appendix A.
    OwaspReport,
}

/// The agent that a threat model is about.
#[derive(Debug, Default)]
pub struct Agent<'t> {
    /// The block's key.
    pub key_span: Option<Span>,
    /// Its name.
    pub name: Option<Spanned<&'t str>>,
    /// What it does, in a few words.
    pub summary: Option<Spanned<&'t str>>,
    /// Who answers for the model.
    pub owner: Option<Spanned<&'t str>>,
    /// Where it runs: development, testing or production.
    pub environment: Option<Spanned<&'t str>>,
    /// Its risk tier: low, moderate or high.
    pub tier: Option<Spanned<&'t str>>,
}

/// The last review of a threat model.
#[derive(Debug, Default)]
pub struct Review<'t> {
    /// The block's key.
    pub key_span: Option<Span>,
    /// The day.
    pub date: Option<Spanned<&'t str>>,
    /// Who approved the release.
    pub approved_by: Option<Spanned<&'t str>>,
}

/// A single vulnerability.
#[derive(Debug)]
pub struct Finding<'t> {
    /// Its place in the list, as the owner of problems.
    pub owner: Owner,
    /// Its identifier.
    pub id: Option<Spanned<&'t str>>,
    /// Its title.
    pub title: Option<Spanned<&'t str>>,
    /// Its score.
    pub assessment: Option<Assessment<'t>>,
}

/// An AIVSS score as declared: inputs and results.
#[derive(Debug)]
pub struct Assessment<'t> {
    /// The agent or finding it scores.
    pub owner: Owner,
    /// The block's key.
    pub key_span: Span,
    /// The formula, by the version of the standard.
    pub version: Option<Spanned<&'t str>>,
    /// Whether there is neither a vector nor a base, readable or not.
    pub cvss_absent: bool,
    /// Whether there is a vector, readable or not.
    pub vector_written: bool,
    /// The CVSS vector.
    pub vector: Option<Spanned<&'t str>>,
    /// The CVSS base score.
    pub base: Option<Spanned<Decimal>>,
    /// The agentic factors.
    pub factors: Factors<'t>,
    /// The threat multiplier.
    pub threat: Option<Spanned<Multiplier<'t>>>,
    /// The mitigation factor.
    pub mitigation: Option<Spanned<Multiplier<'t>>>,
    /// What demonstrates the mitigation.
    pub evidence: Option<Spanned<&'t str>>,
    /// Declared sum of the factors.
    pub factor_sum: Option<Spanned<Decimal>>,
    /// Declared agentic uplift (AARS).
    pub uplift: Option<Spanned<Decimal>>,
    /// Declared score.
    pub score: Option<Spanned<Decimal>>,
    /// Where the score is to be declared, while it is not.
    pub undeclared: Option<Undeclared>,
    /// Declared severity band.
    pub severity: Option<Spanned<&'t str>>,
}

/// A value that is not declared: its key is missing, or nothing stands behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undeclared {
    /// The key; the block's key where it is missing.
    pub span: Span,
    /// Where the value can be written.
    pub vacancy: Option<Vacancy>,
}

impl Undeclared {
    /// The edit that declares a value, where it has a place.
    pub fn declared(self, value: impl std::fmt::Display) -> Option<Fix> {
        let Vacancy { span, lead } = self.vacancy?;
        Some(Fix {
            title: format!("Write {value}"),
            safety: Safety::Safe,
            edits: vec![Edit { span, text: format!("{lead}{value}") }],
        })
    }
}

/// A multiplier, as a number or by a name that the formula knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Multiplier<'t> {
    /// A number.
    Number(Decimal),
    /// A name.
    Named(&'t str),
    /// Neither, so that no default may take its place.
    Unreadable,
}

/// The factors of an assessment.
#[derive(Debug)]
pub struct Factors<'t> {
    /// The block's key.
    pub key_span: Span,
    /// Whether the block is a mapping at all.
    pub readable: bool,
    /// Those that are known, in the order of the file.
    pub given: Vec<GivenFactor<'t>>,
    /// Keys that are no factor's.
    pub unknown: Vec<Spanned<&'t str>>,
    /// The keys that this format has for factors.
    pub keys: &'static [&'static str],
}

impl Factors<'_> {
    /// The key that an unknown one was meant to be: that of the factor it names, or the one it is a slip of.
    pub fn meant(&self, unknown: &str) -> Option<&'static str> {
        let named =
            Factor::named(unknown).map(|factor| self.spell(factor)).filter(|key| self.keys.contains(key));
        named.or_else(|| nearest(unknown, self.keys.iter().copied()))
    }

    /// The factor's key as this format spells it.
    pub fn spell(&self, factor: Factor) -> &'static str {
        let report =
            factor.report_key().filter(|key| self.keys.contains(key) && !self.keys.contains(&factor.key()));
        report.unwrap_or(factor.key())
    }
}

/// One factor as given.
#[derive(Debug)]
pub struct GivenFactor<'t> {
    /// Which.
    pub factor: Factor,
    /// The place of its key, which is spelt as [`Factors::spell`] spells it.
    pub key: Span,
    /// The value.
    pub value: FactorValue,
    /// Why this value.
    pub rationale: Option<&'t str>,
}

/// What stands behind a factor's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactorValue {
    /// A number, perhaps out of range.
    Number(Spanned<Decimal>),
    /// Nothing, or `null`, at this place.
    Empty(Span),
    /// Something else.
    Unreadable,
}

impl GivenFactor<'_> {
    /// The value, where it is a number.
    pub const fn number(&self) -> Option<Spanned<Decimal>> {
        if let FactorValue::Number(number) = self.value { Some(number) } else { None }
    }

    /// The place of the value, where it is still empty.
    pub const fn empty(&self) -> Option<Span> {
        if let FactorValue::Empty(place) = self.value { Some(place) } else { None }
    }
}

impl From<Option<Spanned<Decimal>>> for FactorValue {
    fn from(number: Option<Spanned<Decimal>>) -> Self {
        number.map_or(Self::Unreadable, Self::Number)
    }
}

impl<'t> Model<'t> {
    /// Each assessment in the model with the finding it belongs to; the agent's own comes first.
    pub fn assessments(&self) -> impl Iterator<Item = (Option<&Finding<'t>>, &Assessment<'t>)> {
        let own = self.assessment.iter().map(|assessment| (None, assessment));
        own.chain(
            self.findings.iter().filter_map(|finding| Some((Some(finding), finding.assessment.as_ref()?))),
        )
    }
}

/// How many findings a threat model may have.
pub const MOST_FINDINGS: usize = 10_000;

impl Format {
    /// The schema of the format.
    pub const fn schema(self) -> Schema {
        match self {
            Self::Native => Schema::ThreatModel,
            Self::OwaspReport => Schema::OwaspReport,
        }
    }

    /// The owner of what lies at a path of keys and indices from the root.
    pub fn owner_at<'p>(self, path: impl IntoIterator<Item = &'p str>) -> Owner {
        let list = match self {
            Self::Native => "findings",
            Self::OwaspReport => "vulnerabilities",
        };
        let mut path = path.into_iter();
        let index = path.next().filter(|key| *key == list).and_then(|_| path.next());
        index.and_then(|index| index.parse().ok()).map_or(Owner::Agent, Owner::Finding)
    }

    /// Where a model of this format has more findings than are read: it is not read at all.
    pub fn overfull(self, root: Node<'_>) -> Option<Span> {
        let key = match self {
            Self::Native => "findings",
            Self::OwaspReport => "vulnerabilities",
        };
        let entry = root.as_map()?.entry(key)?;
        entry.value.as_list()?.iter().nth(MOST_FINDINGS).map(|_| entry.key_span)
    }

    /// The name of the format, as policies write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::OwaspReport => "owasp-report",
        }
    }

    /// Whether the format can express a score of the agent as a whole, and the layers.
    pub const fn is_complete(self) -> bool {
        match self {
            Self::Native => true,
            Self::OwaspReport => false,
        }
    }

    /// Reads a model of this format.
    pub fn read(self, root: Node<'_>) -> Model<'_> {
        match self {
            Self::Native => native::read(root),
            Self::OwaspReport => owasp::read(root),
        }
    }
}
