//! Texts that answer a layer without an analysis: not applicable, and uncertain. English only.

/// The answer that a text gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PageAnswer<'t> {
    /// The layer does not apply, for this reason.
    NotApplicable(&'t str),
    /// It is not certain what the rest of the text says.
    Uncertain(&'t str),
    Analysis,
}

const NOT_APPLICABLE: [&str; 7] = [
    "layer not applicable",
    "not applicable",
    "does not apply",
    "n/a",
    "not-applicable",
    "applicable: no",
    "in scope: no",
];
const UNCERTAIN: [&str; 4] = ["not certain", "uncertain", "unclear", "unknown"];

/// The answer in a text. Only a text that is `all` of the answer can end with one.
pub(crate) fn answer(text: &str, all: bool) -> PageAnswer<'_> {
    let text = text.trim_start_matches(is_mark).trim_end();
    let opening =
        after(text, "this layer").or_else(|| after(text, "layer")).or_else(|| after(text, "status"));
    let opening = opening.map_or(text, |rest| rest.trim_start_matches(is_mark));
    let opening = after(opening, "is ").unwrap_or(opening);
    if let Some(rest) = opened(opening, &NOT_APPLICABLE) {
        return PageAnswer::NotApplicable(rest.trim_matches(is_mark));
    }
    if let Some(rest) = opened(opening, &UNCERTAIN) {
        // A longer opening, such as "Not certain from the listing — …", is part of the text.
        let is_bare = rest.trim_start().starts_with(is_mark) && !rest.trim_matches(is_mark).is_empty();
        return PageAnswer::Uncertain(if is_bare { rest.trim_start_matches(is_mark) } else { text });
    }
    let body = text.trim_end_matches(is_mark);
    let before = NOT_APPLICABLE.iter().find_map(|phrase| before(body, phrase)).filter(|_| all);
    before.map_or(PageAnswer::Analysis, |reason| PageAnswer::NotApplicable(reason.trim_matches(is_mark)))
}

/// The text after the phrase of a list that it begins with.
fn opened<'t>(text: &'t str, phrases: &[&str]) -> Option<&'t str> {
    phrases.iter().find_map(|phrase| after(text, phrase).filter(|rest| is_ended_by(phrase, rest)))
}

fn is_mark(letter: char) -> bool {
    letter.is_whitespace() || ":;,.—–-*_()[]>|".contains(letter)
}

/// The text after a phrase that it begins with, as whole words in any case.
fn after<'t>(text: &'t str, phrase: &str) -> Option<&'t str> {
    let opening = text.get(..phrase.len()).filter(|opening| opening.eq_ignore_ascii_case(phrase))?;
    let rest = &text[opening.len()..];
    (phrase.ends_with(' ') || !rest.starts_with(char::is_alphanumeric)).then_some(rest)
}

/// Whether a phrase can end before a text: "Does not apply to us", but not "Does not apply limits"; "Unknown", but not "Unknown
/// callers".
fn is_ended_by(phrase: &str, rest: &str) -> bool {
    const ENDED: [&str; 3] = ["does not apply", "unclear", "unknown"];
    const NEXT: [&str; 22] = [
        "because", "as", "since", "to", "here", "for", "in", "at", "if", "whether", "what", "how", "who",
        "which", "why", "from", "about", "so", "yet", "until", "when", "where",
    ];
    let rest = rest.trim_start();
    let word = rest.split(|letter: char| !letter.is_alphanumeric()).next().unwrap_or_default();
    !ENDED.contains(&phrase) || word.is_empty() || NEXT.iter().any(|next| word.eq_ignore_ascii_case(next))
}

/// The text before a phrase that it ends with, where the phrase is about the layer: after a sign, or after `layer`.
fn before<'t>(text: &'t str, phrase: &str) -> Option<&'t str> {
    let at = text.len().checked_sub(phrase.len())?;
    text.get(at..).filter(|end| end.eq_ignore_ascii_case(phrase))?;
    let rest = text[..at].trim_end();
    let rest = ["is", "layer is", "this layer", "layer"]
        .iter()
        .find_map(|words| {
            let start = rest.len().checked_sub(words.len())?;
            let is_layer = words.contains("layer") && rest.get(start..)?.eq_ignore_ascii_case(words);
            is_layer.then(|| rest[..start].trim_end())
        })
        .or_else(|| rest.ends_with(is_mark).then_some(rest))?;
    Some(["this", "the", "so", "so this", "so the"].iter().fold(rest, |rest, word| {
        let start = rest.len().saturating_sub(word.len());
        let is_word = rest.get(start..).is_some_and(|end| end.eq_ignore_ascii_case(word));
        if is_word { rest[..start].trim_end() } else { rest }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_begins_or_ends_with_not_applicable_gives_the_rest_as_the_reason() {
        for (text, reason) in [
            ("Not applicable: it stores nothing.", "it stores nothing"),
            ("N/A — the vendor runs it.", "the vendor runs it"),
            ("**N/A**", ""),
            ("Does not apply, because nothing is stored.", "because nothing is stored"),
            ("Status: not applicable. One agent only.", "One agent only"),
            ("This layer does not apply: no plugins.", "no plugins"),
            ("This layer is not applicable (no agents).", "no agents"),
            ("It meets no other agent — layer not applicable.", "It meets no other agent"),
            ("Nothing is stored, so this layer does not apply.", "Nothing is stored"),
            ("There are no plugins (N/A).", "There are no plugins"),
        ] {
            assert_eq!(answer(text, true), PageAnswer::NotApplicable(reason), "{text}");
        }
    }

    #[test]
    fn text_that_begins_with_doubt_is_uncertain() {
        for (text, rest) in [
            ("Uncertain: nobody knows the design.", "nobody knows the design."),
            ("Status: uncertain — the vendor is silent.", "the vendor is silent."),
            ("Not certain from the listing — it may store.", "Not certain from the listing — it may store"),
            ("Unknown", "Unknown"),
            ("Unclear whether logs are kept", "Unclear whether logs are kept"),
        ] {
            assert!(
                matches!(answer(text, true), PageAnswer::Uncertain(found) if found.trim_end_matches('.') == rest.trim_end_matches('.')),
                "{text}"
            );
        }
    }

    #[test]
    fn text_about_something_else_is_an_analysis() {
        for text in [
            "The vendor's terms do not cover it, and the SLA does not apply.",
            "Unclearly worded orders reach the prompt.",
            "N/Aware agents are trusted.",
            "Does not apply rate limits, so a loop is expensive.",
            "Unknown callers reach the tool.",
            "Unclear orders are obeyed.",
            "The GDPR is not applicable",
        ] {
            assert_eq!(answer(text, true), PageAnswer::Analysis, "{text}");
        }
        assert_eq!(answer("Nothing is stored — layer not applicable.", false), PageAnswer::Analysis);
    }
}
