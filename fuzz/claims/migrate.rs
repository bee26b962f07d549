//! Migration: a readable file stays readable, a score is migrated once, and no change is unreported.

use aivss_lint::aivss::Formula;
use aivss_lint::convert::migrate::{Aim, Migrated, MigrationStep, Tenth, migrate as moved};
use aivss_lint::decimal::Decimal;
use aivss_lint::fix::is_unreadable;
use aivss_lint::source::Source;

use crate::{File, problems};

/// Any text is migrated or not changed; a capital gives the tenth factor a value instead of asking for one.
pub fn migrate(data: &[u8]) {
    let Some(file) = File::of(data) else { return };
    let Some(text) = file.text() else { return };
    let tenth = if file.severe { Tenth::Value(Decimal::new(5, 1)) } else { Tenth::Open };
    let aim = Aim { formula: Formula::named("0.8").expect("it is a version"), tenth };
    let check = |text: &str| problems(file.name, text);
    let run =
        |text: &str| -> Migrated { moved(&Source::decode(file.name, text.as_bytes().to_vec()), aim, check) };
    let once = run(text);
    let count = once.steps.iter().filter(|step| step.moved().is_some()).count();
    assert_eq!(count > 0, once.text != text, "changed and not reported, or the other way round");
    if check(text).iter().any(is_unreadable) {
        return;
    }
    assert!(!check(&once.text).iter().any(is_unreadable), "it cannot be read any more:\n{}", once.text);
    let twice = run(&once.text);
    assert_eq!(twice.text, once.text, "a second migration differs");
    assert!(twice.steps.iter().all(|step| step.moved().is_none()), "a score is migrated twice");
    let open = |steps: &[MigrationStep]| -> Vec<_> { steps.iter().map(MigrationStep::open).collect() };
    assert_eq!(open(&twice.arrived), open(&once.arrived));
}
