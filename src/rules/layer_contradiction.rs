//! `layer-contradiction`: a layer declared mapped whose text says that it is not.

use super::{Check, Example, Rule, Subject};
use crate::diagnostic::{Diagnostic, Level};

pub(crate) static RULE: Rule = Rule {
    name: "layer-contradiction",
    level: Level::Warning,
    fixed: false,
    summary: "A layer counts as mapped, and its text says \"not certain\".",
    why: "Mapped layers are what a reader relies on. A limit on uncertain layers counts this one as well.",
    remedy: "Set `status: uncertain`, or pin the layer down.",
    see: "MAESTRO, the seven layers",
    examples: &[Example::parts(
        "
maestro:
  data_operations: Not certain from the listing. No data sources are named.
#                  ^^^^^^^^^^^ layer-contradiction: `data_operations` counts as mapped, and its text says \"not certain\"
",
        "
maestro:
  data_operations: { status: uncertain, analysis: Not certain from the listing. No data sources are named. }
",
    )],
    check: Check::Meaning(check),
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for layer in subject.model.maestro.iter().flat_map(|maestro| &maestro.layers) {
        let (Some(range), Some(analysis)) = (layer.hedge(), layer.analysis) else { continue };
        let message = format!("`{}` counts as mapped, and its text says \"not certain\"", layer.kind.key());
        found.push(
            Diagnostic::new(&RULE, analysis.part(range.start, range.end), message)
                .help("set `status: uncertain` and keep the text as its `analysis`"),
        );
    }
}
