//! Migration: a readable file stays readable, a score is migrated once, and no change is unreported.

use aivss_lint::aivss::Formula;
use aivss_lint::diagnostic::{Diagnostic, Safety};
use aivss_lint::fix::{apply_fixes, is_unreadable};
use aivss_lint::rules::version_outdated::outdated_scores;
use aivss_lint::source::Source;

use crate::{File, problems};

/// Any text is migrated or not changed; a capital asks for the amendment.
pub fn migrate(data: &[u8]) {
    let Some(file) = File::of(data) else { return };
    let Some(text) = file.text() else { return };
    let to = Formula::named(if file.severe { "0.8-floor" } else { "0.8" }).expect("it is a version");
    let outdated = |text: &str| outdated_scores(&Source::decode(file.name, text.as_bytes().to_vec()), to);
    let is_movable = |problems: &[Diagnostic]| problems.iter().any(|problem| problem.fix.is_some());
    let once = apply_fixes(text, Safety::Safe, outdated).text;
    assert_eq!(is_movable(&outdated(text)), once != text, "changed and not reported, or the other way round");
    if problems(file.name, text).iter().any(is_unreadable) {
        return;
    }
    assert!(!problems(file.name, &once).iter().any(is_unreadable), "it cannot be read any more:\n{once}");
    assert!(!is_movable(&outdated(&once)), "a score is migrated twice");
    assert_eq!(apply_fixes(&once, Safety::Safe, outdated).text, once, "a second migration differs");
}
