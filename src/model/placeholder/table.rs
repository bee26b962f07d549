//! Tables of words and phrases that the compiler fills, looked up by hashes of 64 bits. Nothing is compared letter by letter:
//! two of a few thousand entries with equal hashes are a test's failure, and a text that only happens to have the hash of an
//! entry would be called a placeholder by mistake.

/// The hash of letters. That of two texts in a row follows from theirs, so that a phrase is hashed by its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hash {
    value: u64,
    /// What the hash of the text before this one is multiplied by.
    power: u64,
}

impl Hash {
    const BASE: u64 = 0x9E37_79B9_7F4A_7C15;
    pub(crate) const EMPTY: Self = Self { value: 0, power: 1 };

    pub(crate) const fn of(letters: &[u8]) -> Self {
        let (mut hash, mut at) = (Self::EMPTY, 0);
        while at < letters.len() {
            hash = hash.with(letters[at]);
            at += 1;
        }
        hash
    }

    pub(crate) const fn then(self, next: Self) -> Self {
        Self {
            value: self.value.wrapping_mul(next.power).wrapping_add(next.value),
            power: self.power.wrapping_mul(next.power),
        }
    }

    /// The hash of a text that goes on with a letter.
    #[inline]
    pub(crate) const fn with(self, letter: u8) -> Self {
        Self {
            value: self.value.wrapping_mul(Self::BASE).wrapping_add(letter as u64 + 1),
            power: self.power.wrapping_mul(Self::BASE),
        }
    }
}

/// A table of `SIZE` places, a power of two, of which at most half are taken.
pub(crate) struct Table<const SIZE: usize> {
    /// The hashes, 0 for none.
    keys: [u64; SIZE],
    values: [u16; SIZE],
}

impl<const SIZE: usize> Table<SIZE> {
    pub(crate) const fn new() -> Self {
        Self { keys: [0; SIZE], values: [0; SIZE] }
    }

    /// The bits that were inserted for an entry, 0 for none.
    pub(crate) const fn get(&self, entry: Hash) -> u16 {
        self.values[self.place(entry)]
    }

    /// Inserts each entry of a list, reduced to its letters and digits. Entries that are not in ASCII are left out.
    pub(crate) const fn insert_all(&mut self, list: &[u8], separator: u8, bits: u16) {
        let (mut hash, mut is_ascii, mut at) = (Hash::EMPTY, true, 0);
        while at < list.len() {
            let byte = list[at];
            if byte == separator {
                self.insert(hash, is_ascii, bits);
                (hash, is_ascii) = (Hash::EMPTY, true);
            } else if byte.is_ascii_alphanumeric() {
                hash = hash.with(byte.to_ascii_lowercase());
            }
            is_ascii &= byte.is_ascii();
            at += 1;
        }
        self.insert(hash, is_ascii, bits);
    }

    const fn insert(&mut self, entry: Hash, is_ascii: bool, bits: u16) {
        if is_ascii && entry.value != 0 {
            let place = self.place(entry);
            self.keys[place] = entry.value;
            self.values[place] |= bits;
        }
    }

    /// The place of an entry, or the free one where it belongs.
    const fn place(&self, entry: Hash) -> usize {
        let mixed = (entry.value ^ (entry.value >> 32)).wrapping_mul(Hash::BASE);
        let mut at = (mixed >> 40) as usize % SIZE;
        while self.keys[at] != entry.value && self.keys[at] != 0 {
            at = (at + 1) % SIZE;
        }
        at
    }
}
