use crate::diagnostic::{Diagnostic, Owner};
use crate::model::{Answer, Layer, Spanned};
use crate::rules::rule::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "layer-duplicated",
    summary: "Several layers have the same text.",
    why: "Each layer has threats of its own. A text that fits two of them was written for neither.",
    remedy: "Describe the threats to each layer.",
    see: "MAESTRO, the seven layers",
    examples: &[Example::parts(
        "
maestro:
  foundation_models: Prompt injection is possible.
  data_operations: Prompt  injection is possible
#                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ layer-duplicated: `data_operations` has the same text as `foundation_models`
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
    let mut seen: Vec<(&Layer, &Spanned<Box<str>>)> = Vec::new();
    for layer in subject.layers() {
        let Some(analysis) = &layer.analysis else { continue };
        let key = layer.kind.key();
        let earlier = seen.iter().find(|(_, text)| letters(text).eq(letters(analysis)));
        if let Some((first, text)) = earlier {
            if shares_a_threat(subject, first, layer) {
                continue;
            }
            let message = format!("`{key}` has the same text as `{}`", first.kind.key());
            found.push(
                Diagnostic::new(&RULE, Owner::Agent, analysis.span, message)
                    .related(text.span, "the same text"),
            );
        } else {
            seen.push((layer, analysis));
        }
    }
}

/// Whether two layers are uncertain and have a threat in common, which a page may give as the text of both.
fn shares_a_threat(subject: &Subject<'_>, one: &Layer, other: &Layer) -> bool {
    let are_uncertain = one.answer == Answer::Uncertain && other.answer == Answer::Uncertain;
    let mut threats = subject.model.threats();
    are_uncertain && threats.any(|threat| threat.answers(one.kind) && threat.answers(other.kind))
}

/// The letters of a text's words, without case, white space and punctuation.
fn letters(text: &str) -> impl Iterator<Item = char> {
    let words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.flat_map(|word| word.chars().flat_map(char::to_lowercase).chain([' ']))
}
