//! Placeholders: texts that stand for an answer to come, point elsewhere, or say nothing.
//!
//! A text is folded ([`fold`]) and compared with phrases ([`phrases`]) and with words that say nothing even together
//! ([`vocabulary`]). Everything that a language adds is a row in one of these two tables.

mod class;
mod fold;
mod phrases;
mod table;
#[cfg(test)]
mod tests;
mod vocabulary;

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::model::Blank;
use fold::{Folded, Gap, Reading, Word, Words, fold};
use phrases::{Affix, Group};
use table::Hash;
use vocabulary::Roles;

/// What a text is for, which decides what counts as a placeholder in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextKind {
    /// An analysis, a summary, a reason, a rationale: everything counts.
    Prose,
    /// What shows that a mitigation works: a pointer is an answer.
    Evidence,
    /// A name of a person, a team or an agent, or a remark in a list: only empty texts, markers, template marks and promises
    /// of several words count.
    Name,
}

/// The blank form of a text, if it is blank.
pub fn blank(text: &str, kind: TextKind) -> Option<Blank> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Some(Blank::Empty);
    }
    (!is_sentence(trimmed) && is_placeholder(trimmed, kind)).then(|| Blank::Placeholder(trimmed.into()))
}

/// How many bytes a placeholder of ASCII letters may have, unless it begins as one.
const LONGEST: usize = 160;

/// Whether a text is plainly more than a placeholder, as most are: long, in ASCII, and beginning with a letter, but with
/// nothing that a placeholder of any length begins with.
fn is_sentence(trimmed: &str) -> bool {
    let begins = |start: &str| trimmed.get(..start.len()).is_some_and(|it| it.eq_ignore_ascii_case(start));
    let starts = ["to", "tb", "fi", "wi", "xx", "lo", "x", "t ", "t.", "t-", "ww", "n/"];
    trimmed.len() > LONGEST
        && trimmed.starts_with(|first: char| first.is_ascii_alphabetic())
        && trimmed.is_ascii()
        && !starts.into_iter().any(begins)
        && !trimmed.contains("://")
        && !is_repeated(trimmed)
}

/// The classes of bytes of a text, found in one pass, because most texts have no sign of an address or a template. A hyphen or dot
/// before a letter or digit counts as a sign of an address.
fn signs(text: &str) -> u8 {
    let (mut signs, mut before) = (0, 0);
    for byte in text.bytes() {
        let class = class::of(byte);
        signs |= class;
        if before & class::JOINT != 0 && class & class::ALPHANUMERIC != 0 {
            signs |= class::ADDRESS;
        }
        before = class;
    }
    signs
}

/// Whether a text is its first word again and again.
fn is_repeated(text: &str) -> bool {
    let mut words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    let Some(first) = words.next() else { return true };
    words.all(|word| word.eq_ignore_ascii_case(first))
}

fn is_placeholder(text: &str, kind: TextKind) -> bool {
    let signs = signs(text);
    if kind != TextKind::Name && signs & class::ADDRESS != 0 && is_pointer(text) {
        return kind == TextKind::Prose;
    }
    let is_form = |name: &str| group_of(fold(name, Reading::Letters).words()) == Some(Group::Form);
    if kind == TextKind::Name && text.split_once('@').is_some_and(|(name, _)| is_form(name)) {
        return true;
    }
    let is_sentence = text.starts_with(|first: char| first.is_ascii_alphabetic())
        && signs & (class::ADDRESS | class::BRACKET | class::APOSTROPHE) == 0;
    if is_sentence && is_plain(text) {
        return false;
    }
    if is_enclosed_name(text) || (signs & class::BRACKET != 0 && is_template(text, kind)) {
        return true;
    }
    let letters = fold(text, Reading::Letters);
    if says_nothing(&letters, kind) {
        return true;
    }
    if text.is_ascii() {
        return is_number_for_letters(&letters);
    }
    let shapes = fold(text, Reading::Shapes);
    says_nothing(&shapes, kind) || is_number_for_letters(&shapes)
}

/// Whether ASCII text without signs of addresses, brackets and apostrophes is no placeholder, found without folding it: no words
/// at its beginning are a phrase, it opens with no marker, and the first word that is in no table comes before a word that
/// promises, demands or points.
fn is_plain(text: &str) -> bool {
    let opening = text.split(|letter: char| !letter.is_ascii_alphanumeric()).next().unwrap_or_default();
    if may_open_marker(opening) {
        return false;
    }
    let mut plain = Plain { hash: Hash::EMPTY, first: None, is_known: true, is_varied: false };
    let (mut word, mut start) = (Hash::EMPTY, 0);
    for (at, byte) in text.bytes().chain([b' ']).enumerate() {
        if class::of(byte) & class::ALPHANUMERIC != 0 {
            // Digits have this bit.
            word = word.with(byte | 0x20);
            continue;
        }
        if at > start && !plain.take(&text[start..at], word) {
            return false;
        }
        (word, start) = (Hash::EMPTY, at + 1);
    }
    // One word again and again says nothing.
    !plain.is_known && (plain.is_varied || Some(plain.hash) == plain.first)
}

/// What [`is_plain`] has met.
struct Plain {
    /// That of all words.
    hash: Hash,
    /// That of the first word.
    first: Option<Hash>,
    /// Whether all words are in tables, or not ordinary.
    is_known: bool,
    is_varied: bool,
}

impl Plain {
    /// Takes a word; `false` where the text must be folded.
    fn take(&mut self, word: &str, hash: Hash) -> bool {
        const OPENING: Roles =
            vocabulary::MARKER | vocabulary::ANNOUNCING | vocabulary::MODAL | vocabulary::POINTING;
        let roles = vocabulary::roles(hash);
        self.hash = self.hash.then(hash);
        let is_phrase =
            phrases::latin(self.hash).is_some() || vocabulary::roles(self.hash) & vocabulary::MARKER != 0;
        if is_phrase || (self.is_known && (roles & OPENING != 0 || word.eq_ignore_ascii_case("to"))) {
            return false;
        }
        self.is_varied |= self.first.is_some_and(|first| first != hash);
        self.first = self.first.or(Some(hash));
        if self.is_known && roles == 0 && word.len() > 2 {
            self.is_known = !word.bytes().all(|letter| letter.is_ascii_alphabetic()) || is_one_letter(word);
        }
        true
    }
}

/// Whether a text is two phrases of which each is a promise, such as "to fill in" and "later".
fn is_two_promises(words: Words) -> bool {
    const MOST_WORDS: usize = 8;
    if words.len() > MOST_WORDS {
        return false;
    }
    let is_promise = |part: Words, hash: Hash| {
        let group = group(part.joined(), hash);
        group == Some(Group::Promise) || (part.len() > 1 && group == Some(Group::Empty))
    };
    let mut hash = Hash::EMPTY;
    words.iter().enumerate().any(|(at, word)| {
        hash = hash.then(word.hash);
        let rest = words.from(at + 1);
        is_promise(words.to(at + 1), hash) && is_promise(rest, rest.hash())
    })
}

fn says_nothing(folded: &Folded, kind: TextKind) -> bool {
    let words = folded.words();
    let Some(first) = words.get(0) else { return true };
    if opens_with_marker(words, kind) {
        return true;
    }
    if !folded.whole {
        return words.len() > 1 && words.iter().all(|word| word.text == first.text);
    }
    let phrase = group_of(words).or_else(|| is_two_promises(words).then_some(Group::Promise));
    match (kind, phrase) {
        (TextKind::Name, Some(Group::Promise)) => return words.len() > 1 || !first.text.is_ascii(),
        (_, Some(Group::Empty | Group::Form))
        | (TextKind::Prose | TextKind::Evidence, Some(Group::Promise | Group::Nothing))
        | (TextKind::Prose, Some(Group::Pointer)) => return true,
        _ => {}
    }
    let joined = words.joined();
    let is_ascii = joined.is_ascii();
    let ends = |affixes: &[Affix]| !is_ascii && affixes.iter().any(|one| one.ends(joined));
    let begins = |affixes: &[Affix]| !is_ascii && affixes.iter().any(|one| one.begins(joined));
    let is_promised = begins(phrases::PROMISE_PREFIXES) || ends(phrases::PROMISE_SUFFIXES);
    if is_promised || is_promise(words, kind) {
        return true;
    }
    match kind {
        TextKind::Name => false,
        TextKind::Evidence => {
            is_short(words) || is_gibberish(words) || is_denial(words) || is_instruction(words)
        }
        TextKind::Prose => {
            is_short(words)
                || is_gibberish(words)
                || is_denial(words)
                || is_instruction(words)
                || begins(phrases::POINTER_PREFIXES)
                || ends(phrases::POINTER_SUFFIXES)
                || words.iter().all(|word| word.is(vocabulary::FILLER) || is_number(word))
                || points(words)
        }
    }
}

/// Whether a text begins with a marker such as `TODO`, behind which there is at most a note.
fn opens_with_marker(words: Words, kind: TextKind) -> bool {
    // Phrases of other scripts can be split in any way.
    if words.get(0).is_some_and(|first| first.text.is_ascii() && !may_open_marker(first.text)) {
        return false;
    }
    (1..=words.len().min(5)).any(|count| {
        let marker = words.to(count);
        let Some(gap) = marker.iter().next_back().map(|last| last.gap) else { return false };
        let text = marker.joined();
        if !is_marker(text, marker.hash()) {
            // In other scripts, a phrase for a gap with a note behind it, as in English `TODO: …`.
            return !text.is_ascii() && gap == Gap::Mark && group_of(marker) == Some(Group::Empty);
        }
        let Some(next) = words.get(count) else { return true };
        let is_capital = marker.iter().all(|word| word.capital);
        match gap {
            Gap::Mark | Gap::Comma | Gap::End => true,
            Gap::Tight => is_capital,
            Gap::Space => {
                let is_note = next.is(vocabulary::NOTE | vocabulary::MARKER);
                let is_shouted = is_capital && kind != TextKind::Name && !names_a_thing(words.from(count));
                // "To do this, the agent…" is no marker.
                count == 1 && (is_note || is_shouted || text.starts_with("lorem"))
            }
        }
    })
}

/// Whether a marker before these words is a part of a name, as in "TODO items of users may leak".
fn names_a_thing(words: Words) -> bool {
    const PROMISED: Roles = vocabulary::ANNOUNCED | vocabulary::ANNOUNCING | vocabulary::MODAL;
    words.len() > 2
        && words.get(0).is_some_and(|first| first.is(vocabulary::MARKED))
        && !words.from(1).iter().any(|word| word.is(PROMISED))
}

fn is_marker(text: &str, hash: Hash) -> bool {
    vocabulary::roles(hash) & vocabulary::MARKER != 0 || text.starts_with("loremipsum")
}

/// Whether a first word is the beginning of a marker, or begins with one.
fn may_open_marker(first: &str) -> bool {
    let may_be = |marker: &str| {
        let shorter = marker.len().min(first.len());
        first.as_bytes()[..shorter].eq_ignore_ascii_case(&marker.as_bytes()[..shorter])
    };
    first.starts_with(['f', 'l', 't', 'w', 'x', 'F', 'L', 'T', 'W', 'X'])
        && (vocabulary::MARKERS.iter().any(|marker| may_be(marker)) || may_be("loremipsum"))
}

/// Whether a text announces another one: words that say nothing, one of which puts the rest into the future, and perhaps
/// when or by whom.
fn is_promise(words: Words, kind: TextKind) -> bool {
    let is_known = |word: &Word| {
        word.is(vocabulary::ANNOUNCING | vocabulary::MODAL | vocabulary::ANNOUNCED | vocabulary::FILLER)
            || is_number(*word)
    };
    let lead = words.iter().take_while(is_known).count();
    let announces = |words: Words| {
        let is_announcing = words.iter().any(|word| word.is(vocabulary::ANNOUNCING)) || is_to_be(words);
        let is_announced = words.iter().any(|word| word.is(vocabulary::ANNOUNCED));
        // "Approval required" is a control.
        let is_work = |word: Word| word.is(vocabulary::ANNOUNCED) && word.text != "approval";
        let is_demanded = words.iter().any(|word| word.is(vocabulary::MODAL)) && words.iter().any(is_work);
        (is_announcing && (is_announced || kind != TextKind::Name)) || is_demanded
    };
    if lead == words.len() {
        return announces(words) || (kind != TextKind::Name && is_for_somebody(words));
    }
    let is_connector = |word: Word| word.is(vocabulary::CONNECTOR);
    let is_phrase = |count: &usize| {
        words.get(*count).is_some_and(is_connector) && group_of(words.to(*count)) == Some(Group::Promise)
    };
    let phrase = (2..words.len().min(6)).rev().find(is_phrase).unwrap_or(0);
    let leading = words.to(lead);
    let is_demand = leading.iter().any(|word| word.is(vocabulary::MODAL)) && !is_to_be(leading);
    let is_long_promise = lead > 1 && !is_demand && announces(leading);
    if is_long_promise {
        let is_noted =
            is_to_be(leading) && leading.iter().next_back().is_some_and(|last| last.gap == Gap::Mark);
        return is_remark(words.from(lead))
            && !is_control(words.from(lead))
            && (is_noted || words.to(lead + 1).from(1).iter().any(is_connector));
    }
    phrase > 0 && is_remark(words.from(phrase)) && !is_control(words.from(phrase))
}

/// Whether a remark names no one who is to write, but whom a control waits for, as "by a person" does.
fn is_control(rest: Words) -> bool {
    let is_one = |word: Word| ["a", "an", "any", "two", "both", "every", "each"].contains(&word.text);
    rest.get(0).is_some_and(|first| ["by", "until", "before"].contains(&first.text))
        && rest.get(1).is_some_and(is_one)
}

/// Whether a text leaves the work to somebody, as "owner to complete" does.
fn is_for_somebody(words: Words) -> bool {
    let pairs = words.iter().zip(words.from(1).iter());
    pairs.skip(1).any(|(one, next)| one.text == "to" && next.is(vocabulary::ANNOUNCED))
}

/// Whether a text is what a form asks for, as "insert analysis here" is.
fn is_instruction(words: Words) -> bool {
    const KNOWN: Roles =
        vocabulary::FORM | vocabulary::FILLER | vocabulary::ANNOUNCED | vocabulary::GIBBERISH;
    words.iter().all(|word| word.is(KNOWN)) && words.iter().any(|word| word.is(vocabulary::FORM))
}

/// Whether two words in a row are "to be".
fn is_to_be(words: Words) -> bool {
    words.iter().zip(words.from(1).iter()).any(|(one, next)| one.text == "to" && next.text == "be")
}

/// Whether what follows a promise is short enough for a remark on it.
fn is_remark(rest: Words) -> bool {
    const LONGEST: usize = 8;
    let is_one_clause = rest.iter().rev().skip(1).all(|word| matches!(word.gap, Gap::Space | Gap::Tight));
    rest.len() <= LONGEST && is_one_clause
}

/// Whether a text says that there is nothing, without saying why.
fn is_denial(words: Words) -> bool {
    let is_denial = |word: Word| word.is(vocabulary::DENIAL);
    let is_known = |word: Word| {
        is_denial(word)
            || word.is(vocabulary::DENIED)
            || word.is(vocabulary::ANNOUNCED)
            || word.is(vocabulary::FILLER)
    };
    // The first unknown word ends it.
    words.iter().all(is_known) && words.iter().any(is_denial)
}

/// Whether a text consists of words that fill a field so that it is not empty.
fn is_gibberish(words: Words) -> bool {
    let is_empty = |word: Word| {
        const EMPTY: Roles = vocabulary::GIBBERISH | vocabulary::MARKER | vocabulary::DENIAL;
        let is_numbered = || {
            let stem = word.text.trim_end_matches(|digit: char| digit.is_ascii_digit());
            vocabulary::roles(Hash::of(stem.as_bytes())) & vocabulary::GIBBERISH != 0
        };
        word.is(EMPTY)
            || is_numbered()
            || is_number(word)
            || word.text.chars().count() == 1
            || is_one_letter(word.text)
    };
    let is_same = |word: Word| words.get(0).is_some_and(|first| first.text == word.text);
    words.iter().all(is_empty) || (words.len() > 1 && words.iter().all(is_same))
}

/// Whether a word is one letter again and again.
fn is_one_letter(word: &str) -> bool {
    let first = word.chars().next();
    word.chars().all(|letter| Some(letter) == first) && word.chars().nth(2).is_some()
}

/// Whether a text says that there is none, as "not approved" does.
pub fn is_refusal(text: &str) -> bool {
    is_denial(fold(text, Reading::Letters).words())
}

/// Whether a text is too short to say anything, as a letter or a number is.
pub fn is_too_short(text: &str) -> bool {
    if text.bytes().filter(u8::is_ascii_alphabetic).nth(2).is_some() {
        return false;
    }
    let folded = fold(text, Reading::Letters);
    !folded.words().is_empty() && is_short(folded.words())
}

/// Whether a text is too short to say anything: one letter or two, or no letter at all.
fn is_short(words: Words) -> bool {
    let letters = || words.iter().flat_map(|word| word.text.chars());
    let is_dense = !words.joined().is_ascii() && letters().any(|letter| u32::from(letter) >= 0x2E80);
    let least = if is_dense { 2 } else { 3 };
    letters().take(least).count() < least || !letters().any(char::is_alphabetic)
}

/// Whether a text only points to another place, by a verb of pointing and places.
fn points(words: Words) -> bool {
    let points = |first: Word| {
        let is_verb =
            ["see", "siehe", "voir", "vedi", "zie", "cf", "см", "смотри", "див"].contains(&first.text);
        is_verb && first.gap == Gap::Space && !first.capital
    };
    let is_short_pointer = words.len() <= 4 && words.get(0).is_some_and(points);
    let is_place = |word: Word| word.is(vocabulary::PLACE);
    let is_pointing = |word: Word| word.is(vocabulary::POINTING);
    let is_known = |word: Word| {
        is_place(word) || is_pointing(word) || word.is(vocabulary::AROUND_PLACE) || is_number(word)
    };
    let is_long_pointer = words.len() <= 10
        && words.iter().take(4).any(is_pointing)
        && words.iter().any(is_place)
        && words.iter().all(is_known);
    is_short_pointer || is_long_pointer
}

/// Whether a text is an address, or several, with at most words around them that point.
fn is_pointer(text: &str) -> bool {
    const MOST_WORDS: usize = 20;
    let (mut addresses, mut words) = (0, 0);
    for part in text.split_whitespace() {
        if is_address(part) {
            addresses += 1;
        } else {
            words += 1;
            let is_known = |word: Word| {
                word.is(vocabulary::PLACE)
                    || word.is(vocabulary::POINTING)
                    || word.is(vocabulary::AROUND_PLACE)
                    || is_number(word)
            };
            if words > MOST_WORDS || !fold(part, Reading::Letters).words().iter().all(is_known) {
                return false;
            }
        }
    }
    addresses > 0
}

/// What stands before a hyphen and a number in names of standards, algorithms and models.
const STANDARDS: [&str; 12] =
    ["AES", "CRC", "CWE", "FIPS", "GPT", "ISO", "MD", "RFC", "RSA", "SHA", "SOC", "UTF"];

/// Whether a part of a text without white space is an address: of a page, a file, a mailbox, a ticket.
fn is_address(part: &str) -> bool {
    let is_dotted =
        (part.starts_with("./") || part.starts_with("../")) && part.contains(char::is_alphanumeric);
    let part = part.trim_matches(|sign: char| !sign.is_alphanumeric() && !matches!(sign, '#' | '/'));
    let is_ticket = |(key, number): (&str, &str)| {
        key.len() > 1
            && !STANDARDS.contains(&key)
            && key.bytes().all(|letter| letter.is_ascii_uppercase())
            && !number.is_empty()
            && number.bytes().all(|digit| digit.is_ascii_digit())
    };
    let is_number = |number: &str| !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit());
    let is_path = || {
        let last = part.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        let first = part.split('/').next().unwrap_or_default();
        part.contains('/') && (has_extension(last) || has_extension(first))
    };
    is_dotted
        || part.contains("://")
        || part.starts_with("www.")
        || part.starts_with("mailto:")
        || part.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'))
        || part.strip_prefix('#').is_some_and(is_number)
        || part.split_once('-').is_some_and(is_ticket)
        || is_path()
}

/// Whether a name ends in a dot and letters, as a file or a host does.
fn has_extension(name: &str) -> bool {
    let is_ending = |ending: &str| {
        (1..=8).contains(&ending.len())
            && ending.bytes().all(|letter| letter.is_ascii_alphanumeric())
            && ending.bytes().any(|letter| letter.is_ascii_alphabetic())
    };
    name.rsplit_once('.').is_some_and(|(stem, ending)| !stem.is_empty() && is_ending(ending))
}

/// Whether a text is the mark of a template, which somebody was to replace: `[describe threats]`, `{{ … }}`, `<fill in>`,
/// `${NAME}`, `%NAME%`, `__NAME__`.
fn is_template(text: &str, kind: TextKind) -> bool {
    let (rest, marks) = without_brackets(text);
    if marks == 0 {
        return false;
    }
    let rest = rest.trim();
    fold(rest, Reading::Letters).words().is_empty() || is_placeholder(rest, kind)
}

/// Whether a text is a name between two equal signs, or behind one, as templates have them.
fn is_enclosed_name(text: &str) -> bool {
    let is_name = |name: &str| {
        !name.is_empty()
            && name.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.'))
    };
    if text.starts_with(|first: char| first.is_ascii_alphanumeric()) {
        return false;
    }
    let is_format = ["%s", "%d", "%v"].contains(&text) || (text.starts_with("%(") && text.ends_with(")s"));
    let between =
        |sign: &str| text.strip_prefix(sign).and_then(|rest| rest.strip_suffix(sign)).is_some_and(is_name);
    is_format
        || ["%", "__", "@", "##", "$", ":"].into_iter().any(between)
        || text.strip_prefix('$').is_some_and(is_name)
}

const BRACKETS: [(char, char); 10] = [
    ('[', ']'),
    ('<', '>'),
    ('{', '}'),
    ('【', '】'),
    ('〈', '〉'),
    ('《', '》'),
    ('［', '］'),
    ('＜', '＞'),
    ('｛', '｝'),
    ('⟨', '⟩'),
];
/// The longest text between brackets that counts as a mark.
const LONGEST_MARK: usize = 300;

/// A text without what stands in brackets, and how many brackets there were. Addresses in brackets are none. A text of which
/// much is left is not looked through to its end.
fn without_brackets(text: &str) -> (String, usize) {
    let (mut rest, mut left, mut marks) = (String::new(), text, 0);
    while let Some((at, open, close)) = first_bracket(left) {
        let inner = &left[at + open.len_utf8()..];
        let mark = &inner[..inner.floor_char_boundary(LONGEST_MARK)];
        rest.push_str(left[..at].trim());
        if rest.len() > LONGEST_MARK {
            return (rest, 0);
        }
        let end = mark.find(close);
        left = match end {
            // The end of an element, whose beginning counts.
            Some(end) if open == '<' && mark.starts_with('/') => &inner[end + close.len_utf8()..],
            Some(end) if is_mark(&mark[..end]) => {
                marks += 1;
                inner[end..].trim_start_matches(close)
            }
            _ => inner,
        };
        if !rest.ends_with(' ') {
            rest.push(' ');
        }
    }
    rest.push_str(left);
    (rest, marks)
}

/// Whether a text in brackets may be a mark: no address, and not the end of an element.
fn is_mark(inner: &str) -> bool {
    !inner.contains("://") && !inner.contains('@') && !inner.starts_with('/')
}

fn first_bracket(text: &str) -> Option<(usize, char, char)> {
    text.char_indices().find_map(|(at, letter)| {
        let (open, close) = BRACKETS.into_iter().find(|(open, _)| *open == letter)?;
        Some((at, open, close))
    })
}

/// Whether digits stand for letters of a marker: `T0D0`.
fn is_number_for_letters(folded: &Folded) -> bool {
    let words = folded.words();
    let Some(word) = words.get(0).filter(|_| words.len() == 1) else { return false };
    let has = |is: fn(&char) -> bool| word.text.chars().any(|letter| is(&letter));
    if word.text.len() > 12 || !has(char::is_ascii_digit) || !has(char::is_ascii_alphabetic) {
        return false;
    }
    let letter =
        |digit: char| "oizeasgtbg".chars().nth(digit.to_digit(10).unwrap_or(99) as usize).unwrap_or(digit);
    {
        let letters: String = word.text.chars().map(letter).collect();
        is_marker(&letters, Hash::of(letters.as_bytes()))
    }
}

fn is_number(word: Word) -> bool {
    word.text.chars().all(char::is_numeric)
}

fn group_of(words: Words) -> Option<Group> {
    group(words.joined(), words.hash())
}

/// The group of a phrase, by its letters and their hash.
fn group(joined: &str, hash: Hash) -> Option<Group> {
    static OTHERS: LazyLock<HashMap<String, Group>> = LazyLock::new(|| {
        let phrases = phrases::all().filter(|(phrase, _)| !phrase.is_ascii());
        phrases
            .map(|(phrase, group)| (fold(phrase, Reading::Letters).words().joined().to_owned(), group))
            .collect()
    });
    if joined.is_ascii() {
        return phrases::latin(hash);
    }
    // Japanese and Korean sentences may end in a verb that adds nothing.
    let bare = || ["です", "입니다"].into_iter().find_map(|verb| joined.strip_suffix(verb));
    OTHERS.get(joined).copied().or_else(|| {
        let bare = bare()?;
        OTHERS.get(bare).copied().or_else(|| phrases::latin(Hash::of(bare.as_bytes())))
    })
}

impl Affix {
    fn begins(&self, text: &str) -> bool {
        text.starts_with(self.text) && text.chars().count() <= self.most
    }

    fn ends(&self, text: &str) -> bool {
        text.ends_with(self.text) && text.chars().count() <= self.most
    }
}
