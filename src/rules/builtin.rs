//! Rules that have no check of their own: parsers, schemas, policies and whole runs raise them.

use crate::rules::{Check, Example, Rule};

pub(crate) static SYNTAX: Rule = Rule {
    name: "syntax",
    summary: "The text is not well-formed.",
    why: "Nothing in the file can be trusted when its structure is not what its author meant; a gate that skips it passes it.",
    remedy: "Mend the text at the place shown. YAML is indented with spaces; JSON is read by RFC 8259, without comments or trailing commas.",
    see: "YAML 1.2.2; RFC 8259",
    examples: &[Example::parts(
        "
agent:
  name: Planner
  summary: [Plans trips, books flights
#          ^ syntax: what `[` opens here does not end as it should: invalid indentation
",
        "
agent:
  name: Planner
  summary: Plans trips, books flights.
",
    )],
    check: Check::Builtin,
    ..Rule::FIXED
};

pub(crate) static ENCODING: Rule = Rule {
    name: "encoding",
    summary: "The bytes are not UTF-8.",
    why: "Bytes that one reader drops and another replaces give two files under one name.",
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
    check: Check::Builtin,
    ..Rule::FIXED
};

pub(crate) static EMPTY_FILE: Rule = Rule {
    name: "empty-file",
    summary: "There is nothing in the file.",
    why: "A file that is named like a threat model and holds none was emptied, or never written.",
    remedy: "Write the threat model, or remove the file.",
    see: "this project",
    examples: &[Example::whole(
        "threat-model.yaml",
        "# at 1:1-1:1 empty-file: the file holds no document\n",
        "",
    )],
    check: Check::Builtin,
    ..Rule::FIXED
};

pub(crate) static DUPLICATE_KEY: Rule = Rule {
    name: "duplicate-key",
    summary: "A mapping has the same key twice.",
    why: "Readers differ in which of the two they take: the score that was reviewed need not be the one that is used.",
    remedy: "Keep one of them.",
    see: "YAML 1.2.2, section 3.2.1.3; RFC 8259, section 4",
    examples: &[Example::parts(
        "
agent:
  name: Planner
  name: Scheduler
# ^^^^ duplicate-key: the key `name` stands here a second time
  summary: Plans trips.
",
        "
agent:
  name: Planner
  summary: Plans trips.
",
    )],
    check: Check::Builtin,
    ..Rule::FIXED
};

pub(crate) static MERGE_KEY: Rule = Rule {
    name: "merge-key",
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
    ..Rule::FIXED
};

pub(crate) static NON_FINITE: Rule = Rule {
    name: "non-finite",
    summary: "A number is infinite or not a number.",
    why: "No comparison with such a value fails, so it passes every limit.",
    remedy: "Give the number.",
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
    check: Check::Builtin,
    ..Rule::FIXED
};

pub(crate) static INPUT_LIMIT: Rule = Rule {
    name: "input-limit",
    summary: "The file is too large, too deep, or unfolds to too much.",
    why: "A file built to exhaust its reader takes the gate down with it. The limits lie far above any honest threat model.",
    remedy: "Split the file; nest less; write out what aliases repeat; shorten the number.",
    see: "this project: 32 MiB, 100 levels, 1,000,000 values, 2,000 documents, 10,000 findings, 100,000 values through aliases, 200,000 lines and signs of a page, 18 digits",
    examples: &[Example::parts(
        "
aivss:
  score: 1e400
#        ^^^^^ input-limit: a number here has 18 digits at the most, and this one cannot be read exactly
",
        "
aivss:
  score: 9.4
",
    )],
    check: Check::Builtin,
    ..Rule::FIXED
};

pub(crate) static MARKER_MISSING: Rule = Rule {
    name: "marker-missing",
    summary: "The key that makes a document a threat model is misspelled, or missing next to one that has it.",
    why: "Without that key the document would be taken for something else and skipped.",
    remedy: "Put `aivss_threat_model: 1` first.",
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
    check: Check::Builtin,
    ..Rule::FIXED
};

pub(crate) static MARKER_UNREAD: Rule = Rule {
    name: "marker-unread",
    summary: "A file shows the marker of a threat model where none was read.",
    why: "People see a threat model there, and nothing of it was checked.",
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
#   ^^^^^^^^^^^^^^^^^^ marker-unread: this threat model was not read: its marker is not a top-level key of a fenced block
",
            "",
        ),
    ],
    check: Check::Builtin,
    ..Rule::FIXED
};

pub(crate) static MODEL_UNREADABLE: Rule = Rule {
    name: "model-unreadable",
    summary: "A file that contains a threat model in the base revision exists and contains none that can be read.",
    why: "A change that makes a threat model unreadable would take it out of the gate.",
    remedy: "Restore the threat model, or delete the file if the agent is gone.",
    see: "`--base`",
    examples: &[Example::whole(
        "threat-model.yaml",
        "
# at 1:1-1:1 model-unreadable: this file contains a threat model in the base, and none that can be read now
threat_model: 1
agent: { name: Planner, summary: Plans trips. }
",
        "",
    )
    .over("agent: { name: Planner, summary: Plans trips. }")],
    check: Check::Builtin,
    ..Rule::FIXED
};

pub(crate) static SCHEMA: Rule = Rule {
    name: "schema",
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
    ..Rule::FIXED
};

pub(crate) static UNKNOWN_KEY: Rule = Rule {
    name: "unknown-key",
    summary: "A key is not known.",
    why: "A misspelt key is a setting that silently does nothing.",
    remedy: "Use the spelling that is suggested. Keys of your own begin with `x-` and are passed over.",
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
    check: Check::Builtin,
    ..Rule::FIXED
};

pub(crate) static POLICY: Rule = Rule {
    name: "policy",
    summary: "A policy contradicts itself or cannot be followed.",
    why: "A policy that is not understood cannot judge anything.",
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
  layer-pasted: off
",
    )],
    check: Check::Builtin,
    ..Rule::FIXED
};

pub(crate) static SCORE_UNCOMPUTED: Rule = Rule {
    name: "score-uncomputed",
    summary: "A score cannot be computed, and no other rule says why.",
    why: "A score that nobody computed is a score that nobody checked; the gate does not take it on trust.",
    remedy: "Give each factor once, with a value from 0.00 to 1.00, and a vector or a base.",
    see: "this project",
    // Every known cause has a rule of its own; this one keeps the gate shut where a cause was overlooked.
    examples: &[],
    check: Check::Builtin,
    ..Rule::FIXED
};

pub(crate) static MODEL_REMOVED: Rule = Rule {
    name: "model-removed",
    summary: "A threat model of the base revision is gone, and its agent has none elsewhere.",
    why: "An agent that still runs without a threat model is no longer checked.",
    remedy: "Restore the threat model, or except the removal if the agent is gone as well.",
    see: "`--base`",
    examples: &[],
    check: Check::Run,
    ..Rule::WARNING
};

pub(crate) static MODEL_MISSING: Rule = Rule {
    name: "model-missing",
    summary: "A folder in which the policy requires a threat model contains none.",
    why: "An agent that nobody has modeled is not checked at all.",
    remedy: "Write a threat model in the folder: `aivss-lint init` writes one to fill in.",
    see: "`require.models_in` of the policy",
    examples: &[],
    check: Check::Run,
    ..Rule::ERROR
};
