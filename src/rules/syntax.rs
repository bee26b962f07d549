//! `syntax`: the text is not well-formed.

use crate::diagnostic::Level;
use crate::rules::{Check, Example, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "syntax",
    level: Level::Error,
    fixed: true,
    summary: "The text is not well-formed.",
    why: "Nothing in the file can be trusted when its structure is not what its author meant; a gate that skips it passes it.",
    remedy: "Mend the text at the place shown. YAML is indented with spaces; JSON is read by RFC 8259, without comments or trailing commas.",
    see: "YAML 1.2.2; RFC 8259",
    examples: &[Example::parts(
        "
agent:
  name: Planner
  summary: [Plans trips, books flights
#          ^ syntax: `[` is not closed correctly: invalid indentation
",
        "
agent:
  name: Planner
  summary: Plans trips, books flights.
",
    )],
    check: Check::Builtin,
};
