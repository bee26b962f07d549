//! The contents of a page to nodes of a tree, as if it were written as YAML.

use std::collections::HashSet;

use crate::page::columns::{Piece, ThreatField};
use crate::page::layers::PageLayers;
use crate::page::parts::PageLayer;
use crate::page::threats::PageThreat;
use crate::source::Span;
use crate::syntax::Value;
use crate::syntax::outline::hull;
use crate::syntax::tree::{Document, Letters, NodeKind, Problem, ProblemKind, Tree};

const CROSS_LAYER: &str = "cross_layer";

/// The contents of a page about an agent.
#[derive(Debug)]
pub(crate) struct PageModel {
    pub(crate) name: Option<Piece>,
    pub(crate) summary: Option<Piece>,
    /// The numbers of the blocks that contain them.
    pub(crate) about: Vec<usize>,
    pub(crate) layers: PageLayers,
    /// The offset at which the prose begins.
    pub(crate) prose: u32,
}

/// Adds the name, the summary and the layers of a page to a root, which contains the text up to `end`. Values that the
/// root has win.
pub(crate) fn add(document: &mut Document<'_>, model: &PageModel, root: u32, end: usize) {
    let start = Span { start: model.prose, end: model.prose };
    let about = [("name", &model.name), ("summary", &model.summary)];
    let place =
        about.iter().find_map(|(_, piece)| piece.as_ref()).map_or(start, |piece| place_of(piece, start));
    add_to(document, root, "agent", place, |tree, agent| {
        for (key, piece) in about.into_iter().filter_map(|(key, piece)| Some((key, piece.as_ref()?))) {
            if is_vacant(tree, agent, key) {
                push_key(tree, key, place_of(piece, start));
                push_text(tree, piece);
            }
        }
    });
    let layers = &model.layers;
    let cross = layers.cross.iter().map(|threat| threat.span).reduce(hull).unwrap_or(start);
    let place = if layers.layers.is_empty() { cross } else { layers.key_span };
    let front = document.tree.value_of(root, "maestro");
    let titles = titles(&document.tree, front);
    let mut hidden: Vec<(&str, &[PageThreat])> = Vec::new();
    let is_added = add_to(document, root, "maestro", place, |tree, maestro| {
        for (kind, layer) in &layers.layers {
            match kind.keys().find(|key| !is_vacant(tree, maestro, key)) {
                Some(key) => hidden.push((key, &layer.threats)),
                None => push_layer(tree, kind.key(), layer),
            }
        }
        if is_vacant(tree, maestro, CROSS_LAYER) {
            push_cross(tree, layers);
        } else {
            hidden.push((CROSS_LAYER, &layers.cross));
        }
    });
    if !is_added {
        hidden.extend(layers.layers.iter().map(|(kind, layer)| (kind.key(), &*layer.threats)));
        hidden.push((CROSS_LAYER, &layers.cross));
    }
    for (key, threats) in hidden {
        report_hidden(document, root, key, threats, &titles);
    }
    let start = document.tree.span(root).start;
    document.tree.set_span(root, Span { start, ..Span::new(end, end) });
}

/// The place of the key of a value. One in the front matter belongs to another key.
fn place_of(piece: &Piece, prose: Span) -> Span {
    if piece.span.start < prose.start { prose } else { piece.span }
}

/// The titles of threats in the front matter, in lower case.
fn titles(tree: &Tree<'_>, maestro: Option<u32>) -> HashSet<String> {
    let Some(maestro) = maestro else { return HashSet::new() };
    let maps = (maestro..tree.after(maestro)).filter(|id| matches!(tree.kind(*id), NodeKind::Map(_)));
    let titles = maps.filter_map(|id| match tree.node(tree.value_of(id, "title")?).value() {
        Value::String(title) => Some(title.trim().to_lowercase()),
        _ => None,
    });
    titles.collect()
}

/// Reports the threats of a page that its front matter hides, because it has their key and not their titles.
fn report_hidden(
    document: &mut Document<'_>,
    root: u32,
    key: &str,
    threats: &[PageThreat],
    titles: &HashSet<String>,
) {
    let is_known = |threat: &&PageThreat| {
        threat.get(ThreatField::Title).is_some_and(|title| titles.contains(&title.text.trim().to_lowercase()))
    };
    let mut lost = threats.iter().filter(|threat| !is_known(threat));
    let Some(first) = lost.next() else { return };
    let message = match lost.count() {
        0 => format!("this threat is not read: the front matter has its own `{key}`"),
        others => format!("this threat and {others} more are not read: the front matter has its own `{key}`"),
    };
    let tree = &document.tree;
    let place_in = |map, key: &str| tree.pairs(map).find(|(id, _)| tree.key(*id) == key);
    let maestro = place_in(root, "maestro");
    let place = maestro.and_then(|(_, map)| match tree.kind(map) {
        NodeKind::Map(_) => place_in(map, key),
        _ => None,
    });
    let mut problem = Problem::new(ProblemKind::DuplicateKey, first.span, message);
    problem.related = place.or(maestro).map(|(id, _)| (tree.span(id), "it is here".to_owned()));
    problem.help = Some("write the threats of a layer in one of the two places".to_owned());
    document.report(problem);
}

/// Adds entries to the mapping under a key of the root: to the one that it has, or to a new one. Returns whether the root
/// has no other value there.
fn add_to<'t>(
    document: &mut Document<'t>,
    root: u32,
    key: &str,
    place: Span,
    push: impl FnOnce(&mut Tree<'t>, Option<u32>),
) -> bool {
    let tree = &mut document.tree;
    let first = tree.next();
    let target = match tree.value_of(root, key) {
        Some(value) if matches!(tree.kind(value), NodeKind::Map(_)) => {
            push(tree, Some(value));
            value
        }
        // A mapping behind an alias, or a value that the schema reports.
        Some(value) if !is_nothing(tree, value) => return false,
        value => {
            if value.is_some() {
                tree.drop_key(root, key);
            }
            push_key(tree, key, place);
            let map = tree.open(place.start as usize, true);
            push(tree, None);
            if tree.next() == map + 1 {
                tree.truncate(first);
                return true;
            }
            close(tree, map);
            root
        }
    };
    document.move_into(target, first);
    true
}

fn is_nothing(tree: &Tree<'_>, value: u32) -> bool {
    match tree.node(value).value() {
        Value::Null => !tree.node(value).is_alias(),
        Value::String(text) => text.trim().is_empty() && !tree.node(value).is_alias(),
        Value::Bool(_) | Value::Number(_) | Value::List(_) | Value::Map(_) | Value::Unreadable => false,
    }
}

/// Whether a mapping has no value for a key. A key with nothing is dropped, so that the page's own can replace it.
fn is_vacant(tree: &mut Tree<'_>, map: Option<u32>, key: &str) -> bool {
    let Some(map) = map else { return true };
    let Some(value) = tree.value_of(map, key) else { return true };
    let is_vacant = is_nothing(tree, value);
    if is_vacant {
        tree.drop_key(map, key);
    }
    is_vacant
}

fn push_key(tree: &mut Tree<'_>, key: &str, span: Span) {
    let kind = NodeKind::String(tree.unescape(key));
    tree.push(span, kind);
}

fn push_text(tree: &mut Tree<'_>, piece: &Piece) {
    let is_literal = tree.text.get(piece.span.range()) == Some(&*piece.text);
    let letters = if is_literal { Letters::WHOLE } else { tree.unescape(&piece.text) };
    tree.push(piece.span, NodeKind::String(letters));
}

fn push_entry(tree: &mut Tree<'_>, key: &str, piece: &Piece) {
    push_key(tree, key, piece.span);
    push_text(tree, piece);
}

/// Closes a collection with the hull of its contents.
fn close(tree: &mut Tree<'_>, collection: u32) {
    let mut span = tree.span(collection);
    for id in collection + 1..tree.next() {
        span = hull(span, tree.span(id));
    }
    tree.close_over(collection, span);
}

fn push_layer(tree: &mut Tree<'_>, key: &str, layer: &PageLayer) {
    push_key(tree, key, layer.key_span);
    let entries = [("status", &layer.status), ("reason", &layer.reason), ("analysis", &layer.analysis)];
    if layer.threats.is_empty() && entries.iter().all(|(_, piece)| piece.is_none()) {
        let at = Span { start: layer.key_span.end, ..layer.key_span };
        tree.push(at, NodeKind::Null);
        return;
    }
    let map = tree.open(layer.span.start as usize, true);
    for (key, piece) in entries {
        if let Some(piece) = piece {
            push_entry(tree, key, piece);
        }
    }
    push_threats(tree, &layer.threats);
    tree.close_over(map, layer.span);
}

fn push_cross(tree: &mut Tree<'_>, layers: &PageLayers) {
    let Some(place) = layers.cross.iter().map(|threat| threat.span).reduce(hull) else { return };
    push_key(tree, CROSS_LAYER, place);
    let map = tree.open(place.start as usize, true);
    push_threats(tree, &layers.cross);
    tree.close_over(map, place);
}

fn push_threats(tree: &mut Tree<'_>, threats: &[PageThreat]) {
    let Some(place) = threats.iter().map(|threat| threat.span).reduce(hull) else { return };
    push_key(tree, "threats", place);
    let list = tree.open(place.start as usize, false);
    for threat in threats {
        push_threat(tree, threat);
    }
    tree.close_over(list, place);
}

fn push_threat(tree: &mut Tree<'_>, threat: &PageThreat) {
    let map = tree.open(threat.span.start as usize, true);
    for (field, piece) in threat.fields.iter().filter(|(field, _)| *field != ThreatField::Refs) {
        push_key(tree, field.key(), piece.span);
        if piece.text.bytes().all(|byte| byte.is_ascii_digit()) && is_number(*field) {
            let letters = if tree.text.get(piece.span.range()) == Some(&*piece.text) {
                Letters::WHOLE
            } else {
                tree.unescape(&piece.text)
            };
            tree.push(piece.span, NodeKind::Number(letters));
        } else {
            push_text(tree, piece);
        }
    }
    let references = threat.fields.iter().filter(|(field, _)| *field == ThreatField::Refs);
    let references: Vec<&Piece> = references.map(|(_, piece)| piece).collect();
    push_list(tree, "refs", &references);
    let layers = threat.layers.iter().map(|kind| Piece::new(kind.key(), threat.layers_span));
    let layers: Vec<Piece> = layers.collect();
    push_list(tree, "layers", &layers.iter().collect::<Vec<_>>());
    tree.close_over(map, threat.span);
}

const fn is_number(field: ThreatField) -> bool {
    matches!(field, ThreatField::Likelihood | ThreatField::Impact)
}

fn push_list(tree: &mut Tree<'_>, key: &str, pieces: &[&Piece]) {
    let Some(place) = pieces.iter().map(|piece| piece.span).reduce(hull) else { return };
    push_key(tree, key, place);
    let list = tree.open(place.start as usize, false);
    for piece in pieces {
        push_text(tree, piece);
    }
    tree.close_over(list, place);
}
