//! Texts reduced to the form in which placeholders are compared: words in small letters without accents, invisible
//! characters and compatibility forms (a part of Unicode's NFKC: all forms of Latin letters and digits, half-width
//! katakana). Katakana are read as hiragana.

use crate::likeness::{is_combining, is_ignorable, look_alike, plain};
use crate::model::placeholder::lists::{self, LetterHash, Phrase, Roles};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum LetterReading {
    /// As the letters that they are, so that words of any language are found.
    Letters,
    /// As the Latin letters that they look like.
    Shapes,
}

/// The text between a word and the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gap {
    /// Nothing: it is the last word.
    End,
    Space,
    /// A sign without white space around it, as in `to-do` or `a@b`.
    Tight,
    Comma,
    Mark,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct FoldedWord<'a> {
    pub(crate) text: &'a str,
    pub(crate) capital: bool,
    pub(crate) gap: Gap,
    roles: Roles,
}

impl FoldedWord<'_> {
    pub(crate) fn is(self, roles: Roles) -> bool {
        self.roles & roles != 0
    }
}

/// The beginning of a text, folded. All letters are in one buffer, because this runs for each text of each file.
#[derive(Debug)]
pub(crate) struct Folded {
    letters: String,
    words: Vec<WordRange>,
    /// Whether these are all of its words.
    pub(crate) whole: bool,
}

#[derive(Clone, Copy, Debug)]
struct WordRange {
    start: usize,
    end: usize,
    capital: bool,
    gap: Gap,
    hash: LetterHash,
    roles: Roles,
}

impl Folded {
    pub(crate) fn words(&self) -> Words<'_> {
        Words { letters: &self.letters, ranges: &self.words }
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Words<'a> {
    letters: &'a str,
    ranges: &'a [WordRange],
}

impl<'a> Words<'a> {
    pub(crate) fn len(self) -> usize {
        self.ranges.len()
    }

    pub(crate) fn is_empty(self) -> bool {
        self.ranges.is_empty()
    }

    pub(crate) fn iter(self) -> impl DoubleEndedIterator<Item = FoldedWord<'a>> + ExactSizeIterator {
        self.ranges.iter().map(move |range| FoldedWord {
            text: &self.letters[range.start..range.end],
            capital: range.capital,
            gap: range.gap,
            roles: range.roles,
        })
    }

    pub(crate) fn pairs(self) -> impl Iterator<Item = (FoldedWord<'a>, FoldedWord<'a>)> {
        self.iter().zip(self.from(1).iter())
    }

    pub(crate) fn get(self, index: usize) -> Option<FoldedWord<'a>> {
        self.from(index).iter().next()
    }

    pub(crate) fn any(self, roles: Roles) -> bool {
        self.iter().any(|word| word.is(roles))
    }

    pub(crate) fn all(self, roles: Roles) -> bool {
        self.iter().all(|word| word.is(roles))
    }

    pub(crate) fn are_equal(self) -> bool {
        self.pairs().all(|(one, next)| one.text == next.text)
    }

    /// The first words, at most `count`.
    pub(crate) fn to(self, count: usize) -> Self {
        Self { ranges: &self.ranges[..count.min(self.len())], ..self }
    }

    /// The words after the first `count`.
    pub(crate) fn from(self, count: usize) -> Self {
        Self { ranges: &self.ranges[count.min(self.len())..], ..self }
    }

    /// The letters of the words, without the gaps between them.
    pub(crate) fn joined(self) -> &'a str {
        let Some((first, last)) = self.ranges.first().zip(self.ranges.last()) else { return "" };
        &self.letters[first.start..last.end]
    }

    pub(crate) fn hash(self) -> LetterHash {
        self.ranges.iter().fold(LetterHash::EMPTY, |hash, range| hash.then(range.hash))
    }

    pub(crate) fn phrase(self) -> Option<Phrase> {
        Phrase::of(self.joined(), self.hash())
    }
}

/// Folds the beginning of a text. A longer text is no placeholder, unless its beginning is one.
pub(crate) fn fold(text: &str, reading: LetterReading) -> Folded {
    const MOST_WORDS: usize = 40;
    const MOST_CHARACTERS: usize = 300;
    let mut folder = Folder {
        letters: String::with_capacity(text.len().min(MOST_CHARACTERS)),
        words: Vec::with_capacity(text.len().min(MOST_CHARACTERS) / 4 + 1),
        gap: Gap::End,
        in_word: false,
    };
    let (mut left, mut characters) = (text, 0);
    while characters < MOST_CHARACTERS && folder.words.len() <= MOST_WORDS {
        let Some(letter) = left.chars().next() else { break };
        left = &left[letter.len_utf8()..];
        if letter.is_ascii() || !is_ignorable(letter) {
            folder.take(letter, reading);
            characters += 1;
        }
    }
    let Folder { letters, mut words, .. } = folder;
    for word in &mut words {
        let text = &letters[word.start..word.end];
        word.hash = LetterHash::of(text);
        word.roles = lists::roles(word.hash);
        if text.chars().all(char::is_numeric) {
            word.roles |= lists::NUMBER;
        }
    }
    Folded { letters, words, whole: left.is_empty() }
}

struct Folder {
    letters: String,
    words: Vec<WordRange>,
    /// The gap after the last word so far.
    gap: Gap,
    in_word: bool,
}

impl Folder {
    fn take(&mut self, letter: char, reading: LetterReading) {
        if letter.is_ascii_alphanumeric() {
            return self.push(letter.to_ascii_lowercase(), letter.is_ascii_uppercase());
        }
        if letter.is_ascii() && letter != '\'' {
            return self.part(letter);
        }
        if is_combining(letter) {
            return self.combine(letter);
        }
        // An apostrophe within a word does not part it.
        if self.in_word && matches!(letter, '\'' | '’' | 'ʼ' | '＇') {
            return;
        }
        let is_capital = letter.is_uppercase();
        if reading == LetterReading::Shapes
            && let Some(latin) = look_alike(letter)
        {
            return self.push(latin, is_capital);
        }
        let mut is_letter = false;
        for small in letter.to_lowercase().filter(|small| !is_combining(*small)) {
            for plain in plain(small).filter(|plain| plain.is_alphanumeric()) {
                is_letter = true;
                self.push(plain, is_capital);
            }
        }
        if !is_letter {
            self.part(letter);
        }
    }

    /// Adds a letter to the current word, or to a new one.
    fn push(&mut self, letter: char, capital: bool) {
        let start = self.letters.len();
        self.letters.push(letter);
        let end = self.letters.len();
        if let Some(word) = self.words.last_mut().filter(|_| self.in_word) {
            word.end = end;
            word.capital &= capital;
        } else {
            let hash = LetterHash::EMPTY;
            self.words.push(WordRange { start, end, capital, gap: Gap::End, hash, roles: 0 });
            (self.in_word, self.gap) = (true, Gap::End);
        }
    }

    /// Ends a word at a sign.
    fn part(&mut self, sign: char) {
        let is_space = sign.is_whitespace();
        self.gap = match (self.in_word, self.gap, sign) {
            (true, ..) if is_space => Gap::Space,
            (true, _, '-' | '‐' | '‑' | '_' | '.' | '/' | '@') => Gap::Tight,
            (_, Gap::End | Gap::Space | Gap::Comma, ',' | '，' | '、') => Gap::Comma,
            (_, Gap::Comma, _) if is_space => Gap::Comma,
            (_, Gap::Space, _) if is_space => Gap::Space,
            _ => Gap::Mark,
        };
        self.in_word = false;
        if let Some(last) = self.words.last_mut() {
            last.gap = self.gap;
        }
    }

    /// Applies a sound mark of kana; other combining marks change nothing.
    fn combine(&mut self, mark: char) {
        let step = match mark {
            '\u{3099}' | '\u{FF9E}' => 1,
            '\u{309A}' | '\u{FF9F}' => 2,
            _ => return,
        };
        let Some(word) = self.words.last_mut().filter(|_| self.in_word) else { return };
        let voiced = self.letters.pop().map(|kana| char::from_u32(u32::from(kana) + step).unwrap_or(kana));
        self.letters.extend(voiced);
        word.end = self.letters.len();
    }
}
