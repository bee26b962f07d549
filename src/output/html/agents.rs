//! One agent of the page: its scores with their working, its layers, its problems, and the differences from the base.

use std::collections::{BTreeMap, BTreeSet};

use crate::aivss::{Band, Factor, LayerKind, Working};
use crate::date::Date;
use crate::decimal::Decimal;
use crate::diagnostic::Level;
use crate::model::{Answer, Layer, Model, Review, TextKind, Threat, blank};
use crate::output::Links;
use crate::output::breakdown::{multipliers, origin_text};
use crate::output::html::chart::{ScoreStep, along, outline, steps};
use crate::output::html::problems::{ProblemView, SanitizedText};
use crate::output::problem::levels_in_words;
use crate::report::{AgentChange, Difference, FileReport, NOT_SCORED, Report};
use crate::score::{Contribution, OneLess, Scored, ScoredModel};

/// The maximum number of characters of a name in tables.
pub(crate) const NAME: usize = 120;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Graded {
    pub(crate) score: Decimal,
    pub(crate) band: Band,
}

pub(crate) struct AgentView {
    pub(crate) number: usize,
    pub(crate) name: SanitizedText,
    /// Whether another agent has the same name.
    pub(crate) has_namesake: bool,
    pub(crate) summary: Option<SanitizedText>,
    pub(crate) place: SanitizedText,
    pub(crate) url: Option<String>,
    pub(crate) environment: Option<SanitizedText>,
    pub(crate) tier: Option<SanitizedText>,
    pub(crate) owner: Option<SanitizedText>,
    /// The date and the approver of the last review, in words.
    pub(crate) review: Option<SanitizedText>,
    pub(crate) worst: Option<Graded>,
    /// Whether no score can be worse: the whole file was read, and all scores were computed.
    pub(crate) is_known: bool,
    pub(crate) is_unscored: bool,
    pub(crate) scores: Vec<ScoreView>,
    pub(crate) layers: Vec<LayerView>,
    /// The number of open threats.
    pub(crate) open: usize,
    pub(crate) problems: Vec<ProblemView>,
}

pub(crate) struct ScoreView {
    pub(crate) title: SanitizedText,
    pub(crate) graded: Option<Graded>,
    pub(crate) version: Option<SanitizedText>,
    pub(crate) missing: Vec<SanitizedText>,
    pub(crate) wrong: Vec<(&'static str, SanitizedText)>,
    /// The name, value and origin of each input.
    pub(crate) inputs: Vec<(&'static str, String, SanitizedText)>,
    pub(crate) evidence: Option<SanitizedText>,
    pub(crate) steps: Vec<ScoreStep>,
    /// The working, term by term.
    pub(crate) working: Vec<(&'static str, String)>,
    pub(crate) radar: Option<Radar>,
    pub(crate) factors: Vec<InputRow>,
}

pub(crate) struct Radar {
    /// Whether the third axis is that of v0.5 (planning) or that of v0.8 (language).
    pub(crate) plans: bool,
    pub(crate) outline: String,
    /// The outline of the base, if it differs.
    pub(crate) before: Option<String>,
    pub(crate) words: String,
}

pub(crate) struct InputRow {
    pub(crate) name: String,
    pub(crate) value: Decimal,
    /// The contribution to the score, to two decimals; `None` for a multiplier.
    pub(crate) share: Option<Decimal>,
    pub(crate) rationale: Option<SanitizedText>,
    pub(crate) less: Option<OneLess>,
}

pub(crate) struct LayerView {
    pub(crate) kind: LayerKind,
    pub(crate) answer: &'static str,
    pub(crate) text: Option<SanitizedText>,
    pub(crate) threats: Vec<ThreatView>,
    pub(crate) open: usize,
    /// The answer in the base, if it differs.
    pub(crate) before: Option<SanitizedText>,
}

pub(crate) struct ThreatView {
    pub(crate) name: SanitizedText,
    pub(crate) status: &'static str,
    pub(crate) mitigation: Option<SanitizedText>,
    pub(crate) open: bool,
}

impl AgentView {
    /// The agent of the model at a place of a file; differences from the base come from the change.
    pub(crate) fn of(
        number: usize,
        file: &FileReport,
        place: usize,
        change: Option<&AgentChange>,
        report: &Report,
        links: &Links<'_>,
    ) -> Self {
        let scored = &file.models[place];
        let (model, line) = (&scored.model, scored.position.line);
        let agent = &model.agent;
        let problems = file.problems_of(place);
        let summary = agent.summary.as_deref().filter(|text| blank(text, TextKind::Prose).is_none());
        Self {
            number,
            name: SanitizedText::cut(scored.name().unwrap_or("(no name)"), NAME),
            has_namesake: false,
            summary: summary.map(SanitizedText::lines),
            place: SanitizedText::line(format!("{}:{line}", file.name())),
            url: links.url(&file.path, line, line),
            environment: name(agent.environment.as_deref()),
            tier: name(agent.tier.as_deref()),
            owner: name(agent.owner.as_deref()),
            review: review(&model.review),
            is_known: file.is_read() && scored.is_computed(),
            is_unscored: scored.is_unscored,
            worst: scored.worst().map(Graded::of),
            scores: scored.scores.iter().map(|one| ScoreView::of(one, scored, change)).collect(),
            layers: model
                .layers()
                .iter()
                .map(|layer| LayerView::of(layer, model, change, report.today))
                .collect(),
            open: model.threats().filter(|threat| threat.is_open(report.today)).count(),
            problems: problems.map(|problem| ProblemView::of(problem, file, report, links)).collect(),
        }
    }

    /// The number of its problems of a level that count.
    pub(crate) fn count(&self, level: Level) -> usize {
        self.problems.iter().filter(|problem| problem.counts() && problem.level == level).count()
    }

    /// The numbers of its problems in words: those that count, and those that do not.
    pub(crate) fn counts(&self) -> String {
        let counting = self.problems.iter().filter(|problem| problem.counts());
        let mut words = levels_in_words(counting.map(|problem| problem.level));
        let passing = self.problems.iter().filter(|problem| !problem.counts()).count();
        words.extend((passing > 0).then(|| format!("{passing} not counted")));
        if words.is_empty() { "none".to_owned() } else { words.join(", ") }
    }

    /// The worst score, if all are known.
    pub(crate) fn grade(&self) -> Option<Graded> {
        self.worst.filter(|_| self.is_known)
    }

    /// The band of the worst score, or the reason why it is not known.
    pub(crate) fn band(&self) -> &'static str {
        match self.grade() {
            Some(grade) => grade.band.name(),
            None if self.is_unscored => NOT_SCORED,
            None => "not computable",
        }
    }

    /// The worst known score, if others are not known.
    pub(crate) fn at_least(&self) -> Option<Graded> {
        self.worst.filter(|_| !self.is_known)
    }

    /// The weight of its problems, as a sort key.
    pub(crate) fn weight(&self) -> usize {
        self.count(Level::Error) * 1_000_000 + self.count(Level::Warning) * 1_000 + self.count(Level::Note)
    }

    /// The rules of its problems as a filter, separated by spaces.
    pub(crate) fn rules(&self) -> SanitizedText {
        let rules: BTreeSet<String> = self.problems.iter().map(|problem| problem.rule.to_string()).collect();
        SanitizedText::line(rules.into_iter().collect::<Vec<_>>().join(" "))
    }
}

/// Marks the agents that have the names of others.
pub(crate) fn mark_namesakes(agents: &mut [AgentView]) {
    let mut counts: BTreeMap<SanitizedText, usize> = BTreeMap::new();
    for agent in &*agents {
        *counts.entry(agent.name.clone()).or_default() += 1;
    }
    for agent in agents {
        agent.has_namesake = counts.get(&agent.name).is_some_and(|count| *count > 1);
    }
}

fn name(text: Option<&str>) -> Option<SanitizedText> {
    text.map(|text| SanitizedText::cut(text, NAME))
}

fn review(review: &Review) -> Option<SanitizedText> {
    let reviewed = review.date.as_deref().map(|day| format!("reviewed {day}"));
    let approved = review.approved_by.as_deref().map(|name| format!("approved by {name}"));
    let words: Vec<String> = reviewed.into_iter().chain(approved).collect();
    (!words.is_empty()).then(|| SanitizedText::cut(&words.join(", "), NAME))
}

/// The difference from the base in one respect.
fn difference<'c>(change: Option<&'c AgentChange>, what: &str) -> Option<&'c Difference> {
    change?.differences.iter().find(|difference| difference.what == what)
}

impl ScoreView {
    fn of(scored: &Scored, model: &ScoredModel, change: Option<&AgentChange>) -> Self {
        let (declared, working) = (&scored.declared, scored.working.as_ref());
        let finding = model.model.finding_id(scored.owner);
        let wrong = scored.wrong().into_iter().map(|(name, value)| (name, SanitizedText::cut(&value, NAME)));
        let inputs = scored.inputs().into_iter().map(|input| {
            let value = input.value.map_or_else(|| "–".to_owned(), |value| value.plain().to_string());
            (input.name, value, SanitizedText::cut(&origin_text(&input.origin), 2 * NAME))
        });
        Self {
            title: title(scored, model),
            graded: working.map(Graded::of),
            version: name(declared.version.as_deref()),
            missing: scored.missing_inputs().iter().map(SanitizedText::line).collect(),
            wrong: wrong.collect(),
            inputs: inputs.collect(),
            evidence: declared.evidence.as_deref().map(SanitizedText::lines),
            steps: working.map(steps).unwrap_or_default(),
            working: scored.steps(),
            radar: working.and_then(|_| Radar::of(scored, finding, change)),
            factors: working.map(|working| rows(scored, working)).unwrap_or_default(),
        }
    }
}

fn title(scored: &Scored, model: &ScoredModel) -> SanitizedText {
    let Some(finding) = model.model.finding(scored.owner) else { return SanitizedText::line("The agent") };
    let id = finding.id.as_deref().unwrap_or_default();
    let mut title = format!("Finding {id}").trim_end().to_owned();
    if let Some(text) = finding.title.as_deref().filter(|text| *text != id) {
        title.push_str(&format!(" {text}"));
    }
    SanitizedText::cut(&title, 2 * NAME)
}

impl Radar {
    /// The factors on their axes; `None` if they are not ten.
    fn of(scored: &Scored, finding: Option<&str>, change: Option<&AgentChange>) -> Option<Self> {
        let factors = scored.declared.factors.sorted();
        let values: Vec<Decimal> = factors.iter().map(|(_, value)| *value).collect();
        let values: [Decimal; Factor::SET] = values.try_into().ok()?;
        let about = finding.map_or_else(String::new, |id| format!("finding {id}: "));
        let mut before = Some(values);
        for (at, (factor, _)) in factors.iter().enumerate() {
            if let Some(difference) = difference(change, &format!("{about}{}", factor.key())) {
                let old = difference.before.as_deref().and_then(|value| Decimal::parse(value).ok());
                before = before.zip(old).map(|(mut values, old)| {
                    values[at] = old;
                    values
                });
            }
        }
        let words = factors.iter().map(|(factor, value)| format!("{} {value}", words(factor.key())));
        Some(Self {
            plans: factors.iter().any(|(factor, _)| *factor == Factor::GoalDrivenPlanning),
            outline: outline(&values),
            before: before.filter(|before| *before != values).map(|before| outline(&before)),
            words: words.collect::<Vec<_>>().join(", "),
        })
    }
}

fn rows(scored: &Scored, working: &Working) -> Vec<InputRow> {
    let factors = &scored.declared.factors;
    let mut rows = Vec::new();
    for contribution in Contribution::of_factors(working, factors.numbers()) {
        let given = factors.given.iter().find(|given| given.factor == contribution.factor);
        rows.push(InputRow {
            name: words(contribution.factor.key()),
            value: contribution.value.plain(),
            share: Some(contribution.share.round_half_up(2)),
            rationale: given.and_then(|given| given.rationale.as_deref()).map(SanitizedText::lines),
            less: contribution.one_less,
        });
    }
    for (key, value, less) in multipliers(working) {
        if less.is_some() {
            let (name, value) = (words(key), value.plain());
            rows.push(InputRow { name, value, share: None, rationale: None, less });
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
            open: model.open_threats(layer.kind, today),
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

/// A key in prose: `Dynamic tool use`.
pub(crate) fn words(key: &str) -> String {
    let mut words = key.to_owned();
    for prefix in ["non", "multi", "goal", "self"] {
        words = words.replace(&format!("{prefix}_"), &format!("{prefix}-"));
    }
    let words = words.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}

impl Graded {
    pub(crate) const fn of(working: &Working) -> Self {
        Self { score: working.score, band: working.band }
    }

    /// The score on a scale from 0 to 10, in thousandths.
    pub(crate) fn along(self) -> i64 {
        along(self.score)
    }

    /// The band's word for the style sheet.
    pub(crate) fn class(self) -> String {
        self.band.name().to_lowercase()
    }
}
