//! Mending: what was readable stays so, what was mended is mended once, and what is not mended stays as it was.

use aivss_lint::diagnostic::{Diagnostic, Level, Safety};
use aivss_lint::fix::{is_unreadable, mend};

use crate::{File, faults};

/// Any text is mended or left, by safe fixes, or by suggested ones where a capital asks for them.
pub fn fix(data: &[u8]) {
    let Some(file) = File::of(data) else { return };
    let Some(text) = file.text() else { return };
    let safety = if file.severe { Safety::Suggested } else { Safety::Safe };
    let judge = |text: &str| faults(file.name, text);
    let before = judge(text);
    let once = mend(text, safety, judge);
    if safety == Safety::Safe {
        only_the_changes_changed(text, &once);
    }
    if before.iter().any(is_unreadable) {
        return;
    }
    let after = judge(&once.text);
    assert!(!after.iter().any(is_unreadable), "it cannot be read any more:\n{}", once.text);
    let errors = |faults: &[Diagnostic]| faults.iter().any(|fault| fault.level == Level::Error);
    if once.changes.iter().any(|change| change.rule == "layer-blank") {
        assert!(errors(&after), "a form makes the gate pass:\n{}", once.text);
    }
    if once.changes.is_empty() {
        assert_eq!(once.text, text, "changed, and not told");
    }
    let twice = mend(&once.text, safety, judge);
    assert_eq!(twice.text, once.text, "mended twice is mended otherwise");
}

/// The old text with what the changes say in its places is the new one.
fn only_the_changes_changed(text: &str, mended: &aivss_lint::fix::Mended) {
    let (mut rebuilt, mut at) = (String::with_capacity(mended.text.len()), 0);
    for change in &mended.changes {
        let range = change.span.range();
        assert_eq!(text.get(range.clone()), Some(&*change.before), "what is said to have stood there");
        rebuilt.push_str(&text[at..range.start]);
        rebuilt.push_str(&change.after);
        at = range.end;
    }
    rebuilt.push_str(&text[at..]);
    assert_eq!(rebuilt, mended.text, "bytes changed that no change tells of");
}
