//! Applying fixes: the edits of diagnostics, put into the text. Every byte outside of them stays.

use crate::diagnostic::{Diagnostic, Fix, Safety};
use crate::rules::builtin;
use crate::source::Span;
use crate::text_edit::apply;

/// The number of rounds of linting and fixing: one corrected number can change what another one should be.
const MAX_ROUNDS: usize = 5;

/// A text after all rounds of fixes.
#[derive(Debug)]
pub struct FixOutcome {
    /// The new text.
    pub text: String,
    /// The changed parts, in the order of the text.
    pub changes: Vec<FixedPart>,
}

/// A changed part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixedPart {
    /// Its bytes in the original text.
    pub span: Span,
    /// The original bytes.
    pub before: String,
    /// The new ones.
    pub after: String,
    /// The rule of the fix.
    pub rule: String,
    pub(crate) title: String,
    pub(crate) safety: Safety,
}

/// Applies the fixes that `lint` offers, up to `safety`, until there are no more. Excepted problems are not fixed.
pub fn apply_fixes(text: &str, safety: Safety, mut lint: impl FnMut(&str) -> Vec<Diagnostic>) -> FixOutcome {
    let mut outcome = FixOutcome { text: text.to_owned(), changes: Vec::new() };
    for _ in 0..MAX_ROUNDS {
        let mut problems = lint(&outcome.text);
        problems.retain(|problem| is_offered(problem, safety));
        let mut done = apply(&outcome.text, &fixes_of(&problems));
        let suggested = done.applied.iter().map(|at| &problems[*at]);
        let suggested: Vec<&Diagnostic> =
            suggested.filter(|problem| !is_offered(problem, Safety::Safe)).collect();
        // A suggestion may not fit the file after all: the file becomes unreadable, or the same problem stays. Then only
        // the safe fixes of this round are applied.
        let is_repeated = |problem: &Diagnostic| {
            is_offered(problem, safety) && suggested.iter().any(|before| is_same(before, problem))
        };
        if !suggested.is_empty()
            && lint(&done.text).iter().any(|problem| is_unreadable(problem) || is_repeated(problem))
        {
            problems.retain(|problem| is_offered(problem, Safety::Safe));
            done = apply(&outcome.text, &fixes_of(&problems));
        }
        if done.text == outcome.text {
            break;
        }
        let applied: Vec<&Diagnostic> = done.applied.iter().map(|at| &problems[*at]).collect();
        record(&mut outcome.changes, &outcome.text, &applied);
        outcome.text = done.text;
    }
    outcome.changes.retain(|change| change.before != change.after);
    outcome
}

fn is_offered(problem: &Diagnostic, safety: Safety) -> bool {
    problem.excepted.is_none() && problem.fix.as_ref().is_some_and(|fix| fix.safety <= safety)
}

fn fixes_of(problems: &[Diagnostic]) -> Vec<&Fix> {
    problems.iter().filter_map(|problem| problem.fix.as_deref()).collect()
}

/// Whether two problems of different texts are the same, wherever they are.
fn is_same(one: &Diagnostic, other: &Diagnostic) -> bool {
    (&one.rule, one.model, one.owner, &one.pointer, &one.message)
        == (&other.rule, other.model, other.owner, &other.pointer, &other.message)
}

/// Whether a problem leaves the content of the file open.
pub fn is_unreadable(problem: &Diagnostic) -> bool {
    let rules = [
        &builtin::SYNTAX,
        &builtin::ENCODING,
        &builtin::EMPTY_FILE,
        &builtin::DUPLICATE_KEY,
        &builtin::MERGE_KEY,
    ];
    rules.iter().any(|rule| rule.name == problem.rule)
}

/// Adds the edits of a round to the changes; a part that changes a second time remains one change.
fn record(changes: &mut Vec<FixedPart>, text: &str, applied: &[&Diagnostic]) {
    let places = places(changes);
    let fixes = applied.iter().filter_map(|problem| Some((problem, problem.fix.as_deref()?)));
    for (problem, fix, edit) in
        fixes.flat_map(|(problem, fix)| fix.edits.iter().map(move |edit| (problem, fix, edit)))
    {
        if let Some(again) = places.iter().position(|place| *place == edit.span) {
            changes[again].after.clone_from(&edit.text);
            continue;
        }
        // Earlier changes before this one may have grown or shrunk the text.
        let ahead = places.iter().zip(&*changes).take_while(|(place, _)| place.end <= edit.span.start);
        let (grown, shrunk) = ahead.fold((0, 0), |(grown, shrunk), (place, change)| {
            (grown + place.range().len(), shrunk + change.before.len())
        });
        let [start, end] =
            [edit.span.start, edit.span.end].map(|at| (at as usize + shrunk).saturating_sub(grown));
        changes.push(FixedPart {
            span: Span::new(start, end),
            before: text.get(edit.span.range()).unwrap_or_default().to_owned(),
            after: edit.text.clone(),
            rule: problem.rule.to_string(),
            title: fix.title.clone(),
            safety: fix.safety,
        });
    }
    changes.sort_by_key(|change| change.span);
}

/// The bytes of the changes in the current text.
fn places(changes: &[FixedPart]) -> Vec<Span> {
    let (mut grown, mut shrunk) = (0, 0);
    let mut places = Vec::with_capacity(changes.len());
    for change in changes {
        let start = (change.span.start as usize + grown).saturating_sub(shrunk);
        grown += change.after.len();
        shrunk += change.before.len();
        places.push(Span::new(start, start + change.after.len()));
    }
    places
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::diagnostic::Owner;
    use crate::rules::score_mismatch::RULE;
    use crate::text_edit::{AppliedFixes, Edit};

    fn fix(start: usize, end: usize, text: &str) -> Fix {
        Fix::replacing(Span::new(start, end), text)
    }

    fn applied(text: &str, fixes: &[Fix]) -> AppliedFixes {
        apply(text, &fixes.iter().collect::<Vec<_>>())
    }

    #[test]
    fn overlapping_fixes_apply_only_the_first() {
        let fixed = applied("a: 1, b: 2", &[fix(9, 10, "20"), fix(3, 4, "10"), fix(3, 6, "x")]);
        assert_eq!(
            fixed,
            AppliedFixes { text: "a: 10, b: 20".to_owned(), applied: vec![1, 0], skipped: vec![2] }
        );
    }

    #[test]
    fn fix_is_applied_with_all_its_edits_or_not_at_all() {
        let edit = |start, end| Edit { span: Span::new(start, end), text: "x".to_owned() };
        let both = Fix { edits: vec![edit(4, 5), edit(2, 3)], ..fix(0, 0, "") };
        assert_eq!(applied("a b c", std::slice::from_ref(&both)).text, "a x x");
        let fixed = applied("a b c", &[both, fix(0, 3, "-")]);
        assert_eq!((&*fixed.text, fixed.skipped), ("- c", vec![0]));
    }

    #[test]
    fn edits_within_a_character_or_past_the_end_are_skipped() {
        let fixed = applied("ü", &[fix(1, 2, "x"), fix(0, 9, "x"), fix(9, 9, "x")]);
        assert_eq!((&*fixed.text, fixed.skipped.len()), ("ü", 3));
    }

    #[test]
    fn number_changed_twice_is_one_change_at_its_original_place() {
        // The first round makes the first number longer, the second round changes both again.
        let rounds = [vec![fix(0, 1, "100")], vec![fix(0, 3, "7"), fix(4, 5, "99")], vec![]];
        let mut rounds = rounds.into_iter();
        let outcome = apply_fixes("1 2", Safety::Safe, |_| {
            let fixes = rounds.next().unwrap_or_default();
            let problem =
                |fix: Fix| Diagnostic::new(&RULE, Owner::File, fix.edits[0].span, "").fix(Some(fix));
            fixes.into_iter().map(problem).collect()
        });
        assert_eq!(outcome.text, "7 99");
        let changes: Vec<_> = outcome.changes.iter().map(|change| (change.span, &*change.before)).collect();
        assert_eq!(changes, [(Span::new(0, 1), "1"), (Span::new(2, 3), "2")]);
    }

    #[test]
    fn rounds_end_if_every_round_finds_a_problem() {
        let outcome = apply_fixes("1", Safety::Safe, |text| {
            let fix = fix(0, text.len(), &format!("{text}1"));
            vec![Diagnostic::new(&RULE, Owner::File, Span::new(0, 0), "").fix(Some(fix))]
        });
        assert_eq!(outcome.text.len(), 1 + MAX_ROUNDS);
    }

    fn fixes() -> impl Strategy<Value = Vec<Fix>> {
        let edit = (0..40_usize, 0..8_usize, "[a-zü]{0,4}")
            .prop_map(|(start, length, text)| Edit { span: Span::new(start, start + length), text });
        let fix = proptest::collection::vec(edit, 0..3).prop_map(|edits| Fix { edits, ..fix(0, 0, "") });
        proptest::collection::vec(fix, 0..8)
    }

    proptest! {
        #[test]
        fn any_edits_are_applied_or_skipped_and_all_other_bytes_stay(text in "[a-zäß€\r\n ]{0,40}", fixes in fixes()) {
            let fixed = applied(&text, &fixes);
            let mut all = [&*fixed.applied, &*fixed.skipped].concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..fixes.len()).collect::<Vec<_>>());
            // The text between the edits is the same in both texts.
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
        fn edits_with_the_original_bytes_change_nothing(text in "[a-zäß€ ]{0,40}", mut fixes in fixes()) {
            for edit in fixes.iter_mut().flat_map(|fix| &mut fix.edits) {
                text.get(edit.span.range()).unwrap_or("?").clone_into(&mut edit.text);
            }
            prop_assert_eq!(applied(&text, &fixes).text, text);
        }

        #[test]
        fn fixed_text_needs_no_more_fixes(text in "[a-z0-9 ]{0,40}") {
            // Every digit is wrong, and a dot is right.
            let lint = |text: &str| -> Vec<Diagnostic> {
                let digits = text.char_indices().filter(|(_, letter)| letter.is_ascii_digit());
                let fixes = digits.map(|(at, _)| fix(at, at + 1, "...").clone());
                fixes.map(|fix| Diagnostic::new(&RULE, Owner::File, fix.edits[0].span, "").fix(Some(fix))).collect()
            };
            let once = apply_fixes(&text, Safety::Safe, lint);
            let twice = apply_fixes(&once.text, Safety::Safe, lint);
            prop_assert_eq!(&twice.text, &once.text);
            prop_assert_eq!(twice.changes, vec![]);
            prop_assert_eq!(once.changes.len(), text.matches(|letter: char| letter.is_ascii_digit()).count());
            for change in once.changes {
                prop_assert_eq!(&text[change.span.range()], &change.before);
            }
        }
    }
}
