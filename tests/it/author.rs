//! Files that the program writes for the author of a threat model: `init`, `import`, `export`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::folder::{Folder, Ran};
use serde_json::Value;

const LISTING: &str = include_str!("import/listing.txt");
const PAGE: &str = include_str!("import/page.md");
const RECORD: &str = include_str!("import/record.json");
const OWASP: &str = include_str!("../../examples/owasp-0.8/aivss-report.json");

/// The rules of a report's problems with their lines, from `--format concise`.
fn problems(ran: &Ran) -> Vec<String> {
    let line = |line: &str| {
        let (place, rest) = line.split_once(": ").unwrap();
        let rule = rest.split(['[', ']']).nth(1).unwrap_or(rest);
        format!("{} {rule}", place.split(':').nth(1).unwrap())
    };
    ran.out.lines().filter(|line| line.contains("error[") || line.contains("warning[")).map(line).collect()
}

/// The output of `check` for a threat model in a folder.
fn check(folder: &Folder, path: &str) -> Ran {
    folder.run(&["check", path, "--format", "concise"])
}

#[test]
fn init_writes_a_model_that_fails_only_on_its_blanks() {
    let folder = Folder::new(&[]);
    let ran = folder.run(&[
        "init",
        "agents/planner",
        "--name",
        "Trip planner",
        "--tier",
        "high",
        "--owner",
        "a@b.c",
    ]);
    assert_eq!((ran.code, &*ran.err), (0, ""), "{ran:?}");
    assert!(
        ran.out.starts_with("wrote agents/planner/threat-model.yaml\nwrote aivss-policy.yaml\n"),
        "{}",
        ran.out
    );
    let ran = check(&folder, ".");
    let text = folder.read("agents/planner/threat-model.yaml");
    let blank = |line: &str| {
        let line = text.lines().nth(line.split(' ').next().unwrap().parse::<usize>().unwrap() - 1).unwrap();
        line.trim().strip_suffix(':').map(str::to_owned).expect("a key without a value")
    };
    let asked: BTreeSet<String> = problems(&ran).iter().map(|problem| blank(problem)).collect();
    // A summary, a vector, ten factors, seven layers; not the score, which follows.
    assert_eq!((ran.code, problems(&ran).len(), asked.len()), (1, 19, 19), "{}", ran.out);
    assert!(
        ["summary", "cvss", "self_modification", "agent_ecosystem"].iter().all(|key| asked.contains(*key))
    );
    let whole = folder.run(&["check", "--format", "json"]).out;
    assert!(whole.contains("Whether the agent changes identity at run time."), "{whole}");
}

#[test]
fn init_does_not_overwrite_an_existing_file() {
    let folder = Folder::new(&[]);
    assert_eq!(folder.run(&["init"]).code, 0);
    folder.write("threat-model.yaml", "mine");
    folder.write("aivss-policy.yaml", "aivss_policy: 1\n");
    folder.write(".gitlab-ci.yml", "mine: 1\n");
    let ran = folder.run(&["init"]);
    assert_eq!((ran.code, &*ran.out), (2, ""));
    assert_eq!(ran.err, "error: threat-model.yaml: file already exists (not overwritten)\n");
    let ran = folder.run(&["init", "other", "--ci", "gitlab", "--ci", "pre-commit"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(
        ran.out.contains(
            "kept .gitlab-ci.yml: file already exists (not overwritten); add this to it:\n\n    aivss-lint:\n"
        ),
        "{}",
        ran.out
    );
    assert!(folder.read(".pre-commit-config.yaml").contains("id: aivss-lint"));
    assert_eq!(folder.read("threat-model.yaml"), "mine");
    assert_eq!(folder.read("aivss-policy.yaml"), "aivss_policy: 1\n");
    assert_eq!(folder.read(".gitlab-ci.yml"), "mine: 1\n");
}

#[test]
#[cfg(unix)]
fn init_does_not_follow_a_dangling_link() {
    let folder = Folder::new(&[]);
    std::os::unix::fs::symlink(folder.path("elsewhere.yaml"), folder.path("threat-model.yaml")).unwrap();
    assert_eq!(folder.run(&["init"]).code, 2);
    assert!(!folder.path("elsewhere.yaml").exists());
}

#[test]
fn init_writes_the_ci_file_next_to_an_existing_threat_model() {
    let folder = Folder::new(&[("threat-model.yaml", "mine")]);
    let ran = folder.run(&["init", "--ci", "github"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.out.starts_with(
            "kept threat-model.yaml: file already exists (not overwritten)\nwrote aivss-policy.yaml\nwrote .github/"
        ),
        "{}",
        ran.out
    );
    folder.write("notes", "");
    let ran = folder.run(&["init", "notes"]);
    assert!(ran.code == 2 && ran.err.contains("notes: is a file: name a folder or a .yaml file"), "{ran:?}");
}

#[test]
fn init_reports_that_the_policy_excludes_the_path() {
    let policy = "aivss_policy: 1\nfiles: { exclude: ['old/**'] }\n";
    let folder = Folder::new(&[("aivss-policy.yaml", policy)]);
    let ran = folder.run(&["init", "old/planner.yaml"]);
    assert!(ran.code == 0 && ran.out.contains("`files.exclude` of the policy excludes this file"), "{ran:?}");
    assert!(!folder.run(&["init", "docs/planner.yaml"]).out.contains("files.exclude"));
    assert!(!folder.run(&["init", "docs"]).out.contains("files.exclude"));
    assert_eq!(folder.run(&["init", "planner.json"]).code, 2);
}

#[test]
fn listing_is_imported_as_a_model_that_lacks_only_unstated_inputs() {
    let folder = Folder::new(&[("listing.txt", LISTING)]);
    let ran = folder.run(&["import", "listing.txt", "--output", "threat-model.yaml"]);
    assert_eq!((ran.code, &*ran.out), (0, ""), "{ran:?}");
    assert_eq!(
        ran.err,
        "listing.txt: the layers are not named: seven paragraphs from line 17 on are taken in MAESTRO's order\n\
         listing.txt: not carried over: MAESTRO 7-layer threat model: 2 lines (16, 24)\n\
         listing.txt: it names no version of AIVSS; the canonical formula is taken for that of 0.8\n\
         listing.txt: found 7 layers, 0 threats, 10 factors (Courier)\n\
         listing.txt: its numbers are copied and not checked\n\
         wrote threat-model.yaml: run `aivss-lint threat-model.yaml` to list missing values\n"
    );
    needs_only_a_vector(&folder);
}

/// With a vector added, and the score written by `fix`, the check passes.
fn needs_only_a_vector(folder: &Folder) {
    let file = "threat-model.yaml";
    let ran = check(folder, file);
    let text = folder.read(file);
    let line = text.lines().position(|line| line == "  cvss:").unwrap() + 1;
    assert_eq!(problems(&ran), [format!("{line} schema")], "{}", ran.out);
    assert_eq!(text.matches("status: uncertain").count(), 4, "{text}");
    let vector = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:P/VC:L/VI:L/VA:L/SC:H/SI:H/SA:L";
    folder.write(file, &text.replace("  cvss:\n", &format!("  cvss: {vector}\n")));
    let ran = folder.run(&["fix", file]);
    assert_eq!((ran.code, folder.read(file).contains("  score: 7.8  #")), (0, true), "{}", ran.out);
    assert_eq!(check(folder, file).code, 0);
}

#[test]
fn public_page_is_imported_as_a_model_that_lacks_only_unstated_inputs() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/smolagents.md");
    let Ok(page) = fs::read_to_string(page) else {
        eprintln!("SKIPPED: the public page is not at hand");
        return;
    };
    let folder = Folder::new(&[("smolagents.md", &page)]);
    assert_eq!(folder.run(&["import", "smolagents.md", "--output", "threat-model.yaml"]).code, 0);
    assert!(folder.read("threat-model.yaml").contains("name: Smolagents AI Agent\n"));
    needs_only_a_vector(&folder);
}

#[test]
fn page_with_named_layers_and_printed_inputs_is_imported() {
    let folder = Folder::new(&[("page.md", PAGE)]);
    let ran = folder.run(&["import", "page.md"]);
    assert_eq!(
        (ran.code, &*ran.err),
        (
            0,
            "page.md: found 6 layers, 2 threats, 10 factors (Ledger keeper)\n\
             page.md: not carried over: Ledger keeper: AIVSS threat model: 1 block (line 8)\n\
             page.md: not carried over: MAESTRO: 1 block (line 28)\n\
             page.md: not carried over: History: 1 block (line 46)\n\
             page.md: its numbers are copied and not checked\n"
        )
    );
    for line in [
        "  name: Ledger keeper",
        "  cvss: CVSS:4.0/AV:N/AC:L/AT:N/PR:L/UI:N/VC:H/VI:H/VA:N/SC:N/SI:H/SA:N",
        "  cvss_base: 8.5",
        "      rationale: Pays without a second look.",
        "    natural_language_interface: 1.0",
        "  threat_multiplier: 1.1",
        "  mitigation_factor: 1.0",
        "  factor_sum: 6.5",
        "  aars: 1.07",
        "  score: 9.6",
        "  severity: Critical",
        "  foundation_models: Instructions hidden in an invoice are followed.",
        "    analysis: where invoices are kept is not described.",
        "  agent_frameworks: A booking may run twice.",
        "  deployment_and_infrastructure:",
        "      - title: One account signs for all departments.",
        "      - title: Suppliers' own agents answer in free text.",
    ] {
        assert!(ran.out.lines().any(|other| other == line), "{line}\n{}", ran.out);
    }
}

/// The result of `import` for a page: the threat model and the remarks.
fn imported(page: &str) -> (String, String) {
    let folder = Folder::new(&[("page.md", page)]);
    let ran = folder.run(&["import", "page.md"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    (ran.out, ran.err)
}

#[test]
fn placeholder_does_not_take_the_text_after_it() {
    let (out, err) = imported(
        "# Planner\n\nBooks trips.\n\nAutonomy of Action: 0.5\n\n## MAESTRO\n\nAgent Frameworks: TODO\n\nStill to be done \
         next week.\n\nAgent Ecosystem: TBD\n\nWritten by Alice.\n",
    );
    assert!(out.contains("\n  agent_frameworks:\n") && out.ends_with("\n  agent_ecosystem:\n"), "{out}");
    assert!(err.contains("not carried over: MAESTRO: 4 blocks"), "{err}");
}

#[test]
fn duplicate_value_counts_once_and_the_second_is_reported() {
    let head = "# P\n\nBooks.\n\n1. Tool Use: 0.5\n2. Tool Use: 0.9\n\n";
    let first = "CVSS base 8.5, factor sum 6.5/10, threat ×1.1, mitigation ×1.0 → AIVSS 9.6 Critical\n\n";
    let second =
        "Read-only: CVSS base 3.1, factor sum 2/10, threat ×0.5, mitigation ×0.67 → AIVSS 2.3 Low\n\n";
    let prose = "The CVSS base is what the AIVSS score starts from. No High risk.\n\n";
    let layers = "## MAESTRO\n\nFoundation Models: The first.\n\nFoundation Models: The second.\n";
    let (out, err) = imported(&format!("{head}{first}{second}{prose}{layers}"));
    for line in [
        "cvss_base: 8.5",
        "threat_multiplier: 1.1",
        "score: 9.6",
        "severity: Critical",
        "dynamic_tool_use: 0.5",
    ] {
        assert!(out.lines().any(|other| other.trim() == line), "{line}\n{out}");
    }
    // The second factor, the second line of inputs and the sentence; the second text of the layer.
    for left in ["not carried over: P: 3 blocks", "not carried over: MAESTRO: 1 block"] {
        assert!(err.contains(left), "{left}\n{err}");
    }
}

#[test]
fn ambiguous_number_is_not_imported() {
    let head = "# P\n\nBooks.\n\nAutonomy: 0.5\n\n";
    let (out, err) = imported(&format!(
        "{head}CVSS base 8,9, factor sum 6,5/10, threat ×1,1, mitigation ×0,83 → AIVSS 7,9 High\n"
    ));
    assert!(!["cvss_base:", "threat_multiplier: 1", "score: 7"].iter().any(|key| out.contains(key)), "{out}");
    assert!(err.contains("not carried over: P: 1 block"), "{err}");
    let (out, err) = imported(&format!(
        "{head}AIVSS 0.8: CVSS base 8.5, factor sum 6.5/10, threat multiplier 110%, mitigation 20% → score 9.6\n"
    ));
    assert!(!out.contains("score: 0.8") && !out.contains("110"), "{out}");
    assert!(err.contains("not carried over: P: 1 block"), "{err}");
}

#[test]
fn input_on_a_line_of_its_own_is_imported() {
    let (out, err) = imported(
        "\u{FEFF}# Planner — threat model\r\n\r\nBooks.\r\n\r\n[Dynamic Identity](https://example.org): 0.5\r\nTool Use: 0.5 (scoped)\r\n\
         CVSS base: 8.5\r\n\r\nThreat multiplier: 1.1\r\n\r\n| Mitigation factor | 0.9 |\r\n\r\nAIVSS score: 9.6 (Critical)\r\n\r\n\
         | Self-Modification | 0.5 | High | It books by itself |\r\n",
    );
    for line in [
        "name: Planner",
        "dynamic_identity: 0.5",
        "rationale: scoped",
        "cvss_base: 8.5",
        "threat_multiplier: 1.1",
        "mitigation_factor: 0.9",
        "score: 9.6",
        "severity: Critical",
        "self_modification: 0.5",
    ] {
        assert!(out.lines().any(|other| other.trim() == line), "{line}\n{out}");
    }
    assert_eq!(
        err,
        "page.md: found 0 layers, 0 threats, 3 factors (Planner)\npage.md: not carried over: Planner — threat model: 1 block (line 15)\npage.md: its numbers are copied and not checked\n"
    );
}

#[test]
fn opening_with_more_than_doubt_is_kept() {
    let (out, _) = imported(
        "# P\n\nBooks.\n\nAutonomy: 0.5\n\n## MAESTRO\n\n### Foundation Models\n\n- Not certain whether it is one: the vendor is silent.\n\
         - Two are named.\n\n### Agent Ecosystem (MCP)\n\nNot certain: the vendor stores prompts - we could not verify where.\n",
    );
    assert!(
        out.contains("- Not certain whether it is one: the vendor is silent.\n      - Two are named.\n"),
        "{out}"
    );
    assert!(out.contains("analysis: the vendor stores prompts - we could not verify where."), "{out}");
}

#[test]
fn ambiguous_layers_are_not_imported() {
    let six = LISTING.replace("Imported tools are called without a check of what they are.\n", "");
    let folder = Folder::new(&[("listing.txt", &six)]);
    let ran = folder.run(&["import", "listing.txt"]);
    assert!(
        ran.err.contains("the layers are not named, and there are 6 paragraphs for seven layers"),
        "{}",
        ran.err
    );
    assert!(ran.err.contains("not carried over: MAESTRO 7-layer threat model: 8 lines"), "{}", ran.err);
    assert!(ran.out.contains("\n  agent_ecosystem:\n"), "{}", ran.out);
}

#[test]
fn owasp_report_is_imported_as_findings_and_exported_again() {
    let folder = Folder::new(&[("aivss-report.json", OWASP)]);
    let ran = folder.run(&["import", "aivss-report.json", "--output", "threat-model.yaml"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let text = folder.read("threat-model.yaml");
    // A report does not need what the agent's own part lacks.
    let own = "\naivss:\n  version: \"0.8\"\n  cvss_base: 5\n  factors: { ";
    let factors = |set: &str| set.split(' ').map(|key| format!("{key}: 0.5, ")).collect::<String>();
    let set = "autonomy_of_action dynamic_tool_use natural_language_interface contextual_awareness non_determinism \
               opacity_and_reflexivity persistent_memory dynamic_identity multi_agent_interactions self_modification";
    let (before, rest) = text.split_once("\naivss:\n").unwrap();
    let (_, layers) = rest.split_once("\n# MAESTRO").unwrap();
    let whole = format!("{before}{own}{}}}\n  score:\n# MAESTRO{layers}", factors(set));
    folder.write("threat-model.yaml", &whole);
    let ran = folder.run(&["export", "threat-model.yaml"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let (again, once): (Value, Value) =
        (serde_json::from_str(&ran.out).unwrap(), serde_json::from_str(OWASP).unwrap());
    assert_eq!(again, once);
    is_valid_by_the_published_schema(&again);
}

#[test]
fn unknown_key_of_a_report_is_reported() {
    let report = OWASP.replacen("\"id\":", "\"ticket\": { \"a\": [1, 2] }, \"id\":", 1);
    let folder = Folder::new(&[("report.json", &report)]);
    let ran = folder.run(&["import", "report.json"]);
    assert!(
        ran.err.starts_with("report.json: not carried over: vulnerabilities[0].ticket: a mapping\n"),
        "{}",
        ran.err
    );
}

#[test]
fn record_is_imported_as_far_as_it_maps() {
    let folder = Folder::new(&[("record.json", RECORD)]);
    let ran = folder.run(&["import", "record.json"]);
    assert_eq!(
        ran.err,
        "record.json: AVE-0000-00001: aars 7.5 is the plain sum of the record's own ten factors, not an uplift\n\
         record.json: AVE-0000-00001: aivss_score 8.0 is by ((CVSS + sum) ∕ 2) · ThM · M (which gives 6.0), the formula \
         of no version: `aivss-lint fix` computes it\n\
         record.json: AVE-0000-00001: contextual_awareness and opacity_and_reflexivity are not among its factors: score them\n\
         record.json: AVE-0000-00001: a finding has one category, and owasp_mapping names ASI01, ASI07: choose\n\
         record.json: not carried over: component_type: skill\n\
         record.json: not carried over: aivss.aarf.data_access: 0.5\n\
         record.json: not carried over: aivss.aarf.external_dependencies: 1.0\n\
         record.json: not carried over: references: a list\n\
         record.json: its numbers are copied and not checked\n"
    );
    let finding = ran.out.split_once("\nfindings:\n").unwrap().1;
    for line in [
        "threat_multiplier: 0.75",
        "contextual_awareness:",
        "multi_agent_interactions: 0.5",
        "cvss_base: 8.5",
    ] {
        assert!(finding.lines().any(|other| other.trim() == line), "{line}\n{finding}");
    }
    assert!(!finding.contains("aars") && !finding.contains("8.0"), "{finding}");
    let list = format!("[{RECORD},{}]", RECORD.replace("00001", "00002"));
    folder.write("records.json", &list);
    assert_eq!(folder.run(&["import", "records.json"]).out.matches("  - id: AVE-0000-").count(), 2);
}

#[test]
fn hostile_record_is_imported_as_text() {
    let hostile = RECORD
        .replace("A skill fetches its instructions", "\\u001b[31m::error::x\\u202e - # : \\\"'")
        .replace("\"aars\": 7.5", "\"aars\": 999999999999999999")
        .replace("\"data_access\": 0.5", "\"data_access\": 999999999999999999");
    let folder = Folder::new(&[("record.json", &hostile)]);
    let ran = folder.run(&["import", "record.json"]);
    let steers = |letter: char| letter.is_control() && letter != '\n' || letter == '\u{202E}';
    assert!(ran.code == 0 && !ran.out.contains(steers) && !ran.err.contains(steers), "{ran:?}");
    assert!(!ran.out.contains("::error"), "{}", ran.out);
    folder.write("threat-model.yaml", &ran.out);
    let report = folder.run(&["check", "threat-model.yaml", "--format", "json"]);
    assert!(!report.out.contains("\"syntax\""), "{}", report.out);
}

#[test]
fn file_that_cannot_be_imported_is_refused() {
    let folder = Folder::new(&[
        ("prose.md", "# Notes\n\nNothing here.\n"),
        ("other.json", "{ \"a\": 1 }"),
        ("broken.json", "{ \"a\": 1, }"),
        ("model.json", "{ \"aivss_threat_model\": 1 }"),
        ("empty.json", ""),
        ("nothing.json", "{ \"metadata\": null, \"vulnerabilities\": [] }"),
        ("taken.yaml", "mine"),
        ("listing.txt", LISTING),
    ]);
    for (arguments, why) in [
        (vec!["import", "prose.md"], "no agentic factor and no MAESTRO layer is found in it"),
        (vec!["import", "other.json"], "it is JSON, but neither an OWASP report"),
        (vec!["import", "broken.json"], "line 1, column 11: not JSON"),
        (vec!["import", "model.json"], "it is a threat model already"),
        (vec!["import", "empty.json"], "no agentic factor and no MAESTRO layer"),
        (vec!["import", "missing.json"], "missing.json: "),
        (vec!["import", "nothing.json"], "it lists no vulnerabilities"),
        (vec!["import", "listing.txt", "--output", "model.json"], "written as YAML"),
        (vec!["import", "listing.txt", "--output", "taken.yaml"], "taken.yaml: file already exists"),
    ] {
        let ran = folder.run(&arguments);
        assert!(ran.code == 2 && ran.out.is_empty() && ran.err.contains(why), "{arguments:?} {ran:?}");
    }
    assert_eq!(folder.read("taken.yaml"), "mine");
}

#[test]
fn agent_with_a_category_is_exported_as_a_vulnerability() {
    let example =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/owasp-0.8/01-tool-misuse.threat-model.yaml");
    let text = fs::read_to_string(example).unwrap();
    let text = text.replace("\nmaestro:", "\nreview: { date: 2026-11-22, by: a.reviewer }\nmaestro:");
    let folder = Folder::new(&[("threat-model.yaml", &text)]);
    let ran =
        folder.run(&["export", "threat-model.yaml", "--agent-as", "ASI02", "--output", "aivss-report.json"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(
        ran.err,
        "threat-model.yaml: not in the report: agent.owner\n\
         threat-model.yaml: not in the report: maestro: the seven layers\n\
         wrote aivss-report.json\n"
    );
    let report: Value = serde_json::from_str(&folder.read("aivss-report.json")).unwrap();
    let only = &report["vulnerabilities"][0];
    assert_eq!(
        (&only["owasp_category"], &only["scores"]["aivss"]),
        (&"Agentic AI Tool Misuse".into(), &9.9.into())
    );
    assert_eq!(folder.run(&["check", "aivss-report.json"]).code, 0);
    is_valid_by_the_published_schema(&report);
    let ran = folder.run(&["export", "threat-model.yaml", "--agent-as", "Agent Untracability"]);
    assert!(ran.code == 2 && ran.err.contains("did you mean `Agent Untraceability`?"), "{ran:?}");
}

fn is_valid_by_the_published_schema(report: &Value) {
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/schemas/owasp-aivss-report-0.8.schema.json");
    let Ok(schema) = fs::read_to_string(schema) else {
        eprintln!("SKIPPED: the published schema is not at hand");
        return;
    };
    let validator = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    let errors: Vec<String> = validator.iter_errors(report).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
}

#[test]
fn exported_value_that_differs_from_the_declared_one_is_reported() {
    let example =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/owasp-0.8/01-tool-misuse.threat-model.yaml");
    let text = fs::read_to_string(example).unwrap();
    let text = text
        .replace("\nmaestro:", "\nx-team: a\nreview: { date: 2026-11-22, by: a.reviewer }\nmaestro:")
        .replace("SA:H\n", "SA:H/E:A\n")
        .replace("cvss_base: 9.4", "cvss_base: 9")
        .replace("aars: 0.5238", "aars: 3")
        .replace("severity: Critical", "severity: Low");
    let folder = Folder::new(&[("threat-model.yaml", &text)]);
    let ran = folder.run(&["export", "threat-model.yaml", "--agent-as", "ASI02"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    for remark in [
        "the agent: cvss_base is declared 9, and 9.4 in the report",
        "the agent: aars is declared 3, and 0.5238 in the report",
        "the agent: severity is declared Low, and Critical in the report",
        "the agent: the vector's threat and environmental metrics are not in its base score",
        "not in the report: the threat model: x-team",
    ] {
        assert!(ran.err.contains(&format!("threat-model.yaml: {remark}\n")), "{remark}\n{}", ran.err);
    }
    // `check` refuses two of one name.
    let finding = "\nfindings:\n  - { id: AGENT, category: ASI01, aivss: &own ";
    let own = text.split_once("\naivss:\n").unwrap().1.split_once("\nx-team").unwrap().0;
    let flow: String = own
        .lines()
        .filter(|line| !line.trim().starts_with('#'))
        .map(|line| format!("      {line}\n"))
        .collect();
    let twice = format!(
        "{text}{}\n{flow}",
        finding.replace(
            "{ id: AGENT, category: ASI01, aivss: &own ",
            "id: AGENT\n    category: ASI01\n    aivss:"
        )
    );
    folder.write("threat-model.yaml", &twice);
    let ran = folder.run(&["export", "threat-model.yaml", "--agent-as", "ASI02"]);
    assert!(
        ran.code == 2 && ran.err.contains("finding AGENT: the report would have two vulnerabilities"),
        "{ran:?}"
    );
}

#[test]
#[cfg(unix)]
fn file_name_in_a_line_is_not_a_log_command() {
    let folder = Folder::new(&[("::error::x.txt", LISTING), ("::error::y.yaml", "aivss_threat_model: 1\n")]);
    for arguments in [["import", "::error::x.txt"], ["export", "::error::y.yaml"], ["score", "::error::z"]] {
        let ran = folder.run(&arguments);
        let begins = |line: &str| line.trim_start().starts_with("::");
        assert!(!ran.err.lines().chain(ran.out.lines()).any(begins), "{ran:?}");
    }
}

#[test]
fn value_that_a_report_does_not_allow_is_refused_at_its_place() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/smolagents/threat-model.yaml");
    let text = fs::read_to_string(example).unwrap();
    let place = |needle: &str| {
        let line = text.lines().position(|line| line.contains(needle)).unwrap();
        (line + 1, text.lines().nth(line).unwrap().find(needle).unwrap() + 1)
    };
    let folder = Folder::new(&[("threat-model.yaml", &text)]);
    let ran = folder.run(&["export", "threat-model.yaml"]);
    assert!(ran.code == 2 && ran.out.is_empty() && ran.err.contains("there are no findings"), "{ran:?}");
    let ran = folder.run(&["export", "threat-model.yaml", "--agent-as", "ASI02"]);
    let (line, column) = place("0.60, rationale: Runs");
    let message = "the agent: `autonomy_of_action` is 0.60, and the report takes 0.0, 0.5 and 1.0";
    assert!(ran.err.contains(&format!("threat-model.yaml:{line}:{column}: {message}\n")), "{}", ran.err);
    let (line, column) = place("goal_driven_planning");
    assert!(
        ran.err.contains(&format!(":{line}:{column}: the agent: `goal_driven_planning` is not among")),
        "{}",
        ran.err
    );
    assert!(ran.code == 2 && ran.out.is_empty());
    folder.write("report.json", OWASP);
    assert!(folder.run(&["export", "report.json"]).err.contains("it is such a report already"));
}
