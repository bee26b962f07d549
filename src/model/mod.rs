//! The threat model: the only form in which the program knows one, made from the tree of a document.
//!
//! Two readers make the same [`Model`]: [`read::native`] reads this project's format, [`read::report`] reads OWASP's v0.8 report.
//! Reading never fails: what is absent or malformed becomes `None`, and the schema reports it. Nothing is computed here.

mod assessment;
mod block;
mod evidence;
mod layers;
mod placeholder;
mod read;
mod risks;
mod threat;

pub use assessment::Assessment;
pub(crate) use assessment::{Factors, GivenFactor, Multiplier, Undeclared};
pub(crate) use evidence::{PathProblem, path_problem};
pub(crate) use layers::Maestro;
pub use layers::{Answer, Blank, Layer};
pub(crate) use placeholder::{TextKind, blank, is_too_short};
pub(crate) use read::blank_as_shown;
pub(crate) use threat::{Threat, ThreatStatus, shortened, threat_name};

use std::ops::Deref;
use std::sync::Arc;

use crate::aivss::LayerKind;
use crate::date::Date;
use crate::decimal::Decimal;
use crate::diagnostic::{Fix, Owner};
use crate::likeness::nearest;
use crate::schema::Schema;
use crate::source::Span;
use crate::syntax::{Form, List, MODEL_MARKER, Map, Node, form_of, is_model};

pub(crate) const MAX_FINDINGS: usize = 10_000;

/// A value of the file and its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// The bytes of the value; of an alias, those of the alias.
    pub(crate) span: Span,
    /// Whether the bytes are the value itself, perhaps in quotes: not escaped, not folded, not reached by an alias.
    pub(crate) verbatim: bool,
}

/// A text of the file.
pub type Text = Spanned<Box<str>>;

impl<T> Spanned<T> {
    /// A value that is not verbatim.
    pub const fn new(value: T, span: Span) -> Self {
        Self { value, span, verbatim: false }
    }
}

impl<T: Deref> Deref for Spanned<T> {
    type Target = T::Target;

    fn deref(&self) -> &T::Target {
        &self.value
    }
}

impl Spanned<Decimal> {
    /// The edit that replaces a verbatim number.
    pub(crate) fn rewritten(self, right: Decimal) -> Option<Fix> {
        self.verbatim.then(|| Fix::replacing(self.span, right.to_string()))
    }
}

impl Text {
    /// The edit that replaces a verbatim text and keeps its quotes.
    pub(crate) fn rewritten(&self, right: &str) -> Option<Fix> {
        let span = self.part(0, self.len());
        (self.verbatim && span.range().len() == self.len()).then(|| Fix::replacing(span, right))
    }

    /// The bytes of a part of the text, given by byte offsets in it; all bytes if the text is not verbatim.
    pub(crate) fn part(&self, start: usize, end: usize) -> Span {
        let quote = match self.span.range().len().checked_sub(self.len()) {
            Some(0) if self.verbatim => 0,
            // Two more bytes are a pair of quotes.
            Some(2) if self.verbatim => 1,
            _ => return self.span,
        };
        let first = self.span.start as usize + quote;
        Span::new(first + start, first + end)
    }
}

/// One threat model.
#[derive(Clone, Debug)]
pub struct Model {
    pub(crate) format: ModelFormat,
    /// The first key: the place of problems about what the whole lacks.
    pub(crate) key_span: Span,
    /// The agent.
    pub agent: Agent,
    pub(crate) review: Review,
    /// The assessment of the agent as a whole, in formats that have one.
    pub(crate) assessment: Option<Arc<Assessment>>,
    pub(crate) findings_key_span: Option<Span>,
    pub(crate) findings: Vec<Finding>,
    /// The layers; `None` for a format without layers, so that rules about layers do not apply.
    pub(crate) maestro: Option<Maestro>,
}

/// The formats that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelFormat {
    /// This project's own, in YAML or JSON.
    Native,
    /// This project's own, in the front matter and the prose of a page.
    Markdown,
    /// The report of OWASP AIVSS v0.8, appendix A.
    OwaspReport,
}

/// The agent that a threat model is about.
#[derive(Clone, Debug, Default)]
pub struct Agent {
    pub(crate) key_span: Option<Span>,
    /// Its name.
    pub name: Option<Text>,
    pub(crate) summary: Option<Text>,
    /// The person or team responsible for the model.
    pub(crate) owner: Option<Text>,
    /// The environment: development, testing, staging or production.
    pub(crate) environment: Option<Text>,
    /// The risk tier: low, moderate or high.
    pub(crate) tier: Option<Text>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Review {
    pub(crate) key_span: Option<Span>,
    pub(crate) date: Option<Text>,
    /// The person who approved the release.
    pub(crate) approved_by: Option<Text>,
}

/// A single vulnerability.
#[derive(Clone, Debug)]
pub struct Finding {
    pub(crate) owner: Owner,
    pub(crate) id: Option<Text>,
    pub(crate) title: Option<Text>,
    /// A core risk of OWASP AIVSS, or an entry of the ASI Top 10.
    pub(crate) category: Option<Box<str>>,
    pub(crate) assessment: Option<Arc<Assessment>>,
}

impl Model {
    /// Each assessment with its finding; the agent's own comes first.
    pub fn assessments(&self) -> impl Iterator<Item = (Option<&Finding>, &Arc<Assessment>)> {
        let own = self.assessment.iter().map(|assessment| (None, assessment));
        own.chain(
            self.findings.iter().filter_map(|finding| Some((Some(finding), finding.assessment.as_ref()?))),
        )
    }

    /// Whether it has no score of the agent, although its format can express one.
    pub(crate) const fn lacks_score(&self) -> bool {
        self.assessment.is_none() && self.format.is_complete()
    }

    /// The layers, in MAESTRO's order; none in a format without layers.
    pub fn layers(&self) -> &[Layer] {
        self.maestro.as_ref().map_or(&[], |maestro| &maestro.layers)
    }

    /// The lists of threats: those of the layers, then those that span layers.
    pub(crate) fn threat_lists(&self) -> impl Iterator<Item = &[Threat]> {
        let layers = self.layers().iter().map(|layer| &*layer.threats);
        layers.chain(self.maestro.iter().map(|maestro| &*maestro.shared))
    }

    pub(crate) fn threats(&self) -> impl Iterator<Item = &Threat> {
        self.threat_lists().flatten()
    }

    /// The threats of a layer, and those that span it and others.
    pub(crate) fn threats_of(&self, layer: LayerKind) -> impl Iterator<Item = &Threat> {
        self.threats().filter(move |threat| threat.layers.contains(&layer))
    }

    /// The threats under a key of `maestro`.
    pub(crate) fn threats_at(&self, key: &str) -> &[Threat] {
        let Some(maestro) = self.maestro.as_ref() else { return &[] };
        if key == "cross_layer" {
            return &maestro.shared;
        }
        let layer = maestro.layers.iter().find(|layer| layer.kind.keys().any(|own| own == key));
        layer.map_or(&[], |layer| &layer.threats)
    }

    /// The number of open threats of a layer, with those that span layers.
    pub(crate) fn open_threats(&self, layer: LayerKind, today: Date) -> usize {
        self.threats_of(layer).filter(|threat| threat.is_open(today)).count()
    }

    pub(crate) fn finding(&self, owner: Owner) -> Option<&Finding> {
        let Owner::Finding(at) = owner else { return None };
        self.findings.get(at)
    }

    /// The identifier of the finding that is an owner, empty if it has none; `None` for other owners.
    pub(crate) fn finding_id(&self, owner: Owner) -> Option<&str> {
        matches!(owner, Owner::Finding(_))
            .then(|| self.finding(owner).and_then(|finding| finding.id.as_deref()).unwrap_or_default())
    }
}

impl ModelFormat {
    pub(crate) const fn schema(self) -> Schema {
        match self {
            Self::Native | Self::Markdown => Schema::ThreatModel,
            Self::OwaspReport => Schema::OwaspReport,
        }
    }

    /// The name of the format, as policies write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Markdown => "markdown",
            Self::OwaspReport => "owasp-report",
        }
    }

    /// Whether the format can express a score of the agent as a whole, and the layers.
    pub(crate) const fn is_complete(self) -> bool {
        match self {
            Self::Native | Self::Markdown => true,
            Self::OwaspReport => false,
        }
    }

    const fn findings_key(self) -> &'static str {
        match self {
            Self::Native | Self::Markdown => "findings",
            Self::OwaspReport => "vulnerabilities",
        }
    }

    /// The owner of the value at a path of keys and indices from the root.
    pub(crate) fn owner_at<'p>(self, path: impl IntoIterator<Item = &'p str>) -> Owner {
        let mut path = path.into_iter();
        let index = path.next().filter(|key| *key == self.findings_key()).and_then(|_| path.next());
        index.and_then(|index| index.parse().ok()).map_or(Owner::Agent, Owner::Finding)
    }

    /// The key of a list with more findings than are read. Such a model is not read at all.
    pub(crate) fn overfull(self, root: Node<'_>) -> Option<Span> {
        let entry = root.as_map()?.entry(self.findings_key())?;
        entry.value.as_list()?.iter().nth(MAX_FINDINGS).map(|_| entry.key_span)
    }

    /// Reads a model of this format.
    pub fn read(self, root: Node<'_>) -> Model {
        match self {
            Self::Native => read::native(root),
            Self::Markdown => Model { format: Self::Markdown, ..read::native(root) },
            Self::OwaspReport => read::report(root),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DetectedFormat<'t> {
    /// A threat model in a format that can be read.
    Model(ModelFormat),
    /// A threat model whose identifying key is misspelled: the key, its place, and the right spelling.
    Misspelled(&'t str, Span, &'static str),
    /// A document with the keys of a threat model, but without its marker.
    Unmarked,
    /// Anything else.
    Other,
}

/// The key that makes a document an OWASP report, next to others.
const REPORT_KEY: &str = "vulnerabilities";

pub(crate) fn detect(root: Node<'_>) -> DetectedFormat<'_> {
    let Some(map) = root.as_map() else {
        return misplaced(root.as_list().into_iter().flat_map(List::iter));
    };
    if map.get(MODEL_MARKER).is_some() {
        return DetectedFormat::Model(if root.is_page() {
            ModelFormat::Markdown
        } else {
            ModelFormat::Native
        });
    }
    // Documents of CycloneDX and npm have both keys as well, and a key of their own.
    let others = ["bomFormat", "specFormat", "auditReportVersion"];
    let is_shaped = map.get("metadata").is_some() && others.iter().all(|key| map.get(key).is_none());
    if map.get(REPORT_KEY).is_some() && (is_shaped || lists_amplification(map)) {
        return DetectedFormat::Model(ModelFormat::OwaspReport);
    }
    for entry in map.iter() {
        if form_of(entry.key).is_some() || nearest(entry.key, [MODEL_MARKER]).is_some() {
            return DetectedFormat::Misspelled(entry.key, entry.key_span, MODEL_MARKER);
        }
        if is_shaped && nearest(entry.key, [REPORT_KEY]).is_some() {
            return DetectedFormat::Misspelled(entry.key, entry.key_span, REPORT_KEY);
        }
    }
    let parts = ["aivss", "maestro", "factors", "amplification_factors"];
    if map.iter().any(|entry| parts.contains(&entry.key)) {
        return DetectedFormat::Unmarked;
    }
    misplaced(map.iter().map(|entry| entry.value))
}

/// Whether a document with a misspelled marker is a threat model: the marker is disguised, or the other contents are those
/// of one. In a file with a name of its own, a similar key may be anything.
pub(crate) fn is_meant(root: Node<'_>) -> bool {
    let DetectedFormat::Misspelled(key, ..) = detect(root) else { return false };
    form_of(key) == Some(Form::Disguised) || root.get(key).is_some_and(|value| is_model(root, value))
}

/// Whether a report is one level too deep. A marker at that level is a problem of its own.
fn misplaced<'t>(mut nodes: impl Iterator<Item = Node<'t>>) -> DetectedFormat<'t> {
    let is_report =
        nodes.any(|node| node.get("metadata").is_some() && node.as_map().is_some_and(lists_amplification));
    if is_report { DetectedFormat::Unmarked } else { DetectedFormat::Other }
}

fn lists_amplification(map: Map<'_>) -> bool {
    let mut items = map.get(REPORT_KEY).and_then(Node::as_list).into_iter().flat_map(List::iter);
    items.any(|item| item.get("amplification_factors").is_some())
}
