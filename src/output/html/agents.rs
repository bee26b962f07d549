//! One agent: its scores with their working, its layers, its faults; and how it stood in the base.

use std::collections::BTreeMap;

use crate::aivss::Band;
use crate::aivss::Factor;
use crate::decimal::Decimal;
use crate::diagnostic::Level;
use crate::model::LayerKind;
use crate::output::Links;
use crate::output::html::chart::{Step, along, outline, steps};
use crate::output::html::faults::Fault;
use crate::output::html::shown::Shown;
use crate::output::sheet::origin;
use crate::report::AgentChange;
use crate::report::{FileReport, Report};
use crate::score::assessed::{Assessed, AssessedLayer, AssessedScore};
use crate::score::breakdown::{Computed, Sheet};
use crate::score::profile;
use crate::score::profile::Profile;
use crate::score::sensitivity::OneLess;

/// Characters shown of a name in tables.
const NAME: usize = 120;

/// A score with its band.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Graded {
    pub(crate) score: Decimal,
    pub(crate) band: Band,
}

/// One threat model.
pub(crate) struct Agent {
    /// Its number on the page, from 1.
    pub(crate) number: usize,
    pub(crate) name: Shown,
    /// Whether another one has the same name.
    pub(crate) has_namesake: bool,
    pub(crate) summary: Option<Shown>,
    pub(crate) place: Shown,
    pub(crate) url: Option<String>,
    pub(crate) environment: Option<Shown>,
    pub(crate) tier: Option<Shown>,
    pub(crate) owner: Option<Shown>,
    /// When and by whom it was reviewed, in words.
    pub(crate) review: Option<Shown>,
    /// The worst score that is known.
    pub(crate) worst: Option<Graded>,
    /// Whether no other one can be worse: all of the file was read, and all scores could be computed.
    pub(crate) is_known: bool,
    pub(crate) scores: Vec<Score>,
    pub(crate) layers: Vec<Layer>,
    pub(crate) faults: Vec<Fault>,
}

/// A score, the agent's own or a finding's.
pub(crate) struct Score {
    pub(crate) title: Shown,
    pub(crate) graded: Option<Graded>,
    pub(crate) version: Option<Shown>,
    /// What is missing, where it cannot be computed.
    pub(crate) missing: Vec<Shown>,
    /// The declared numbers that are wrong.
    pub(crate) wrong: Vec<(&'static str, Shown)>,
    /// What it is computed from: name, value, where that comes from.
    pub(crate) inputs: Vec<(&'static str, String, Shown)>,
    pub(crate) evidence: Option<Shown>,
    pub(crate) steps: Vec<Step>,
    /// The working, term by term.
    pub(crate) working: Vec<(&'static str, String)>,
    pub(crate) radar: Option<Radar>,
    pub(crate) factors: Vec<Row>,
}

/// Ten factors on ten axes.
pub(crate) struct Radar {
    /// Whether the third axis is that of v0.5, which plans, or that of v0.8, which understands language.
    pub(crate) plans: bool,
    /// The corners.
    pub(crate) outline: String,
    /// Those of the base, where they were others.
    pub(crate) before: Option<String>,
    /// The values in words.
    pub(crate) words: String,
}

/// A factor or multiplier, and what one step less of it would do.
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) value: Decimal,
    /// How much of the score it carries, to two decimals; nothing for a multiplier.
    pub(crate) carries: Option<Decimal>,
    pub(crate) rationale: Option<Shown>,
    pub(crate) less: Option<Less>,
}

/// What one step less leads to.
pub(crate) struct Less {
    /// The input, lowered, with the name of that level where it has one.
    pub(crate) to: String,
    pub(crate) graded: Graded,
    /// Whether that is another band.
    pub(crate) crosses: bool,
}

/// A layer's answer.
pub(crate) struct Layer {
    pub(crate) kind: LayerKind,
    pub(crate) answer: &'static str,
    pub(crate) text: Option<Shown>,
    pub(crate) threats: Vec<Threat>,
    /// How many of them are open.
    pub(crate) open: usize,
    /// The answer in the base, where it was another.
    pub(crate) before: Option<Shown>,
}

/// A threat of a layer.
pub(crate) struct Threat {
    pub(crate) name: Shown,
    pub(crate) status: Shown,
    pub(crate) mitigation: Option<Shown>,
    pub(crate) open: bool,
}

/// The agent of a model of a file; what the file says beside its numbers comes from its profile, what differs from the
/// base from the change.
pub(crate) fn agent(
    number: usize,
    (file, place): (&FileReport, usize),
    profile: Option<&Profile>,
    change: Option<&AgentChange>,
    (report, links): (&Report, &Links<'_>),
) -> Agent {
    let model = &file.models[place];
    let text = |text: &Option<String>| text.as_deref().map(|text| Shown::cut(text, NAME));
    let line = model.position.line;
    // What is wrong with the file as a whole stands with its first threat model.
    let is_own = |about: Option<usize>| about.map_or(place == 0, |about| about == place);
    let faults = file.diagnostics.iter().filter(|fault| is_own(fault.model));
    let scores = model.scores.iter().enumerate().map(|(at, assessed)| {
        // A profile begins with a sheet for an own score even where there is none.
        let skipped = profile.map_or(0, |profile| profile.scores.len().saturating_sub(model.scores.len()));
        score(assessed, profile.and_then(|profile| profile.scores.get(at + skipped)), change)
    });
    Agent {
        number,
        name: model.name.as_deref().map_or_else(|| Shown::line("(no name)"), |name| Shown::cut(name, NAME)),
        has_namesake: false,
        summary: profile.and_then(|profile| profile.summary.as_deref()).map(Shown::lines),
        place: Shown::line(&format!("{}:{line}", file.name())),
        url: links.url(&file.path, line, line),
        environment: text(&model.environment),
        tier: text(&model.tier),
        owner: profile.and_then(|profile| text(&profile.owner)),
        review: profile.and_then(review),
        is_known: file.is_read() && model.is_computed(),
        worst: model.worst().map(|working| Graded { score: working.score, band: working.band }),
        scores: scores.collect(),
        layers: layers(model, profile, change),
        faults: faults.map(|fault| Fault::of(fault, file, report, links)).collect(),
    }
}

/// Finds out which agents have the names of others.
pub(crate) fn mark_namesakes(agents: &mut [Agent]) {
    let mut counts: BTreeMap<Shown, usize> = BTreeMap::new();
    for agent in &*agents {
        *counts.entry(agent.name.clone()).or_default() += 1;
    }
    for agent in agents {
        agent.has_namesake = counts.get(&agent.name).is_some_and(|count| *count > 1);
    }
}

fn review(profile: &Profile) -> Option<Shown> {
    let reviewed = profile.reviewed.as_ref().map(|day| format!("reviewed {day}"));
    let approved = profile.approved_by.as_ref().map(|who| format!("approved by {who}"));
    let words: Vec<String> = reviewed.into_iter().chain(approved).collect();
    (!words.is_empty()).then(|| Shown::cut(&words.join(", "), NAME))
}

fn score(assessed: &AssessedScore, said: Option<&profile::Score>, change: Option<&AgentChange>) -> Score {
    let sheet = said.map(|said| &said.sheet);
    let computed = sheet.and_then(|sheet| sheet.outcome.as_ref().ok());
    let missing = sheet.and_then(|sheet| sheet.outcome.as_ref().err());
    let working = assessed.working.as_ref();
    Score {
        title: title(assessed, said),
        graded: working.map(|working| Graded { score: working.score, band: working.band }),
        version: sheet.and_then(|sheet| sheet.version.as_deref()).map(|version| Shown::cut(version, NAME)),
        missing: missing.into_iter().flatten().map(|what| Shown::line(what)).collect(),
        wrong: sheet.map(wrong).unwrap_or_default(),
        inputs: sheet.map(inputs).unwrap_or_default(),
        evidence: said.and_then(|said| said.evidence.as_deref()).map(Shown::lines),
        steps: working.map(steps).unwrap_or_default(),
        working: computed.map(Computed::steps).unwrap_or_default(),
        radar: working.and_then(|_| radar(assessed, change)),
        factors: computed.map(|computed| rows(computed, said)).unwrap_or_default(),
    }
}

fn title(assessed: &AssessedScore, said: Option<&profile::Score>) -> Shown {
    let Some(id) = &assessed.finding else { return Shown::line("The agent") };
    let title = said.and_then(|said| said.title.as_deref()).filter(|title| title != id);
    let words = [Some("Finding"), Some(id.as_str()).filter(|id| !id.is_empty()), title];
    Shown::cut(&words.into_iter().flatten().collect::<Vec<_>>().join(" "), 2 * NAME)
}

fn wrong(sheet: &Sheet) -> Vec<(&'static str, Shown)> {
    sheet.wrong.iter().map(|(name, declared)| (*name, Shown::cut(declared, NAME))).collect()
}

fn inputs(sheet: &Sheet) -> Vec<(&'static str, String, Shown)> {
    let value =
        |value: Option<Decimal>| value.map_or_else(|| "–".to_owned(), |value| value.plain().to_string());
    let inputs = sheet.inputs.iter();
    inputs
        .map(|input| (input.name, value(input.value), Shown::cut(&origin(input, sheet), 2 * NAME)))
        .collect()
}

/// The factors on their axes; `None` where they are not ten.
fn radar(assessed: &AssessedScore, change: Option<&AgentChange>) -> Option<Radar> {
    let values: Vec<Decimal> = assessed.factors.iter().map(|(_, value)| *value).collect();
    let values: [Decimal; Factor::SET] = values.try_into().ok()?;
    let before = || {
        let about = assessed.finding.as_deref().map_or_else(String::new, |id| format!("finding {id}: "));
        let mut before = values;
        let mut differs = false;
        for (value, (factor, _)) in before.iter_mut().zip(&assessed.factors) {
            let what = format!("{about}{}", factor.key());
            let was = change?.differences.iter().find(|difference| difference.what == what);
            if let Some(was) = was {
                *value = Decimal::parse(was.before.as_deref()?).ok()?;
                differs = true;
            }
        }
        differs.then(|| outline(&before))
    };
    let words = assessed.factors.iter().map(|(factor, value)| format!("{} {value}", words(factor.key())));
    Some(Radar {
        plans: assessed.factors.iter().any(|(factor, _)| *factor == Factor::GoalDrivenPlanning),
        outline: outline(&values),
        before: before(),
        words: words.collect::<Vec<_>>().join(", "),
    })
}

fn rows(computed: &Computed, said: Option<&profile::Score>) -> Vec<Row> {
    let now = computed.working.band;
    let rationale = |factor: Factor| {
        let (_, text) = said?.rationales.iter().find(|(about, _)| *about == factor)?;
        Some(Shown::lines(text))
    };
    let factors = computed.weights.iter().map(|weight| Row {
        name: words(weight.factor.key()),
        value: weight.value.plain(),
        carries: Some(weight.weight.round_half_up(2)),
        rationale: rationale(weight.factor),
        less: weight.one_less.as_ref().map(|one| less(one, now)),
    });
    let inputs = computed.working.inputs;
    let multipliers = [
        ("Threat multiplier", inputs.threat, &computed.lower_threat),
        ("Mitigation factor", inputs.mitigation, &computed.better_mitigation),
    ];
    let multipliers = multipliers.into_iter().filter_map(|(name, value, lower)| {
        let less = Some(less(lower.as_ref()?, now));
        Some(Row { name: name.to_owned(), value: value.plain(), carries: None, rationale: None, less })
    });
    factors.chain(multipliers).collect()
}

fn less(one: &OneLess, now: Band) -> Less {
    let name = one.name.map(|name| format!("{name} ")).unwrap_or_default();
    let (score, band) = (one.working.score, one.working.band);
    Less { to: format!("{name}{}", one.value.plain()), graded: Graded { score, band }, crosses: band != now }
}

fn layers(model: &Assessed, profile: Option<&Profile>, change: Option<&AgentChange>) -> Vec<Layer> {
    let layer = |assessed: &AssessedLayer| {
        let said = profile.and_then(|profile| profile.layers.iter().find(|said| said.kind == assessed.kind));
        let what = format!("layer {}", assessed.kind.key());
        let differences = change.into_iter().flat_map(|change| &change.differences);
        let before = differences.filter(|difference| difference.what == what);
        Layer {
            kind: assessed.kind,
            answer: assessed.answer,
            text: said.and_then(|said| said.text.as_deref()).map(Shown::lines),
            threats: said.into_iter().flat_map(|said| &said.threats).map(threat).collect(),
            open: assessed.open_threats(),
            before: before.filter_map(|difference| difference.before.as_deref()).map(Shown::line).next(),
        }
    };
    model.layers.iter().map(layer).collect()
}

fn threat(threat: &profile::Threat) -> Threat {
    let words: Vec<&str> = threat.id.as_deref().into_iter().chain(threat.title.as_deref()).collect();
    let status = threat.status.as_deref().unwrap_or("open");
    Threat {
        name: Shown::cut(&words.join(" "), 2 * NAME),
        status: Shown::cut(status, NAME),
        mitigation: threat.mitigation.as_deref().map(Shown::lines),
        open: threat.open,
    }
}

/// A key as people write it: `Dynamic tool use`.
pub(crate) fn words(key: &str) -> String {
    // Some are one word with a hyphen.
    let words = key
        .replace("non_", "non-")
        .replace("multi_", "multi-")
        .replace("goal_", "goal-")
        .replace("self_", "self-")
        .replace('_', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}

impl Agent {
    /// How many of its faults count, of a level.
    pub(crate) fn count(&self, level: Level) -> usize {
        self.faults.iter().filter(|fault| fault.counts() && fault.level == level).count()
    }

    /// How many faults there are, in words: those that count, and those that do not.
    pub(crate) fn counts(&self) -> String {
        let counting = [Level::Error, Level::Warning, Level::Note].into_iter().filter_map(|level| {
            let number = self.count(level);
            (number > 0).then(|| crate::report::count(number, level.name()))
        });
        let passing = self.faults.iter().filter(|fault| !fault.counts()).count();
        let passing = (passing > 0).then(|| format!("{passing} passed over"));
        let words = counting.chain(passing).collect::<Vec<_>>().join(", ");
        if words.is_empty() { "none".to_owned() } else { words }
    }

    /// The band and score of the agent, where they are known.
    pub(crate) fn grade(&self) -> Option<Graded> {
        self.worst.filter(|_| self.is_known)
    }

    /// The score that it has at the least, where no more is known.
    pub(crate) fn at_least(&self) -> Option<Graded> {
        self.worst.filter(|_| !self.is_known)
    }

    /// How heavily its faults weigh, to be sorted by.
    pub(crate) fn weight(&self) -> usize {
        self.count(Level::Error) * 1_000_000 + self.count(Level::Warning) * 1_000 + self.count(Level::Note)
    }

    /// The rules that found something, to be filtered by: each between spaces.
    pub(crate) fn rules(&self) -> Shown {
        let mut rules: Vec<&Shown> = self.faults.iter().map(|fault| &fault.rule).collect();
        rules.sort();
        rules.dedup();
        Shown::line(&rules.into_iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
    }
}

impl Graded {
    /// Where the score stands on a scale from 0 to 10, in thousandths.
    pub(crate) fn along(self) -> i64 {
        along(self.score)
    }

    /// The band's word for the style sheet.
    pub(crate) const fn class(self) -> &'static str {
        class(self.band)
    }
}

/// A band's word for the style sheet.
pub(crate) const fn class(band: Band) -> &'static str {
    match band {
        Band::None => "none",
        Band::Low => "low",
        Band::Medium => "medium",
        Band::High => "high",
        Band::Critical => "critical",
    }
}

impl Layer {
    /// The layer's name.
    pub(crate) fn name(&self) -> String {
        words(self.kind.key())
    }

    /// The answer as people say it.
    pub(crate) fn words(&self) -> &'static str {
        if self.answer == "not-applicable" { "not applicable" } else { self.answer }
    }
}
