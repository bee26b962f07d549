//! The core risks that a draft leaves open: its factors raise them, and nothing in it names them.

use crate::aivss::{Factor, OpenRisk};
use crate::convert::data::Data;

/// The core risks that the known factors raise, and no threat or finding names.
pub(crate) fn open_risks(model: &Data) -> Vec<OpenRisk> {
    let factors = model.get("aivss/factors").map(Data::entries).unwrap_or_default();
    let given = factors.iter().filter_map(|(key, value)| {
        Some((Factor::with_key(key)?, value.as_decimal().or_else(|| value.decimal("score"))?))
    });
    let mut names = Vec::new();
    for part in ["maestro", "findings"] {
        model.get(part).into_iter().for_each(|part| add_names(part, &mut names));
    }
    OpenRisk::all(&given.collect::<Vec<_>>(), &names)
}

/// Adds the texts of threats and findings that can name a core risk. The depth of the data bounds the recursion.
fn add_names<'d>(data: &'d Data, names: &mut Vec<&'d str>) {
    for (key, value) in data.entries() {
        match key.as_str() {
            "id" | "category" => names.extend(value.as_text()),
            "refs" => names.extend(value.items().iter().filter_map(Data::as_text)),
            _ => add_names(value, names),
        }
    }
    data.items().iter().for_each(|item| add_names(item, names));
}
