//! The characters that leave no ink: the one list for what is escaped in output and ignored in words.

/// The characters beyond ASCII that are not seen: controls, formats (Cf), line and paragraph separators, and those that
/// Unicode calls ignorable by default. Ranges in ascending order, both ends included.
const UNSEEN: [(char, char); 26] = [
    ('\u{80}', '\u{9F}'),
    ('\u{AD}', '\u{AD}'),
    ('\u{34F}', '\u{34F}'),
    ('\u{600}', '\u{605}'),
    ('\u{61C}', '\u{61C}'),
    ('\u{6DD}', '\u{6DD}'),
    ('\u{70F}', '\u{70F}'),
    ('\u{890}', '\u{891}'),
    ('\u{8E2}', '\u{8E2}'),
    ('\u{115F}', '\u{1160}'),
    ('\u{17B4}', '\u{17B5}'),
    ('\u{180B}', '\u{180F}'),
    ('\u{200B}', '\u{200F}'),
    ('\u{2028}', '\u{202E}'),
    ('\u{2060}', '\u{206F}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{FE00}', '\u{FE0F}'),
    ('\u{FEFF}', '\u{FEFF}'),
    ('\u{FFA0}', '\u{FFA0}'),
    ('\u{FFF0}', '\u{FFFB}'),
    ('\u{110BD}', '\u{110BD}'),
    ('\u{110CD}', '\u{110CD}'),
    ('\u{13430}', '\u{1343F}'),
    ('\u{1BCA0}', '\u{1BCA3}'),
    ('\u{1D173}', '\u{1D17A}'),
    ('\u{E0000}', '\u{E0FFF}'),
];

/// Whether a character beyond ASCII is not seen.
pub(crate) fn is_unseen(letter: char) -> bool {
    let at = UNSEEN.partition_point(|(_, last)| *last < letter);
    UNSEEN.get(at).is_some_and(|(first, _)| *first <= letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unseen_ranges_are_sorted() {
        assert!(UNSEEN.is_sorted_by(|one, other| one.1 < other.0), "a binary search needs their order");
    }
}
