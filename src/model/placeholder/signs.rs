//! Rules on the signs of a text: addresses of pages, files, mailboxes and tickets, and the marks of templates.

use crate::model::placeholder::fold::{LetterReading, fold};
use crate::model::placeholder::lists::{AROUND_PLACE, NUMBER, PLACE, POINTING};
use crate::model::placeholder::{TextKind, is_placeholder};

/// Whether a text is an address, or several, with at most words around them that point.
pub(crate) fn is_pointer(text: &str) -> bool {
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
pub(crate) fn is_template(text: &str, kind: TextKind) -> bool {
    let Some(rest) = without_marks(text) else { return false };
    let rest = rest.trim();
    fold(rest, LetterReading::Letters).words().is_empty() || is_placeholder(rest, kind)
}

/// Whether a text is a name after a sign or between two equal ones: `${NAME}`, `%NAME%`, `__NAME__`.
pub(crate) fn is_enclosed_name(text: &str) -> bool {
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

/// Pairs of brackets.
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
