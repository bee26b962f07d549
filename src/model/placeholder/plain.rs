//! Texts that are certainly no placeholders, found by their bytes: most texts are, and folding takes ten times as long.

use crate::model::placeholder::fold::{
    ANNOUNCING, LetterHash, MARKER, MODAL, POINTING, Phrase, Roles, roles,
};
use crate::model::placeholder::may_open_marker;

/// Whether a text is plainly more than a placeholder, as most are: long, in ASCII, and without the beginning of a placeholder
/// of any length.
pub(crate) fn is_sentence(text: &str) -> bool {
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
pub(crate) fn words_of(text: &str) -> impl Iterator<Item = &[u8]> {
    text.as_bytes().split(|byte| !byte.is_ascii_alphanumeric()).filter(|word| !word.is_empty())
}

/// The hash of a word in ASCII, in lower case.
pub(crate) fn hash_of(word: &[u8]) -> LetterHash {
    // Digits have this bit.
    word.iter().fold(LetterHash::EMPTY, |hash, byte| hash.with(byte | 0x20))
}

/// Whether a word in ASCII is in no list, and no abbreviation.
pub(crate) fn is_unlisted(word: &[u8], hash: LetterHash) -> bool {
    word.len() > 2
        && roles(hash) == 0
        && word.iter().all(u8::is_ascii_alphabetic)
        && word.iter().any(|letter| *letter != word[0])
}

/// The signs of a text that decide which rules apply to it.
#[derive(Default)]
pub(crate) struct Signs {
    /// A sign of an address, or a hyphen or dot before a letter or digit.
    pub(crate) address: bool,
    /// A bracket, an apostrophe, or a letter that is not in ASCII, which can be either.
    pub(crate) mark: bool,
}

impl Signs {
    pub(crate) fn of(text: &str) -> Self {
        let mut signs = Self::default();
        let mut before = 0;
        for byte in text.bytes() {
            match byte {
                b'/' | b'@' | b'#' | b':' => signs.address = true,
                b'[' | b'<' | b'{' | b'\'' | 0x80.. => signs.mark = true,
                _ => signs.address |= matches!(before, b'-' | b'.') && byte.is_ascii_alphanumeric(),
            }
            before = byte;
        }
        signs
    }
}

/// Whether ASCII text without signs of addresses, brackets and apostrophes is certainly no placeholder, found without folding
/// it: no words at its beginning are a phrase, it opens with no marker, and its first unlisted word comes before a word
/// that promises, demands or points.
pub(crate) fn is_plain(text: &str) -> bool {
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
