//! Mending: the edits that diagnostics carry, put into the text they belong to. Every byte outside them stays.
//!
//! What is wrong, and what is right, only the rules know: [`mend`] has the text judged, applies what follows from the
//! file alone, and has it judged again, until nothing is left to apply. Pure; disks are the command's business.

use crate::diagnostic::{Diagnostic, Edit, Fix, Safety};
use crate::rules;
use crate::source::Span;

/// How often a text is mended and judged again: one mended number can change what another one should be.
const MOST_ROUNDS: usize = 5;

/// A text with fixes applied to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixed {
    /// The text as it is now.
    pub text: String,
    /// The fixes that are in it, by their place among those given, in the order of the text.
    pub applied: Vec<usize>,
    /// Those that are not: they overlap another one, or do not fit the text.
    pub left: Vec<usize>,
}

/// Applies fixes to a text, each with all of its edits or not at all. Of those that overlap, the first in the text wins.
pub fn apply(text: &str, fixes: &[&Fix]) -> Fixed {
    let mut order: Vec<usize> = (0..fixes.len()).collect();
    order.sort_by_key(|at| fixes[*at].edits.iter().map(|edit| edit.span).min());
    let mut done = Fixed { text: String::with_capacity(text.len()), applied: Vec::new(), left: Vec::new() };
    let mut edits: Vec<&Edit> = Vec::new();
    for at in order {
        let mut own: Vec<&Edit> = fixes[at].edits.iter().collect();
        own.sort_by_key(|edit| edit.span);
        let fits = own.iter().all(|edit| text.get(edit.span.range()).is_some());
        let clashes = own.windows(2).any(|pair| overlap(pair[0], pair[1]))
            || own.iter().any(|edit| edits.iter().rev().any(|other| overlap(other, edit)));
        if fits && !clashes {
            edits.extend(own);
            done.applied.push(at);
        } else {
            done.left.push(at);
        }
    }
    edits.sort_by_key(|edit| edit.span);
    let mut copied = 0;
    for edit in edits {
        let range = edit.span.range();
        done.text.push_str(&text[copied..range.start]);
        done.text.push_str(&edit.text);
        copied = range.end;
    }
    done.text.push_str(&text[copied..]);
    done
}

/// Whether two edits are about the same bytes, or about the same place between two.
fn overlap(one: &Edit, other: &Edit) -> bool {
    let (one, other) = (one.span, other.span);
    one == other || (one.start < other.end && other.start < one.end)
}

/// A text that was mended as far as it can be.
#[derive(Debug)]
pub struct Mended {
    /// The text as it is now.
    pub text: String,
    /// What was changed, in the order of the text.
    pub changes: Vec<Change>,
}

/// A part of a text that was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Where it stood in the text before anything was changed.
    pub span: Span,
    /// What stood there.
    pub before: String,
    /// What stands there now.
    pub after: String,
    /// The rule that wanted it.
    pub rule: String,
    /// What was done, in a few words.
    pub title: String,
    /// Whether a person must look at it.
    pub safety: Safety,
}

/// Mends a text: `judge` says what is wrong with it, and what of that can be mended is, until there is no more of it;
/// suggestions only up to `safety`. What an exception covers stays.
pub fn mend(text: &str, safety: Safety, mut judge: impl FnMut(&str) -> Vec<Diagnostic>) -> Mended {
    let mut mended = Mended { text: text.to_owned(), changes: Vec::new() };
    for _ in 0..MOST_ROUNDS {
        let mut faults = judge(&mended.text);
        let is_offered = |fault: &Diagnostic| {
            fault.excepted.is_none() && fault.fix.as_ref().is_some_and(|fix| fix.safety <= safety)
        };
        faults.retain(is_offered);
        let mut fixes: Vec<&Fix> = faults.iter().filter_map(|fault| fault.fix.as_deref()).collect();
        let mut done = apply(&mended.text, &fixes);
        // A suggestion that does not fit the file after all is left, and with it those of its round: what it writes cannot
        // be read, or goes unread, so that it would be made again.
        let suggested = done.applied.iter().filter(|at| fixes[**at].safety == Safety::Suggested);
        let suggested: Vec<&Diagnostic> = suggested.map(|at| &faults[*at]).collect();
        let is_made_again =
            |fault: &Diagnostic| is_offered(fault) && suggested.iter().any(|before| is_same(before, fault));
        if !suggested.is_empty()
            && judge(&done.text).iter().any(|fault| is_unreadable(fault) || is_made_again(fault))
        {
            faults.retain(|fault| fault.fix.as_ref().is_some_and(|fix| fix.safety == Safety::Safe));
            fixes = faults.iter().filter_map(|fault| fault.fix.as_deref()).collect();
            done = apply(&mended.text, &fixes);
        }
        if done.text == mended.text {
            break;
        }
        let applied = done.applied.iter().flat_map(|at| {
            let (rule, fix) = (&*faults[*at].rule, fixes[*at]);
            fix.edits.iter().map(move |edit| (rule, fix, edit))
        });
        remember(&mut mended.changes, &mended.text, applied);
        mended.text = done.text;
    }
    mended.changes.retain(|change| change.before != change.after);
    mended
}

/// Whether a fault of one text says the same as a fault of another, wherever it stands there.
fn is_same(one: &Diagnostic, other: &Diagnostic) -> bool {
    (&one.rule, one.model, one.owner, &one.pointer, &one.message)
        == (&other.rule, other.model, other.owner, &other.pointer, &other.message)
}

/// Whether a fault leaves it open what the file says.
pub fn is_unreadable(fault: &Diagnostic) -> bool {
    let rules = [
        &rules::builtin::SYNTAX,
        &rules::builtin::ENCODING,
        &rules::builtin::EMPTY_FILE,
        &rules::builtin::DUPLICATE_KEY,
        &rules::builtin::MERGE_KEY,
    ];
    rules.iter().any(|rule| rule.name == fault.rule)
}

/// Adds the edits of a round to what was changed before it; a part that is changed a second time stays one change.
fn remember<'e>(
    changes: &mut Vec<Change>,
    text: &str,
    applied: impl Iterator<Item = (&'e str, &'e Fix, &'e Edit)>,
) {
    let places = places(changes);
    for (rule, fix, edit) in applied {
        if let Some(again) = places.iter().position(|place| *place == edit.span) {
            changes[again].after.clone_from(&edit.text);
            continue;
        }
        // What stands before it may have become longer or shorter.
        let ahead = places.iter().zip(&*changes).take_while(|(place, _)| place.end <= edit.span.start);
        let (grown, shrunk) = ahead.fold((0, 0), |(grown, shrunk), (place, change)| {
            (grown + place.range().len(), shrunk + change.before.len())
        });
        let origin = |at: u32| (at as usize + shrunk).saturating_sub(grown);
        changes.push(Change {
            span: Span::new(origin(edit.span.start), origin(edit.span.end)),
            before: text.get(edit.span.range()).unwrap_or_default().to_owned(),
            after: edit.text.clone(),
            rule: rule.to_owned(),
            title: fix.title.clone(),
            safety: fix.safety,
        });
    }
    changes.sort_by_key(|change| change.span);
}

/// Where the changed parts stand now.
fn places(changes: &[Change]) -> Vec<Span> {
    let (mut grown, mut shrunk) = (0, 0);
    let place = |change: &Change| {
        let start = (change.span.start as usize + grown).saturating_sub(shrunk);
        grown += change.after.len();
        shrunk += change.before.len();
        Span::new(start, start + change.after.len())
    };
    changes.iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::diagnostic::Owner;
    use crate::rules::score_mismatch::RULE;

    fn fix(start: usize, end: usize, text: &str) -> Fix {
        Fix::replacing(Span::new(start, end), text)
    }

    fn applied(text: &str, fixes: &[Fix]) -> Fixed {
        apply(text, &fixes.iter().collect::<Vec<_>>())
    }

    #[test]
    fn edits_are_sorted_and_of_overlapping_ones_the_first_wins() {
        let fixed = applied("a: 1, b: 2", &[fix(9, 10, "20"), fix(3, 4, "10"), fix(3, 6, "x")]);
        assert_eq!(fixed, Fixed { text: "a: 10, b: 20".to_owned(), applied: vec![1, 0], left: vec![2] });
    }

    #[test]
    fn a_fix_is_applied_with_all_its_edits_or_not_at_all() {
        let edit = |start, end| Edit { span: Span::new(start, end), text: "x".to_owned() };
        let both = Fix { edits: vec![edit(4, 5), edit(2, 3)], ..fix(0, 0, "") };
        assert_eq!(applied("a b c", std::slice::from_ref(&both)).text, "a x x");
        let fixed = applied("a b c", &[both, fix(0, 3, "-")]);
        assert_eq!((&*fixed.text, fixed.left), ("- c", vec![0]));
    }

    #[test]
    fn edits_within_a_character_or_past_the_end_are_left() {
        let fixed = applied("ü", &[fix(1, 2, "x"), fix(0, 9, "x"), fix(9, 9, "x")]);
        assert_eq!((&*fixed.text, fixed.left.len()), ("ü", 3));
    }

    #[test]
    fn a_number_that_is_changed_twice_is_one_change_at_its_old_place() {
        // The first round makes the first number longer, the second round changes both again.
        let rounds = [vec![fix(0, 1, "100")], vec![fix(0, 3, "7"), fix(4, 5, "99")], vec![]];
        let mut rounds = rounds.into_iter();
        let mended = mend("1 2", Safety::Safe, |_| {
            let fixes = rounds.next().unwrap_or_default();
            let fault = |fix: Fix| Diagnostic::new(&RULE, Owner::File, fix.edits[0].span, "").fix(Some(fix));
            fixes.into_iter().map(fault).collect()
        });
        assert_eq!(mended.text, "7 99");
        let changes: Vec<_> = mended.changes.iter().map(|change| (change.span, &*change.before)).collect();
        assert_eq!(changes, [(Span::new(0, 1), "1"), (Span::new(2, 3), "2")]);
    }

    #[test]
    fn mending_ends_even_where_every_round_finds_something() {
        let mended = mend("1", Safety::Safe, |text| {
            let fix = fix(0, text.len(), &format!("{text}1"));
            vec![Diagnostic::new(&RULE, Owner::File, Span::new(0, 0), "").fix(Some(fix))]
        });
        assert_eq!(mended.text.len(), 1 + MOST_ROUNDS);
    }

    fn fixes() -> impl Strategy<Value = Vec<Fix>> {
        let edit = (0..40_usize, 0..8_usize, "[a-zü]{0,4}")
            .prop_map(|(start, length, text)| Edit { span: Span::new(start, start + length), text });
        let fix = proptest::collection::vec(edit, 0..3).prop_map(|edits| Fix { edits, ..fix(0, 0, "") });
        proptest::collection::vec(fix, 0..8)
    }

    proptest! {
        #[test]
        fn any_edits_are_applied_or_left_and_all_other_bytes_stay(text in "[a-zäß€\r\n ]{0,40}", fixes in fixes()) {
            let fixed = applied(&text, &fixes);
            let mut all = [&*fixed.applied, &*fixed.left].concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..fixes.len()).collect::<Vec<_>>());
            // Walking both texts edit by edit, what lies between the edits is the same.
            let mut edits: Vec<&Edit> = fixed.applied.iter().flat_map(|at| &fixes[*at].edits).collect();
            edits.sort_by_key(|edit| edit.span);
            let (mut old, mut new) = (text.as_str(), fixed.text.as_str());
            let mut at = 0;
            for edit in edits {
                let range = edit.span.range();
                let between = &old[..range.start - at];
                prop_assert!(new.starts_with(between));
                new = &new[between.len()..];
                prop_assert!(new.starts_with(&edit.text));
                new = &new[edit.text.len()..];
                old = &old[range.end - at..];
                at = range.end;
            }
            prop_assert_eq!(old, new);
        }

        #[test]
        fn edits_that_write_what_stands_there_change_nothing(text in "[a-zäß€ ]{0,40}", mut fixes in fixes()) {
            for edit in fixes.iter_mut().flat_map(|fix| &mut fix.edits) {
                text.get(edit.span.range()).unwrap_or("?").clone_into(&mut edit.text);
            }
            prop_assert_eq!(applied(&text, &fixes).text, text);
        }

        #[test]
        fn what_is_mended_stays_as_it_is(text in "[a-z0-9 ]{0,40}") {
            // Every digit is wrong, and a dot is right.
            let judge = |text: &str| -> Vec<Diagnostic> {
                let digits = text.char_indices().filter(|(_, letter)| letter.is_ascii_digit());
                let fixes = digits.map(|(at, _)| fix(at, at + 1, "...").clone());
                fixes.map(|fix| Diagnostic::new(&RULE, Owner::File, fix.edits[0].span, "").fix(Some(fix))).collect()
            };
            let once = mend(&text, Safety::Safe, judge);
            let twice = mend(&once.text, Safety::Safe, judge);
            prop_assert_eq!(&twice.text, &once.text);
            prop_assert_eq!(twice.changes, vec![]);
            prop_assert_eq!(once.changes.len(), text.matches(|letter: char| letter.is_ascii_digit()).count());
            for change in once.changes {
                prop_assert_eq!(&text[change.span.range()], &change.before);
            }
        }
    }
}
