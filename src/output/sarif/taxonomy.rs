//! Public lists as taxonomies, with those of their entries that results refer to.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::aivss::{Reference, ReferenceList, ReferenceListInfo};
use crate::diagnostic::Diagnostic;
use crate::output::sarif::without_nulls;

/// The entries that the results of a log refer to, by their lists.
pub(crate) struct Taxonomies(BTreeMap<ReferenceList, BTreeSet<Reference>>);

impl Taxonomies {
    pub(crate) fn of<'d>(diagnostics: impl Iterator<Item = &'d Diagnostic>) -> Self {
        let mut lists: BTreeMap<ReferenceList, BTreeSet<Reference>> = BTreeMap::new();
        for entry in diagnostics.flat_map(|diagnostic| &diagnostic.references) {
            if let Some(entry) = Reference::named(entry) {
                lists.entry(entry.list).or_default().insert(entry);
            }
        }
        Self(lists)
    }

    /// The taxonomies of the run; `None` if no result refers to one.
    pub(crate) fn json(&self) -> Option<Vec<Value>> {
        let lists = self.0.iter().map(|(list, entries)| {
            let ReferenceListInfo { name, full_name, organization, version, url, .. } = list.info();
            without_nulls(json!({
                "name": name,
                "fullName": full_name,
                "organization": organization,
                "version": version,
                "informationUri": url,
                "taxa": entries.iter().map(taxon).collect::<Vec<_>>(),
            }))
        });
        (!self.0.is_empty()).then(|| lists.collect())
    }

    /// The entries that a result refers to; `None` if there are none.
    pub(crate) fn taxa(&self, diagnostic: &Diagnostic) -> Option<Vec<Value>> {
        let entries = diagnostic.references.iter().filter_map(|entry| Reference::named(entry));
        let taxa = entries.filter_map(|entry| {
            let (index, (list, _)) = self.0.iter().enumerate().find(|(_, (list, _))| **list == entry.list)?;
            Some(json!({ "id": entry.id, "toolComponent": { "name": list.info().name, "index": index } }))
        });
        (!diagnostic.references.is_empty()).then(|| taxa.collect())
    }
}

fn taxon(entry: &Reference) -> Value {
    without_nulls(json!({
        "id": entry.id,
        "name": entry.title,
        "helpUri": entry.url(),
        "shortDescription": entry.title.map(|title| json!({ "text": title })),
    }))
}
