//! Texts reduced to the form in which placeholders are compared: words in small letters without accents, invisible
//! characters and compatibility forms (a part of Unicode's NFKC: all forms of Latin letters and digits, half-width
//! katakana). Katakana are read as hiragana.
//!
//! The lists of words and phrases are tables that the compiler fills, so that the program starts without work and a word costs
//! one look. Entries are compared by hashes of 64 bits; a test checks that no two entries share one.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::likeness::{is_combining, is_ignorable, look_alike, plain};

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
    const MAX_WORDS: usize = 40;
    const MAX_CHARACTERS: usize = 300;
    let mut folder = Folder {
        letters: String::with_capacity(text.len().min(MAX_CHARACTERS)),
        words: Vec::with_capacity(text.len().min(MAX_CHARACTERS) / 4 + 1),
        gap: Gap::End,
        in_word: false,
    };
    let (mut left, mut characters) = (text, 0);
    while characters < MAX_CHARACTERS && folder.words.len() <= MAX_WORDS {
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
        let is_number = text.chars().all(char::is_numeric);
        word.roles = roles(word.hash) | if is_number { NUMBER } else { 0 };
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

const PHRASES: &str = include_str!("phrases.txt");
const WORDS: &str = include_str!("words.txt");

/// The parts that a word may play in a placeholder, a bit each, in the order of the sections of `words.txt`.
pub(crate) type Roles = u16;
pub(crate) const MARKER: Roles = 1;
pub(crate) const NOTE: Roles = 1 << 1;
pub(crate) const FILLER: Roles = 1 << 2;
pub(crate) const ANNOUNCED: Roles = 1 << 3;
pub(crate) const ANNOUNCING: Roles = 1 << 4;
pub(crate) const MODAL: Roles = 1 << 5;
pub(crate) const CONNECTOR: Roles = 1 << 6;
pub(crate) const DENIAL: Roles = 1 << 7;
pub(crate) const DENIED: Roles = 1 << 8;
pub(crate) const POINTING: Roles = 1 << 9;
pub(crate) const PLACE: Roles = 1 << 10;
pub(crate) const AROUND_PLACE: Roles = 1 << 11;
pub(crate) const GIBBERISH: Roles = 1 << 12;
pub(crate) const FORM: Roles = 1 << 13;
pub(crate) const MARKED: Roles = 1 << 14;
/// Consists of digits; not a section.
pub(crate) const NUMBER: Roles = 1 << 15;

/// The meaning of a phrase, which decides in which fields it counts; in the order of the sections of `phrases.txt`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phrase {
    Pointer,
    Nothing,
    Form,
    Promise,
    Empty,
}

impl Phrase {
    const ALL: [Self; 5] = [Self::Pointer, Self::Nothing, Self::Form, Self::Promise, Self::Empty];

    pub(crate) fn of(joined: &str, hash: LetterHash) -> Option<Self> {
        if joined.is_ascii() {
            return Self::latin(hash);
        }
        // Japanese and Korean sentences may end in a verb that adds nothing.
        let bare = ["です", "입니다"].into_iter().find_map(|verb| joined.strip_suffix(verb));
        let mut forms = [Some(joined), bare].into_iter().flatten();
        forms
            .find_map(|text| OTHERS.phrases.get(text).copied())
            .or_else(|| bare.map(LetterHash::of).and_then(Self::latin))
    }

    pub(crate) fn latin(hash: LetterHash) -> Option<Self> {
        static LATIN: ListTable<8192> = ListTable::of(PHRASES);
        let last = LATIN.get(hash).checked_ilog2()?;
        Self::ALL.get(last as usize).copied()
    }

    /// The meaning of a short text by its beginning or end.
    pub(crate) fn of_affix(joined: &str) -> Option<Self> {
        let fitting = OTHERS.affixes.iter().filter(|affix| {
            let fits =
                if affix.is_end { joined.ends_with(affix.text) } else { joined.starts_with(affix.text) };
            fits && joined.chars().count() <= affix.longest
        });
        fitting.map(|affix| affix.phrase).max()
    }
}

/// The roles of a word, 0 for most.
pub(crate) fn roles(word: LetterHash) -> Roles {
    static TABLE: ListTable<4096> = ListTable::of(WORDS);
    TABLE.get(word)
}

/// Phrases that are not in Latin letters, and affixes.
struct OtherScripts {
    phrases: HashMap<String, Phrase>,
    affixes: Vec<Affix>,
}

/// The beginning or end of a short text.
struct Affix {
    text: &'static str,
    is_end: bool,
    /// The most letters that the whole text may have.
    longest: usize,
    phrase: Phrase,
}

static OTHERS: LazyLock<OtherScripts> = LazyLock::new(|| {
    let mut others = OtherScripts { phrases: HashMap::new(), affixes: Vec::new() };
    for (section, entry) in entries(PHRASES).filter(|(_, entry)| !entry.is_ascii()) {
        let Some(phrase) = Phrase::ALL.get(section).copied() else { continue };
        let affix = entry.rsplit_once(' ').filter(|_| entry.contains('…'));
        if let Some((text, longest)) = affix {
            let (is_end, text) = (text.starts_with('…'), text.trim_matches('…'));
            others.affixes.push(Affix { text, is_end, longest: longest.parse().unwrap_or(0), phrase });
        } else {
            others.phrases.insert(fold(entry, LetterReading::Letters).words().joined().to_owned(), phrase);
        }
    }
    others
});

/// The entries of a list, each with the number of its section, 0-based.
pub(crate) fn entries(list: &'static str) -> impl Iterator<Item = (usize, &'static str)> {
    let mut sections = 0;
    list.lines().filter_map(move |line| {
        sections += usize::from(line.starts_with('['));
        let is_entry = !line.is_empty() && !line.starts_with(['#', '[']);
        is_entry.then_some((sections.saturating_sub(1), line))
    })
}

/// The hash of letters. That of two texts in a row follows from theirs, so that a phrase is hashed by its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct LetterHash {
    value: u64,
    /// The factor by which the hash of the text before this one is multiplied.
    power: u64,
}

impl LetterHash {
    const BASE: u64 = 0x9E37_79B9_7F4A_7C15;
    pub(crate) const EMPTY: Self = Self { value: 0, power: 1 };

    pub(crate) fn of(text: &str) -> Self {
        text.bytes().fold(Self::EMPTY, Self::with)
    }

    pub(crate) const fn then(self, next: Self) -> Self {
        Self {
            value: self.value.wrapping_mul(next.power).wrapping_add(next.value),
            power: self.power.wrapping_mul(next.power),
        }
    }

    #[inline]
    pub(crate) const fn with(self, letter: u8) -> Self {
        Self {
            value: self.value.wrapping_mul(Self::BASE).wrapping_add(letter as u64 + 1),
            power: self.power.wrapping_mul(Self::BASE),
        }
    }
}

/// The entries of a list in Latin letters, each with a bit for every section that contains it. Of `SIZE` slots, a power of
/// two, at most half are taken.
struct ListTable<const SIZE: usize> {
    /// The hashes, 0 for a free slot.
    keys: [u64; SIZE],
    sections: [u16; SIZE],
}

impl<const SIZE: usize> ListTable<SIZE> {
    const fn of(list: &str) -> Self {
        let mut table = Self { keys: [0; SIZE], sections: [0; SIZE] };
        let (list, mut at, mut section) = (list.as_bytes(), 0, 0);
        while at < list.len() {
            let first = list[at];
            let (mut hash, mut is_latin) = (LetterHash::EMPTY, !matches!(first, b'#' | b'['));
            if first == b'[' {
                section = if section == 0 { 1 } else { section << 1 };
            }
            while at < list.len() && list[at] != b'\n' {
                if list[at].is_ascii_alphanumeric() {
                    hash = hash.with(list[at].to_ascii_lowercase());
                }
                is_latin &= list[at].is_ascii();
                at += 1;
            }
            if is_latin && hash.value != 0 {
                let slot = table.slot(hash);
                table.keys[slot] = hash.value;
                table.sections[slot] |= section;
            }
            at += 1;
        }
        table
    }

    const fn get(&self, entry: LetterHash) -> u16 {
        self.sections[self.slot(entry)]
    }

    /// The slot of an entry, or the free one where it belongs.
    const fn slot(&self, entry: LetterHash) -> usize {
        let mixed = (entry.value ^ (entry.value >> 32)).wrapping_mul(LetterHash::BASE);
        let mut at = (mixed >> 40) as usize % SIZE;
        while self.keys[at] != entry.value && self.keys[at] != 0 {
            at = (at + 1) % SIZE;
        }
        at
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn phrases() -> impl Iterator<Item = &'static str> {
        entries(PHRASES).map(|(_, phrase)| phrase).filter(|phrase| !phrase.contains('…'))
    }

    pub(crate) fn words() -> impl Iterator<Item = (usize, &'static str)> {
        entries(WORDS)
    }

    fn sections(list: &str) -> Vec<String> {
        let names = list.lines().filter_map(|line| line.strip_prefix('[')?.strip_suffix(']'));
        names.map(|name| name.replace(' ', "_")).collect()
    }

    #[test]
    fn sections_are_in_the_order_of_roles_and_phrases() {
        let phrases: Vec<_> = Phrase::ALL.iter().map(|phrase| format!("{phrase:?}").to_lowercase()).collect();
        assert_eq!(sections(PHRASES), phrases);
        let roles = [
            "marker",
            "note",
            "filler",
            "announced",
            "announcing",
            "modal",
            "connector",
            "denial",
            "denied",
            "pointing",
            "place",
            "around_place",
            "gibberish",
            "form",
            "marked",
        ];
        assert_eq!(sections(WORDS), roles);
    }

    #[test]
    fn every_word_is_found_with_its_role() {
        let mut hashes = HashMap::new();
        for (section, word) in entries(WORDS) {
            assert!(word.bytes().all(|letter| letter.is_ascii_lowercase()), "{word}");
            let hash = LetterHash::of(word);
            assert_ne!(roles(hash) & 1 << section, 0, "{word}");
            assert_eq!(*hashes.entry(hash).or_insert(word), word);
        }
        assert_eq!(roles(LetterHash::of("gateway")), 0);
    }

    #[test]
    fn every_phrase_is_found_as_one() {
        let mut hashes = HashMap::new();
        for phrase in phrases() {
            let folded = fold(phrase, LetterReading::Letters);
            let joined = folded.words().joined().to_owned();
            assert!(folded.whole && folded.words().phrase().is_some(), "{phrase}");
            assert_eq!(joined.is_ascii(), phrase.is_ascii(), "{phrase}: write it without accents");
            assert_eq!(*hashes.entry(folded.words().hash()).or_insert(joined.clone()), joined);
        }
    }

    #[test]
    fn every_affix_has_a_length() {
        assert!(OTHERS.affixes.len() > 30 && OTHERS.affixes.iter().all(|affix| affix.longest > 0));
    }
}
