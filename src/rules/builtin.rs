//! Rules without a check of their own: parsers, schemas, policies and runs raise them.

use crate::rules::rule::{Check, Example, Rule};
use crate::text_edit::Safety;

pub(crate) static SYNTAX: Rule = Rule {
    name: "syntax",
    summary: "The text is not well-formed.",
    why: "If the structure is not what the author meant, nothing in the file can be trusted.",
    remedy: "Correct the syntax at the reported position. YAML is indented with spaces; JSON has no comments or trailing commas.",
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
    ..Rule::MANDATORY
};

pub(crate) static ENCODING: Rule = Rule {
    name: "encoding",
    summary: "The bytes are not UTF-8.",
    why: "One reader drops such bytes and another replaces them, so that two readers see two files.",
    remedy: "Save the file as UTF-8.",
    see: "RFC 3629",
    examples: &[Example::whole(
        "threat-model.yaml",
        "
aivss_threat_model: 1
agent: { name: Caf\u{FFFD} }
#                 ^ encoding: byte 0xE9 at offset 40 is not UTF-8
",
        "",
    )],
    ..Rule::MANDATORY
};

pub(crate) static EMPTY_FILE: Rule = Rule {
    name: "empty-file",
    summary: "The file is empty.",
    why: "A file that is named like a threat model and contains none was emptied or never written.",
    remedy: "Write the threat model, or delete the file.",
    examples: &[Example::whole(
        "threat-model.yaml",
        "# at 1:1-1:1 empty-file: file contains no document\n",
        "",
    )],
    ..Rule::MANDATORY
};

pub(crate) static DUPLICATE_KEY: Rule = Rule {
    name: "duplicate-key",
    summary: "A mapping has the same key twice, or front matter hides threats of its page.",
    why: "Readers differ in which of the two they use: the reviewed score may not be the one in use.",
    remedy: "Keep one of the two keys, and write the threats of a layer in one of the two places.",
    see: "YAML 1.2.2, section 3.2.1.3; RFC 8259, section 4",
    examples: &[Example::parts(
        "
agent:
  name: Planner
  name: Scheduler
# ^^^^ duplicate-key: duplicate key `name`
  summary: Plans trips.
",
        "
agent:
  name: Planner
  summary: Plans trips.
",
    )],
    ..Rule::MANDATORY
};

pub(crate) static MERGE_KEY: Rule = Rule {
    name: "merge-key",
    summary: "A merge key, `<<`, is used.",
    why: "YAML 1.2 has no merge keys. Some readers merge and others see a key named `<<`.",
    remedy: "Write out the merged keys, or use an alias as the whole value.",
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
    ..Rule::MANDATORY
};

pub(crate) static NON_FINITE: Rule = Rule {
    name: "non-finite",
    summary: "A number is infinite or not a number.",
    why: "Such a value passes every limit, because no comparison with it fails.",
    remedy: "Write a finite number.",
    see: "YAML 1.2.2, section 10.3.2",
    examples: &[Example::parts(
        "
aivss:
  cvss_base: .nan
#            ^^^^ non-finite: `.nan` is not a finite number
",
        "
aivss:
  cvss_base: 7.1
",
    )],
    ..Rule::MANDATORY
};

pub(crate) static FILE_TOO_COMPLEX: Rule = Rule {
    name: "file-too-complex",
    summary: "The file is too large, too deep, or expands to too much.",
    why: "A file built to exhaust its reader would stop the gate. The limits are far above real threat models.",
    remedy: "Split the file, nest less, write out the aliases, or shorten the number.",
    see: "this project: 32 MiB, 100 levels, 1,000,000 values, 2,000 documents, 10,000 findings, 100,000 values through aliases, 200,000 lines and signs of a page, 18 digits",
    examples: &[Example::parts(
        "
aivss:
  score: 1e400
#        ^^^^^ file-too-complex: number has more than 18 digits
",
        "
aivss:
  score: 9.4
",
    )],
    ..Rule::MANDATORY
};

pub(crate) static MARKER_MISSING: Rule = Rule {
    name: "marker-missing",
    summary: "The key that makes a document a threat model is misspelled, or missing next to one that has it.",
    why: "Without that key the document would be skipped as something else.",
    remedy: "Write `aivss_threat_model: 1` as the first key.",
    see: "this project's format",
    examples: &[Example::whole(
        "threat-model.yaml",
        "
aivss_threatmodel: 1
#^^^^^^^^^^^^^^^^ marker-missing: `aivss_threatmodel` is a misspelling of `aivss_threat_model`
agent: { name: Planner, summary: Plans trips. }
",
        "",
    )],
    ..Rule::MANDATORY
};

pub(crate) static MARKER_UNREAD: Rule = Rule {
    name: "marker-unread",
    summary: "A file contains the marker of a threat model in a place that is not read.",
    why: "People see a threat model there, but nothing of it is checked.",
    remedy: "Move the threat model to the top level of a document, or into a fenced block of a page.",
    see: "this project's format",
    examples: &[
        Example::whole(
            "threat-model.yaml",
            "
spec:
  aivss_threat_model: 1
# ^^^^^^^^^^^^^^^^^^ marker-unread: this threat model was not read: its marker is not a key at the top level of a document
  agent: { name: Planner, summary: Plans trips. }
",
            "",
        ),
        Example::whole(
            "threat-model.md",
            "
    aivss_threat_model: 1
#   ^^^^^^^^^^^^^^^^^^ marker-unread: this threat model was not read: its marker is not at the top of the front matter or of a fenced block
",
            "",
        ),
    ],
    ..Rule::MANDATORY
};

pub(crate) static MODEL_UNREADABLE: Rule = Rule {
    name: "model-unreadable",
    summary: "A file with a threat model in the base revision now has none that can be read.",
    why: "A change that makes a threat model unreadable would remove it from the gate.",
    remedy: "Restore the threat model, or delete the file if the agent is gone.",
    see: "`--base`",
    examples: &[Example::whole(
        "threat-model.yaml",
        "
# at 1:1-1:1 model-unreadable: this file had a threat model in the base and has no readable one now
threat_model: 1
agent: { name: Planner, summary: Plans trips. }
",
        "",
    )
    .over("agent: { name: Planner, summary: Plans trips. }")],
    ..Rule::MANDATORY
};

pub(crate) static SCHEMA: Rule = Rule {
    name: "schema",
    summary: "A key or value does not match the format.",
    why: "A value that is not understood is not checked.",
    remedy: "Change the value as the message says. Editors can use the schemas in `schemas/` too.",
    see: "schemas/threat-model.json, schemas/owasp-report.json, schemas/policy.json",
    examples: &[
        Example::parts(
            "
agent:
  name: Planner
  summary: Plans trips.
  environment: moon
#              ^^^^ schema: `agent.environment` must be one of development, testing, staging, production, not `moon`
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
    ..Rule::MANDATORY
};

pub(crate) static VALUE_SPELLING: Rule = Rule {
    name: "value-spelling",
    fix: Some(Safety::Suggested),
    summary: "A value is spelled in another way than the format's.",
    why: "It is read as what it means. Other tools and rules in Rego may compare the text.",
    remedy: "Write the word of the format.",
    see: "schemas/threat-model.json",
    examples: &[Example::parts(
        "
agent:
  name: Planner
  summary: Plans trips.
  environment: prod
#              ^^^^ value-spelling: `agent.environment` is `prod`, read as `production`
maestro:
  agent_frameworks:
    analysis: The planner may call a booking tool twice for one trip.
    threats: [{ title: Tool misuse, severity: high, status: In progress }]
#                                             ^^^^ value-spelling: `maestro.agent_frameworks.threats[0].severity` is `high`, read as `High`
#                                                           ^^^^^^^^^^^ value-spelling: `maestro.agent_frameworks.threats[0].status` is `In progress`, read as `open`
",
        "
agent:
  name: Planner
  summary: Plans trips.
  environment: production
maestro:
  agent_frameworks:
    analysis: The planner may call a booking tool twice for one trip.
    threats: [{ title: Tool misuse, severity: High, status: open }]
",
    )],
    ..Rule::NOTE
};

pub(crate) static UNKNOWN_KEY: Rule = Rule {
    name: "unknown-key",
    fix: Some(Safety::Suggested),
    summary: "A key is unknown.",
    why: "A misspelled key silently has no effect.",
    remedy: "Use the suggested key. Keys of your own begin with `x-` and are ignored.",
    see: "schemas/threat-model.json, schemas/policy.json",
    examples: &[Example::parts(
        "
maestro:
  data_operations: { statuz: uncertain, analysis: Sources of training data are not stated. }
#                    ^^^^^^ unknown-key: `maestro.data_operations` has no key `statuz`
",
        "
maestro:
  data_operations: { status: uncertain, analysis: Sources of training data are not stated. }
",
    )],
    ..Rule::MANDATORY
};

pub(crate) static POLICY: Rule = Rule {
    name: "policy",
    summary: "A policy contradicts itself or cannot be followed.",
    why: "A policy that is not understood cannot be applied.",
    remedy: "Change the policy as the message says.",
    see: "schemas/policy.json",
    examples: &[Example::whole(
        "aivss-policy.yaml",
        "
aivss_policy: 1
rules:
  syntax: off
#         ^^^ policy: `syntax` cannot be set to off
",
        "
aivss_policy: 1
rules:
  layer-duplicated: off
",
    )],
    ..Rule::MANDATORY
};

pub(crate) static SCORE_UNCOMPUTED: Rule = Rule {
    name: "score-uncomputed",
    summary: "A score cannot be computed, and no other rule reports the cause.",
    why: "A score that is not computed is not checked.",
    remedy: "Write each factor once, with a value from 0.00 to 1.00, and a vector or a base.",
    // Every known cause has a rule of its own. This one reports the causes that were overlooked.
    ..Rule::MANDATORY
};

pub(crate) static MODEL_REMOVED: Rule = Rule {
    name: "model-removed",
    summary: "A threat model of the base revision is gone, and its agent has none elsewhere.",
    why: "An agent that still runs without a threat model is no longer checked.",
    remedy: "Restore the threat model, or add an exception if the agent is gone as well.",
    see: "`--base`",
    check: Check::Run,
    ..Rule::WARNING
};

pub(crate) static MODEL_MISSING: Rule = Rule {
    name: "model-missing",
    summary: "A folder in which the policy requires a threat model contains none.",
    why: "An agent without a threat model is not checked.",
    remedy: "Write a threat model in the folder: `aivss-lint init` creates one to fill in.",
    see: "`require.models_in` of the policy",
    check: Check::Run,
    ..Rule::ERROR
};
