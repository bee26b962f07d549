//! `merge-key`: a merge key, `<<`, is used.

use crate::diagnostic::Level;
use crate::rules::{Check, Example, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "merge-key",
    level: Level::Error,
    fixed: true,
    summary: "A merge key, `<<`, is used.",
    why: "YAML 1.2 has no merge keys: some readers follow them and others see a key called `<<`, so two tools read two files.",
    remedy: "Write the merged keys out, or use an alias as the whole value.",
    see: "YAML 1.2.2, section 10.3",
    examples: &[Example::parts(
        "
x-people: &people { owner: agents@example.org }
agent:
  <<: *people
# ^^ merge-key: YAML 1.2 has no merge keys: write the keys out
  name: Planner
  summary: Plans trips.
",
        "
agent:
  name: Planner
  summary: Plans trips.
  owner: agents@example.org
",
    )],
    check: Check::Builtin,
};
