//! Forms for layers without an answer. A form contains a placeholder, so that the layer stays blank until a person answers.

use crate::diagnostic::{Edit, Fix, Safety};
use crate::model::block::Block;
use crate::model::layers::{Answer, Blank, Layer, LayerKind};
use crate::syntax::{Addition, New};

/// The edits that add the missing layers, or the whole block of layers if there is none.
pub(crate) fn of_missing(file: Block<'_>, written: bool, layers: &[Layer]) -> Option<Fix> {
    let mut missing: Vec<LayerKind> = Vec::new();
    for layer in layers {
        if !written || layer.answer == Answer::Blank(Blank::Missing) {
            missing.push(layer.kind);
        }
    }
    let texts: Vec<String> = missing.iter().map(|kind| placeholder(*kind)).collect();
    let forms: Vec<(&str, New<'_>)> =
        missing.iter().zip(&texts).map(|(kind, text)| (kind.key(), form(text))).collect();
    let (root, block) = (file.own_node()?, file.block("maestro"));
    let addition = match file.entry("maestro") {
        _ if forms.is_empty() => None,
        Some(_) if written => block.own_node()?.with(&forms),
        Some(_) => root.filled("maestro", &New::Map(forms)),
        None => root.with(&[("maestro", New::Map(forms))]),
    };
    let title = match missing.as_slice() {
        [only] => title(*only),
        several => format!("Write forms for {} layers", several.len()),
    };
    Some(fix(title, addition?))
}

/// The edits that write a form for a layer without a value.
pub(crate) fn of_empty(kind: LayerKind, maestro: Block<'_>) -> Option<Fix> {
    Some(fix(title(kind), maestro.own_node()?.filled(kind.key(), &form(&placeholder(kind)))?))
}

/// The edits that write a placeholder into a layer that is a mapping without a text.
pub(crate) fn of_described(kind: LayerKind, maestro: Block<'_>, block: Block<'_>) -> Option<Fix> {
    let node = block.own_node()?;
    let text = placeholder(kind);
    let addition = match block.entry("analysis") {
        Some(_) => node.filled("analysis", &New::Text(&text)),
        None if block.map()?.is_empty() => return of_empty(kind, maestro),
        None => node.with(&[("analysis", New::Text(&text))]),
    };
    Some(fix(title(kind), addition?))
}

fn title(kind: LayerKind) -> String {
    format!("Write a form for `{}`", kind.key())
}

/// A request for the layer's threats, in words that count as a placeholder.
fn placeholder(kind: LayerKind) -> String {
    format!("TODO: say what threatens {}", kind.contents())
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
    fn form_counts_as_placeholder() {
        for kind in LayerKind::ALL {
            let text = placeholder(kind);
            assert_eq!(blank(&text, TextKind::Prose), Some(Blank::Placeholder(text.into())));
        }
    }
}
