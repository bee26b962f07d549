//! A file to a verdict: an unread file does not pass.

use aivss_lint::diagnostic::Level;
use aivss_lint::lint::Content;
use aivss_lint::page::parse;

use crate::{File, RECOMMENDED, STRICT, all_lie_in, linted};

/// Any bytes are checked, each problem has its place, and a file that passes was read, computed and checked.
pub fn lint(data: &[u8]) {
    let Some(file) = File::of(data) else { return };
    let source = file.source();
    let linted = linted(&source, if file.severe { &STRICT } else { &RECOMMENDED });
    if linted.content != Content::BrokenPolicy {
        all_lie_in(&source, &linted.diagnostics);
    }
    assert!(linted.unchecked.is_empty());
    let has_error = linted.diagnostics.iter().any(|problem| problem.level == Level::Error);
    assert!(linted.content != Content::BrokenPolicy || has_error, "a broken policy without a problem");
    if !parse(&source).is_sound() {
        assert!(has_error, "an unreadable file passes");
    }
    if has_error || linted.content != Content::Model {
        return;
    }
    assert!(!linted.models.is_empty(), "a file without a model passes");
    for model in &linted.models {
        for score in &model.scores {
            let working = score.working.as_ref().expect("a score passes that was not computed");
            assert!(
                score.declared.score.is_none_or(|declared| declared.value == working.score),
                "another score passes"
            );
        }
        let is_answered = model.model.layers().iter().all(|layer| layer.answer.is_given());
        assert!(is_answered, "a layer without an answer passes");
    }
}
