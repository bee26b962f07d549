use crate::diagnostic::{Diagnostic, Owner};
use crate::model::Layer;
use crate::rules::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "layer-pasted",
    summary: "The same text stands in several layers.",
    why: "Each layer has threats of its own. A text that fits two of them was written for neither.",
    remedy: "Say of each layer what threatens that one.",
    see: "MAESTRO, the seven layers",
    examples: &[Example::parts(
        "
maestro:
  foundation_models: Prompt injection is possible.
  data_operations: Prompt  injection is possible
#                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ layer-pasted: `data_operations` says the same as `foundation_models`
",
        "
maestro:
  foundation_models: Prompt injection is possible.
  data_operations: Poisoned pages can reach the vector store.
",
    )],
    check: Check::Model(check),
    ..Rule::WARNING
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let mut seen: Vec<(&str, &Layer<'_>)> = Vec::new();
    for layer in subject.model.maestro.iter().flat_map(|maestro| &maestro.layers) {
        let Some(analysis) = layer.analysis else { continue };
        match seen.iter().find(|(earlier, _)| letters(earlier).eq(letters(analysis.value))) {
            Some((_, first)) => {
                let message = format!("`{}` says the same as `{}`", layer.kind.key(), first.kind.key());
                let place = first.analysis.map_or(first.span, |analysis| analysis.span);
                found.push(
                    Diagnostic::new(&RULE, Owner::Agent, analysis.span, message)
                        .related(place, "the same text"),
                );
            }
            None => seen.push((analysis.value, layer)),
        }
    }
}

/// The letters of a text's words, with case, white space and punctuation set aside.
fn letters(text: &str) -> impl Iterator<Item = char> {
    let words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.flat_map(|word| word.chars().flat_map(char::to_lowercase).chain([' ']))
}
