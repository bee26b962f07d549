//! Import: whatever a draft is made of, it is a threat model that can be read.

use aivss_lint::source::Source;
use aivss_lint::syntax::{MODEL_MARKER, ProblemKind, parse};

use crate::{RECOMMENDED, all_lie_in, linted};

/// Any bytes give a draft that is sound YAML, or none and a reason.
pub fn import(data: &[u8]) {
    let imported = match aivss_lint::convert::import::import("page", data.to_vec()) {
        Ok(imported) => imported,
        Err(reason) => return assert!(!reason.is_empty(), "refused without a message"),
    };
    let draft = Source::decode("threat-model.yaml", imported.text.into_bytes());
    let document = parse(&draft);
    // A number with more digits than are read is for the gate to refuse.
    let is_kept = |kind| kind == ProblemKind::InputLimit;
    assert!(
        document.problems.iter().all(|problem| is_kept(problem.kind)),
        "{:?}\n{}",
        document.problems,
        draft.text()
    );
    assert_eq!(document.roots().count(), 1, "{}", draft.text());
    assert!(document.roots().all(|root| root.get(MODEL_MARKER).is_some()), "{}", draft.text());
    all_lie_in(&draft, &linted(&draft, &RECOMMENDED).diagnostics);
}
