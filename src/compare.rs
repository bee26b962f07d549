//! The changes between the reports on a base and on the head, and between two policies.
//!
//! Two states are compared as lists of [`Attribute`]s, so that every output shows a change in the same words. Rules and the
//! verdict see the base as a [`Baseline`].

mod baseline;

pub use baseline::Baseline;

use std::collections::{BTreeMap, BTreeSet};
use std::ptr;

use crate::aivss::Working;
use crate::compare::baseline::ModelAt;
use crate::date::Date;
use crate::decimal::Decimal;
use crate::model::{Answer, Layer, Threat};
use crate::policy::{Attribute, Direction};
use crate::report::{AgentChange, Difference, MITIGATION, NOT_SCORED, PROVEN, Report, ScoreChange};
use crate::score::{Proven, Scored, ScoredModel};

fn score_of(model: &ScoredModel) -> ScoreChange {
    match model.worst() {
        // The scores of findings say nothing about the agent.
        _ if model.model.lacks_score() => ScoreChange::NotScored,
        Some(working) => ScoreChange::Scored(working.score, working.band),
        None => ScoreChange::Unscored,
    }
}

/// Compares the agents of both sides. `asked` selects the paths of the base whose agents are reported if they are gone,
/// `exists` those whose files exist in the head.
pub fn agents(
    baseline: &Baseline<'_>,
    base: &Report,
    head: &Report,
    asked: impl Fn(&str) -> bool,
    exists: impl Fn(&str) -> bool,
) -> Vec<AgentChange> {
    let mut changes = Vec::new();
    for file in &head.files {
        for (place, model) in file.models.iter().enumerate() {
            let old = baseline.in_file(&file.path, place);
            if old.is_some_and(|(origin, old)| origin.path == file.path && ptr::eq(old, model)) {
                continue;
            }
            let origin = old.map(|(origin, _)| origin).filter(|origin| origin.path != file.path);
            let change = AgentChange {
                path: file.name().to_owned(),
                position: Some(model.position),
                renamed_from: origin.map(|origin| origin.name().to_owned()),
                name: model.name().map(str::to_owned),
                before: old.map_or(ScoreChange::Absent, |(_, old)| score_of(old)),
                after: score_of(model),
                differences: old
                    .map(|(_, old)| model_differences(old, model, head.today))
                    .unwrap_or_default(),
            };
            if old.is_none() || origin.is_some() || !change.differences.is_empty() {
                changes.push(change);
            }
        }
    }
    let continued = baseline.continued();
    for file in base.files.iter().filter(|file| asked(&file.path)) {
        for (place, model) in file.models.iter().enumerate() {
            if continued.contains(&ModelAt { path: &file.path, place }) {
                continue;
            }
            changes.push(AgentChange {
                path: file.name().to_owned(),
                position: None,
                renamed_from: None,
                name: model.name().map(str::to_owned),
                before: score_of(model),
                after: if exists(&file.path) { ScoreChange::Unread } else { ScoreChange::Absent },
                differences: Vec::new(),
            });
        }
    }
    changes.sort_by(|one, other| one.path.cmp(&other.path));
    changes
}

/// The differences between two states of a threat model, without declared scores that follow the computed ones.
fn model_differences(old: &ScoredModel, new: &ScoredModel, today: Date) -> Vec<Difference> {
    let all = differences(&attributes(old, today), &attributes(new, today));
    let mut kept = all.clone();
    kept.retain(|one| {
        let Some(owner) = one.what.strip_suffix(DECLARED) else { return true };
        let mut others = all.iter().filter(|other| other.what.strip_suffix("score") == Some(owner));
        others.next().is_none_or(|computed| numbers(computed) != numbers(one))
    });
    kept
}

/// The numbers before and after, without their bands.
fn numbers(difference: &Difference) -> [Option<Decimal>; 2] {
    let values = [&difference.before, &difference.after];
    values.map(|value| Decimal::parse(value.as_deref()?.split(' ').next()?).ok())
}

fn attributes(model: &ScoredModel, today: Date) -> Vec<Attribute> {
    let mut attributes = Vec::new();
    if model.model.lacks_score() {
        let not_scored = Attribute::plain("score".to_owned(), NOT_SCORED.to_owned());
        attributes.push(Attribute { weight: Some(UNKNOWN), absent: Some(UNKNOWN), ..not_scored });
    }
    for scored in &model.scores {
        add_score(scored, model.model.finding_id(scored.owner), &mut attributes);
    }
    let agent = &model.model.agent;
    for (what, value) in [
        ("name", &agent.name),
        ("owner", &agent.owner),
        ("environment", &agent.environment),
        ("tier", &agent.tier),
    ] {
        attributes.extend(value.as_deref().map(|value| Attribute::plain(what.to_owned(), value.to_owned())));
    }
    for layer in model.model.layers() {
        let answer = of_layer(layer);
        let place = format!("in {}", layer.kind.key());
        attributes.push(answer);
        attributes.extend(layer.threats.iter().map(|threat| of_threat(threat, &place, today)));
    }
    for threat in model.model.threats_at("cross_layer") {
        attributes.push(of_threat(threat, "across layers", today));
    }
    // Threats of one name are distinguished by their order.
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for attribute in &mut attributes {
        let count = counts.entry(attribute.what.clone()).or_default();
        *count += 1;
        if *count > 1 {
            attribute.what += &format!(" #{count}");
        }
    }
    attributes
}

const DECLARED: &str = "declared score";

/// The weight of a score that is not known: more than any.
const UNKNOWN: Decimal = Decimal::new(11, 0);

fn add_score(score: &Scored, finding: Option<&str>, attributes: &mut Vec<Attribute>) {
    let owner = finding.map(|id| format!("finding {id}: ")).unwrap_or_default();
    let mut add = |what: &str, value: String, weight, absent| {
        attributes.push(Attribute { what: format!("{owner}{what}"), value, weight, absent, items: None });
    };
    let working = score.working.as_ref();
    // A finding that is gone is no risk. A score that is not known may be the worst.
    let none = Some(Decimal::ZERO);
    let (value, weight) = match working {
        Some(Working { score, band, .. }) => (format!("{score} {}", band.name()), *score),
        None => ("not computable".to_owned(), UNKNOWN),
    };
    add("score", value, Some(weight), none);
    if let Some(proven) = score.proven().filter(Proven::differs) {
        let value = format!("{} {}", proven.score(), proven.band().name());
        // Without this attribute the computed score is the proven one.
        add(PROVEN, value, Some(proven.score()), working.map(|working| working.score));
    }
    if let Some(declared) = score.declared.score {
        add(DECLARED, declared.value.to_string(), None, None);
    }
    let mut numbers = Vec::new();
    if let Some(Working { formula, inputs, .. }) = working {
        add("formula", formula.version.to_owned(), None, None);
        numbers.push(("CVSS base", inputs.base));
    }
    numbers.extend(score.declared.factors.sorted().into_iter().map(|(factor, value)| (factor.key(), value)));
    if let Some(Working { formula, inputs, .. }) = working {
        numbers.push(("threat multiplier", inputs.threat));
        if formula.has_mitigation() {
            numbers.push((MITIGATION, inputs.mitigation));
        }
    }
    for (what, value) in numbers {
        add(what, value.to_string(), Some(value), None);
    }
}

fn of_layer(layer: &Layer) -> Attribute {
    let weight = match layer.answer {
        Answer::Mapped | Answer::NotApplicable => Decimal::ZERO,
        Answer::Uncertain => Decimal::ONE,
        Answer::Blank(_) | Answer::Unreadable => Decimal::new(2, 0),
    };
    let key = layer.kind.key();
    let answer = Attribute::plain(format!("layer {key}"), layer.answer.name().to_owned());
    Attribute { weight: Some(weight), ..answer }
}

/// A threat as one attribute. Its state outweighs its severity, its severity the risk, and the risk its due date.
fn of_threat(threat: &Threat, place: &str, today: Date) -> Attribute {
    let words: Vec<&str> = threat.short_id().into_iter().chain(threat.short_title()).collect();
    let (state, weight) = match (threat.is_open(today), threat.mitigation.is_some()) {
        (false, true) => ("closed", 0),
        (false, false) => ("closed, no mitigation", 1),
        (true, true) => ("open", 2),
        (true, false) => ("open, no mitigation", 3),
    };
    let mut values = vec![state.to_owned()];
    values.extend(threat.severity.map(|severity| severity.name().to_owned()));
    values.extend(threat.risk().map(|risk| format!("risk {risk}")));
    values.extend(threat.due.map(|due| format!("due {}", due.value)));
    values.extend(threat.short_owner().map(|owner| format!("owner {owner}")));
    // A value that is missing weighs as much as the worst. A later date is worse.
    let severity = threat.counted_severity() as i64;
    let risk = i64::from(threat.risk().unwrap_or(25));
    let days = Date::parse("0001-01-01").zip(threat.due).map(|(first, due)| due.value.days_since(first));
    let days = i64::from(days.unwrap_or(MAX_DAYS)).clamp(0, i64::from(MAX_DAYS));
    let weight = ((weight * 5 + severity) * 26 + risk) * (i64::from(MAX_DAYS) + 1) + days;
    let plain = Attribute::plain(format!("threat {place}: {}", words.join(" ")), values.join(", "));
    Attribute { weight: Some(Decimal::new(weight, 0)), absent: Some(Decimal::ZERO), ..plain }
}

/// More days than to any due date.
const MAX_DAYS: i32 = 4_000_000;

/// The differences between two lists of attributes, in the order of the later one, then those that are gone.
pub(crate) fn differences(before: &[Attribute], after: &[Attribute]) -> Vec<Difference> {
    let old: BTreeMap<&str, &Attribute> = before.iter().map(|old| (&*old.what, old)).collect();
    let new: BTreeSet<&str> = after.iter().map(|new| &*new.what).collect();
    let gone = before.iter().filter(|attribute| !new.contains(&*attribute.what));
    let pairs = after.iter().map(|attribute| (old.get(&*attribute.what).copied(), Some(attribute)));
    pairs
        .chain(gone.map(|attribute| (Some(attribute), None)))
        .filter_map(|(old, new)| difference(old, new))
        .collect()
}

fn difference(old: Option<&Attribute>, new: Option<&Attribute>) -> Option<Difference> {
    let what = &new.or(old)?.what;
    let (before, after) = (old.map(|old| old.value.clone()), new.map(|new| new.value.clone()));
    if before == after {
        return None;
    }
    Some(Difference { what: what.clone(), before, after, direction: Direction::between(old, new) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{BuiltIn, Items};
    use crate::rules::NAMES;

    fn fact(what: &str, value: &str, weight: Option<i64>) -> Attribute {
        let weight = weight.map(|weight| Decimal::new(weight, 0));
        Attribute {
            weight,
            absent: Some(Decimal::ZERO),
            ..Attribute::plain(what.to_owned(), value.to_owned())
        }
    }

    #[test]
    fn layers_only_is_looser_than_permissive_by_the_score_alone() {
        let [permissive, layers_only] =
            ["permissive", "layers-only"].map(|name| BuiltIn::named(name).unwrap().policy(NAMES).facts());
        let found = differences(&permissive, &layers_only);
        let found: Vec<(&str, &str)> = found.iter().map(|one| (&*one.what, one.direction.name())).collect();
        assert_eq!(
            found,
            [
                ("require.score", "worse"),
                ("rules.layer-blank", "better"),
                ("rules.layer-reason-missing", "better"),
            ]
        );
    }

    #[test]
    fn item_that_makes_a_list_worse_outweighs_the_others() {
        let items =
            |list: &[&str], added| Items { list: list.iter().map(|&item| item.to_owned()).collect(), added };
        let way =
            |old: &[&str], new: &[&str], added| Direction::of_items(&items(old, added), &items(new, added));
        let (worse, better) = (Direction::Worse, Direction::Better);
        assert_eq!(way(&["a"], &["a", "b"], worse), worse);
        assert_eq!(way(&["a", "b"], &["**"], worse), worse);
        assert_eq!(way(&["a", "b"], &["a"], worse), better);
        assert_eq!(way(&["a", "b"], &["a"], better), worse);
        assert_eq!(way(&["a"], &["b"], better), worse);
        assert_eq!(way(&["a"], &["a", "b"], better), better);
        assert_eq!(way(&["a"], &["a"], better), Direction::Other);
    }

    #[test]
    fn difference_has_its_direction() {
        let before =
            [fact("a", "1", Some(1)), fact("b", "x", None), fact("c", "5", Some(5)), fact("e", "1", Some(1))];
        let after = [
            fact("a", "2", Some(2)),
            fact("b", "y", None),
            fact("d", "open", Some(1)),
            fact("e", "1", Some(1)),
        ];
        let found: Vec<String> = differences(&before, &after)
            .into_iter()
            .map(|d| format!("{} {:?}→{:?} {}", d.what, d.before, d.after, d.direction.name()))
            .collect();
        assert_eq!(
            found,
            [
                "a Some(\"1\")→Some(\"2\") worse",
                "b Some(\"x\")→Some(\"y\") other",
                "d None→Some(\"open\") worse",
                "c Some(\"5\")→None better",
            ]
        );
    }
}
