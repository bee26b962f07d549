//! Whole texts, migrated or not.

use proptest::prelude::*;

use crate::aivss::Formula;
use crate::convert::migrate::*;
use crate::decimal::Decimal;
use crate::diagnostic::Edit;
use crate::source::Span;

const STOCK: &str = include_str!("../../rules/stock.yaml");

fn aim(tenth: Tenth) -> Aim {
    Aim { formula: Formula::named("0.8").unwrap(), tenth }
}

fn old() -> String {
    STOCK.replace("'0.8'", "'0.5'").replace("natural_language_interface", "goal_driven_planning")
}

fn migrated(name: &str, text: &str, tenth: Tenth) -> Migrated {
    migrate(&Source::decode(name, text.as_bytes().to_vec()), aim(tenth), |_| Vec::new())
}

#[test]
fn edits_that_change_anything_else_are_not_applied() {
    let source = Source::decode("a.yaml", old().into_bytes());
    let mut steps = plan(&source, aim(Tenth::Open));
    assert!(apply_all(&source, &steps, aim(Tenth::Open)).is_some());
    let StepOutcome::Moved(moved) = &mut steps[0].outcome else { panic!("{steps:?}") };
    let line = old().find("score: 9.4").unwrap();
    moved.fix.edits.push(Edit { span: Span::new(line, line), text: "aars: 1.0\n  ".to_owned() });
    assert!(apply_all(&source, &steps, aim(Tenth::Open)).is_none());
}

#[test]
fn blocked_model_does_not_block_the_other_one() {
    // The anchor is in the lines that would become a comment.
    let odd = old()
        .replace("planning: 1.0", "planning: { score: &plan 1.0 }")
        .replace("maestro:", "x-plan: *plan\nmaestro:");
    let migrated = migrated("a.yaml", &format!("{}---\n{odd}", old()), Tenth::Open);
    assert!(matches!(migrated.steps[0].outcome, StepOutcome::Moved(_)));
    assert!(matches!(migrated.steps[1].outcome, StepOutcome::Blocked { .. }));
    assert!(migrated.text.ends_with(&odd) && migrated.arrived[0].open().is_some());
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
        ask in any::<bool>(),
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
        let tenth = if ask { Tenth::Open } else { Tenth::Value(Decimal::new(5, 1)) };
        let once = migrated(name, &text, tenth);
        let moved = once.steps.iter().filter(|step| step.moved().is_some()).count();
        prop_assert_eq!(moved > 0, once.text != text);
        let twice = migrated(name, &once.text, tenth);
        prop_assert_eq!(&twice.text, &once.text);
        prop_assert!(twice.steps.iter().all(|step| step.moved().is_none()));
        let open = |steps: &[MigrationStep]| -> Vec<_> { steps.iter().map(MigrationStep::open).collect() };
        prop_assert_eq!(open(&twice.arrived), open(&once.arrived));
    }
}
