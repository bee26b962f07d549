//! The card of an agent: its problems, its scores with their working, its layers, and the differences from the base.

use crate::aivss::{LayerKind, Working};
use crate::date::Date;
use crate::decimal::Decimal;
use crate::model::{Answer, Layer, Model, Review, TextKind, Threat, blank};
use crate::output::Links;
use crate::output::breakdown::{multipliers, origin_text};
use crate::output::html::agents::{Graded, NAME, words};
use crate::output::html::chart::{Rose, ScoreStep, part, steps};
use crate::output::html::problems::{ProblemView, SanitizedText};
use crate::report::{AgentChange, Difference, FileReport, Report};
use crate::score::{Contribution, OneLess, Scored, ScoredModel};

/// What the card of an agent has besides its row.
pub(crate) struct AgentDetails {
    pub(crate) summary: Option<SanitizedText>,
    pub(crate) url: Option<String>,
    /// The date and the approver of the last review, in words.
    pub(crate) review: Option<SanitizedText>,
    pub(crate) scores: Vec<ScoreView>,
    pub(crate) layers: Vec<LayerView>,
    pub(crate) problems: Vec<ProblemView>,
}

pub(crate) struct ScoreView {
    /// The finding; `None` for the score of the agent itself.
    pub(crate) finding: Option<SanitizedText>,
    pub(crate) graded: Option<Graded>,
    pub(crate) version: Option<SanitizedText>,
    pub(crate) missing: Vec<SanitizedText>,
    pub(crate) wrong: Vec<(&'static str, SanitizedText)>,
    /// The inputs that are no step of the computation.
    pub(crate) inputs: Vec<InputView>,
    pub(crate) evidence: Option<SanitizedText>,
    pub(crate) steps: Vec<(ScoreStep, Option<InputView>)>,
    /// The working, term by term.
    pub(crate) working: Vec<(&'static str, String)>,
    pub(crate) rose: Option<Rose>,
    pub(crate) factors: Vec<FactorRow>,
}

/// An input of a score: its value and where that is from.
pub(crate) struct InputView {
    pub(crate) name: &'static str,
    pub(crate) value: String,
    pub(crate) origin: SanitizedText,
}

pub(crate) struct FactorRow {
    pub(crate) name: String,
    pub(crate) value: Decimal,
    /// The length of its bar, in twentieths; `None` for a multiplier.
    pub(crate) length: Option<i64>,
    /// The contribution to the score, to two decimals; `None` for a multiplier.
    pub(crate) share: Option<Decimal>,
    pub(crate) rationale: Option<SanitizedText>,
    pub(crate) less: Option<OneLess>,
}

pub(crate) struct LayerView {
    kind: LayerKind,
    pub(crate) answer: &'static str,
    pub(crate) text: Option<SanitizedText>,
    pub(crate) threats: Vec<ThreatView>,
    /// The answer in the base, if it differs.
    pub(crate) before: Option<SanitizedText>,
}

pub(crate) struct ThreatView {
    pub(crate) name: SanitizedText,
    pub(crate) status: &'static str,
    pub(crate) mitigation: Option<SanitizedText>,
    pub(crate) open: bool,
}

impl AgentDetails {
    pub(crate) fn of(
        file: &FileReport,
        place: usize,
        change: Option<&AgentChange>,
        report: &Report,
        links: &Links<'_>,
    ) -> Self {
        let scored = &file.models[place];
        let (model, line) = (&scored.model, scored.position.line);
        let summary = model.agent.summary.as_deref().filter(|text| blank(text, TextKind::Prose).is_none());
        let mut problems: Vec<_> = file.problems_of(place).collect();
        problems.sort_by_key(|problem| !report.fails(problem));
        Self {
            summary: summary.map(SanitizedText::lines),
            url: links.url(&file.path, line, line),
            review: review(&model.review),
            scores: scored.scores.iter().map(|one| ScoreView::of(one, scored, change)).collect(),
            layers: model
                .layers()
                .iter()
                .map(|layer| LayerView::of(layer, model, change, report.today))
                .collect(),
            problems: problems
                .into_iter()
                .map(|problem| ProblemView::of(problem, file, report, links))
                .collect(),
        }
    }
}

pub(crate) fn name(text: Option<&str>) -> Option<SanitizedText> {
    text.map(|text| SanitizedText::cut(text, NAME))
}

fn review(review: &Review) -> Option<SanitizedText> {
    let reviewed = review.date.as_deref().map(|day| format!("reviewed {day}"));
    let approved = review.approved_by.as_deref().map(|name| format!("approved by {name}"));
    let words: Vec<String> = reviewed.into_iter().chain(approved).collect();
    (!words.is_empty()).then(|| SanitizedText::cut(&words.join(", "), NAME))
}

/// The difference from the base in one respect.
pub(crate) fn difference<'c>(change: Option<&'c AgentChange>, what: &str) -> Option<&'c Difference> {
    change?.differences.iter().find(|difference| difference.what == what)
}

impl ScoreView {
    fn of(scored: &Scored, model: &ScoredModel, change: Option<&AgentChange>) -> Self {
        let (declared, working) = (&scored.declared, scored.working.as_ref());
        let finding = model.model.finding_id(scored.owner);
        let wrong = scored.wrong().into_iter().map(|(name, value)| (name, SanitizedText::cut(&value, NAME)));
        let mut inputs = Vec::new();
        for input in scored.inputs() {
            let value = input.value.map_or_else(|| "–".to_owned(), |value| value.plain().to_string());
            let origin = SanitizedText::cut(&origin_text(&input.origin), 2 * NAME);
            inputs.push(InputView { name: input.name, value, origin });
        }
        let mut drawn = Vec::new();
        for step in working.map(steps).unwrap_or_default() {
            let input = inputs.iter().position(|input| input.name == step.name).map(|at| inputs.remove(at));
            drawn.push((step, input));
        }
        Self {
            finding: title(scored, model),
            graded: working.map(Graded::of),
            version: name(declared.version.as_deref()),
            missing: scored.missing_inputs().iter().map(SanitizedText::line).collect(),
            wrong: wrong.collect(),
            inputs,
            evidence: declared.evidence.as_deref().map(SanitizedText::lines),
            steps: drawn,
            working: scored.steps(),
            rose: rose_of(scored, finding, change),
            factors: working.map(|working| rows(scored, working)).unwrap_or_default(),
        }
    }
}

/// The identifier and the title of the finding that a score is of.
fn title(scored: &Scored, model: &ScoredModel) -> Option<SanitizedText> {
    let finding = model.model.finding(scored.owner)?;
    let id = finding.id.as_deref().unwrap_or_default();
    let mut title = format!("Finding {id}").trim_end().to_owned();
    if let Some(text) = finding.title.as_deref().filter(|text| *text != id) {
        title.push_str(&format!(" {text}"));
    }
    Some(SanitizedText::cut(&title, 2 * NAME))
}

/// The factors as a rose; `None` if none has a value.
fn rose_of(scored: &Scored, finding: Option<&str>, change: Option<&AgentChange>) -> Option<Rose> {
    let factors = scored.declared.factors.sorted();
    let about = finding.map_or_else(String::new, |id| format!("finding {id}: "));
    let mut petals = Vec::new();
    for (factor, value) in &factors {
        let difference = difference(change, &format!("{about}{}", factor.key()));
        let before = difference.and_then(|one| Decimal::parse(one.before.as_deref()?).ok());
        petals.push((*factor, *value, before));
    }
    let words = factors.iter().map(|(factor, value)| format!("{} {value}", words(factor.key())));
    let words = words.collect::<Vec<_>>().join(", ");
    (!petals.is_empty()).then(|| Rose::new(&petals, words))
}

fn rows(scored: &Scored, working: &Working) -> Vec<FactorRow> {
    let factors = &scored.declared.factors;
    let mut rows = Vec::new();
    for contribution in Contribution::of_factors(working, factors.numbers()) {
        let given = factors.given.iter().find(|given| given.factor == contribution.factor);
        rows.push(FactorRow {
            name: words(contribution.factor.key()),
            value: contribution.value.plain(),
            length: Some(part(contribution.value) / 50),
            share: Some(contribution.share.round_half_up(2)),
            rationale: given.and_then(|given| given.rationale.as_deref()).map(SanitizedText::lines),
            less: contribution.one_less,
        });
    }
    for (key, value, less) in multipliers(working) {
        if less.is_some() {
            let (name, value) = (words(key), value.plain());
            rows.push(FactorRow { name, value, length: None, share: None, rationale: None, less });
        }
    }
    rows
}

impl LayerView {
    fn of(layer: &Layer, model: &Model, change: Option<&AgentChange>, today: Date) -> Self {
        let reason = layer.reason.as_deref().filter(|_| matches!(layer.answer, Answer::NotApplicable));
        let before = difference(change, &format!("layer {}", layer.kind.key()));
        Self {
            kind: layer.kind,
            answer: layer.answer.name(),
            text: reason.or(layer.analysis.as_deref()).map(SanitizedText::lines),
            threats: model.threats_of(layer.kind).map(|threat| ThreatView::of(threat, today)).collect(),
            before: before.and_then(|difference| difference.before.as_deref()).map(SanitizedText::line),
        }
    }

    pub(crate) fn name(&self) -> String {
        words(self.kind.key())
    }

    pub(crate) fn words(&self) -> String {
        self.answer.replace('-', " ")
    }
}

impl ThreatView {
    fn of(threat: &Threat, today: Date) -> Self {
        let words: Vec<&str> = threat.id.as_deref().into_iter().chain(threat.title.as_deref()).collect();
        Self {
            name: SanitizedText::cut(&words.join(" "), 2 * NAME),
            status: threat.status.name(),
            mitigation: threat.mitigation.as_deref().map(SanitizedText::lines),
            open: threat.is_open(today),
        }
    }
}
