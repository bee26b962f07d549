//! The answer to a layer, by the words with which its text begins.

use crate::convert::data::Data;

/// The separators between an opening and the text after it.
const DASHES: [&str; 4] = [" — ", " – ", " - ", ": "];

/// The value of a layer with this text; one that opens with "Not certain" is uncertain.
pub(crate) fn answer(text: &str) -> Data {
    let small = text.to_lowercase();
    if !small.starts_with("not certain") && !small.starts_with("uncertain") {
        return Data::from(text.trim());
    }
    // "Not certain from the listing — …": the status has the same meaning. A longer opening is kept.
    let cut = DASHES.into_iter().filter_map(|dash| text.find(dash).map(|at| (at, at + dash.len()))).min();
    let analysis = match cut {
        Some((at, rest)) if at <= 60 && is_bare(&text[..at].to_lowercase()) => &text[rest..],
        _ => text,
    };
    let mut layer = Data::EMPTY;
    layer.put("status", "uncertain");
    layer.put("analysis", analysis.trim());
    layer
}

fn is_bare(opening: &str) -> bool {
    ["not certain", "uncertain"].contains(&opening) || opening.starts_with("not certain from ")
}
