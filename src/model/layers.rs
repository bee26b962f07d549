//! The layers of a threat model, and the answers that it can give to one.

use std::ops::Range;

use crate::aivss::LayerKind;
use crate::diagnostic::{Edit, Fix, Safety};
use crate::model::block::Block;
use crate::model::{Text, Threat};
use crate::source::Span;
use crate::syntax::{Addition, New};

#[derive(Clone, Debug)]
pub(crate) struct Maestro {
    /// The block's key, or the model's first key if there is no block.
    pub(crate) key_span: Span,
    pub(crate) written: bool,
    /// Each layer of the set, in its order.
    pub(crate) layers: Vec<Layer>,
    /// The threats that span layers.
    pub(crate) shared: Vec<Threat>,
    /// Edits that add forms for the missing layers, if there is a place for them.
    pub(crate) stubs: Option<Fix>,
}

/// One layer of the file.
#[derive(Clone, Debug)]
pub struct Layer {
    pub(crate) kind: LayerKind,
    /// The layer's value; its key if the value is empty, the block's key if the layer is missing.
    pub(crate) span: Span,
    /// The answer.
    pub answer: Answer,
    /// The layer's text, if it is more than a placeholder.
    pub(crate) analysis: Option<Text>,
    /// The reason why the layer does not apply.
    pub(crate) reason: Option<Box<str>>,
    /// Its own threats, without those that span layers.
    pub(crate) threats: Vec<Threat>,
    /// Edits that add a form to a layer without a value, if there is a place for it.
    pub(crate) stub: Option<Fix>,
}

/// The answer to a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Analyzed.
    Mapped,
    /// Open, and declared as open.
    Uncertain,
    /// Declared as not applicable.
    NotApplicable,
    /// Missing.
    Blank(Blank),
    /// Malformed; the schema reports it.
    Unreadable,
}

/// The forms of a missing answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Blank {
    /// The key is missing.
    Missing,
    /// The key has no value, or only white space.
    Empty,
    /// The value is a placeholder.
    Placeholder(Box<str>),
}

impl Answer {
    /// The answer in a word, for reports.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Mapped => "mapped",
            Self::Uncertain => "uncertain",
            Self::NotApplicable => "not-applicable",
            Self::Blank(_) => "blank",
            Self::Unreadable => "unreadable",
        }
    }

    /// Whether the layer has an answer.
    pub const fn is_given(&self) -> bool {
        match self {
            Self::Mapped | Self::Uncertain | Self::NotApplicable => true,
            Self::Blank(_) | Self::Unreadable => false,
        }
    }
}

impl Layer {
    /// The opening of a mapped layer's text, in bytes of the text, where it admits that the analysis is not certain.
    pub(crate) fn hedge(&self) -> Option<Range<usize>> {
        const OPENING: &str = "not certain";
        let (Answer::Mapped, Some(analysis)) = (&self.answer, &self.analysis) else { return None };
        let start = analysis.find(char::is_alphanumeric)?;
        let opening = analysis.get(start..start + OPENING.len())?;
        opening.eq_ignore_ascii_case(OPENING).then_some(start..start + OPENING.len())
    }
}

// Stubs: forms for layers without an answer. A form contains a placeholder, so that the layer stays blank until a person
// answers.

/// The edits that add the missing layers, or the whole block of layers if there is none.
pub(crate) fn stub_of_missing(file: Block<'_>, written: bool, layers: &[Layer]) -> Option<Fix> {
    let missing: Vec<LayerKind> = layers
        .iter()
        .filter(|layer| !written || layer.answer == Answer::Blank(Blank::Missing))
        .map(|layer| layer.kind)
        .collect();
    let texts: Vec<String> = missing.iter().map(|kind| placeholder(*kind)).collect();
    let forms: Vec<(&str, New<'_>)> =
        missing.iter().zip(&texts).map(|(kind, text)| (kind.key(), form(text))).collect();
    let (root, block) = (file.own_node()?, file.block("maestro"));
    let addition = match file.entry("maestro") {
        _ if forms.is_empty() => None,
        // The prose of a page gets sections.
        entry if root.is_page() && entry.is_none_or(|entry| root.is_prose(entry.key_span)) => {
            let sections: Vec<(LayerKind, &str)> =
                missing.iter().copied().zip(texts.iter().map(String::as_str)).collect();
            root.with_sections(&sections)
        }
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
pub(crate) fn stub_of_empty(kind: LayerKind, maestro: Block<'_>) -> Option<Fix> {
    let node = maestro.own_node()?;
    let text = placeholder(kind);
    let addition = kind.keys().find_map(|key| node.filled(key, &form(&text)));
    let addition = addition.or_else(|| node.with_section_text(kind, &text));
    Some(fix(title(kind), addition?))
}

/// The edits that write a placeholder into a layer that is a mapping without a text.
pub(crate) fn stub_of_described(kind: LayerKind, maestro: Block<'_>, block: Block<'_>) -> Option<Fix> {
    let node = block.own_node()?;
    let text = placeholder(kind);
    let addition = match block.entry("analysis") {
        Some(_) => node.filled("analysis", &New::Text(&text)),
        None if block.map()?.is_empty() => return stub_of_empty(kind, maestro),
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

/// A suggestion to add text.
pub(crate) fn fix(title: String, addition: Addition) -> Fix {
    let edits = addition.into_iter().map(|(span, text)| Edit { span, text }).collect();
    Fix { title, edits, safety: Safety::Suggested }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aivss::LayerSet;
    use crate::model::{TextKind, blank};

    #[test]
    fn form_counts_as_placeholder() {
        for kind in LayerSet::DEFAULT.layers() {
            let text = placeholder(kind);
            assert_eq!(blank(&text, TextKind::Prose), Some(Blank::Placeholder(text.into())));
        }
    }
}
