//! The models of the base, the one that each model of the head continues or replaces, and the problems that both have.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use crate::decimal::Decimal;
use crate::diagnostic::{Diagnostic, Level, Owner};
use crate::lint::BaseModels;
use crate::report::{FileReport, Report};
use crate::score::{BaseScores, ScoredModel};

/// A threat model by its path from the root and its place in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ModelAt<'r> {
    pub(crate) path: &'r str,
    pub(crate) place: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ModelOrigin<'r> {
    /// The same model.
    Same(ModelAt<'r>),
    /// The worst of those that a new model can replace.
    Replaced(ModelAt<'r>),
    /// Nothing.
    New,
}

#[derive(Clone, Copy)]
struct NamedModel<'r> {
    at: ModelAt<'r>,
    name: Option<&'r str>,
    /// The path of its file in the base.
    origin: &'r str,
    /// Whether no other model of its file is in the same list.
    is_single: bool,
}

/// The base, and the origins of the head's models in it.
#[derive(Debug)]
pub struct Baseline<'r> {
    pub(crate) files: BTreeMap<&'r str, &'r FileReport>,
    /// Paths of the head to those of the base, both from the repository's root.
    renames: &'r BTreeMap<String, String>,
    /// The origins of the models of each file of the head, in the order of the file.
    origins: HashMap<String, Vec<ModelOrigin<'r>>>,
    /// The models of the base that no model of the head continues, by their path in the base.
    left: BTreeMap<&'r str, Vec<&'r ScoredModel>>,
    /// Those of them whose files do not exist in the head.
    gone: Vec<&'r ScoredModel>,
}

impl<'r> Baseline<'r> {
    /// Pairs the models of the head with those of the base. `renames` leads from paths of the head to those of the base.
    ///
    /// An agent is known by its file and name, then by its name alone in any file, then as the only one that is left of a
    /// file, under another name.
    pub fn new(base: &'r Report, renames: &'r BTreeMap<String, String>, head: &Report) -> Self {
        let mut origins: HashMap<String, Vec<ModelOrigin<'r>>> = HashMap::new();
        for file in &head.files {
            // Standard input can have the name of a file.
            let models = origins.entry(file.path.clone()).or_default();
            models.resize(models.len().max(file.models.len()), ModelOrigin::New);
        }
        let files = base.files.iter().filter(|file| !file.is_policy()).map(|file| (&*file.path, file));
        let (left, gone) = (BTreeMap::new(), Vec::new());
        let mut baseline = Self { files: files.collect(), renames, origins, left, gone };
        let (mut old, mut new) = (named_models(base, None), named_models(head, Some(renames)));
        baseline.pair(&mut new, &mut old, |model| Some((Some(model.origin), model.name)));
        baseline.pair(&mut new, &mut old, |model| Some((None, Some(model.name?))));
        mark_single(&mut new);
        mark_single(&mut old);
        baseline.pair(&mut new, &mut old, |model| model.is_single.then_some((Some(model.origin), None)));
        baseline.find_replaced(&new, &old);
        for NamedModel { at, .. } in &old {
            let left = baseline.at(*at);
            baseline.left.entry(at.path).or_default().extend(left);
        }
        let kept: BTreeSet<&str> = head.files.iter().map(|file| baseline.origin(&file.path)).collect();
        let gone = baseline.left.iter().filter(|(path, _)| !kept.contains(*path));
        baseline.gone = gone.flat_map(|(_, models)| models.iter().copied()).collect();
        baseline
    }

    /// The models of the base that no model of the head continues, by their path in the base.
    pub fn all_left(&self) -> impl Iterator<Item = (&'r str, &[&'r ScoredModel])> {
        self.left.iter().map(|(path, models)| (*path, models.as_slice()))
    }

    /// Pairs models with the same key, in order, and removes both from their lists.
    fn pair<'n>(
        &mut self,
        new: &mut Vec<NamedModel<'n>>,
        old: &mut Vec<NamedModel<'r>>,
        key: impl for<'m> Fn(&NamedModel<'m>) -> Option<(Option<&'m str>, Option<&'m str>)>,
    ) {
        let mut by_key: HashMap<_, VecDeque<ModelAt<'_>>> = HashMap::new();
        for model in &*old {
            if let Some(key) = key(model) {
                by_key.entry(key).or_default().push_back(model.at);
            }
        }
        let mut paired = HashSet::new();
        new.retain(|model| {
            let origin = key(model).and_then(|key| by_key.get_mut(&key)?.pop_front());
            let Some(at) = origin else { return true };
            self.set_origin(model.at, ModelOrigin::Same(at));
            paired.insert(at);
            false
        });
        old.retain(|model| !paired.contains(&model.at));
    }

    fn set_origin(&mut self, model: ModelAt<'_>, origin: ModelOrigin<'r>) {
        if let Some(slot) = self.origins.get_mut(model.path).and_then(|models| models.get_mut(model.place)) {
            *slot = origin;
        }
    }

    /// Finds the models that new ones can replace: those that left their file, else those whose file is gone.
    fn find_replaced(&mut self, new: &[NamedModel<'_>], gone: &[NamedModel<'r>]) {
        if new.is_empty() {
            return;
        }
        let worst_gone = self.worst(gone.iter().map(|model| model.at));
        let mut worst_left: BTreeMap<&str, Option<ModelAt<'r>>> = BTreeMap::new();
        for NamedModel { at, .. } in new {
            worst_left.entry(at.path).or_insert_with(|| self.worst_left(at.path));
        }
        let by_name = self.worst_by_name();
        for NamedModel { at, name, .. } in new {
            // A second model of an agent is compared with the one that the base has.
            let same_name = name.and_then(|name| by_name.get(name).copied());
            let replaced = same_name.or(worst_left.get(at.path).copied().flatten()).or(worst_gone);
            if let Some(replaced) = replaced {
                self.set_origin(*at, ModelOrigin::Replaced(replaced));
            }
        }
    }

    /// The worst model of the base in this file, or in its former path, that no model of this file continues.
    fn worst_left(&self, path: &str) -> Option<ModelAt<'r>> {
        let kept = self.origins.get(path).map_or(&[][..], Vec::as_slice);
        let mut left = Vec::new();
        for path in BTreeSet::from([path, self.origin(path)]) {
            let Some((path, file)) = self.files.get_key_value(path) else { continue };
            let models = (0..file.models.len()).map(|place| ModelAt { path, place });
            left.extend(models.filter(|model| !kept.contains(&ModelOrigin::Same(*model))));
        }
        self.worst(left.into_iter())
    }

    fn worst_by_name(&self) -> BTreeMap<&'r str, ModelAt<'r>> {
        let mut by_name: BTreeMap<&str, ModelAt<'r>> = BTreeMap::new();
        for (path, file) in &self.files {
            for (place, model) in file.models.iter().enumerate() {
                if let Some(name) = model.name().filter(|name| !name.is_empty()) {
                    let known = by_name.get(name).copied().into_iter();
                    let worst = self.worst(known.chain([ModelAt { path, place }]));
                    by_name.extend(worst.map(|worst| (name, worst)));
                }
            }
        }
        by_name
    }

    /// The model of the base with the highest score; of equals the first.
    fn worst(&self, models: impl Iterator<Item = ModelAt<'r>>) -> Option<ModelAt<'r>> {
        // Of equals, `min_by_key` returns the first.
        models.min_by_key(|model| Reverse(self.at(*model).and_then(ScoredModel::worst_proven)))
    }

    fn at(&self, model: ModelAt<'_>) -> Option<&'r ScoredModel> {
        self.files.get(model.path)?.models.get(model.place)
    }

    /// The path in the base of a path of the head.
    pub(crate) fn origin<'p>(&'p self, path: &'p str) -> &'p str {
        self.renames.get(path).map_or(path, String::as_str)
    }

    pub(crate) fn same_model(&self, path: &str, place: usize) -> Option<ModelAt<'r>> {
        let ModelOrigin::Same(at) = self.origins.get(path)?.get(place)? else { return None };
        Some(*at)
    }

    /// The same, with its file.
    pub(crate) fn in_file(&self, path: &str, place: usize) -> Option<(&'r FileReport, &'r ScoredModel)> {
        let at = self.same_model(path, place)?;
        Some((self.files.get(at.path)?, self.at(at)?))
    }

    pub(crate) fn continued(&self) -> HashSet<ModelAt<'r>> {
        let origins = self.origins.values().flatten();
        origins
            .filter_map(|origin| if let ModelOrigin::Same(at) = origin { Some(*at) } else { None })
            .collect()
    }
}

impl BaseModels for Baseline<'_> {
    fn held(&self, path: &str) -> bool {
        self.files.get(self.origin(path)).is_some_and(|file| !file.models.is_empty())
    }

    fn scores(&self, path: &str, place: usize) -> Option<BaseScores<'_>> {
        match self.origins.get(path)?.get(place)? {
            ModelOrigin::Same(at) => Some(BaseScores::Same(at.path, self.at(*at)?)),
            ModelOrigin::Replaced(at) => Some(BaseScores::Replaced(at.path, self.at(*at)?)),
            ModelOrigin::New => None,
        }
    }

    fn is_itself(&self, path: &str, models: usize) -> bool {
        !self.renames.contains_key(path)
            && self.files.get(path).map_or(0, |file| file.models.len()) == models
            && (0..models).all(|place| self.same_model(path, place) == Some(ModelAt { path, place }))
    }

    fn left(&self, path: &str) -> &[&ScoredModel] {
        self.left.get(self.origin(path)).map_or(&[], Vec::as_slice)
    }

    fn gone(&self) -> &[&ScoredModel] {
        &self.gone
    }
}

/// The models of a report with their paths in the base.
fn named_models<'m>(
    report: &'m Report,
    renames: Option<&'m BTreeMap<String, String>>,
) -> Vec<NamedModel<'m>> {
    let files = report.files.iter().filter(|file| !file.is_policy());
    let models = files.flat_map(|file| {
        let origin = renames.and_then(|renames| renames.get(&file.path)).unwrap_or(&file.path);
        let models = file.models.iter().enumerate();
        models.map(move |(place, model)| {
            let at = ModelAt { path: &file.path, place };
            NamedModel { at, name: model.name(), origin, is_single: false }
        })
    });
    models.collect()
}

/// Marks the models that are alone in their files.
fn mark_single(models: &mut [NamedModel<'_>]) {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for model in &*models {
        *counts.entry(model.at.path).or_default() += 1;
    }
    for model in models {
        model.is_single = counts.get(model.at.path) == Some(&1);
    }
}

/// The identity of a problem in two states of a model.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct ProblemKey<'r> {
    path: &'r str,
    /// The place of its model in the file.
    place: Option<usize>,
    rule: String,
    owner: ProblemOwner,
    part: Option<String>,
    /// `None` if there is an amount, which the message contains.
    message: Option<String>,
}

/// The owner of a problem, at any place of its list.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum ProblemOwner {
    /// A finding, by the number of its identifier.
    Finding(usize),
    Other(Owner),
}

/// The severity of a problem: by its level, then by its amount.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct ProblemWeight {
    level: Level,
    amount: Option<Decimal>,
}

const fn weight_of(diagnostic: &Diagnostic) -> ProblemWeight {
    ProblemWeight { level: diagnostic.level, amount: diagnostic.amount }
}

/// The problems of the base, with their weights in ascending order.
#[derive(Default)]
struct BaseProblems<'r> {
    weights: BTreeMap<ProblemKey<'r>, Vec<ProblemWeight>>,
    /// Numbers for the identifiers of findings, which are compared often and can be long.
    numbers: HashMap<Arc<str>, usize>,
    /// The same by the address of an identifier, which all problems of a finding share.
    numbers_by_address: HashMap<usize, usize>,
}

impl<'r> BaseProblems<'r> {
    /// The problems of the base that its own run reports, without excepted ones.
    fn new(baseline: &Baseline<'r>, is_reported: impl Fn(&str, &Diagnostic) -> bool) -> Self {
        let mut problems = Self::default();
        for (path, file) in &baseline.files {
            for diagnostic in &file.diagnostics {
                if diagnostic.excepted.is_none() && is_reported(path, diagnostic) {
                    let key = problems.key(path, diagnostic.model, diagnostic);
                    problems.weights.entry(key).or_default().push(weight_of(diagnostic));
                }
            }
        }
        for weights in problems.weights.values_mut() {
            weights.sort();
        }
        problems
    }

    fn key(&mut self, path: &'r str, place: Option<usize>, diagnostic: &Diagnostic) -> ProblemKey<'r> {
        let owner = match &diagnostic.finding {
            Some(id) => ProblemOwner::Finding(self.number(id)),
            None => ProblemOwner::Other(diagnostic.owner),
        };
        let message = diagnostic.amount.is_none().then(|| diagnostic.message.to_string());
        let part = diagnostic.part.as_deref().map(str::to_owned);
        ProblemKey { path, place, rule: diagnostic.rule.to_string(), owner, part, message }
    }

    fn number(&mut self, id: &Arc<str>) -> usize {
        let Self { numbers, numbers_by_address, .. } = self;
        *numbers_by_address.entry(Arc::as_ptr(id).addr()).or_insert_with(|| {
            let next = numbers.len();
            *numbers.entry(id.clone()).or_insert(next)
        })
    }

    /// Removes a problem of the base that a problem of the head continues; returns whether there is one. A problem that
    /// became more severe is new.
    fn take(&mut self, path: &'r str, place: Option<usize>, diagnostic: &Diagnostic) -> bool {
        let key = self.key(path, place, diagnostic);
        let Some(weights) = self.weights.get_mut(&key) else { return false };
        // The first that suffices: more severe ones are left for others.
        let found = weights.iter().position(|weight| *weight >= weight_of(diagnostic));
        found.map(|at| weights.remove(at)).is_some()
    }
}

impl Baseline<'_> {
    /// Marks the problems that the base has too; returns the rules of the base's errors that are fixed, with their numbers.
    /// Errors count as fixed in files and models that still exist and that `asked` selects.
    ///
    /// Two problems are the same if rule, owner, part and message are, on any line; with an amount in place of the message,
    /// if that is not greater. A problem that prevents reading is the same only if the file is. `is_reported` selects those
    /// that the base's own run reports.
    pub fn mark_known(
        &self,
        files: &mut [FileReport],
        asked: impl Fn(&str) -> bool,
        is_reported: impl Fn(&str, &Diagnostic) -> bool,
    ) -> BTreeMap<String, usize> {
        let mut problems = BaseProblems::new(self, is_reported);
        for file in files.iter_mut().filter(|file| !file.is_policy()) {
            let (path, text) = (file.path.clone(), file.source.clone());
            // The most severe first, then in the order of the findings: their places in the text do not matter.
            let mut diagnostics: Vec<&mut Diagnostic> = file.diagnostics.iter_mut().collect();
            diagnostics.sort_by_key(|diagnostic| (Reverse(weight_of(diagnostic)), diagnostic.owner));
            for diagnostic in diagnostics {
                let origin = match diagnostic.model {
                    Some(place) => self.same_model(&path, place).map(|at| (at.path, Some(at.place))),
                    None => self.files.get_key_value(self.origin(&path)).map(|(path, _)| (*path, None)),
                };
                let Some((origin, place)) = origin else { continue };
                if problems.take(origin, place, diagnostic) {
                    diagnostic.known = !diagnostic.mandatory
                        || self.files.get(origin).is_some_and(|base| base.has_text(text.as_deref()));
                }
            }
        }
        let continued = self.continued();
        let existing = files.iter().filter(|file| !file.is_missing()).map(|file| self.origin(&file.path));
        let existing: BTreeSet<&str> = existing.collect();
        let mut fixed = BTreeMap::new();
        for (ProblemKey { path, place, rule, .. }, left) in problems.weights {
            let exists = match place {
                Some(place) => continued.contains(&ModelAt { path, place }),
                None => existing.contains(path),
            };
            let errors = left.iter().filter(|weight| weight.level == Level::Error).count();
            if errors > 0 && exists && asked(path) {
                *fixed.entry(rule).or_default() += errors;
            }
        }
        fixed
    }
}
