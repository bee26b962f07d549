//! Whole texts, migrated or not.

use proptest::prelude::*;

use super::*;
use crate::diagnostic::Edit;
use crate::fix::apply_fixes;

const STOCK: &str = include_str!("../stock.yaml");

fn new() -> &'static Formula {
    Formula::named("0.8").unwrap()
}

fn old() -> String {
    STOCK.replace("'0.8'", "'0.5'").replace("natural_language_interface", "goal_driven_planning")
}

fn outdated_in(name: &str, text: &str) -> Vec<Diagnostic> {
    outdated_scores(&Source::decode(name, text.as_bytes().to_vec()), new())
}

fn migrated(name: &str, text: &str) -> String {
    apply_fixes(text, Safety::Safe, |text| outdated_in(name, text)).text
}

#[test]
fn edits_that_change_anything_else_are_not_applied() {
    let source = Source::decode("a.yaml", old().into_bytes());
    let mut steps = plan(&source, new());
    assert!(plan::apply_all(&source, &steps, new()).is_some());
    let StepOutcome::Moved(moved) = &mut steps[0].outcome else { panic!("{steps:?}") };
    let line = old().find("score: 9.4").unwrap();
    moved.fix.edits.push(Edit { span: Span::new(line, line), text: "aars: 1.0\n  ".to_owned() });
    assert!(plan::apply_all(&source, &steps, new()).is_none());
}

#[test]
fn blocked_model_does_not_block_the_other_one() {
    // The anchor is in the lines that would become a comment.
    let odd = old()
        .replace("planning: 1.0", "planning: { score: &plan 1.0 }")
        .replace("maestro:", "x-plan: *plan\nmaestro:");
    let text = migrated("a.yaml", &format!("{}---\n{odd}", old()));
    assert!(text.ends_with(&odd) && text.contains("    natural_language_interface:\n"), "{text}");
    let left = outdated_in("a.yaml", &text);
    assert!(left.len() == 1 && left[0].model == Some(1) && left[0].fix.is_none(), "{left:?}");
}

fn bits() -> impl Strategy<Value = String> {
    let known = [
        "\n",
        "\r\n",
        "\r",
        " ",
        "\t",
        "#",
        ": ",
        "- ",
        "&a ",
        "*a",
        "{",
        "}",
        "[",
        "'",
        "\"",
        "|\n",
        ">-\n",
        "? ",
        "!!str ",
        "---\n",
        "...\n",
        "    ",
        "0.5",
        "ü",
        "\u{feff}",
        "goal_driven_planning: 0.5\n",
        "```\n",
    ];
    proptest::sample::select(known.to_vec()).prop_map(str::to_owned)
}

proptest! {
    #[test]
    fn any_text_is_migrated_once_or_not_at_all(
        inserts in proptest::collection::vec((0..1_000_usize, bits()), 0..6),
        is_page in any::<bool>(),
    ) {
        let mut text = old();
        for (at, bit) in inserts {
            // Around the places that change, mostly.
            let at = 70 + at % 400;
            let at = (at.min(text.len())..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap();
            text.insert_str(at, &bit);
        }
        let (name, text) =
            if is_page { ("a.md", format!("# A\n\n```yaml\n{text}```\n")) } else { ("a.yaml", text) };
        let moved = outdated_in(name, &text).iter().any(|problem| problem.fix.is_some());
        let once = migrated(name, &text);
        prop_assert_eq!(moved, once != text);
        prop_assert_eq!(migrated(name, &once), once.clone());
        prop_assert!(outdated_in(name, &once).iter().all(|problem| problem.fix.is_none()));
    }
}
