//! Threat models migrated to another version of the standard: the edits of [`crate::rules::version_outdated`], and then
//! the numbers that follow from them.

use crate::diagnostic::{Diagnostic, Safety};
use crate::fix::apply_fixes;
use crate::rules::version_outdated::{apply_all, plan};
use crate::source::Source;

pub use crate::rules::version_outdated::{Aim, MigrationStep, MovedScore, Tenth};
pub(crate) use crate::rules::version_outdated::{Exchanged, StepOutcome};

/// A file migrated to another version.
#[derive(Debug)]
pub struct Migrated {
    /// The new text.
    pub text: String,
    /// The plan for each score, with places in the old text.
    pub steps: Vec<MigrationStep>,
    /// The same scores in the new text, with places in that.
    pub arrived: Vec<MigrationStep>,
    /// The number of written values that follow from others.
    pub numbers: usize,
}

/// Migrates a file. `lint` returns the problems of a text, for the numbers that follow.
pub fn migrate(source: &Source, aim: Aim, mut lint: impl FnMut(&str) -> Vec<Diagnostic>) -> Migrated {
    let steps = plan(source, aim);
    let moved: Vec<&MigrationStep> = steps.iter().filter(|step| step.moved().is_some()).collect();
    let Some(text) = apply_all(source, &steps, aim).filter(|_| !moved.is_empty()) else {
        return Migrated { text: source.text().to_owned(), arrived: steps.clone(), steps, numbers: 0 };
    };
    let fixed = apply_fixes(&text, Safety::Safe, |text| {
        let mut problems = lint(text);
        problems.retain(|problem| moved.iter().any(|step| step.holds(problem.model, &problem.pointer)));
        problems
    });
    let now = Source::decode(source.name(), fixed.text.into_bytes());
    let arrived = plan(&now, aim);
    Migrated { text: now.text().to_owned(), steps, arrived, numbers: fixed.changes.len() }
}

#[cfg(test)]
mod tests;
