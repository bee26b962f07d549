//! What a change does: the threat models of a base revision and of now beside each other, and two policies likewise.
//!
//! Two states are compared as lists of [`Fact`]s, so that every report can show every change in the same words. A
//! [`Before`] is what rules and the verdict may know of the base. Where the base comes from is not known here, nor
//! what a limit makes of it: that is `rules::score_increased`.

use std::collections::{BTreeMap, BTreeSet};

use crate::assessed::{Assessed, AssessedLayer, AssessedScore};
use crate::decimal::Decimal;
use crate::diagnostic::{Diagnostic, Level};
use crate::report::{FileReport, Report, Verdict};
use crate::rules;
use crate::score::Band;
use crate::source::Position;

/// One thing that can be said of a threat model or of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// What it is about; a list of facts says each thing once.
    pub what: String,
    /// What holds.
    pub value: String,
    /// How bad that is, where more is worse; `None` where neither is.
    pub weight: Option<Decimal>,
}

/// A fact that two states do not share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What it is about.
    pub what: String,
    /// What held; `None` where nothing did.
    pub before: Option<String>,
    /// What holds; `None` where nothing does.
    pub after: Option<String>,
    /// Which way it goes.
    pub direction: Direction,
}

/// Which way a difference goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To more risk, or to less knowledge of it.
    Worse,
    /// To less risk.
    Better,
    /// Neither, or it cannot be told.
    Other,
}

impl Direction {
    /// The direction in a word, for reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Worse => "worse",
            Self::Better => "better",
            Self::Other => "other",
        }
    }
}

/// A revision that was compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// As it was asked for.
    pub asked: String,
    /// The commit, in hexadecimal digits.
    pub commit: String,
}

impl std::fmt::Display for Revision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let short = self.commit.get(..10).unwrap_or(&self.commit);
        if self.asked == self.commit { f.write_str(short) } else { write!(f, "{} ({short})", self.asked) }
    }
}

/// What a change does.
#[derive(Debug)]
pub struct Change {
    /// What it is compared with.
    pub base: Revision,
    /// The verdict on the base, by the policy that judges the change.
    pub verdict_before: Verdict,
    /// The agents it touches, in the order of their paths: those added, changed, renamed, removed.
    pub agents: Vec<AgentChange>,
    /// What it changes about the policy.
    pub policy: Vec<Difference>,
    /// How many faults of the base it mends.
    pub mended: usize,
}

/// What a change does to one agent.
#[derive(Debug)]
pub struct AgentChange {
    /// The threat model's path as it is shown; the base's where it is removed.
    pub path: String,
    /// Where it begins now, if it is there.
    pub position: Option<Position>,
    /// The path in the base, where that was another one.
    pub renamed_from: Option<String>,
    /// The agent's name.
    pub name: Option<String>,
    /// Its score in the base.
    pub before: Standing,
    /// Its score now.
    pub after: Standing,
    /// What differs, the score and the band first.
    pub differences: Vec<Difference>,
}

/// How an agent stands in one of two states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is not there.
    Absent,
    /// It is there, and has no score that can be computed.
    Unscored,
    /// Its worst score.
    Scored(Decimal, Band),
}

impl Standing {
    fn of(model: &Assessed) -> Self {
        model.worst().map_or(Self::Unscored, |working| Self::Scored(working.score, working.band))
    }
}

impl std::fmt::Display for Standing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Absent => f.write_str("absent"),
            Self::Unscored => f.write_str("no score"),
            Self::Scored(score, band) => write!(f, "{score} {}", band.name()),
        }
    }
}

/// The state of the base: what threat models of now are compared with.
#[derive(Debug)]
pub struct Before<'r> {
    files: BTreeMap<&'r str, &'r FileReport>,
    /// Paths of now to those of the base, both relative to the repository's root.
    renames: &'r BTreeMap<String, String>,
    /// Files of the base of which nothing is left under their name.
    gone: Vec<&'r FileReport>,
}

impl<'r> Before<'r> {
    /// The base's report, seen from the paths that are there now; `renames` leads from those to the base's.
    pub fn new(base: &'r Report, renames: &'r BTreeMap<String, String>, now: &BTreeSet<&str>) -> Self {
        let files: BTreeMap<&str, &FileReport> =
            base.files.iter().filter(|file| !file.is_policy).map(|file| (&*file.path, file)).collect();
        let origins: BTreeSet<&str> = renames.values().map(String::as_str).collect();
        let is_gone = |path: &str| !now.contains(path) && !origins.contains(path);
        let gone = files.values().filter(|file| is_gone(&file.path)).copied().collect();
        Self { files, renames, gone }
    }

    /// The file of the base that a path of now goes back to. Where git knows of no renaming, a file that is gone
    /// and holds an agent of the same name is the one.
    fn file(&self, path: &str, name: Option<&str>) -> Option<&'r FileReport> {
        let origin = self.renames.get(path).map_or(path, String::as_str);
        self.files.get(origin).copied().or_else(|| {
            let named =
                |file: &&&FileReport| name.is_some() && file.models.iter().any(|m| m.name.as_deref() == name);
            only(self.gone.iter().filter(named)).copied()
        })
    }

    /// The threat model that one of now goes back to: that of its name, or the only one of its file.
    pub fn model(&self, path: &str, name: Option<&str>) -> Option<&'r Assessed> {
        let models = &self.file(path, name)?.models;
        only(models.iter().filter(|model| model.name.as_deref() == name)).or_else(|| only(models.iter()))
    }

    /// Marks the faults that the base has already, and returns how many of the base's are left over.
    ///
    /// A fault is the same where rule, file, place in the document and message are, whatever its line. What is
    /// wrong with a file so that it cannot be read is the same only while the file is.
    pub fn mark_known(&self, files: &mut [FileReport]) -> usize {
        let mut left = 0;
        let mut seen = BTreeSet::new();
        for file in files.iter_mut().filter(|file| !file.is_policy) {
            let name = file.models.first().and_then(|model| model.name.as_deref());
            let Some(base) = self.file(&file.path, name) else { continue };
            seen.insert(&*base.path);
            let is_same_text = base.source.text() == file.source.text();
            let mut known = faults(base);
            for diagnostic in &mut file.diagnostics {
                let is_fixed = rules::named(&diagnostic.rule).is_some_and(|rule| rule.fixed);
                let levels = known.get_mut(&key(diagnostic));
                // What has become graver is new.
                let at = levels
                    .as_ref()
                    .and_then(|levels| levels.iter().position(|level| *level >= diagnostic.level));
                if let (Some(levels), Some(at)) = (levels, at) {
                    levels.remove(at);
                    diagnostic.known = is_same_text || !is_fixed;
                }
            }
            left += known.values().map(Vec::len).sum::<usize>();
        }
        let gone = self.files.values().filter(|file| !seen.contains(&*file.path));
        left + gone.map(|file| faults(file).values().map(Vec::len).sum::<usize>()).sum::<usize>()
    }
}

/// What makes a fault the same fault in two states of a file.
type Key = (String, String, String);

fn key(diagnostic: &Diagnostic) -> Key {
    (diagnostic.rule.to_string(), diagnostic.lasting_pointer(), diagnostic.message.clone())
}

/// The faults of a file with their levels; what is excepted is none that could be known.
fn faults(file: &FileReport) -> BTreeMap<Key, Vec<Level>> {
    let mut faults: BTreeMap<Key, Vec<Level>> = BTreeMap::new();
    for diagnostic in file.diagnostics.iter().filter(|diagnostic| diagnostic.excepted.is_none()) {
        faults.entry(key(diagnostic)).or_default().push(diagnostic.level);
    }
    faults
}

fn only<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    let first = items.next()?;
    items.next().is_none().then_some(first)
}

/// What a change does to the agents of a report.
pub fn agents(before: &Before<'_>, base: &Report, now: &Report) -> Vec<AgentChange> {
    let mut changes = Vec::new();
    let mut seen: BTreeSet<*const Assessed> = BTreeSet::new();
    for file in &now.files {
        for model in &file.models {
            let old = before.model(&file.path, model.name.as_deref()).filter(|old| seen.insert(*old));
            let origin = before.file(&file.path, model.name.as_deref());
            let renamed_from = origin.filter(|origin| old.is_some() && origin.path != file.path);
            let differences = differences(&old.map(facts).unwrap_or_default(), &facts(model));
            if old.is_some() && renamed_from.is_none() && differences.is_empty() {
                continue;
            }
            changes.push(AgentChange {
                path: file.source.name().to_owned(),
                position: Some(model.position),
                renamed_from: renamed_from.map(|origin| origin.source.name().to_owned()),
                name: model.name.clone(),
                before: old.map_or(Standing::Absent, Standing::of),
                after: Standing::of(model),
                differences: if old.is_some() { differences } else { Vec::new() },
            });
        }
    }
    for file in &base.files {
        for model in file.models.iter().filter(|model| !seen.contains(&std::ptr::from_ref(*model))) {
            changes.push(AgentChange {
                path: file.source.name().to_owned(),
                position: None,
                renamed_from: None,
                name: model.name.clone(),
                before: Standing::of(model),
                after: Standing::Absent,
                differences: Vec::new(),
            });
        }
    }
    changes.sort_by(|one, other| one.path.cmp(&other.path));
    changes
}

/// All that is compared of a threat model.
fn facts(model: &Assessed) -> Vec<Fact> {
    let mut facts = Vec::new();
    let word =
        |what: &str, value: &str| Fact { what: what.to_owned(), value: value.to_owned(), weight: None };
    for score in &model.scores {
        score_facts(score, &mut facts);
    }
    facts.extend(model.environment.as_deref().map(|value| word("environment", value)));
    facts.extend(model.tier.as_deref().map(|value| word("tier", value)));
    facts.extend(model.layers.iter().flat_map(layer_facts));
    // Two threats of one name are told apart by their order.
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for fact in &mut facts {
        let count = counts.entry(fact.what.clone()).or_default();
        *count += 1;
        if *count > 1 {
            fact.what.push_str(&format!(" #{count}"));
        }
    }
    facts
}

fn score_facts(score: &AssessedScore, facts: &mut Vec<Fact>) {
    let about = score.finding.as_deref().map_or_else(String::new, |id| format!("finding {id}: "));
    let mut fact = |what: &str, value: String, weight| {
        facts.push(Fact { what: format!("{about}{what}"), value, weight });
    };
    let Some(working) = &score.working else {
        return fact("score", "not computable".to_owned(), None);
    };
    fact("score", format!("{} {}", working.score, working.band.name()), Some(working.score));
    fact("formula", working.formula.version.to_owned(), None);
    fact("CVSS base", working.inputs.base.to_string(), Some(working.inputs.base));
    for (factor, value) in &score.factors {
        fact(factor.key(), value.to_string(), Some(*value));
    }
    fact("threat multiplier", working.inputs.threat.to_string(), Some(working.inputs.threat));
    if working.formula.has_mitigation() {
        fact("mitigation factor", working.inputs.mitigation.to_string(), Some(working.inputs.mitigation));
    }
}

fn layer_facts(layer: &AssessedLayer) -> Vec<Fact> {
    let weight = match layer.answer {
        "mapped" | "not-applicable" => Decimal::ZERO,
        "uncertain" => Decimal::ONE,
        _ => Decimal::new(2, 0),
    };
    let key = layer.kind.key();
    let answer = Fact { what: format!("layer {key}"), value: layer.answer.to_owned(), weight: Some(weight) };
    let threats = layer.threats.iter().map(|threat| {
        let words: Vec<&str> = threat.id.as_deref().into_iter().chain(threat.title.as_deref()).collect();
        let (value, weight) = if threat.open { ("open", Decimal::ONE) } else { ("closed", Decimal::ZERO) };
        let what = format!("threat in {key}: {}", words.join(" "));
        Fact { what, value: value.to_owned(), weight: Some(weight) }
    });
    std::iter::once(answer).chain(threats).collect()
}

/// What differs between two lists of facts, in the order of the later one; what is gone comes last.
pub fn differences(before: &[Fact], after: &[Fact]) -> Vec<Difference> {
    let of = |facts: &[Fact], what: &str| facts.iter().find(|fact| fact.what == what).cloned();
    let pair = |old: Option<Fact>, new: Option<Fact>, what: &str| {
        let weight = |fact: &Option<Fact>| fact.as_ref().map_or(Some(Decimal::ZERO), |fact| fact.weight);
        let direction = match (weight(&old), weight(&new)) {
            (Some(old), Some(new)) if old < new => Direction::Worse,
            (Some(old), Some(new)) if new < old => Direction::Better,
            _ => Direction::Other,
        };
        let (before, after) = (old.map(|fact| fact.value), new.map(|fact| fact.value));
        (before != after).then(|| Difference { what: what.to_owned(), before, after, direction })
    };
    let kept = after.iter().filter_map(|new| pair(of(before, &new.what), Some(new.clone()), &new.what));
    let is_gone = |old: &&Fact| !after.iter().any(|new| new.what == old.what);
    let gone = before.iter().filter(is_gone).filter_map(|old| pair(Some(old.clone()), None, &old.what));
    kept.chain(gone).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(what: &str, value: &str, weight: Option<i64>) -> Fact {
        let weight = weight.map(|weight| Decimal::new(weight, 0));
        Fact { what: what.to_owned(), value: value.to_owned(), weight }
    }

    #[test]
    fn what_differs_says_which_way_it_goes() {
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
