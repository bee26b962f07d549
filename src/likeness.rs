//! Likeness of words and characters: the known word nearest to an unknown one, and the Latin letters that other characters
//! resemble. The only file that imports the distance crate.

use std::sync::LazyLock;

/// The candidate nearest to `word`, if one is near enough to be meant.
pub(crate) fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let wanted = fold(word);
    let allowed = (wanted.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&wanted, &fold(candidate)), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Whether two words differ in at most `most` letters, regardless of their case and the signs that join their parts.
pub(crate) fn is_near(word: &str, right: &str, most: usize) -> bool {
    let (word, right) = (fold(word), fold(right));
    // The distance is quadratic, and most words differ in length alone.
    word.chars().count().abs_diff(right.chars().count()) <= most
        && strsim::damerau_levenshtein(&word, &right) <= most
}

/// Whether `word` is `right` with one typo: a letter too many, too few, another one, or two exchanged, or the same words
/// joined in another way. [`nearest`] is for suggestions to people; this is for edits.
///
/// An added word or digit is not a typo: an edit that replaces `mitigation_factor_old` would put a disabled value back in
/// force and lower a score.
pub(crate) fn is_slip(word: &str, right: &str) -> bool {
    let (Some(wrong), Some(right)) = (words(word), words(right)) else { return false };
    // Short words are too similar: `data` is not a typo of `date`.
    let is_long = right.iter().map(String::len).sum::<usize>() >= 5;
    let distances = wrong.iter().zip(&right).map(|(one, other)| strsim::damerau_levenshtein(one, other));
    is_long
        && wrong.len() == right.len()
        && wrong.first().map(|word| word.chars().next()) == right.first().map(|word| word.chars().next())
        && digits(&wrong).eq(digits(&right))
        && distances.sum::<usize>() <= 1
}

fn digits(words: &[String]) -> impl Iterator<Item = char> {
    words.iter().flat_map(|word| word.chars()).filter(char::is_ascii_digit)
}

/// The words of a key in lower case, separated by joining signs or capitals; `None` if it contains other characters.
fn words(key: &str) -> Option<Vec<String>> {
    let mut words = vec![String::new()];
    let mut was_small = false;
    for (at, letter) in key.chars().enumerate() {
        // Long input is not a typo, and the distance is quadratic.
        if at == 64 || !(letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | ' ')) {
            return None;
        }
        if !letter.is_ascii_alphanumeric() || (was_small && letter.is_ascii_uppercase()) {
            words.push(String::new());
        }
        if let (true, Some(word)) = (letter.is_ascii_alphanumeric(), words.last_mut()) {
            word.push(letter.to_ascii_lowercase());
        }
        was_small = letter.is_ascii_lowercase();
    }
    Some(words)
}

/// The text in lower case, without the signs that join words.
fn fold(text: &str) -> String {
    // Long input is not a typo, and the distance is quadratic.
    text.chars().take(64).filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether a character beyond ASCII is invisible: a control, a format (Cf), a separator of lines or paragraphs, or one that
/// Unicode calls default ignorable.
pub(crate) fn is_unseen(letter: char) -> bool {
    matches!(letter, '\u{80}'..='\u{9F}' | '\u{AD}' | '\u{34F}' | '\u{600}'..='\u{605}' | '\u{61C}'
        | '\u{6DD}' | '\u{70F}' | '\u{890}'..='\u{891}' | '\u{8E2}' | '\u{115F}'..='\u{1160}'
        | '\u{17B4}'..='\u{17B5}' | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}'
        | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}'
        | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{110BD}' | '\u{110CD}'
        | '\u{13430}'..='\u{1343F}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}'
        | '\u{E0000}'..='\u{E0FFF}')
}

/// Whether a character is an emoji, or has a form of one.
pub(crate) fn is_emoji(letter: char) -> bool {
    matches!(letter, '©' | '®' | '‼' | '⁉' | '™' | 'ℹ' | '↔'..='↙' | '↩' | '↪' | '\u{231A}'..='\u{23FA}' | 'Ⓜ'
        | '\u{25AA}'..='\u{27BF}' | '⤴' | '⤵' | '\u{2B05}'..='\u{2B55}' | '〰' | '〽' | '㊗' | '㊙'
        | '\u{1F000}'..='\u{1FAFF}')
}

/// The character that readers see: the Latin letter, digit or ASCII sign that `letter` resembles, a space for white space,
/// otherwise `letter` itself. `None` is invisible.
pub(crate) fn appearance(letter: char) -> Option<char> {
    /// The scripts with letters like Latin ones, from U+0080.
    static TABLE: LazyLock<Vec<Option<char>>> =
        LazyLock::new(|| ('\u{80}'..'\u{3000}').map(uncached_appearance).collect());
    match letter {
        '\0'..='\x7F' => Some(letter),
        '\u{80}'..'\u{3000}' => TABLE[letter as usize - 0x80],
        '\u{3000}' => Some(' '),
        '\u{3001}'..='\u{A4CF}' | '\u{AC00}'..='\u{D7FF}' => (!is_unseen(letter)).then_some(letter),
        _ => uncached_appearance(letter),
    }
}

fn uncached_appearance(letter: char) -> Option<char> {
    const SIGNS: [(&str, char); 4] = [
        ("＿‗ˍ︳︴﹍﹎﹏⎽▁", '_'),
        ("：∶﹕︓ː꞉׃܃", ':'),
        ("·‐‑‒–—―−﹘－﹣", '-'),
        ("\u{85}\u{2028}\u{2029}", '\n'),
    ];
    if let Some((_, sign)) = SIGNS.iter().find(|(signs, _)| signs.contains(letter)) {
        return Some(*sign);
    }
    if letter.is_whitespace() {
        return Some(' ');
    }
    if is_ignorable(letter) || is_combining(letter) {
        return None;
    }
    let latin = look_alike(letter).or_else(|| letter.to_lowercase().flat_map(plain).next());
    Some(latin.filter(char::is_ascii_alphanumeric).unwrap_or(letter))
}

/// Whether a character is invisible and does not separate words.
pub(crate) fn is_ignorable(letter: char) -> bool {
    letter == '\u{2800}' || !letter.is_whitespace() && is_unseen(letter)
}

/// Whether a character is an accent or vowel sign above or below a letter, or a sound mark of kana.
pub(crate) fn is_combining(letter: char) -> bool {
    matches!(letter, '\u{300}'..='\u{36F}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5BD}' | '\u{5BF}'..='\u{5C7}'
        | '\u{610}'..='\u{61A}' | '\u{640}' | '\u{64B}'..='\u{65F}' | '\u{670}' | '\u{1AB0}'..='\u{1AFF}'
        | '\u{1DC0}'..='\u{1DFF}' | '\u{20D0}'..='\u{20FF}' | '\u{3099}' | '\u{309A}' | '\u{FE20}'..='\u{FE2F}'
        | '\u{FF9E}' | '\u{FF9F}')
}

/// The plain letters of a small one: without its accent, its circle or its style.
pub(crate) fn plain(small: char) -> impl Iterator<Item = char> {
    let ligature = LIGATURES.iter().find_map(|ligature| ligature.strip_prefix(small));
    let single = if ligature.is_none() { Some(styled(small).unwrap_or(small)) } else { None };
    ligature.unwrap_or_default().chars().chain(single)
}

fn styled(letter: char) -> Option<char> {
    let code = u32::from(letter);
    if matches!(letter, 'ァ'..='ヶ') {
        // Hiragana are this far before katakana.
        return char::from_u32(code - 0x60);
    }
    if let Some((first, _, letters)) = CYCLES.iter().find(|(first, last, _)| (*first..=*last).contains(&code))
    {
        let at = (code - first) as usize % letters.chars().count();
        return letters.chars().nth(at);
    }
    ROWS.iter().find_map(|(first, letters)| {
        let at = code.checked_sub(u32::from(*first)).filter(|at| *at < MAX_ROW_LENGTH)?;
        letters.chars().nth(at as usize).filter(|letter| *letter != ' ')
    })
}

/// The Latin letter or digit that a letter of another script resembles.
pub(crate) fn look_alike(letter: char) -> Option<char> {
    if matches!(letter, '\u{3041}'..='\u{A4CF}' | '\u{AC00}'..='\u{D7FF}') {
        return None;
    }
    LOOK_ALIKES.iter().find_map(|(letters, latin)| {
        let at = letters.chars().position(|one| one == letter)?;
        latin.chars().nth(at)
    })
}

/// Characters that are several letters, each before these.
const LIGATURES: [&str; 12] =
    ["ßss", "æae", "œoe", "ĳij", "ﬀff", "ﬁfi", "ﬂfl", "ﬃffi", "ﬄffl", "ﬅst", "ﬆst", "№no"];

const ALPHABET: &str = "abcdefghijklmnopqrstuvwxyz";
const DIGITS: &str = "0123456789";

/// Ranges of styled letters and digits, which repeat an alphabet: mathematical, full-width, circled, in brackets, squared.
const CYCLES: &[(u32, u32, &str)] = &[
    (0x2460, 0x2468, "123456789"),
    (0x249C, 0x24B5, ALPHABET),
    (0x24B6, 0x24E9, ALPHABET),
    (0xFF10, 0xFF19, DIGITS),
    (0xFF21, 0xFF3A, ALPHABET),
    (0xFF41, 0xFF5A, ALPHABET),
    (0x1D400, 0x1D6A3, ALPHABET),
    (0x1D6A8, 0x1D7CB, "αβγδεζηθικλμνξοπρθστυφχψω∂αβγδεζηθικλμνξοπρςστυφχψω∂εθκφρπ"),
    (0x1D7CE, 0x1D7FF, DIGITS),
    (0x1F110, 0x1F129, ALPHABET),
    (0x1F130, 0x1F149, ALPHABET),
    (0x1F150, 0x1F169, ALPHABET),
    (0x1F170, 0x1F189, ALPHABET),
    (0x1F1E6, 0x1F1FF, ALPHABET),
    (0x1FBF0, 0x1FBF9, DIGITS),
];

/// No row of [`ROWS`] is longer.
const MAX_ROW_LENGTH: u32 = 80;

/// Letters with accents, or above and below the line, by their first code point; a space is a letter that stays.
const ROWS: &[(char, &str)] = &[
    ('\u{AA}', "a       23 μ   1o"),
    ('\u{C0}', "aaaaaa ceeeeiiiidnooooo ouuuuy  aaaaaa ceeeeiiiidnooooo ouuuuy yaaaaaaccccccccdd"),
    ('\u{110}', "ddeeeeeeeeeegggggggghhhhiiiiiiiiii  jjkkkllllll  llnnnnnn   oooooo  rrrrrrssssss"),
    ('\u{160}', "ssttttttuuuuuuuuuuuuwwyyyzzzzzzsbbbb   cc ddd    ffg   ikkl  nnooo  pp     ttttu"),
    ('\u{1B0}', "u vyyzz                      aaiioouuuuuuuuuu aaaaææ  ggkkooooʒʒj   gg  nnaaææøø"),
    ('\u{200}', "aaaaeeeeiiiioooorrrruuuusstt  hhn     aaeeooooooooyy      acclt    bu eejj  rryy"),
    ('\u{2B0}', "hɦjrɹɻʁwy"),
    ('\u{1D2C}', "aæb deǝghijklmn oȣprtuwaɐɑᴂbdeəɛɜg kmŋoɔᴖᴗptuᴝɯvᴥβγδφχiruv"),
    ('\u{1E00}', "aabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmmmmmmnnnnnnnnoooo"),
    ('\u{1E50}', "oooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvvwwwwwwwwwwxxxxyyzzzzzzhtwy s"),
    ('\u{1EA0}', "aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeeeeeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuu"),
    ('\u{1EF0}', "uuyyyyyyyy"),
    ('\u{2070}', "0i  456789     n0123456789      aeoxəhklmnpst"),
    ('\u{2102}', "c    ɛ  ghhhhħiill n   pqrrr      z   z kabc eef moאבגדi  πγγπ     ddeij"),
    ('\u{386}', "α εηι ο υωι                         ιυαεηιυ                         ιυουω"),
    ('\u{622}', "ااواي"),
    (
        '\u{FF66}',
        "をぁぃぅぇぉゃゅょっーあいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわん",
    ),
    ('\u{439}', "и"),
    ('\u{450}', "ее г   і    киу"),
    // Small capitals.
    ('\u{1D00}', "a  bcd e  jklm o        p  tu   vwz"),
];

/// Letters of other scripts, each list next to the Latin ones of the same shape.
const LOOK_ALIKES: &[(&str, &str)] = &[
    // Cyrillic.
    ("АВСЕНІЈКМОРЅТУХҮԀԌԚԜһабвгеиікјмнопрѕтухьԁԛԝүӏ", "abcehijkmopstyxydgqwhabbreuikjmhonpstyxbdqwyl"),
    // Greek.
    ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαβγεηικνορτυχω", "abezhikmnoptyxabyenikvoptuxw"),
    // Cherokee.
    ("ᎠᎡᎢᎥᎪᎫᎬᎳᎷᎻᏀᏃᏏᏒᏔᏕᏙᏚᏞᏟᏢᏦᏴ", "drtiajewmhgzbrwsvslcpkb"),
    // Armenian and Coptic.
    ("օոսհցյզՕՏՍԼⲞⲟⲦⲧⲆⲃ", "onuhgjqosuloottdb"),
    // Lisu.
    ("ꓐꓑꓓꓔꓖꓗꓙꓚꓜꓝꓟꓠꓡꓢꓣꓦꓧꓪꓫꓬꓮꓰꓲꓳꓴ", "bpdtgkjczfmnlsrvhwxyaeiou"),
    // Canadian syllabics.
    ("ᗅᗷᑕᗞᗪᖴᕼᒍᒪᑎᑭᖇᑌᐯ᙭", "abcddfhjlnpruvx"),
    // Old Italic, Carian and Deseret.
    ("𐌀𐌁𐌂𐌄𐌉𐌌𐌏𐌕𐌗𐊒𐊗𐊕𐐄", "abceimotxotno"),
    // Digits and letters like a circle.
    ("ഠഡ൦०০੦૦୦௦౦೦๐໐၀ဝ០〇߀ⵔჿ", "ooooooooooooooooooooo"),
    // Old Cyrillic, Roman numerals, signs and Deseret.
    ("ѵѴⅰⅴⅼⅾⅿⅠⅤⅬⅮⅯ∨ꜱǀɘ𐐴", "vvivldmivldmvsles"),
    // Small capitals and letters of phonetic alphabets.
    ("ɑɡɩɪɢɴʀʙʜʟʏᴅᴏᴛ", "agiignrbhlydot"),
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nearest_finds_typos_only() {
        let known = ["status", "analysis", "threats", "not_applicable"];
        assert_eq!(nearest("statuz", known), Some("status"));
        assert_eq!(nearest("Not-Applicable", known), Some("not_applicable"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(nearest(&"s".repeat(1_000_000), known), None);
    }

    #[test]
    fn typo_is_one_letter_not_a_word_or_a_digit() {
        for wrong in [
            "mitigaton_factor",
            "mitigation_facotr",
            "mitigation_factors",
            "Mitigation Factor",
            "mitigationFactor",
        ] {
            assert!(is_slip(wrong, "mitigation_factor"), "{wrong}");
        }
        for other in [
            "mitigation_factor_planned",
            "mitigation_factor_old",
            "old_mitigation_factor",
            "mitigation_factor2",
            "mitigation_factor_2",
            "mitigation_factor_",
            "_mitigation_factor",
            "#mitigation_factor",
            "!mitigation_factor",
            "nmitigation_factor",
            "mitigation",
            "factor_mitigation",
            "litigation_faktor",
            "mitigation_factor ",
            "",
        ] {
            assert!(!is_slip(other, "mitigation_factor"), "{other}");
        }
        assert!(!is_slip("data", "date") && !is_slip(&"s".repeat(1_000_000), "score"));
    }

    proptest! {
        #[test]
        fn key_with_added_signs_is_not_a_typo(
            before in "([a-z0-9#!.]{0,8}[_ -])?",
            after in "([_ -][a-z0-9#!.]{0,8}|[0-9#!.~]{1,3})?",
        ) {
            for key in ["mitigation_factor", "threat_multiplier", "data_operations", "score"] {
                let longer = format!("{before}{key}{after}");
                prop_assert_eq!(is_slip(&longer, key), longer == key, "{}", longer);
            }
        }
    }
}
