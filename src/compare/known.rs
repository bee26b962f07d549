//! The problems that the base has too, and those that are fixed.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::compare::baseline::{Baseline, ModelAt};
use crate::decimal::Decimal;
use crate::diagnostic::{Diagnostic, Level, Owner};
use crate::report::FileReport;

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

/// How severe a problem is: by its level, then by its amount.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct ProblemWeight {
    level: Level,
    amount: Option<Decimal>,
}

impl ProblemWeight {
    const fn of(diagnostic: &Diagnostic) -> Self {
        Self { level: diagnostic.level, amount: diagnostic.amount }
    }
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
                    problems.weights.entry(key).or_default().push(ProblemWeight::of(diagnostic));
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
        let found = weights.iter().position(|weight| *weight >= ProblemWeight::of(diagnostic));
        found.map(|at| weights.remove(at)).is_some()
    }
}

impl<'r> Baseline<'r> {
    /// Marks the problems that the base has too; returns the rules of the base's errors that are fixed, with their numbers.
    /// Errors count as fixed in files and models that still exist and that `asked` selects.
    ///
    /// Two problems are the same if rule, owner and message are, on any line; with an amount, if that is not greater. A
    /// problem that prevents reading is the same only if the file is. `is_reported` selects the problems that the base's
    /// own run reports.
    pub fn mark_known(
        &self,
        files: &mut [FileReport],
        asked: impl Fn(&str) -> bool,
        is_reported: impl Fn(&str, &Diagnostic) -> bool,
    ) -> BTreeMap<String, usize> {
        let mut problems = BaseProblems::new(self, is_reported);
        for file in files.iter_mut().filter(|file| !file.is_policy) {
            let (path, text) = (file.path.clone(), file.source.clone());
            // The most severe first, then in the order of the findings: their places in the text do not matter.
            let mut diagnostics: Vec<&mut Diagnostic> = file.diagnostics.iter_mut().collect();
            diagnostics.sort_by_key(|diagnostic| (Reverse(ProblemWeight::of(diagnostic)), diagnostic.owner));
            for diagnostic in diagnostics {
                let origin = match diagnostic.model {
                    Some(place) => self.same_model(&path, place).map(|at| (at.path, Some(at.place))),
                    None => self.files.get_key_value(self.origin(&path)).map(|(path, _)| (*path, None)),
                };
                let Some((origin, place)) = origin else { continue };
                if problems.take(origin, place, diagnostic) {
                    diagnostic.known = !diagnostic.fixed
                        || self.files.get(origin).is_some_and(|base| base.has_text(text.as_deref()));
                }
            }
        }
        let continued = self.continued();
        let existing = files.iter().filter(|file| !file.is_missing).map(|file| self.origin(&file.path));
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
