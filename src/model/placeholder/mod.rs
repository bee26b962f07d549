//! Placeholders: texts in the place of an answer that is still to come, that point elsewhere, or that say nothing.
//!
//! A text is folded ([`fold`]) and compared with lists of words and phrases ([`lists`]): `words.txt` and `phrases.txt`
//! contain everything that depends on a language.

mod fold;
mod lists;
#[cfg(test)]
mod tests;
mod wording;

use crate::model::Blank;
use fold::{Folded, LetterReading, fold};
use lists::{
    ANNOUNCING, AROUND_PLACE, LetterHash, MARKER, MODAL, NUMBER, PLACE, POINTING, Phrase, Roles, roles,
};
use wording::{is_denial, is_marker, is_one_letter, is_short, may_open_marker, says_nothing};

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
    is_denial(fold(text, LetterReading::Letters).words())
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
    const LONGEST: usize = 160;
    if text.len() <= LONGEST || !text.starts_with(|first: char| first.is_ascii_alphabetic()) {
        return false;
    }
    let opening = words_of(text).next().unwrap_or_default();
    text.is_ascii()
        && !may_open_marker(opening)
        && !["n", "www"].into_iter().any(|other| opening.eq_ignore_ascii_case(other))
        && !text.contains("://")
        && !is_repeated(text)
}

fn words_of(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty())
}

/// Whether a text is its first word again and again.
fn is_repeated(text: &str) -> bool {
    let mut words = words_of(text);
    let first = words.next().unwrap_or_default();
    words.all(|word| word.eq_ignore_ascii_case(first))
}

fn is_placeholder(text: &str, kind: TextKind) -> bool {
    let has_address_sign = has_address_sign(text);
    if kind != TextKind::Name && has_address_sign && is_pointer(text) {
        return kind == TextKind::Prose;
    }
    if kind == TextKind::Name
        && let Some((name, _)) = text.split_once('@')
        && fold(name, LetterReading::Letters).words().phrase() == Some(Phrase::Form)
    {
        return true;
    }
    // Letters that are not in ASCII can be brackets.
    let has_bracket = !text.is_ascii() || text.contains(['[', '<', '{']);
    let is_simple = !has_address_sign && !has_bracket && !text.contains('\'');
    if is_simple && text.starts_with(|first: char| first.is_ascii_alphabetic()) && is_plain(text) {
        return false;
    }
    if is_enclosed_name(text) || (has_bracket && is_template(text, kind)) {
        return true;
    }
    let letters = fold(text, LetterReading::Letters);
    if says_nothing(&letters, kind) {
        return true;
    }
    if text.is_ascii() {
        return is_number_for_letters(&letters);
    }
    let shapes = fold(text, LetterReading::Shapes);
    says_nothing(&shapes, kind) || is_number_for_letters(&shapes)
}

/// Whether a text has a sign of an address, or a hyphen or dot before a letter or digit.
fn has_address_sign(text: &str) -> bool {
    let mut before = 0;
    text.bytes().any(|byte| {
        let is_joint = matches!(before, b'-' | b'.') && byte.is_ascii_alphanumeric();
        before = byte;
        is_joint || matches!(byte, b'/' | b'@' | b'#' | b':')
    })
}

/// Whether ASCII text without signs of addresses, brackets and apostrophes is certainly no placeholder, found without folding
/// it: no words at its beginning are a phrase, it opens with no marker, and its first unlisted word comes before a word
/// that promises, demands or points.
fn is_plain(text: &str) -> bool {
    const SUSPECT: Roles = MARKER | ANNOUNCING | MODAL | POINTING;
    /// More letters than any phrase has.
    const LONGEST_PHRASE: usize = 64;
    let (mut opening, mut letters, mut first) = (LetterHash::EMPTY, 0, None);
    let (mut is_listed, mut is_varied) = (true, false);
    for word in words_of(text) {
        // Digits have this bit.
        let hash = word.bytes().fold(LetterHash::EMPTY, |hash, byte| hash.with(byte | 0x20));
        if first.is_none() && may_open_marker(word) {
            return false;
        }
        (opening, letters) = (opening.then(hash), letters + word.len());
        let word_roles = roles(hash);
        let is_suspect = word_roles & SUSPECT != 0 || word.eq_ignore_ascii_case("to");
        if (is_listed && is_suspect) || Phrase::latin(opening).is_some() || roles(opening) & MARKER != 0 {
            return false;
        }
        is_varied |= first.is_some_and(|first| first != hash);
        first = first.or(Some(hash));
        let is_word = word.len() > 2 && word.bytes().all(|letter| letter.is_ascii_alphabetic());
        is_listed &= word_roles != 0 || !is_word || is_one_letter(word);
        if !is_listed && is_varied && letters > LONGEST_PHRASE {
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
    const MOST_WORDS: usize = 20;
    let (mut addresses, mut words) = (0, 0);
    for part in text.split_whitespace() {
        if is_address(part) {
            addresses += 1;
            continue;
        }
        words += 1;
        let known = PLACE | POINTING | AROUND_PLACE | NUMBER;
        if words > MOST_WORDS || !fold(part, LetterReading::Letters).words().all(known) {
            return false;
        }
    }
    addresses > 0
}

/// Whether a part of a text without white space is the address of a page, a file, a mailbox or a ticket.
fn is_address(part: &str) -> bool {
    let is_relative =
        (part.starts_with("./") || part.starts_with("../")) && part.contains(char::is_alphanumeric);
    let part = part.trim_matches(|sign: char| !sign.is_alphanumeric() && !matches!(sign, '#' | '/'));
    is_relative
        || part.contains("://")
        || part.starts_with("www.")
        || part.starts_with("mailto:")
        || part.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'))
        || part.strip_prefix('#').is_some_and(is_digits)
        || part.split_once('-').is_some_and(|(key, number)| is_ticket(key, number))
        || is_path(part)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit())
}

fn is_ticket(key: &str, number: &str) -> bool {
    /// Names of standards, algorithms and models, which precede a hyphen and a number too.
    const STANDARDS: [&str; 12] =
        ["AES", "CRC", "CWE", "FIPS", "GPT", "ISO", "MD", "RFC", "RSA", "SHA", "SOC", "UTF"];
    key.len() > 1
        && key.bytes().all(|letter| letter.is_ascii_uppercase())
        && !STANDARDS.contains(&key)
        && is_digits(number)
}

/// Whether a part has slashes, and a file or a host at one end.
fn is_path(part: &str) -> bool {
    let Some((first, rest)) = part.split_once('/') else { return false };
    let last = rest.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    has_extension(last) || has_extension(first)
}

/// Whether a name ends in a dot and letters, as a file or a host does.
fn has_extension(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(stem, extension)| {
        !stem.is_empty()
            && (1..=8).contains(&extension.len())
            && extension.bytes().all(|letter| letter.is_ascii_alphanumeric())
            && !is_digits(extension)
    })
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
    const LONGEST: usize = 300;
    let (mut rest, mut left, mut has_mark) = (String::new(), text, false);
    while let Some((at, open, close)) = first_bracket(left) {
        let inner = &left[at + open.len_utf8()..];
        let mark = &inner[..inner.floor_char_boundary(LONGEST)];
        rest.push_str(left[..at].trim());
        if rest.len() > LONGEST {
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
