//! Forms for layers that say nothing yet. What they hold is a placeholder, so that the layer stays blank until a person
//! has answered; where they go is [`crate::syntax`]'s knowledge.

use crate::diagnostic::{Edit, Fix, Safety};
use crate::model::block::Block;
use crate::model::{Answer, Blank, Layer, LayerKind};
use crate::syntax::{Addition, New};

/// The edits that add the missing layers, or the whole block of layers where there is none.
pub(crate) fn of_missing(file: Block<'_>, written: bool, layers: &[Layer<'_>]) -> Option<Fix> {
    let missing: Vec<LayerKind> = layers
        .iter()
        .filter(|layer| !written || layer.answer == Answer::Blank(Blank::Missing))
        .map(|layer| layer.kind)
        .collect();
    let texts: Vec<String> = missing.iter().map(|kind| placeholder(*kind)).collect();
    let forms: Vec<(&str, New<'_>)> =
        missing.iter().zip(&texts).map(|(kind, text)| (kind.key(), form(text))).collect();
    let (root, block) = (file.node.filter(|_| !file.shared)?, file.block("maestro"));
    let addition = match file.entry("maestro") {
        _ if forms.is_empty() => None,
        Some(_) if written => block.node.filter(|_| !block.shared)?.with(&forms),
        Some(_) => root.filled("maestro", &New::Map(forms)),
        None => root.with(&[("maestro", New::Map(forms))]),
    };
    let title = match missing.as_slice() {
        [only] => title(*only),
        several => format!("Write forms for {} layers", several.len()),
    };
    addition.map(|addition| fix(title, addition))
}

/// The edits that put a form in the place of a layer without a value.
pub(crate) fn of_empty(kind: LayerKind, maestro: Block<'_>) -> Option<Fix> {
    let node = maestro.node.filter(|_| !maestro.shared)?;
    Some(fix(title(kind), node.filled(kind.key(), &form(&placeholder(kind)))?))
}

/// The edits that put a placeholder into a layer that is a mapping without a text.
pub(crate) fn of_described(kind: LayerKind, maestro: Block<'_>, block: Block<'_>) -> Option<Fix> {
    let node = block.node.filter(|_| !block.shared)?;
    let text = placeholder(kind);
    let addition = match block.entry("analysis") {
        Some(_) => node.filled("analysis", &New::Text(&text)),
        None if block.map()?.is_empty() => return of_empty(kind, maestro),
        None => node.with(&[("analysis", New::Text(&text))]),
    };
    addition.map(|addition| fix(title(kind), addition))
}

fn title(kind: LayerKind) -> String {
    format!("Write a form for `{}`", kind.key())
}

/// What to ask for, in words that count as no answer.
fn placeholder(kind: LayerKind) -> String {
    format!("TODO: say what threatens {}", kind.holds())
}

fn form(text: &str) -> New<'_> {
    New::Map(vec![("status", New::Text("uncertain")), ("analysis", New::Text(text))])
}

fn fix(title: String, addition: Addition) -> Fix {
    let edits = addition.into_iter().map(|(span, text)| Edit { span, text }).collect();
    Fix { title, edits, safety: Safety::Suggested }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{TextKind, blank};

    #[test]
    fn a_form_is_no_answer() {
        for kind in LayerKind::ALL {
            let text = placeholder(kind);
            assert_eq!(blank(&text, TextKind::Prose), Some(Blank::Placeholder(&text)));
        }
    }
}
