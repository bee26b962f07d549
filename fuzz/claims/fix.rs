//! Fixes: readable text stays readable, a second run changes nothing, and other text stays.

use aivss_lint::diagnostic::{Diagnostic, Level, Safety};
use aivss_lint::fix::{apply_fixes, is_unreadable};

use crate::{File, problems};

/// Any text is fixed or unchanged, by safe fixes, or by suggested ones if a capital requests them.
pub fn fix(data: &[u8]) {
    let Some(file) = File::of(data) else { return };
    let Some(text) = file.text() else { return };
    let safety = if file.severe { Safety::Suggested } else { Safety::Safe };
    let check = |text: &str| problems(file.name, text);
    let before = check(text);
    let once = apply_fixes(text, safety, check);
    if safety == Safety::Safe {
        only_the_changes_changed(text, &once);
    }
    if before.iter().any(is_unreadable) {
        return;
    }
    let after = check(&once.text);
    assert!(!after.iter().any(is_unreadable), "it cannot be read any more:\n{}", once.text);
    let errors = |problems: &[Diagnostic]| problems.iter().any(|problem| problem.level == Level::Error);
    if once.changes.iter().any(|change| change.rule == "layer-blank") {
        assert!(errors(&after), "a form makes the gate pass:\n{}", once.text);
    }
    if once.changes.is_empty() {
        assert_eq!(once.text, text, "changed without a report");
    }
    let twice = apply_fixes(&once.text, safety, check);
    assert_eq!(twice.text, once.text, "a second run changes the text again");
}

/// The old text with the changes applied is the new one.
fn only_the_changes_changed(text: &str, outcome: &aivss_lint::fix::FixOutcome) {
    let (mut rebuilt, mut at) = (String::with_capacity(outcome.text.len()), 0);
    for change in &outcome.changes {
        let range = change.span.range();
        assert_eq!(text.get(range.clone()), Some(&*change.before), "the text that was replaced");
        rebuilt.push_str(&text[at..range.start]);
        rebuilt.push_str(&change.after);
        at = range.end;
    }
    rebuilt.push_str(&text[at..]);
    assert_eq!(rebuilt, outcome.text, "bytes changed that no change lists");
}
