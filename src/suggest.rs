//! "Did you mean": the nearest known word to one that is not known. The only file that knows the distance crate.

/// The candidate closest to `word`, if one is close enough to have been meant.
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

/// The text with its case and the ways of joining words set aside.
fn fold(text: &str) -> String {
    // Long input is no slip of the pen, and the distance is quadratic.
    text.chars().take(64).filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn slips_are_recognised_and_other_words_are_not() {
        let known = ["status", "analysis", "threats", "not_applicable"];
        assert_eq!(nearest("statuz", known), Some("status"));
        assert_eq!(nearest("Not-Applicable", known), Some("not_applicable"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(nearest(&"s".repeat(1_000_000), known), None);
    }
}
