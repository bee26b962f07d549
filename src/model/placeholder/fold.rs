//! Texts reduced to what placeholders are compared by: words in small letters without accents, invisible characters and
//! compatibility forms (a part of Unicode's NFKC: all forms of Latin letters and digits, half-width katakana). Katakana are
//! read as hiragana.
//!
//! There are two readings. [`Reading::Letters`] keeps each script, so that words of any language are found.
//! [`Reading::Shapes`] also takes letters of other scripts for the Latin letters that they look like.

use crate::characters::{is_combining, is_ignorable, look_alike, plain};
use crate::model::placeholder::class;
use crate::model::placeholder::table::Hash;
use crate::model::placeholder::vocabulary;
use crate::model::placeholder::vocabulary::Roles;

/// How letters are read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// As the letters that they are.
    Letters,
    /// As the Latin letters that they look like.
    Shapes,
}

/// What is between a word and the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gap {
    /// Nothing: it is the last word.
    End,
    /// White space alone.
    Space,
    /// A sign without white space around it, as in `to-do` or `a@b`.
    Tight,
    /// A comma, perhaps with white space.
    Comma,
    /// Other punctuation.
    Mark,
}

/// A folded word.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Word<'a> {
    /// Its letters and digits, folded.
    pub(crate) text: &'a str,
    /// Whether it is written in capitals.
    pub(crate) capital: bool,
    /// What follows it.
    pub(crate) gap: Gap,
    pub(crate) hash: Hash,
    roles: Roles,
}

impl Word<'_> {
    /// Whether it plays one of these roles.
    pub(crate) fn is(self, roles: Roles) -> bool {
        self.roles & roles != 0
    }
}

/// The beginning of a text, folded. All letters are in one buffer, because this runs for each text of each file.
#[derive(Debug)]
pub(crate) struct Folded {
    letters: String,
    spans: Vec<Span>,
    /// Whether these are all of its words.
    pub(crate) whole: bool,
}

#[derive(Clone, Copy, Debug)]
struct Span {
    start: usize,
    end: usize,
    capital: bool,
    gap: Gap,
    hash: Hash,
    roles: Roles,
}

impl Span {
    #[inline]
    fn word(self, letters: &str) -> Word<'_> {
        let Self { start, end, capital, gap, hash, roles } = self;
        Word { text: &letters[start..end], capital, gap, hash, roles }
    }
}

impl Folded {
    pub(crate) fn words(&self) -> Words<'_> {
        Words { letters: &self.letters, spans: &self.spans }
    }
}

/// Folded words in a row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Words<'a> {
    letters: &'a str,
    spans: &'a [Span],
}

impl<'a> Words<'a> {
    #[inline]
    pub(crate) fn len(self) -> usize {
        self.spans.len()
    }

    #[inline]
    pub(crate) fn is_empty(self) -> bool {
        self.spans.is_empty()
    }

    #[inline]
    pub(crate) fn iter(self) -> impl DoubleEndedIterator<Item = Word<'a>> + ExactSizeIterator {
        self.spans.iter().map(move |span| span.word(self.letters))
    }

    /// The word at an index, if there is one.
    #[inline]
    pub(crate) fn get(self, index: usize) -> Option<Word<'a>> {
        self.spans.get(index).map(|span| span.word(self.letters))
    }

    /// The first words, as many as there are of `count`.
    #[inline]
    pub(crate) fn to(self, count: usize) -> Self {
        Self { spans: &self.spans[..count.min(self.len())], ..self }
    }

    /// The words behind the first `count`.
    #[inline]
    pub(crate) fn from(self, count: usize) -> Self {
        Self { spans: &self.spans[count.min(self.len())..], ..self }
    }

    /// The letters of the words, without what is between them.
    #[inline]
    pub(crate) fn joined(self) -> &'a str {
        let (start, end) =
            self.spans.first().zip(self.spans.last()).map_or((0, 0), |(one, other)| (one.start, other.end));
        &self.letters[start..end]
    }

    /// The hash of [`Self::joined`].
    #[inline]
    pub(crate) fn hash(self) -> Hash {
        self.spans.iter().fold(Hash::EMPTY, |hash, span| hash.then(span.hash))
    }
}

/// How many words are folded, and how many characters of them: what is longer is no placeholder, save for its beginning.
const MOST_WORDS: usize = 40;
const MOST_CHARACTERS: usize = 300;

/// Folds the beginning of a text.
pub(crate) fn fold(text: &str, reading: Reading) -> Folded {
    let mut folder = Folder {
        letters: String::with_capacity(text.len().min(MOST_CHARACTERS)),
        spans: Vec::with_capacity(text.len().min(MOST_CHARACTERS) / 4 + 1),
        gap: Gap::End,
        in_word: false,
    };
    let (mut left, mut characters) = (text, 0);
    while characters < MOST_CHARACTERS && folder.spans.len() <= MOST_WORDS {
        let run = Run::of(left, MOST_CHARACTERS - characters);
        if run.length > 0 {
            folder.push_run(&left[..run.length], run.capitals);
            (left, characters) = (&left[run.length..], characters + run.length);
            continue;
        }
        let Some(letter) = left.chars().next() else { break };
        left = &left[letter.len_utf8()..];
        if letter.is_ascii() || !is_ignorable(letter) {
            folder.take(letter, reading);
            characters += 1;
        }
    }
    let whole = left.is_empty();
    let Folder { letters, mut spans, .. } = folder;
    for span in &mut spans {
        span.hash = Hash::of(&letters.as_bytes()[span.start..span.end]);
        span.roles = vocabulary::roles(span.hash);
    }
    Folded { letters, spans, whole }
}

/// ASCII letters and digits in a row, at the beginning of a text.
struct Run {
    length: usize,
    capitals: usize,
}

impl Run {
    fn of(text: &str, most: usize) -> Self {
        let mut run = Self { length: 0, capitals: 0 };
        for byte in text.bytes().take(most) {
            let class = class::of(byte);
            if class & class::ALPHANUMERIC == 0 {
                break;
            }
            run.length += 1;
            run.capitals += usize::from(class & class::CAPITAL != 0);
        }
        run
    }
}

struct Folder {
    letters: String,
    spans: Vec<Span>,
    /// What has followed the last word so far.
    gap: Gap,
    in_word: bool,
}

impl Folder {
    fn take(&mut self, letter: char, reading: Reading) {
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
        let look_alike = (reading == Reading::Shapes).then(|| look_alike(letter)).flatten();
        if let Some(latin) = look_alike {
            return self.push(latin, letter.is_uppercase());
        }
        let is_capital = letter.is_uppercase();
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

    fn push(&mut self, letter: char, capital: bool) {
        let start = self.letters.len();
        self.letters.push(letter);
        self.extend(start, capital);
    }

    fn push_run(&mut self, run: &str, capitals: usize) {
        let start = self.letters.len();
        self.letters.push_str(run);
        if capitals > 0 {
            self.letters[start..].make_ascii_lowercase();
        }
        self.extend(start, capitals == run.len());
    }

    /// Takes what was pushed into the current word, or into a new one.
    fn extend(&mut self, start: usize, capital: bool) {
        let end = self.letters.len();
        if let Some(word) = self.spans.last_mut().filter(|_| self.in_word) {
            word.end = end;
            word.capital &= capital;
        } else {
            self.spans.push(Span { start, end, capital, gap: Gap::End, hash: Hash::EMPTY, roles: 0 });
            (self.in_word, self.gap) = (true, Gap::End);
        }
    }

    /// A sign that ends a word.
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
        if let Some(last) = self.spans.last_mut() {
            last.gap = self.gap;
        }
    }

    /// A combining mark changes nothing, but for the sound marks of kana.
    fn combine(&mut self, mark: char) {
        let step = match mark {
            '\u{3099}' | '\u{FF9E}' => 1,
            '\u{309A}' | '\u{FF9F}' => 2,
            _ => return,
        };
        let Some(word) = self.spans.last_mut().filter(|_| self.in_word) else { return };
        let voiced = self.letters.pop().map(|kana| char::from_u32(u32::from(kana) + step).unwrap_or(kana));
        self.letters.extend(voiced);
        word.end = self.letters.len();
    }
}
