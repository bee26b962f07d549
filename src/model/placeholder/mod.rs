//! Placeholders: texts in the place of an answer that is still to come, that point elsewhere, or that say nothing.
//!
//! A text is folded and compared with lists of words and phrases ([`fold`]): `words.txt` and `phrases.txt` contain
//! everything that depends on a language.

mod fold;
#[cfg(test)]
mod tests;

use crate::model::Blank;
use crate::model::evidence::is_address;
use fold::{
    ANNOUNCED, ANNOUNCING, AROUND_PLACE, CONNECTOR, DENIAL, DENIED, FILLER, FORM, Folded, FoldedWord,
    GIBBERISH, Gap, LetterHash, LetterReading, MARKED, MARKER, MODAL, NOTE, NUMBER, PLACE, POINTING, Phrase,
    Roles, Words, fold, roles,
};

/// The purpose of a text, which decides what counts as a placeholder in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextKind {
    /// An analysis, a summary, a reason, a rationale: everything counts.
    Prose,
    /// Evidence that a mitigation works: a pointer is an answer.
    Evidence,
    /// The name of a person, a team or an agent, or a remark in a list. Only empty texts, markers, template marks and
    /// promises of several words count.
    Name,
}

pub(crate) fn blank(text: &str, kind: TextKind) -> Option<Blank> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Some(Blank::Empty);
    }
    (!is_sentence(trimmed) && is_placeholder(trimmed, kind)).then(|| Blank::Placeholder(trimmed.into()))
}

/// Whether a text denies that there is any, as "not approved" does.
pub(crate) fn is_refusal(text: &str) -> bool {
    let signs = Signs::of(text);
    // Nearly all names contain a word that is in no list.
    let is_name =
        signs.is_ascii && !signs.apostrophe && words_of(text).any(|word| is_unlisted(word, hash_of(word)));
    !is_name && is_denial(fold(text, LetterReading::Letters).words())
}

/// Whether a text is too short to say anything, as a letter or a number is.
pub(crate) fn is_too_short(text: &str) -> bool {
    if text.bytes().filter(u8::is_ascii_alphabetic).nth(2).is_some() {
        return false;
    }
    let folded = fold(text, LetterReading::Letters);
    !folded.words().is_empty() && is_short(folded.words())
}

/// Whether a text is plainly more than a placeholder, as most are: long, in ASCII, and without the beginning of a placeholder
/// of any length.
fn is_sentence(text: &str) -> bool {
    /// The most bytes of other placeholders in ASCII.
    const MAX_LENGTH: usize = 160;
    if text.len() <= MAX_LENGTH || !text.starts_with(|first: char| first.is_ascii_alphabetic()) {
        return false;
    }
    let mut words = words_of(text);
    let opening = words.next().unwrap_or_default();
    text.is_ascii()
        && !may_open_marker(opening)
        && ![&b"n"[..], b"www"].into_iter().any(|other| opening.eq_ignore_ascii_case(other))
        && !text.contains("://")
        && words.any(|word| !word.eq_ignore_ascii_case(opening))
}

/// The words of a text in ASCII.
fn words_of(text: &str) -> impl Iterator<Item = &[u8]> {
    text.as_bytes().split(|byte| !byte.is_ascii_alphanumeric()).filter(|word| !word.is_empty())
}

/// The hash of a word in ASCII, in lower case.
fn hash_of(word: &[u8]) -> LetterHash {
    // Digits have this bit.
    word.iter().fold(LetterHash::EMPTY, |hash, byte| hash.with(byte | 0x20))
}

/// Whether a word in ASCII is in no list, and no abbreviation.
fn is_unlisted(word: &[u8], hash: LetterHash) -> bool {
    word.len() > 2
        && roles(hash) == 0
        && word.iter().all(u8::is_ascii_alphabetic)
        && word.iter().any(|letter| *letter != word[0])
}

/// The signs of a text that decide which rules apply to it.
struct Signs {
    is_ascii: bool,
    /// A sign of an address, or a hyphen or dot before a letter or digit.
    address: bool,
    /// Letters that are not in ASCII can be brackets, too.
    bracket: bool,
    apostrophe: bool,
}

impl Signs {
    fn of(text: &str) -> Self {
        let mut signs = Self { is_ascii: true, address: false, bracket: false, apostrophe: false };
        let mut before = 0;
        for byte in text.bytes() {
            match byte {
                b'/' | b'@' | b'#' | b':' => signs.address = true,
                b'[' | b'<' | b'{' => signs.bracket = true,
                b'\'' => signs.apostrophe = true,
                0x80.. => (signs.is_ascii, signs.bracket) = (false, true),
                _ => signs.address |= matches!(before, b'-' | b'.') && byte.is_ascii_alphanumeric(),
            }
            before = byte;
        }
        signs
    }
}

fn is_placeholder(text: &str, kind: TextKind) -> bool {
    let signs = Signs::of(text);
    if kind != TextKind::Name && signs.address && is_pointer(text) {
        return kind == TextKind::Prose;
    }
    if kind == TextKind::Name
        && let Some((name, _)) = text.split_once('@')
        && fold(name, LetterReading::Letters).words().phrase() == Some(Phrase::Form)
    {
        return true;
    }
    let is_simple = !signs.address && !signs.bracket && !signs.apostrophe;
    if is_simple && text.starts_with(|first: char| first.is_ascii_alphabetic()) && is_plain(text) {
        return false;
    }
    if is_enclosed_name(text) || (signs.bracket && is_template(text, kind)) {
        return true;
    }
    let letters = fold(text, LetterReading::Letters);
    if says_nothing(&letters, kind) {
        return true;
    }
    if signs.is_ascii {
        return is_number_for_letters(&letters);
    }
    let shapes = fold(text, LetterReading::Shapes);
    says_nothing(&shapes, kind) || is_number_for_letters(&shapes)
}

/// Whether ASCII text without signs of addresses, brackets and apostrophes is certainly no placeholder, found without folding
/// it: no words at its beginning are a phrase, it opens with no marker, and its first unlisted word comes before a word
/// that promises, demands or points.
fn is_plain(text: &str) -> bool {
    const SUSPECT: Roles = MARKER | ANNOUNCING | MODAL | POINTING;
    /// More letters than any phrase has.
    const MAX_PHRASE_LENGTH: usize = 64;
    let (mut opening, mut letters, mut first) = (LetterHash::EMPTY, 0, None);
    let (mut is_listed, mut is_varied) = (true, false);
    for word in words_of(text) {
        let hash = hash_of(word);
        if first.is_none() && may_open_marker(word) {
            return false;
        }
        (opening, letters) = (opening.then(hash), letters + word.len());
        let word_roles = roles(hash);
        let is_suspect = word_roles & SUSPECT != 0 || word.eq_ignore_ascii_case(b"to");
        if (is_listed && is_suspect) || Phrase::latin(opening).is_some() || roles(opening) & MARKER != 0 {
            return false;
        }
        is_varied |= first.is_some_and(|first| first != hash);
        first = first.or(Some(hash));
        is_listed = is_listed && !is_unlisted(word, hash);
        if !is_listed && is_varied && letters > MAX_PHRASE_LENGTH {
            return true;
        }
    }
    // One word again and again says nothing.
    !is_listed && (is_varied || Some(opening) == first)
}

/// Whether digits replace letters of a marker: `T0D0`.
fn is_number_for_letters(folded: &Folded) -> bool {
    let words = folded.words();
    let Some(word) = words.get(0).filter(|_| words.len() == 1) else { return false };
    let (mut digits, mut letters) = (word.text.bytes(), word.text.bytes());
    let is_mixed = digits.any(|byte| byte.is_ascii_digit()) && letters.any(|byte| byte.is_ascii_alphabetic());
    if word.text.len() > 12 || !is_mixed {
        return false;
    }
    let letters = word.text.chars().map(|letter| {
        let digit = letter.to_digit(10).and_then(|digit| "oizeasgtbg".chars().nth(digit as usize));
        digit.unwrap_or(letter)
    });
    is_marker(&letters.collect::<String>())
}

/// Whether a text is an address, or several, with at most words around them that point.
fn is_pointer(text: &str) -> bool {
    const MAX_WORDS: usize = 20;
    let (mut addresses, mut words) = (0, 0);
    for part in text.split_whitespace() {
        if is_address(part) {
            addresses += 1;
            continue;
        }
        words += 1;
        let known = PLACE | POINTING | AROUND_PLACE | NUMBER;
        if words > MAX_WORDS || !fold(part, LetterReading::Letters).words().all(known) {
            return false;
        }
    }
    addresses > 0
}

/// Whether a text is the mark of a template, to be replaced by an answer: `[describe threats]`, `{{ … }}`, `<fill in>`.
fn is_template(text: &str, kind: TextKind) -> bool {
    let Some(rest) = without_marks(text) else { return false };
    let rest = rest.trim();
    fold(rest, LetterReading::Letters).words().is_empty() || is_placeholder(rest, kind)
}

/// Whether a text is a name after a sign or between two equal ones: `${NAME}`, `%NAME%`, `__NAME__`.
fn is_enclosed_name(text: &str) -> bool {
    if text.starts_with(|first: char| first.is_ascii_alphanumeric()) {
        return false;
    }
    ["%s", "%d", "%v"].contains(&text)
        || (text.starts_with("%(") && text.ends_with(")s"))
        || text.strip_prefix('$').is_some_and(is_name)
        || ["%", "__", "@", "##", "$", ":"]
            .into_iter()
            .any(|sign| text.strip_prefix(sign).and_then(|rest| rest.strip_suffix(sign)).is_some_and(is_name))
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.'))
}

const BRACKETS: &str = "[]<>{}【】〈〉《》［］＜＞｛｝⟨⟩";

/// A text without its marks in brackets, if it has any. Addresses in brackets are not marks. `None` also for a text that is
/// long without them.
fn without_marks(text: &str) -> Option<String> {
    /// The most bytes of a mark, and of the rest.
    const MAX_LENGTH: usize = 300;
    let (mut rest, mut left, mut has_mark) = (String::new(), text, false);
    while let Some((at, open, close)) = first_bracket(left) {
        let inner = &left[at + open.len_utf8()..];
        let mark = &inner[..inner.floor_char_boundary(MAX_LENGTH)];
        rest.push_str(left[..at].trim());
        if rest.len() > MAX_LENGTH {
            return None;
        }
        left = match mark.find(close) {
            // The end of an element, whose beginning counts.
            Some(end) if open == '<' && mark.starts_with('/') => &inner[end + close.len_utf8()..],
            Some(end) if is_mark(&mark[..end]) => {
                has_mark = true;
                inner[end..].trim_start_matches(close)
            }
            _ => inner,
        };
        if !rest.ends_with(' ') {
            rest.push(' ');
        }
    }
    rest.push_str(left);
    has_mark.then_some(rest)
}

fn is_mark(inner: &str) -> bool {
    !inner.contains("://") && !inner.contains('@') && !inner.starts_with('/')
}

/// The place of the first opening bracket, the bracket, and the one that closes it.
fn first_bracket(text: &str) -> Option<(usize, char, char)> {
    text.char_indices().find_map(|(at, letter)| {
        let mut brackets = BRACKETS.chars().skip_while(|bracket| *bracket != letter);
        let (open, close) = (brackets.next()?, brackets.next()?);
        // An opening bracket has an even number of brackets after the pair.
        (brackets.count() % 2 == 0).then_some((at, open, close))
    })
}

// Rules on the words of a text: markers, promises, instructions, denials, pointers and texts that say nothing.

fn says_nothing(folded: &Folded, kind: TextKind) -> bool {
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
    if words.get(0).is_some_and(|first| first.text.is_ascii() && !may_open_marker(first.text.as_bytes())) {
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

fn is_marker(text: &str) -> bool {
    roles(LetterHash::of(text)) & MARKER != 0 || text.starts_with("loremipsum")
}

/// Whether a first word may be the beginning of a marker, or begin with one.
fn may_open_marker(first: &[u8]) -> bool {
    MARKER_OPENINGS.into_iter().any(|opening| {
        let shorter = opening.len().min(first.len());
        first[..shorter].eq_ignore_ascii_case(&opening.as_bytes()[..shorter])
    })
}

const MARKER_OPENINGS: [&str; 8] = ["tb", "tk", "tod", "tob", "fix", "wip", "xxx", "lor"];

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
    const MAX_LENGTH: usize = 8;
    let is_one_clause = rest.iter().rev().skip(1).all(|word| matches!(word.gap, Gap::Space | Gap::Tight));
    let is_control = rest.pairs().next().is_some_and(|(one, next)| {
        ["by", "until", "before"].contains(&one.text)
            && ["a", "an", "any", "two", "both", "every", "each"].contains(&next.text)
    });
    rest.len() <= MAX_LENGTH && is_one_clause && !is_control
}

/// Whether a text is two phrases of which each is a promise, such as "to fill in" and "later".
fn is_two_promises(words: Words) -> bool {
    const MAX_WORDS: usize = 8;
    let is_promise = |part: Words| {
        let phrase = part.phrase();
        phrase == Some(Phrase::Promise) || (part.len() > 1 && phrase == Some(Phrase::Empty))
    };
    words.len() <= MAX_WORDS
        && (1..words.len()).any(|at| is_promise(words.to(at)) && is_promise(words.from(at)))
}

/// Whether a text is the instruction of a form, as "insert analysis here" is.
fn is_instruction(words: Words) -> bool {
    words.all(FORM | FILLER | ANNOUNCED | GIBBERISH) && words.any(FORM)
}

/// Whether a text says that there is nothing, without saying why.
fn is_denial(words: Words) -> bool {
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
fn is_one_letter(word: &str) -> bool {
    let first = word.chars().next();
    word.chars().all(|letter| Some(letter) == first) && word.chars().nth(2).is_some()
}

/// Whether a text is too short to say anything: one letter or two, or no letter at all.
fn is_short(words: Words) -> bool {
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
