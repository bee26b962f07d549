//! Import: a draft of any file is a readable threat model, and a page in place changes nowhere else.

use aivss_lint::page::parse;
use aivss_lint::source::Source;
use aivss_lint::syntax::{MODEL_MARKER, ProblemKind};

use crate::{RECOMMENDED, all_lie_in, linted};

/// Any bytes give a draft that is sound YAML, or none and a reason.
pub fn import(data: &[u8]) {
    in_place(data);
    let imported = match aivss_lint::convert::import::import("page", data.to_vec(), true) {
        Ok(imported) => imported,
        Err(reason) => return assert!(!reason.is_empty(), "refused without a message"),
    };
    let draft = Source::decode("threat-model.yaml", imported.text.into_bytes());
    let document = parse(&draft);
    // `check` reports a number with too many digits.
    let is_kept = |kind| kind == ProblemKind::InputLimit;
    assert!(
        document.problems.iter().all(|problem| is_kept(problem.kind)),
        "{:?}\n{}",
        document.problems,
        draft.text()
    );
    assert!(document.roots().count() >= 1, "{}", draft.text());
    assert!(document.roots().all(|root| root.get(MODEL_MARKER).is_some()), "{}", draft.text());
    all_lie_in(&draft, &linted(&draft, &RECOMMENDED).diagnostics);
}

/// Front matter is put into one place of a page, and all other bytes stay.
fn in_place(data: &[u8]) {
    let Ok(marked) = aivss_lint::convert::import::import_in_place(data, true) else { return };
    let (old, new) = (data, marked.text.as_bytes());
    let before = old.iter().zip(new).take_while(|(old, new)| old == new).count();
    let after = old.iter().rev().zip(new.iter().rev()).take_while(|(old, new)| old == new).count();
    assert!(before + after >= old.len(), "{:?}", marked.text);
    let page = Source::decode("page.md", marked.text.into_bytes());
    assert!(parse(&page).roots().any(|root| root.get(MODEL_MARKER).is_some()), "{}", page.text());
}
