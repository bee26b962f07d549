//! Threat models from OWASP reports, pages of text and AVE records, as a [`Scaffold`] to be completed.
//!
//! Nothing is invented: a value that the source lacks stays empty. A value that has no place in a threat model is a remark.
//! The numbers are not checked here.

mod json;
mod numbers;
mod page;

use crate::convert::scaffold::Scaffold;
use crate::source::{BOM, Source};
use crate::syntax::{MODEL_MARKER, parse};

/// A threat model made of something else.
#[derive(Debug)]
pub struct Imported {
    /// The threat model as YAML.
    pub text: String,
    /// The parts of the source that are not in it, or were ambiguous; a line each.
    pub remarks: Vec<String>,
}

struct Draft {
    scaffold: Scaffold,
    remarks: Vec<String>,
}

const ALREADY: &str = "it is a threat model already";

/// Imports a source; `name` is its name in messages.
///
/// # Errors
/// The reason why it cannot be imported.
pub fn import(name: &str, bytes: Vec<u8>) -> Result<Imported, String> {
    // The text decides on the kind of the source; its name may be anything.
    let text = Source::decode("import.md", bytes.clone());
    if let Some(undecodable) = text.undecodable() {
        return Err(undecodable.message.clone());
    }
    for name in ["import.md", "import.yaml"] {
        let source = Source::decode(name, bytes.clone());
        if parse(&source).roots().any(|root| root.get(MODEL_MARKER).is_some()) {
            return Err(ALREADY.to_owned());
        }
    }
    let page = text.text().trim_start_matches(BOM);
    let is_json = page.trim_start().starts_with(['{', '[']);
    let Draft { mut scaffold, remarks } =
        if is_json { json::import(&Source::decode("import.json", bytes))? } else { page::import(page)? };
    let origin = format!("From {name}. {}", scaffold.origin);
    origin.trim_end().clone_into(&mut scaffold.origin);
    Ok(Imported { text: scaffold.to_yaml(), remarks })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::syntax::ProblemKind;

    /// A scaffold is well-formed, whatever it was made of.
    fn is_sound(text: String) {
        let source = Source::decode("threat-model.yaml", text.into_bytes());
        let problems = parse(&source).problems;
        // No key is written twice, and no text has a meaning of its own.
        assert!(
            problems.iter().all(|problem| problem.kind == ProblemKind::InputLimit),
            "{problems:?}\n{}",
            source.text()
        );
    }

    /// Texts in the places of a page.
    fn page() -> impl Strategy<Value = String> {
        let line = prop_oneof![
            "\\PC{0,60}",
            "[#|*> -]{0,4}(MAESTRO|AIVSS|Foundation Models|Layer 2: Data Operations|Not certain)[ :—|-]{0,3}\\PC{0,30}",
            "\\| ?(Autonomy|Tool Use|Self-Mod|Non-Determinism) ?\\| ?[0-9.e+-]{0,22} ?\\|(\\PC{0,20}\\|)?",
            "CVSS base [0-9.]{0,25}, threat ×[0-9.]{0,4} → AIVSS [0-9.]{0,4} (High|\\PC{0,9})",
            Just(String::new()),
        ];
        proptest::collection::vec(line, 0..24).prop_map(|lines| lines.join("\n"))
    }

    proptest! {
        #[test]
        fn page_gives_a_sound_scaffold_or_an_error(page in page()) {
            if let Ok(imported) = import("page.md", page.into_bytes()) {
                is_sound(imported.text);
            }
        }

        #[test]
        fn record_with_any_texts_and_numbers_gives_a_sound_scaffold(text in "\\PC{0,40}", number in "-?[1-9][0-9]{0,22}(\\.[0-9]{1,20})?") {
            let text = serde_json::Value::from(text);
            let record = format!(
                "{{\"ave_id\": {text}, \"title\": {text}, \"owasp_mapping\": [{text}], \"aivss\": {{\"aarf\": {{\"autonomy\": {number}, \
                 {text}: {number}}}, \"aars\": {number}, \"cvss_base\": {number}, \"thm\": {number}, \"mitigation_factor\": {number}, \
                 \"aivss_score\": {number}, \"spec_version\": {text}}}, \"cvss_base_vector\": {text}}}"
            );
            if let Ok(imported) = import("record.json", record.into_bytes()) {
                is_sound(imported.text);
            }
        }
    }
}
