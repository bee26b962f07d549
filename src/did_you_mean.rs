//! "Did you mean": the known word nearest to an unknown one. The only file that imports the distance crate.

/// The candidate nearest to `word`, if one is near enough to be meant.
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
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
pub fn is_near(word: &str, right: &str, most: usize) -> bool {
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
pub fn is_slip(word: &str, right: &str) -> bool {
    let (Some(wrong), Some(right)) = (words(word), words(right)) else { return false };
    let digits = |words: &[String]| -> String {
        words.iter().flat_map(|word| word.chars()).filter(char::is_ascii_digit).collect()
    };
    let first = |words: &[String]| words.first().and_then(|word| word.chars().next());
    // Short words are too similar: `data` is not a typo of `date`.
    let is_long = right.iter().map(String::len).sum::<usize>() >= 5;
    let distance = |(one, other): (&String, &String)| strsim::damerau_levenshtein(one, other);
    is_long
        && wrong.len() == right.len()
        && first(&wrong) == first(&right)
        && digits(&wrong) == digits(&right)
        && wrong.iter().zip(&right).map(distance).sum::<usize>() <= 1
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::is_slip;
    use super::nearest;

    #[test]
    fn slips_are_recognised_and_other_words_are_not() {
        let known = ["status", "analysis", "threats", "not_applicable"];
        assert_eq!(nearest("statuz", known), Some("status"));
        assert_eq!(nearest("Not-Applicable", known), Some("not_applicable"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(nearest(&"s".repeat(1_000_000), known), None);
    }

    #[test]
    fn a_letter_is_a_slip_and_a_word_or_a_digit_is_none() {
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
        fn nothing_with_more_in_it_than_letters_is_a_slip(
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
