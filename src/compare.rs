//! What a change does: the threat models of a base revision and of now beside each other, and two policies likewise.
//!
//! Two states are compared as lists of [`Attribute`]s, so that every report can show every change in the same words. A
//! [`Baseline`] is what rules and the verdict may know of the base. Where the base comes from is not known here, nor
//! what a limit makes of it: that is `rules::score_increased`.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::aivss::{Band, Working};
use crate::decimal::Decimal;
use crate::diagnostic::{Diagnostic, Level, Owner};
use crate::lint::BaseModels;
use crate::model::{Answer, Layer};
pub use crate::policy::{Attribute, Direction, Items};
use crate::report::{FileReport, Report, Verdict};
use crate::score::{BaseScores, Proven, Scored, ScoredModel};
use crate::source::Position;

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

impl Difference {
    /// Whether it takes a mitigation away, or what proves one.
    pub fn drops_mitigation(&self) -> bool {
        let is_about = |what: &str| self.what.starts_with(what) || self.what.contains(&format!(": {what}"));
        let is_threat = is_about("threat in ") && self.before.is_some();
        self.direction == Direction::Worse && (is_threat || MITIGATION_FACTS.into_iter().any(is_about))
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
    /// The rules of the errors that the base has and the change has not, with how many of each.
    pub fixed: BTreeMap<String, usize>,
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
    pub before: ScoreChange,
    /// Its score now.
    pub after: ScoreChange,
    /// What differs, the score and the band first.
    pub differences: Vec<Difference>,
}

impl AgentChange {
    /// Whether the agent is no longer where it was, nor elsewhere.
    pub const fn is_gone(&self) -> bool {
        matches!(self.after, ScoreChange::Absent | ScoreChange::Unread)
    }
}

/// How an agent stands in one of two states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScoreChange {
    /// It is not there.
    Absent,
    /// Its file is there, and it is not in it.
    Unread,
    /// It is there, and has no score that can be computed.
    Unscored,
    /// Its worst score.
    Scored(Decimal, Band),
}

impl ScoreChange {
    fn of(model: &ScoredModel) -> Self {
        model.worst().map_or(Self::Unscored, |working| Self::Scored(working.score, working.band))
    }
}

impl std::fmt::Display for ScoreChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Absent => f.write_str("absent"),
            Self::Unread => f.write_str("not in its file"),
            Self::Unscored => f.write_str("no score"),
            Self::Scored(score, band) => write!(f, "{score} {}", band.name()),
        }
    }
}

/// The state of the base, and which threat model of now goes back to which of its.
#[derive(Debug)]
pub struct Baseline<'r> {
    files: BTreeMap<&'r str, &'r FileReport>,
    /// Paths of now to those of the base, both relative to the repository's root.
    renames: &'r BTreeMap<String, String>,
    /// Path and place in the file of a model of now, to those of the base.
    origins: BTreeMap<(String, usize), (&'r str, usize)>,
    /// Path and place in the file of a model of now that goes back to none, to the worst of those that it can replace.
    replaced: BTreeMap<(String, usize), (&'r str, usize)>,
    /// The models of the base that none of now goes back to, by their path in the base.
    left: BTreeMap<&'r str, Vec<&'r ScoredModel>>,
    /// Those of them that no file of now has the place of.
    gone: Vec<&'r ScoredModel>,
}

/// A threat model by its path and its place in the file, with its agent's name.
type Named<'r> = (&'r str, usize, Option<&'r str>);

impl<'r> Baseline<'r> {
    /// The base's report beside that on now; `renames` leads from paths of now to the base's.
    ///
    /// An agent is known by its file and name; then by its name alone, wherever it went; then as the one that is left
    /// of a file, under another name.
    pub fn new(base: &'r Report, renames: &'r BTreeMap<String, String>, now: &Report) -> Self {
        let files =
            base.files.iter().filter(|file| !file.is_policy).map(|file| (&*file.path, file)).collect();
        let mut before = Self {
            files,
            renames,
            origins: BTreeMap::new(),
            replaced: BTreeMap::new(),
            left: BTreeMap::new(),
            gone: Vec::new(),
        };
        let (mut old, mut new) = (named(base), named(now));
        before.pair(&mut new, &mut old, |before, (path, _, name), (origin, _, was)| {
            before.origin(path) == *origin && name == was
        });
        before.pair(&mut new, &mut old, |_, (_, _, name), (_, _, was)| name.is_some() && name == was);
        let left =
            |models: &[Named<'_>], path: &str| models.iter().filter(|(at, ..)| *at == path).count() == 1;
        let (single_new, single_old): (Vec<_>, Vec<_>) = (new.clone(), old.clone());
        before.pair(&mut new, &mut old, |before, (path, ..), (origin, ..)| {
            before.origin(path) == *origin && left(&single_new, path) && left(&single_old, origin)
        });
        before.find_replaced(&new, &old);
        for (path, place, _) in old {
            let model = before.at((path, place));
            before.left.entry(path).or_default().extend(model);
        }
        let kept: BTreeSet<&str> = now.files.iter().map(|file| before.origin(&file.path)).collect();
        let gone = before.left.iter().filter(|(path, _)| !kept.contains(*path));
        before.gone = gone.flat_map(|(_, models)| models.iter().copied()).collect();
        before
    }

    /// The models of the base that none of now goes back to, by their path in the base.
    pub fn all_left(&self) -> impl Iterator<Item = (&'r str, &[&'r ScoredModel])> {
        self.left.iter().map(|(path, models)| (*path, models.as_slice()))
    }

    /// Finds what new models can replace: what left their file, to wherever; else what is gone from all files.
    fn find_replaced(&mut self, new: &[Named<'_>], gone: &[Named<'r>]) {
        let worst_gone = self.worst(gone.iter().map(|(path, place, _)| (*path, *place)));
        let paths: BTreeSet<&str> = new.iter().map(|(path, ..)| *path).collect();
        let successors: BTreeMap<(&str, usize), &str> =
            self.origins.iter().map(|((path, _), origin)| (*origin, &**path)).collect();
        let worst_left = |path: &str| {
            let files = BTreeSet::from([path, self.origin(path)]);
            let files = files.into_iter().filter_map(|file| self.files.get_key_value(file));
            let models =
                files.flat_map(|(file, report)| (0..report.models.len()).map(|place| (*file, place)));
            self.worst(models.filter(|model| successors.get(model) != Some(&path)))
        };
        let worst: BTreeMap<&str, _> =
            paths.into_iter().filter_map(|path| Some((path, worst_left(path).or(worst_gone)?))).collect();
        let by_name = self.worst_by_name();
        let replaced = new.iter().filter_map(|(path, place, name)| {
            // A second model of an agent is compared with the one that the base has.
            let origin =
                name.and_then(|name| by_name.get(name).copied()).or_else(|| worst.get(path).copied());
            Some((((*path).to_owned(), *place), origin?))
        });
        self.replaced = replaced.collect();
    }

    /// The worst model of the base by the name of its agent.
    fn worst_by_name(&self) -> BTreeMap<&'r str, (&'r str, usize)> {
        let mut by_name: BTreeMap<&str, Vec<(&str, usize)>> = BTreeMap::new();
        for (path, file) in &self.files {
            for (place, model) in file.models.iter().enumerate() {
                by_name.entry(model.name().unwrap_or_default()).or_default().push((*path, place));
            }
        }
        by_name.remove("");
        by_name
            .into_iter()
            .filter_map(|(name, models)| Some((name, self.worst(models.into_iter())?)))
            .collect()
    }

    /// The model of the base with the worst score; of equals the first.
    fn worst(&self, models: impl Iterator<Item = (&'r str, usize)>) -> Option<(&'r str, usize)> {
        let score = |model| self.at(model).and_then(ScoredModel::worst_proven);
        models.reduce(|worst, model| if score(model) > score(worst) { model } else { worst })
    }

    /// A threat model of the base.
    fn at(&self, (path, place): (&str, usize)) -> Option<&'r ScoredModel> {
        self.files.get(path)?.models.get(place)
    }

    /// Pairs the models of now with those of the base that are alike, in order, and takes both off their lists.
    fn pair<'n>(
        &mut self,
        new: &mut Vec<Named<'n>>,
        old: &mut Vec<Named<'r>>,
        is_alike: impl Fn(&Self, &Named<'n>, &Named<'r>) -> bool,
    ) {
        new.retain(|model| {
            let Some(at) = old.iter().position(|origin| is_alike(self, model, origin)) else { return true };
            let (path, place, _) = old.remove(at);
            self.origins.insert((model.0.to_owned(), model.1), (path, place));
            false
        });
    }

    /// The path in the base of a path of now.
    fn origin<'p>(&'p self, path: &'p str) -> &'p str {
        self.renames.get(path).map_or(path, String::as_str)
    }

    /// The threat model that one of now goes back to, by its path and its place in the file, with its file.
    fn model_in_file(&self, path: &str, place: usize) -> Option<(&'r FileReport, &'r ScoredModel)> {
        let (origin, place) = self.origins.get(&(path.to_owned(), place))?;
        let file = self.files.get(origin)?;
        Some((file, file.models.get(*place)?))
    }

    /// Marks the problems that the base has already, and returns the rules of the base's errors that are left over, in
    /// files and models that are still there and were asked for, with how many of each.
    ///
    /// A problem is the same where rule, owner and message are, whatever its line; of one that has an amount, where that is
    /// no greater. What is wrong with a file so that it cannot be read is the same only while the file is. `is_reported`
    /// tells which problems the base's own run reports.
    pub fn mark_known(
        &self,
        files: &mut [FileReport],
        asked: impl Fn(&str) -> bool,
        is_reported: impl Fn(&str, &Diagnostic) -> bool,
    ) -> BTreeMap<String, usize> {
        let mut ids = Ids::default();
        let mut known = self.faults(&mut ids, is_reported);
        for file in files.iter_mut().filter(|file| !file.is_policy) {
            let path = file.path.clone();
            // The gravest first, then in the order of the findings: where they lie in the text must not matter.
            let mut diagnostics: Vec<&mut Diagnostic> = file.diagnostics.iter_mut().collect();
            diagnostics.sort_by_key(|diagnostic| (Reverse(weight_of(diagnostic)), diagnostic.owner));
            for diagnostic in diagnostics {
                let origin = match diagnostic.model {
                    Some(place) => {
                        self.origins.get(&(path.clone(), place)).map(|(at, place)| (*at, Some(*place)))
                    }
                    None => self.files.get_key_value(self.origin(&path)).map(|(at, _)| (*at, None)),
                };
                let Some((at, place)) = origin else { continue };
                let Some(candidates) = known.get_mut(&(at, place, ids.key(diagnostic))) else { continue };
                // What has become graver is new. The weights ascend: the first that suffices leaves the graver ones.
                let is_known = |weight: &Weight| *weight >= weight_of(diagnostic);
                let Some(found) = candidates.iter().position(is_known) else { continue };
                candidates.remove(found);
                let is_fixed = diagnostic.fixed;
                diagnostic.known =
                    !is_fixed || self.files.get(at).is_some_and(|base| base.excerpt.is_same(&file.excerpt));
            }
        }
        let kept = self.kept(files);
        let mut fixed = BTreeMap::new();
        for ((path, place, key), left) in &known {
            if !asked(path) || !kept.contains(&(*path, *place)) {
                continue;
            }
            let errors = left.iter().filter(|(level, _)| *level == Level::Error).count();
            if errors > 0 {
                *fixed.entry(key.rule.clone()).or_default() += errors;
            }
        }
        fixed
    }

    /// The files of the base that are still there, and their models, each by its place: what is gone is not fixed.
    fn kept<'f>(&'f self, files: &'f [FileReport]) -> BTreeSet<(&'f str, Option<usize>)> {
        let files = files.iter().filter(|file| !file.is_missing).map(|file| (self.origin(&file.path), None));
        files.chain(self.origins.values().map(|(path, place)| (*path, Some(*place)))).collect()
    }

    /// The problems of the base with their weights; what is excepted is none that could be known.
    fn faults(
        &self,
        ids: &mut Ids,
        is_reported: impl Fn(&str, &Diagnostic) -> bool,
    ) -> BTreeMap<(&'r str, Option<usize>, Key), Vec<Weight>> {
        let mut faults: BTreeMap<_, Vec<Weight>> = BTreeMap::new();
        for (path, file) in &self.files {
            for diagnostic in file.diagnostics.iter().filter(|diagnostic| diagnostic.excepted.is_none()) {
                if is_reported(path, diagnostic) {
                    let key = (*path, diagnostic.model, ids.key(diagnostic));
                    faults.entry(key).or_default().push(weight_of(diagnostic));
                }
            }
        }
        for weights in faults.values_mut() {
            weights.sort();
        }
        faults
    }
}

impl BaseModels for Baseline<'_> {
    fn held(&self, path: &str) -> bool {
        self.files.get(self.origin(path)).is_some_and(|file| !file.models.is_empty())
    }

    fn scores(&self, path: &str, place: usize) -> Option<BaseScores<'_>> {
        if let Some((_, model)) = self.model_in_file(path, place) {
            return Some(BaseScores::Same(model));
        }
        let replaced = *self.replaced.get(&(path.to_owned(), place))?;
        Some(BaseScores::Replaced(replaced.0, self.at(replaced)?))
    }

    fn is_itself(&self, path: &str, models: usize) -> bool {
        let origin = |place| self.origins.get(&(path.to_owned(), place));
        !self.renames.contains_key(path)
            && self.files.get(path).map_or(0, |file| file.models.len()) == models
            && (0..models).all(|place| origin(place) == Some(&(path, place)))
    }

    fn left(&self, path: &str) -> &[&ScoredModel] {
        self.left.get(self.origin(path)).map_or(&[], Vec::as_slice)
    }

    fn gone(&self) -> &[&ScoredModel] {
        &self.gone
    }
}

fn named(report: &Report) -> Vec<Named<'_>> {
    let files = report.files.iter().filter(|file| !file.is_policy);
    let models = |file| {
        let FileReport { path, models, .. }: &FileReport = file;
        models.iter().enumerate().map(|(place, model)| (&**path, place, model.name()))
    };
    files.flat_map(models).collect()
}

/// What makes a problem of a model the same problem in two states of it.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    rule: String,
    owner: Whose,
    part: Option<String>,
    /// `None` where there is an amount: the message contains it.
    message: Option<String>,
}

/// The owner of a problem, whichever place it has in a list.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Whose {
    /// A finding, by the number of its identifier.
    Finding(usize),
    /// Anything else.
    Owner(Owner),
}

/// How grave it is: by its level, then by its amount.
type Weight = (Level, Option<Decimal>);

/// Numbers for the identifiers of findings, which are compared often and can be long.
#[derive(Default)]
struct Ids {
    numbers: HashMap<Arc<str>, usize>,
    /// By the address of a copy, which all problems of a finding share.
    copies: HashMap<usize, usize>,
}

impl Ids {
    fn key(&mut self, diagnostic: &Diagnostic) -> Key {
        let id = diagnostic.finding.as_ref();
        Key {
            rule: diagnostic.rule.to_string(),
            owner: id.map_or(Whose::Owner(diagnostic.owner), |id| Whose::Finding(self.number(id))),
            part: diagnostic.part.as_deref().map(str::to_owned),
            message: diagnostic.amount.is_none().then(|| diagnostic.message.to_string()),
        }
    }

    fn number(&mut self, id: &Arc<str>) -> usize {
        let Self { numbers, copies } = self;
        *copies.entry(Arc::as_ptr(id).addr()).or_insert_with(|| {
            let next = numbers.len();
            *numbers.entry(id.clone()).or_insert(next)
        })
    }
}

const fn weight_of(diagnostic: &Diagnostic) -> Weight {
    (diagnostic.level, diagnostic.amount)
}

/// What a change does to the agents of a report; of those that are gone, what `asked` says of their paths. `stands` says
/// whether the file of a path of the base is there.
pub fn agents(
    before: &Baseline<'_>,
    base: &Report,
    now: &Report,
    asked: impl Fn(&str) -> bool,
    stands: impl Fn(&str) -> bool,
) -> Vec<AgentChange> {
    let mut changes = Vec::new();
    for file in &now.files {
        for (place, model) in file.models.iter().enumerate() {
            let old = before.model_in_file(&file.path, place);
            let renamed_from = old.map(|(origin, _)| origin).filter(|origin| origin.path != file.path);
            let differences = old.map(|(_, old)| model_differences(old, model)).unwrap_or_default();
            if old.is_some() && renamed_from.is_none() && differences.is_empty() {
                continue;
            }
            changes.push(AgentChange {
                path: file.name().to_owned(),
                position: Some(model.position),
                renamed_from: renamed_from.map(|origin| origin.name().to_owned()),
                name: model.name().map(str::to_owned),
                before: old.map_or(ScoreChange::Absent, |(_, old)| ScoreChange::of(old)),
                after: ScoreChange::of(model),
                differences,
            });
        }
    }
    let kept: BTreeSet<&(&str, usize)> = before.origins.values().collect();
    for file in base.files.iter().filter(|file| asked(&file.path)) {
        for (_, model) in
            file.models.iter().enumerate().filter(|(place, _)| !kept.contains(&(&*file.path, *place)))
        {
            changes.push(AgentChange {
                path: file.name().to_owned(),
                position: None,
                renamed_from: None,
                name: model.name().map(str::to_owned),
                before: ScoreChange::of(model),
                after: if stands(&file.path) { ScoreChange::Unread } else { ScoreChange::Absent },
                differences: Vec::new(),
            });
        }
    }
    changes.sort_by(|one, other| one.path.cmp(&other.path));
    changes
}

/// What differs between two states of a threat model. A declared score that follows the computed one is no difference of
/// its own.
fn model_differences(old: &ScoredModel, new: &ScoredModel) -> Vec<Difference> {
    let all = differences(&facts(old), &facts(new));
    let number = |value: &Option<String>| Decimal::parse(value.as_deref()?.split(' ').next()?).ok();
    let follows = |declared: &Difference| {
        let about = declared.what.strip_suffix(DECLARED)?;
        let computed = all.iter().find(|other| other.what.strip_suffix("score") == Some(about))?;
        let (before, after) = (number(&computed.before), number(&computed.after));
        Some(before == number(&declared.before) && after == number(&declared.after))
    };
    all.iter().filter(|one| follows(one) != Some(true)).cloned().collect()
}

/// All that is compared of a threat model.
fn facts(model: &ScoredModel) -> Vec<Attribute> {
    let mut facts = Vec::new();
    let word = |what: &str, value: &str| Attribute::plain(what.to_owned(), value.to_owned());
    for scored in &model.scores {
        score_facts(scored, model.model.finding_id(scored.owner), &mut facts);
    }
    let agent = &model.model.agent;
    for (what, value) in [
        ("name", &agent.name),
        ("owner", &agent.owner),
        ("environment", &agent.environment),
        ("tier", &agent.tier),
    ] {
        facts.extend(value.as_deref().map(|value| word(what, value)));
    }
    facts.extend(model.model.layers().iter().flat_map(layer_facts));
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

/// The facts that say what a declared score is, and how far threats are mitigated.
const DECLARED: &str = "declared score";
const PROVEN: &str = "proven score";
const MITIGATION: &str = "mitigation factor";
/// What a mitigation that is taken away makes worse.
const MITIGATION_FACTS: [&str; 2] = [MITIGATION, PROVEN];

/// The weight of a score that cannot be computed: more than any.
const UNKNOWN: Decimal = Decimal::new(11, 0);

fn score_facts(score: &Scored, finding: Option<&str>, facts: &mut Vec<Attribute>) {
    let about = finding.map_or_else(String::new, |id| format!("finding {id}: "));
    // A finding that is gone is no risk; a number that is missing is not known, which is not better.
    let mut fact = |what: &str, value: String, weight, absent| {
        facts.push(Attribute { what: format!("{about}{what}"), value, weight, absent, items: None });
    };
    let working = score.working.as_ref();
    match working {
        Some(Working { score, band, .. }) => {
            fact("score", format!("{score} {}", band.name()), Some(*score), Some(Decimal::ZERO));
        }
        // What nobody knows may be the worst.
        None => fact("score", "not computable".to_owned(), Some(UNKNOWN), Some(Decimal::ZERO)),
    }
    if let Some(proven) = score.proven().filter(Proven::differs) {
        let (proven, band) = (proven.score(), proven.band().name());
        // Without this fact the computed score is the proven one.
        fact(PROVEN, format!("{proven} {band}"), Some(proven), working.map(|working| working.score));
    }
    if let Some(declared) = score.declared.score {
        fact(DECLARED, declared.value.to_string(), None, None);
    }
    if let Some(Working { formula, inputs, .. }) = working {
        fact("formula", formula.version.to_owned(), None, None);
        fact("CVSS base", inputs.base.to_string(), Some(inputs.base), None);
    }
    for (factor, value) in score.declared.factors.sorted() {
        fact(factor.key(), value.to_string(), Some(value), None);
    }
    let Some(working) = working else { return };
    fact("threat multiplier", working.inputs.threat.to_string(), Some(working.inputs.threat), None);
    if working.formula.has_mitigation() {
        let mitigation = working.inputs.mitigation;
        fact(MITIGATION, mitigation.to_string(), Some(mitigation), None);
    }
}

fn layer_facts(layer: &Layer) -> Vec<Attribute> {
    let weight = match layer.answer {
        Answer::Mapped | Answer::NotApplicable { .. } => Decimal::ZERO,
        Answer::Uncertain => Decimal::ONE,
        Answer::Blank(_) | Answer::Unreadable => Decimal::new(2, 0),
    };
    let key = layer.kind.key();
    let (what, value) = (format!("layer {key}"), layer.answer.name().to_owned());
    let answer = Attribute { weight: Some(weight), ..Attribute::plain(what, value) };
    let threats = layer.threats.iter().map(|threat| {
        let words: Vec<&str> = threat.short_id().into_iter().chain(threat.short_title()).collect();
        let (value, weight) = match (threat.open, threat.mitigation.is_some()) {
            (false, true) => ("closed", 0),
            (false, false) => ("closed, no mitigation", 1),
            (true, true) => ("open", 2),
            (true, false) => ("open, no mitigation", 3),
        };
        let fact = Attribute::plain(format!("threat in {key}: {}", words.join(" ")), value.to_owned());
        Attribute { weight: Some(Decimal::new(weight, 0)), absent: Some(Decimal::ZERO), ..fact }
    });
    std::iter::once(answer).chain(threats).collect()
}

/// What differs between two lists of facts, in the order of the later one; what is gone comes last.
pub fn differences(before: &[Attribute], after: &[Attribute]) -> Vec<Difference> {
    let index = |facts| -> BTreeMap<&str, &Attribute> {
        let facts: &[Attribute] = facts;
        facts.iter().map(|fact| (&*fact.what, fact)).collect()
    };
    let (old, new) = (index(before), index(after));
    let kept = after.iter().filter_map(|fact| difference(old.get(&*fact.what).copied(), Some(fact)));
    let gone = before.iter().filter(|fact| !new.contains_key(&*fact.what));
    kept.chain(gone.filter_map(|fact| difference(Some(fact), None))).collect()
}

fn difference(old: Option<&Attribute>, new: Option<&Attribute>) -> Option<Difference> {
    let weight = |fact: Option<&Attribute>, other: Option<&Attribute>| match fact {
        Some(fact) => fact.weight,
        None => other?.absent,
    };
    let lists = old.and_then(|fact| fact.items.as_ref()).zip(new.and_then(|fact| fact.items.as_ref()));
    let direction = match (lists, weight(old, new), weight(new, old)) {
        (Some((old, new)), ..) => Direction::of_items(old, new),
        (None, Some(old), Some(new)) if old < new => Direction::Worse,
        (None, Some(old), Some(new)) if new < old => Direction::Better,
        _ => Direction::Other,
    };
    let value = |fact: Option<&Attribute>| fact.map(|fact| fact.value.clone());
    let (before, after) = (value(old), value(new));
    let what = &new.or(old)?.what;
    (before != after).then(|| Difference { what: what.clone(), before, after, direction })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(what: &str, value: &str, weight: Option<i64>) -> Attribute {
        let weight = weight.map(|weight| Decimal::new(weight, 0));
        Attribute {
            weight,
            absent: Some(Decimal::ZERO),
            ..Attribute::plain(what.to_owned(), value.to_owned())
        }
    }

    #[test]
    fn an_item_that_makes_a_list_worse_outweighs_the_others() {
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
