//! Placeholders: texts that stand for an answer to come, point elsewhere, or say nothing.
//!
//! A text is folded ([`fold`]) and compared with phrases ([`phrases`]) and with words that say nothing even together
//! ([`vocabulary`]). Everything that a language adds is a row in one of these two tables.

mod fold;
mod phrases;
#[cfg(test)]
mod tests;
mod vocabulary;

use std::collections::HashMap;
use std::sync::LazyLock;

use super::Blank;
pub(crate) use fold::shapes;
use fold::{Folded, Gap, Reading, Word, fold};
use phrases::{Affix, Rows};

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
pub fn blank(text: &str, kind: TextKind) -> Option<Blank<'_>> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Some(Blank::Empty);
    }
    let is_plain = is_sentence(trimmed) || is_ordinary(trimmed);
    (!is_plain && is_placeholder(trimmed, kind)).then_some(Blank::Placeholder(trimmed))
}

/// The most bytes that a phrase has without what is between its words.
const LONGEST_PHRASE: usize = 60;

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

/// Whether no row of the tables can make a text a placeholder, found without folding it. The text is ASCII without brackets. It has
/// more words than a promise and a remark on it, and no marker comes first. Before such a remark could begin, it has a word that is
/// in no table.
fn is_ordinary(text: &str) -> bool {
    /// A phrase before a remark has at most five words, and the remark eight.
    const LEAST_WORDS: usize = 14;
    const REMARK: usize = 8;
    if !text.is_ascii() || text.contains(['[', '<', '{']) {
        return false;
    }
    let parts =
        || text.split_ascii_whitespace().filter(|part| part.bytes().any(|byte| byte.is_ascii_alphabetic()));
    let count = parts().count();
    let letters = text.bytes().filter(u8::is_ascii_alphabetic).count();
    if count < LEAST_WORDS || letters <= LONGEST_PHRASE || may_open_with_marker(text) {
        return false;
    }
    let is_word = |part: &&str| {
        let word = part.strip_suffix(',').unwrap_or(part).as_bytes();
        let is_same = |byte: &u8| byte.eq_ignore_ascii_case(&word[0]);
        word.len() > 3 && word.iter().all(u8::is_ascii_alphabetic) && !word.iter().all(is_same)
    };
    let unknown = parts()
        .take(count - REMARK)
        .filter(is_word)
        .find(|part| vocabulary::is_unknown(part.strip_suffix(',').unwrap_or(part).as_bytes()));
    unknown.is_some_and(|unknown| parts().any(|part| !part.eq_ignore_ascii_case(unknown)))
}

/// Whether the first word of a text is the beginning of a marker, or begins with one.
fn may_open_with_marker(text: &str) -> bool {
    let first = text.split(|letter: char| !letter.is_ascii_alphanumeric()).find(|word| !word.is_empty());
    let first = first.unwrap_or_default().as_bytes();
    vocabulary::MARKERS.iter().chain(&["todo", "loremipsum"]).any(|marker| {
        let shorter = first.len().min(marker.len());
        first[..shorter].eq_ignore_ascii_case(&marker.as_bytes()[..shorter])
    })
}

/// Whether a text is its first word again and again.
fn is_repeated(text: &str) -> bool {
    let mut words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    let Some(first) = words.next() else { return true };
    words.all(|word| word.eq_ignore_ascii_case(first))
}

fn is_placeholder(text: &str, kind: TextKind) -> bool {
    if kind != TextKind::Name && is_pointer(text) {
        return kind == TextKind::Prose;
    }
    if is_template(text, kind) {
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

/// Promise, where a text is two phrases of which each is one, such as "to fill in" and "later".
fn group_of_two(words: &[Word]) -> Option<Group> {
    const MOST_WORDS: usize = 8;
    let is_promise = |part: &[Word]| {
        let group = joined(part).and_then(|text| group(&text));
        group == Some(Group::Promise) || (part.len() > 1 && group == Some(Group::Empty))
    };
    let mut splits = (1..words.len()).filter(|_| words.len() <= MOST_WORDS);
    splits.any(|at| is_promise(&words[..at]) && is_promise(&words[at..])).then_some(Group::Promise)
}

fn says_nothing(folded: &Folded, kind: TextKind) -> bool {
    let words = folded.words.as_slice();
    if words.is_empty() || opens_with_marker(words, kind) {
        return true;
    }
    if !folded.whole {
        return words.len() > 1 && words.iter().all(|word| word.text == words[0].text);
    }
    let joined = joined(words);
    let phrase = joined.as_deref().and_then(group).or_else(|| group_of_two(words));
    match (kind, phrase) {
        (TextKind::Name, Some(Group::Promise)) => return words.len() > 1 || !words[0].text.is_ascii(),
        (_, Some(Group::Empty | Group::Form))
        | (TextKind::Prose | TextKind::Evidence, Some(Group::Promise | Group::Nothing))
        | (TextKind::Prose, Some(Group::Pointer)) => return true,
        _ => {}
    }
    let has =
        |affixes: &[Affix]| joined.as_deref().is_some_and(|text| affixes.iter().any(|one| one.ends(text)));
    let begins =
        |affixes: &[Affix]| joined.as_deref().is_some_and(|text| affixes.iter().any(|one| one.begins(text)));
    let is_promised = begins(phrases::PROMISE_PREFIXES) || has(phrases::PROMISE_SUFFIXES);
    if is_promised || is_promise(words, kind) {
        return true;
    }
    match kind {
        TextKind::Name => false,
        TextKind::Evidence => is_short(words) || is_gibberish(words) || is_denial(words),
        TextKind::Prose => {
            is_short(words)
                || is_gibberish(words)
                || is_denial(words)
                || begins(phrases::POINTER_PREFIXES)
                || has(phrases::POINTER_SUFFIXES)
                || words.iter().all(|word| is_in(vocabulary::FILLERS, word) || is_number(word))
                || points(words)
        }
    }
}

/// Whether a text begins with a marker such as `TODO`, behind which there is at most a note.
fn opens_with_marker(words: &[Word], kind: TextKind) -> bool {
    let first = words[0].text.as_str();
    // Phrases of other scripts can be split in any way.
    if first.is_ascii() && !may_open_with_marker(first) {
        return false;
    }
    (1..=words.len().min(5)).any(|count| {
        let (marker, rest) = words.split_at(count);
        let is_marker = joined(marker).is_some_and(|text| {
            text == "todo" || text.starts_with("loremipsum") || is_word(vocabulary::MARKERS, &text)
        });
        // In other scripts, a phrase for a gap with a note behind it, as in English `TODO: …`.
        let is_foreign = || {
            joined(marker).is_some_and(|text| !text.is_ascii() && group(&text) == Some(Group::Empty))
                && marker[count - 1].gap == Gap::Mark
        };
        if !is_marker {
            return is_foreign();
        }
        let Some(next) = rest.first() else { return true };
        let is_capital = marker.iter().all(|word| word.capital);
        match marker[count - 1].gap {
            Gap::Mark | Gap::Comma | Gap::End => true,
            Gap::Tight => is_capital,
            Gap::Space => {
                let is_note = is_in(vocabulary::NOTES, next) || is_marker_word(next);
                let is_shouted = is_capital && kind != TextKind::Name;
                // "To do this, the agent…" is no marker.
                count == 1
                    && (is_note || is_shouted || joined(marker).is_some_and(|text| text.starts_with("lorem")))
            }
        }
    })
}

fn is_marker_word(word: &Word) -> bool {
    is_in(vocabulary::MARKERS, word)
}

/// Whether a text announces another one: words that say nothing, one of which puts the rest into the future, and perhaps
/// when or by whom.
fn is_promise(words: &[Word], kind: TextKind) -> bool {
    let is_known = |word: &&Word| {
        is_in(vocabulary::ANNOUNCING, word)
            || is_in(vocabulary::MODALS, word)
            || is_in(vocabulary::ANNOUNCED, word)
            || is_in(vocabulary::FILLERS, word)
            || is_number(word)
    };
    let lead = words.iter().take_while(is_known).count();
    let announces = |words: &[Word]| {
        let is_announcing = words.iter().any(|word| is_in(vocabulary::ANNOUNCING, word)) || is_to_be(words);
        let is_announced = words.iter().any(|word| is_in(vocabulary::ANNOUNCED, word));
        let is_demanded = words.iter().any(|word| is_in(vocabulary::MODALS, word));
        (is_announcing && (is_announced || kind != TextKind::Name)) || (is_demanded && is_announced)
    };
    if lead == words.len() {
        return announces(words);
    }
    let is_connector = |word: &Word| is_in(vocabulary::CONNECTORS, word);
    let is_phrase = |count: &usize| {
        is_connector(&words[*count])
            && joined(&words[..*count])
                .and_then(|text| group(&text))
                .is_some_and(|group| group == Group::Promise)
    };
    let phrase = (2..words.len().min(6)).rev().find(is_phrase).unwrap_or(0);
    let is_demand =
        words[..lead].iter().any(|word| is_in(vocabulary::MODALS, word)) && !is_to_be(&words[..lead]);
    let is_long_promise = lead > 1 && !is_demand && announces(&words[..lead]);
    if is_long_promise {
        let is_noted = is_to_be(&words[..lead]) && words[lead - 1].gap == Gap::Mark;
        return is_remark(&words[lead..]) && (is_noted || words[1..=lead].iter().any(is_connector));
    }
    phrase > 0 && is_remark(&words[phrase..])
}

/// Whether two words in a row are "to be".
fn is_to_be(words: &[Word]) -> bool {
    words.windows(2).any(|pair| pair[0].text == "to" && pair[1].text == "be")
}

/// Whether what follows a promise is short enough for a remark on it.
fn is_remark(rest: &[Word]) -> bool {
    const LONGEST: usize = 8;
    let is_one_clause = rest.iter().rev().skip(1).all(|word| matches!(word.gap, Gap::Space | Gap::Tight));
    rest.len() <= LONGEST && is_one_clause
}

/// Whether a text says that there is nothing, without saying why.
fn is_denial(words: &[Word]) -> bool {
    let is_denial = |word: &Word| is_in(vocabulary::DENIALS, word);
    let is_known = |word: &Word| {
        is_denial(word)
            || is_in(vocabulary::DENIED, word)
            || is_in(vocabulary::ANNOUNCED, word)
            || is_in(vocabulary::FILLERS, word)
    };
    // The first unknown word ends it.
    words.iter().all(is_known) && words.iter().any(is_denial)
}

/// Whether a text consists of words that fill a field so that it is not empty.
fn is_gibberish(words: &[Word]) -> bool {
    let is_empty = |word: &Word| {
        is_word(vocabulary::GIBBERISH, word.text.trim_end_matches(|digit: char| digit.is_ascii_digit()))
            || is_marker_word(word)
            || is_in(vocabulary::DENIALS, word)
            || is_number(word)
            || word.text.chars().count() == 1
            || is_one_letter(&word.text)
    };
    let is_same = |word: &Word| word.text == words[0].text;
    words.iter().all(is_empty) || (words.len() > 1 && words.iter().all(is_same))
}

/// Whether a word is one letter again and again.
fn is_one_letter(word: &str) -> bool {
    let first = word.chars().next();
    word.chars().count() > 2 && word.chars().all(|letter| Some(letter) == first)
}

/// Whether a text says that there is none, as "not approved" does.
pub fn is_refusal(text: &str) -> bool {
    is_denial(&fold(text, Reading::Letters).words)
}

/// Whether a text is too short to say anything, as a letter or a number is.
pub fn is_too_short(text: &str) -> bool {
    let words = fold(text, Reading::Letters).words;
    !words.is_empty() && is_short(&words)
}

/// Whether a text is too short to say anything: one letter or two, or no letter at all.
fn is_short(words: &[Word]) -> bool {
    let letters = || words.iter().flat_map(|word| word.text.chars());
    let is_dense = letters().any(|letter| u32::from(letter) >= 0x2E80);
    let least = if is_dense { 2 } else { 3 };
    letters().take(least).count() < least || !letters().any(char::is_alphabetic)
}

/// Whether a text only points to another place, by a verb of pointing and places.
fn points(words: &[Word]) -> bool {
    let is_short_pointer = words.len() <= 4
        && words[0].gap == Gap::Space
        && !words[0].capital
        && ["see", "siehe", "voir", "vedi", "zie", "cf", "см", "смотри", "див"].contains(&&*words[0].text);
    let is_place = |word: &Word| is_in(vocabulary::PLACES, word);
    let is_pointing = |word: &Word| is_in(vocabulary::POINTING, word);
    let is_known = |word: &Word| {
        is_place(word) || is_pointing(word) || is_in(vocabulary::AROUND_PLACES, word) || is_number(word)
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
    let is_ticket = || text.as_bytes().windows(2).any(|pair| pair[0] == b'-' && pair[1].is_ascii_digit());
    // Every address has one of these.
    let may_be = text.contains(['/', '@', '#']) || text.contains("www.") || text.contains("mailto:");
    if !may_be && !is_ticket() {
        return false;
    }
    let (mut addresses, mut words) = (0, 0);
    for part in text.split_whitespace() {
        if is_address(part) {
            addresses += 1;
        } else {
            words += 1;
            let is_known = |word: &Word| {
                is_in(vocabulary::PLACES, word)
                    || is_in(vocabulary::POINTING, word)
                    || is_in(vocabulary::AROUND_PLACES, word)
                    || is_number(word)
            };
            if words > MOST_WORDS || !fold(part, Reading::Letters).words.iter().all(is_known) {
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
    if is_enclosed_name(text) {
        return true;
    }
    let (rest, marks) = without_brackets(text);
    if marks == 0 {
        return false;
    }
    let rest = rest.trim();
    let words = fold(rest, Reading::Letters).words.len();
    let most = usize::from(kind == TextKind::Prose);
    words <= most || is_placeholder(rest, kind)
}

/// Whether a text is a name between two equal signs, or behind one, as templates have them.
fn is_enclosed_name(text: &str) -> bool {
    let is_name = |name: &str| {
        !name.is_empty()
            && name.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.'))
    };
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
    if text.is_ascii() && !text.contains(['[', '<', '{']) {
        return (rest, marks);
    }
    while let Some((at, open, close)) = first_bracket(left) {
        let inner = &left[at + open.len_utf8()..];
        let mark = &inner[..inner.floor_char_boundary(LONGEST_MARK)];
        rest.push_str(left[..at].trim());
        if rest.len() > LONGEST_MARK {
            return (rest, 0);
        }
        left = match mark.find(close).filter(|end| is_mark(&mark[..*end])) {
            Some(end) => {
                marks += 1;
                inner[end..].trim_start_matches(close)
            }
            None => inner,
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
    let [word] = folded.words.as_slice() else { return false };
    let has = |is: fn(&char) -> bool| word.text.chars().any(|letter| is(&letter));
    if word.text.len() > 12 || !has(char::is_ascii_digit) || !has(char::is_ascii_alphabetic) {
        return false;
    }
    let letter =
        |digit: char| "oizeasgtbg".chars().nth(digit.to_digit(10).unwrap_or(99) as usize).unwrap_or(digit);
    is_word(vocabulary::MARKERS, &word.text.chars().map(letter).collect::<String>())
}

fn is_number(word: &Word) -> bool {
    word.text.chars().all(char::is_numeric)
}

fn is_in(words: &[&str], word: &Word) -> bool {
    is_word(words, &word.text)
}

fn is_word(words: &[&str], word: &str) -> bool {
    !vocabulary::is_unknown(word.as_bytes()) && words.binary_search(&word).is_ok()
}

/// The letters of words, without what is between them; `None` for more than any phrase has.
fn joined(words: &[Word]) -> Option<String> {
    let length: usize = words.iter().map(|word| word.text.len()).sum();
    (length <= LONGEST_PHRASE).then(|| words.iter().map(|word| &*word.text).collect())
}

/// The groups of phrases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Group {
    Empty,
    Promise,
    Form,
    Nothing,
    Pointer,
}

/// The group of a phrase, by its letters. Most texts are in Latin letters alone, and need no phrase of another script.
fn group(joined: &str) -> Option<Group> {
    static LATIN: LazyLock<HashMap<String, Group>> = LazyLock::new(|| groups(is_latin));
    static OTHERS: LazyLock<HashMap<String, Group>> = LazyLock::new(|| groups(|phrase| !is_latin(phrase)));
    if joined.is_ascii() {
        return LATIN.get(joined).copied();
    }
    // Japanese and Korean sentences may end in a verb that adds nothing.
    let bare = ["です", "입니다"].into_iter().find_map(|verb| joined.strip_suffix(verb));
    let get = |text: &str| LATIN.get(text).or_else(|| OTHERS.get(text)).copied();
    get(joined).or_else(|| get(bare?))
}

/// Whether a phrase can be ASCII when it is folded.
fn is_latin(phrase: &str) -> bool {
    phrase.chars().all(|letter| letter < '\u{370}' || matches!(letter, '\u{1E00}'..='\u{1EFF}' | '’'))
}

fn groups(is_wanted: fn(&str) -> bool) -> HashMap<String, Group> {
    let groups: [(Rows, Group); 5] = [
        (phrases::POINTERS, Group::Pointer),
        (phrases::NOTHINGS, Group::Nothing),
        (phrases::FORMS, Group::Form),
        (phrases::PROMISES, Group::Promise),
        // The group that counts in most fields comes last, and wins.
        (phrases::EMPTY, Group::Empty),
    ];
    let mut all = HashMap::new();
    for (rows, group) in groups {
        let phrases = rows.iter().flat_map(|(_, phrases)| phrases.split('|'));
        for phrase in phrases.filter(|phrase| is_wanted(phrase)) {
            all.extend(joined(&fold(phrase, Reading::Letters).words).map(|it| (it, group)));
        }
    }
    all
}

impl Affix {
    fn begins(&self, text: &str) -> bool {
        text.starts_with(self.text) && text.chars().count() <= self.most
    }

    fn ends(&self, text: &str) -> bool {
        text.ends_with(self.text) && text.chars().count() <= self.most
    }
}
