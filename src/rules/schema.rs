//! `schema`: a key or value is not what the format asks for.

use crate::diagnostic::Level;
use crate::rules::{Check, Example, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "schema",
    level: Level::Error,
    fixed: true,
    summary: "A key or value is not what the format asks for.",
    why: "A value that is not understood is a value that is not checked.",
    remedy: "Change the value as the message says. The schemas in `schemas/` serve editors too.",
    see: "schemas/threat-model.json, schemas/owasp-report.json, schemas/policy.json",
    examples: &[
        Example::parts(
            "
agent:
  name: Planner
  summary: Plans trips.
  environment: prod
#              ^^^^ schema: `agent.environment` must be one of development, testing, production, not `prod`
",
            "
agent:
  name: Planner
  summary: Plans trips.
  environment: production
",
        ),
        Example::parts(
            "
agent:
#^^^^ schema: `agent` lacks `summary`
  name: Planner
  summary: <absent>
  version: 1.4
#          ^^^ schema: `agent.version` must be text, not a number
",
            "
agent:
  name: Planner
  summary: Plans trips.
  version: 1.4.0
",
        ),
    ],
    check: Check::Builtin,
};
