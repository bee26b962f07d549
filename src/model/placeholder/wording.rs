//! Rules on the words of a text: markers, promises, instructions, denials, pointers and texts that say nothing.

use crate::model::placeholder::TextKind;
use crate::model::placeholder::fold::{Folded, FoldedWord, Gap, Words};
use crate::model::placeholder::lists::{
    ANNOUNCED, ANNOUNCING, AROUND_PLACE, CONNECTOR, DENIAL, DENIED, FILLER, FORM, GIBBERISH, LetterHash,
    MARKED, MARKER, MODAL, NOTE, NUMBER, PLACE, POINTING, Phrase, Roles, roles,
};

pub(crate) fn says_nothing(folded: &Folded, kind: TextKind) -> bool {
    let words = folded.words();
    let Some(first) = words.get(0) else { return true };
    if opens_with_marker(words, kind) {
        return true;
    }
    if !folded.whole {
        return words.len() > 1 && words.are_equal();
    }
    let phrase = words.phrase().or_else(|| is_two_promises(words).then_some(Phrase::Promise));
    match (kind, phrase) {
        (TextKind::Name, Some(Phrase::Promise)) => return words.len() > 1 || !first.text.is_ascii(),
        (_, Some(Phrase::Empty | Phrase::Form))
        | (TextKind::Prose | TextKind::Evidence, Some(Phrase::Promise | Phrase::Nothing))
        | (TextKind::Prose, Some(Phrase::Pointer)) => return true,
        (TextKind::Name, Some(Phrase::Nothing))
        | (TextKind::Name | TextKind::Evidence, Some(Phrase::Pointer))
        | (_, None) => {}
    }
    let affix = if words.joined().is_ascii() { None } else { Phrase::of_affix(words.joined()) };
    if affix == Some(Phrase::Promise) || is_promise(words, kind) {
        return true;
    }
    if kind == TextKind::Name {
        return false;
    }
    if is_short(words) || is_gibberish(words) || is_denial(words) || is_instruction(words) {
        return true;
    }
    kind == TextKind::Prose && (affix == Some(Phrase::Pointer) || words.all(FILLER | NUMBER) || points(words))
}

/// Whether a text begins with a marker such as `TODO` that has at most a note after it.
fn opens_with_marker(words: Words, kind: TextKind) -> bool {
    // Phrases of other scripts can be split in any way.
    if words.get(0).is_some_and(|first| first.text.is_ascii() && !may_open_marker(first.text)) {
        return false;
    }
    (1..=words.len().min(5)).any(|count| {
        let marker = words.to(count);
        let Some(gap) = marker.iter().next_back().map(|last| last.gap) else { return false };
        let text = marker.joined();
        if !is_marker(text) {
            // In other scripts, a phrase for a gap with a note after it, as in English `TODO: …`.
            return !text.is_ascii() && gap == Gap::Mark && marker.phrase() == Some(Phrase::Empty);
        }
        let Some(next) = words.get(count) else { return true };
        let is_capital = marker.iter().all(|word| word.capital);
        match gap {
            Gap::Mark | Gap::Comma | Gap::End => true,
            Gap::Tight => is_capital,
            Gap::Space => {
                let is_note = next.is(NOTE | MARKER) || text.starts_with("lorem");
                let is_shouted = is_capital && kind != TextKind::Name && !names_a_thing(words.from(count));
                // "To do this, the agent…" is no marker.
                count == 1 && (is_note || is_shouted)
            }
        }
    })
}

/// Whether a marker before these words is a part of a name, as in "TODO items of users may leak".
fn names_a_thing(words: Words) -> bool {
    words.len() > 2 && words.to(1).any(MARKED) && !words.from(1).any(ANNOUNCED | ANNOUNCING | MODAL)
}

pub(crate) fn is_marker(text: &str) -> bool {
    roles(LetterHash::of(text)) & MARKER != 0 || text.starts_with("loremipsum")
}

/// Whether a first word may be the beginning of a marker, or begin with one.
pub(crate) fn may_open_marker(first: &str) -> bool {
    MARKER_OPENINGS.into_iter().any(|opening| {
        let shorter = opening.len().min(first.len());
        first.as_bytes()[..shorter].eq_ignore_ascii_case(&opening.as_bytes()[..shorter])
    })
}

pub(crate) const MARKER_OPENINGS: [&str; 8] = ["tb", "tk", "tod", "tob", "fix", "wip", "xxx", "lor"];

/// Whether a text announces another one: words that say nothing, one of which puts the rest into the future, and perhaps
/// when or by whom.
fn is_promise(words: Words, kind: TextKind) -> bool {
    const KNOWN: Roles = ANNOUNCING | MODAL | ANNOUNCED | FILLER | NUMBER;
    let lead = words.iter().take_while(|word| word.is(KNOWN)).count();
    if lead == words.len() {
        return announces(words, kind) || (kind != TextKind::Name && is_for_somebody(words));
    }
    let leading = words.to(lead);
    let is_demand = leading.any(MODAL) && !is_to_be(leading);
    if lead > 1 && !is_demand && announces(leading, kind) {
        let is_noted =
            is_to_be(leading) && leading.iter().next_back().is_some_and(|last| last.gap == Gap::Mark);
        return is_remark(words.from(lead)) && (is_noted || words.to(lead + 1).from(1).any(CONNECTOR));
    }
    // A phrase for a promise, and a remark on it.
    (2..words.len().min(6))
        .rev()
        .find(|count| {
            words.from(*count).to(1).any(CONNECTOR) && words.to(*count).phrase() == Some(Phrase::Promise)
        })
        .is_some_and(|count| is_remark(words.from(count)))
}

/// Whether words put a text into the future, or demand it.
fn announces(words: Words, kind: TextKind) -> bool {
    let is_announcing = words.any(ANNOUNCING) || is_to_be(words);
    // "Approval required" is a control.
    let mut work = words.iter().filter(|word| word.is(ANNOUNCED) && word.text != "approval");
    (is_announcing && (kind != TextKind::Name || words.any(ANNOUNCED)))
        || (words.any(MODAL) && work.next().is_some())
}

/// Whether a text leaves the work to somebody, as "owner to complete" does.
fn is_for_somebody(words: Words) -> bool {
    words.pairs().skip(1).any(|(one, next)| one.text == "to" && next.is(ANNOUNCED))
}

fn is_to_be(words: Words) -> bool {
    words.pairs().any(|(one, next)| one.text == "to" && next.text == "be")
}

/// Whether the rest of a promise is short enough for a remark on it, and does not name whom a control waits for, as "by a
/// person" does.
fn is_remark(rest: Words) -> bool {
    const LONGEST: usize = 8;
    let is_one_clause = rest.iter().rev().skip(1).all(|word| matches!(word.gap, Gap::Space | Gap::Tight));
    let is_control = rest.pairs().next().is_some_and(|(one, next)| {
        ["by", "until", "before"].contains(&one.text)
            && ["a", "an", "any", "two", "both", "every", "each"].contains(&next.text)
    });
    rest.len() <= LONGEST && is_one_clause && !is_control
}

/// Whether a text is two phrases of which each is a promise, such as "to fill in" and "later".
fn is_two_promises(words: Words) -> bool {
    const MOST_WORDS: usize = 8;
    let is_promise = |part: Words| {
        let phrase = part.phrase();
        phrase == Some(Phrase::Promise) || (part.len() > 1 && phrase == Some(Phrase::Empty))
    };
    words.len() <= MOST_WORDS
        && (1..words.len()).any(|at| is_promise(words.to(at)) && is_promise(words.from(at)))
}

/// Whether a text is the instruction of a form, as "insert analysis here" is.
fn is_instruction(words: Words) -> bool {
    words.all(FORM | FILLER | ANNOUNCED | GIBBERISH) && words.any(FORM)
}

/// Whether a text says that there is nothing, without saying why.
pub(crate) fn is_denial(words: Words) -> bool {
    words.all(DENIAL | DENIED | ANNOUNCED | FILLER) && words.any(DENIAL)
}

/// Whether a text consists of words that fill a field so that it is not empty.
fn is_gibberish(words: Words) -> bool {
    let is_empty = |word: FoldedWord| {
        let stem = word.text.trim_end_matches(|digit: char| digit.is_ascii_digit());
        word.is(GIBBERISH | MARKER | DENIAL | NUMBER)
            || roles(LetterHash::of(stem)) & GIBBERISH != 0
            || word.text.chars().nth(1).is_none()
            || is_one_letter(word.text)
    };
    words.iter().all(is_empty) || (words.len() > 1 && words.are_equal())
}

/// Whether a word is one letter three times or more.
pub(crate) fn is_one_letter(word: &str) -> bool {
    let first = word.chars().next();
    word.chars().all(|letter| Some(letter) == first) && word.chars().nth(2).is_some()
}

/// Whether a text is too short to say anything: one letter or two, or no letter at all.
pub(crate) fn is_short(words: Words) -> bool {
    let text = words.joined();
    let is_dense = text.chars().any(|letter| u32::from(letter) >= 0x2E80);
    let least = if is_dense { 2 } else { 3 };
    text.chars().take(least).count() < least || !text.contains(char::is_alphabetic)
}

/// Whether a text only points to another place, by a verb of pointing and places.
fn points(words: Words) -> bool {
    const VERBS: [&str; 9] = ["see", "siehe", "voir", "vedi", "zie", "cf", "см", "смотри", "див"];
    let is_short_pointer = words.len() <= 4
        && words
            .get(0)
            .is_some_and(|first| VERBS.contains(&first.text) && first.gap == Gap::Space && !first.capital);
    let is_long_pointer = words.len() <= 10
        && words.to(4).any(POINTING)
        && words.any(PLACE)
        && words.all(PLACE | POINTING | AROUND_PLACE | NUMBER);
    is_short_pointer || is_long_pointer
}
