//! Pages of prose as threat models, in whole runs: check, fix, comparison, scores and reports.

use serde_json::Value;

use crate::folder::{Folder, Ran};
use crate::git::{commit, git};

const PASSING: &str = include_str!("../../examples/markdown/travel-planner.md");
const FAILING: &str = include_str!("../../examples/markdown/refund-assistant.md");
const PAGE: &str = "docs/threat-model.md";
const TODAY: [&str; 2] = ["--today", "2026-11-22"];

fn folder(page: &str) -> Folder {
    Folder::new(&[(PAGE, page)])
}

fn concise(folder: &Folder, arguments: &[&str]) -> (i32, Vec<String>) {
    let ran = folder.run(&[&["check", "--format", "concise"], &TODAY[..], arguments].concat());
    let lines = ran.out.lines().filter(|line| !line.contains(": note["));
    (ran.code, lines.map(str::to_owned).collect())
}

fn json(folder: &Folder) -> (i32, Value) {
    let ran = folder.run(&[&["check", "--format", "json"], &TODAY[..]].concat());
    let report: Value = serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    let schema: Value = serde_json::from_str(include_str!("../../schemas/report.json")).unwrap();
    jsonschema::validator_for(&schema).unwrap().validate(&report).unwrap_or_else(|error| panic!("{error}"));
    (ran.code, report)
}

/// A text of the page with its line and column, 1-based.
fn place(page: &str, text: &str) -> String {
    let at = page.find(text).unwrap();
    let line = page[..at].matches('\n').count() + 1;
    let column = page[..at].rsplit('\n').next().unwrap().chars().count() + 1;
    format!("{line}:{column}")
}

#[test]
fn page_that_passes_has_its_format_layers_and_threats_in_the_report() {
    let (code, report) = json(&folder(PASSING));
    assert_eq!(code, 0, "{report:#}");
    let model = &report["files"][0]["models"][0];
    assert_eq!((&model["format"], &model["name"]), (&"markdown".into(), &"Travel planner".into()));
    let answers: Vec<&str> =
        model["layers"].as_array().unwrap().iter().map(|layer| layer["answer"].as_str().unwrap()).collect();
    let expected = ["mapped", "mapped", "mapped", "mapped", "uncertain", "mapped", "not-applicable"];
    assert_eq!(answers, expected);
    let titles: Vec<&str> =
        model["threats"].as_array().unwrap().iter().map(|threat| threat["title"].as_str().unwrap()).collect();
    assert!(titles.contains(&"A trip is booked twice after a time-out"), "{titles:?}");
    assert!(titles.contains(&"Memory poisoning"), "{titles:?}");
}

#[test]
fn problems_point_at_the_heading_the_cell_or_the_line() {
    for (page, feed) in [
        (FAILING.to_owned(), "\n"),
        (FAILING.replace('\n', "\r\n"), "\r\n"),
        (FAILING.replace('\n', "\r"), "\r"),
    ] {
        let (code, lines) = concise(&folder(&page), &[]);
        let expected = [
            ("9.1", "score-mismatch"),
            ("Layers\n\n| MAESTRO", "layer-blank"),
            ("TBD", "layer-blank"),
            ("1 | L3", "mitigation-missing"),
        ];
        let expected: Vec<String> = expected
            .iter()
            .map(|(text, rule)| format!("{PAGE}:{}: error[{rule}]", place(FAILING, text)))
            .collect();
        assert_eq!(code, 1);
        assert_eq!(lines.len(), expected.len(), "{lines:#?}");
        for (line, expected) in lines.iter().zip(&expected) {
            assert!(line.starts_with(expected), "{feed:?}: {line} is not {expected}");
        }
    }
}

#[test]
fn pointers_of_the_report_lead_into_the_threat_model() {
    let (_, report) = json(&folder(FAILING));
    let problems = report["files"][0]["diagnostics"].as_array().unwrap();
    let errors = problems.iter().filter(|problem| problem["level"] == "error");
    let pointers: Vec<&str> = errors.map(|problem| problem["pointer"].as_str().unwrap()).collect();
    let expected = [
        "/aivss/score",
        "/maestro",
        "/maestro/data_operations/analysis",
        "/maestro/agent_frameworks/threats/0/id",
    ];
    assert_eq!(pointers, expected);
}

#[test]
fn fix_changes_the_front_matter_alone() {
    for page in [FAILING.to_owned(), format!("\u{FEFF}{}", FAILING.replace('\n', "\r\n"))] {
        let folder = folder(&page);
        let ran = folder.run(&["fix"]);
        assert_eq!(ran.code, 1, "{ran:?}");
        assert_eq!(folder.read(PAGE), page.replace("score: 9.1", "score: 9.4"));
    }
}

#[test]
fn unsafe_fix_adds_a_section_with_a_question_that_stays_blank() {
    let page = PASSING.replace('\n', "\r\n");
    let (start, end) = (page.find("### Layer 4").unwrap(), page.find("### Layer 5").unwrap());
    let without = format!("{}{}", &page[..start], &page[end..]);
    let folder = folder(&without);
    let ran = folder.run(&["fix", "--unsafe"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    let added = "### Layer 4: Deployment and Infrastructure\r\n\r\nTODO: say what threatens cloud, runtimes, sandboxes\r\n\r\n";
    assert_eq!(folder.read(PAGE), format!("{}{added}{}", &page[..start], &page[end..]));
    let (code, lines) = concise(&folder, &[]);
    assert_eq!((code, lines.len()), (1, 1), "{lines:?}");
    assert!(lines[0].contains("error[layer-blank]") && lines[0].contains("placeholder"), "{lines:?}");
}

#[test]
fn policy_can_allow_pages_or_not() {
    let folder = folder(PASSING);
    for (formats, code) in [("[markdown]", 0), ("[native, markdown]", 0), ("[native]", 1)] {
        folder.write("aivss-policy.yaml", &format!("aivss_policy: 1\nrequire: {{ formats: {formats} }}\n"));
        let (found, lines) = concise(&folder, &[]);
        assert_eq!(found, code, "{formats}: {lines:?}");
    }
}

/// A repository with a page in its first commit and another version of it in the second.
fn history(before: &str, after: &str) -> Folder {
    let folder = folder(before);
    git(&folder.path("."), &["init", "--quiet", "--initial-branch=main", "."]);
    commit(&folder.path("."), "before");
    folder.write(PAGE, after);
    folder
}

fn is_green(ran: &Ran) -> bool {
    ran.code == 0
}

#[test]
fn change_of_a_page_is_compared_like_yaml() {
    let removed = PASSING.replace("Hidden text on a hotel page can be taken for the traveler's wish. A second model reads each booking before it is paid.", "TBD");
    let folder = history(PASSING, &removed);
    let (code, lines) = concise(&folder, &["--base", "main"]);
    assert_eq!((code, lines.len()), (1, 1), "{lines:?}");
    let folder = history(FAILING, &FAILING.replace("is paid again", "may be paid again"));
    let ran = folder.run(&[&["check", "--base", "main", "--new-only"], &TODAY[..]].concat());
    assert!(is_green(&ran), "{ran:?}");
}

#[test]
fn diff_of_a_page_names_the_threat_that_is_new() {
    let row = "| F-2 | The planner";
    let after = PASSING.replace(
        row,
        &format!("| F-3 | A ghost trip is booked | High | 1 | 1 | | open | travel | 2027-02-01 |\n{row}"),
    );
    let folder = history(PASSING, &after);
    commit(&folder.path("."), "after");
    let ran = folder.run(&["diff", "HEAD~1", "HEAD"]);
    assert!(ran.out.contains("F-3"), "{ran:?}");
}

#[test]
fn page_that_loses_its_marker_is_reported() {
    let folder = history(PASSING, &PASSING.replace("aivss_threat_model: 1\n", ""));
    let (code, lines) = concise(&folder, &["--base", "main"]);
    assert_eq!(code, 1, "{lines:?}");
    assert!(lines.iter().any(|line| line.contains("model-unreadable")), "{lines:?}");
}

#[test]
fn yaml_that_becomes_a_page_is_not_weakened_and_a_report_in_its_place_is() {
    let yaml = include_str!("../../src/rules/stock.yaml");
    let folder = Folder::new(&[("threat-model.yaml", yaml)]);
    git(&folder.path("."), &["init", "--quiet", "--initial-branch=main", "."]);
    commit(&folder.path("."), "before");
    std::fs::remove_file(folder.path("threat-model.yaml")).unwrap();
    folder.write("threat-model.md", PASSING);
    let (_, lines) = concise(&folder, &["--base", "main"]);
    assert!(!lines.iter().any(|line| line.contains("model-weakened")), "{lines:?}");
}

#[test]
fn score_report_and_sarif_show_a_page() {
    let folder = folder(PASSING);
    let score = folder.run(&["score", PAGE]);
    assert!(score.out.contains("9.4") && score.out.contains("Travel planner"), "{score:?}");
    let page = folder.run(&[&["report", "--output", "a.html"], &TODAY[..]].concat());
    assert!(is_green(&page), "{page:?}");
    let html = folder.read("a.html");
    for text in ["Travel planner", "A trip is booked twice", "the planner meets no other agent"] {
        assert!(html.contains(text), "{text}");
    }
    let folder = self::folder(FAILING);
    let sarif = folder.run(&[&["check", "--format", "sarif"], &TODAY[..]].concat());
    let sarif: Value = serde_json::from_str(&sarif.out).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let region = &results
        .iter()
        .find(|result| result["message"]["text"].as_str().unwrap().contains("TBD"))
        .unwrap()["locations"][0]["physicalLocation"]["region"];
    let start = format!("{}:{}", region["startLine"], region["startColumn"]);
    assert_eq!(start, place(FAILING, "TBD"));
}

#[test]
fn rego_sees_a_page_as_a_threat_model() {
    let folder = folder(PASSING);
    folder.write("aivss-policy.yaml", "aivss_policy: 1\nrego: [rules/]\n");
    folder.write(
        "rules/a.rego",
        "package main\nimport rego.v1\ndeny contains {\"msg\": \"no\", \"path\": path} if {\n  some i, threat in input.maestro.agent_frameworks.threats\n  \
         threat.status == \"open\"\n  path := sprintf(\"/maestro/agent_frameworks/threats/%d/title\", [i])\n}\n",
    );
    let (code, lines) = concise(&folder, &[]);
    assert_eq!(code, 1, "{lines:?}");
    assert!(lines[0].starts_with(&format!("{PAGE}:{}", place(PASSING, "The planner drops"))), "{lines:?}");
}

#[test]
fn page_with_several_agents_is_to_be_split() {
    let layers = "### L1 Foundation Models\nx\n### L2 Data Operations\ny\n";
    let front = &PASSING[..PASSING.find("# 🧭").unwrap()];
    let (code, lines) =
        concise(&folder(&format!("{front}# Agents\n## Buyer\n{layers}## Seller\n{layers}")), &[]);
    assert_eq!(code, 1);
    assert!(lines.iter().any(|line| line.contains("several agents")), "{lines:?}");
}

#[test]
fn marker_in_the_front_matter_that_is_disguised_or_deeper_is_an_error() {
    for marker in [
        "aivss-threat-model: 1",
        "x: { aivss_threat_model: 1 }",
        "\u{430}ivss_threat_model: 1",
        "- aivss_threat_model: 1",
    ] {
        let page = PASSING.replace("aivss_threat_model: 1", marker);
        let (code, lines) = concise(&folder(&page), &[]);
        assert_ne!(code, 0, "{marker}: {lines:?}");
    }
    // In front matter that is read, too.
    let second = PASSING.replace("layout: threat-model", "layout: { aivss_threat_model: 1 }");
    let (code, lines) = concise(&folder(&second), &[]);
    assert!(code == 1 && lines.iter().any(|line| line.contains("marker-unread")), "{lines:?}");
}

#[test]
fn marker_in_toml_is_an_error_in_a_file_with_any_name() {
    for key in ["aivss_threat_model", "\"aivss_threat_model\"", "  'aivss_threat_model' "] {
        let page = format!("+++\ntitle = \"Planner\"\n{key} = 1\n+++\n# Planner\n");
        let folder = Folder::new(&[("threat-model.md", PASSING), ("docs/planner.md", &page)]);
        let (code, lines) = concise(&folder, &[]);
        let is_found = |line: &String| line.contains("planner.md:3:") && line.contains("marker-unread");
        assert!(code == 1 && lines.iter().any(is_found), "{key}: {lines:?}");
    }
}

#[test]
fn text_that_no_reader_sees_is_not_an_analysis() {
    const TEXT: &str = "One service account serves all tenants. Its key is rotated every night.";
    assert!(PASSING.contains(TEXT));
    let hidden = "The account of all tenants can be stolen by anyone who reads the logs.";
    for text in [
        format!("<!-- {hidden} -->"),
        format!("TBD <!-- {hidden} -->"),
        format!("TBD\n\n<!-- {hidden} -->\n\nTODO"),
        format!("TBD <span title=\"a > b: {hidden}\"></span>"),
        format!("<p title=\"a > b: {hidden}\">TBD</p>"),
        format!("[TBD][a]\n\n[a]: https://example.org \"{hidden}\""),
        format!("![{hidden}](a.png)"),
        format!("<script>\n{hidden}\n</script>"),
        format!("<Style>\n{hidden}\n</Style>"),
        format!("#### {hidden}\n\nTBD"),
        format!("<details><summary>{hidden}</summary>\n\nTBD\n\n</details>"),
        "#### Threats\n\nTBD\n\n#### Controls\n\nTo be determined".to_owned(),
        "#### Threats\n\nTBD\n\n#### Controls\n\nTODO\n\n".repeat(50),
        "&#84;BD".to_owned(),
        "T&zwnj;B&zwnj;D".to_owned(),
        "Uncertain".to_owned(),
        "**Status**: uncertain.".to_owned(),
        "| Threat | Severity |\n|---|---|\n| N/A | N/A |".to_owned(),
    ] {
        let (code, lines) = concise(&folder(&PASSING.replace(TEXT, &text)), &[]);
        let is_found = |line: &String| {
            line.contains("layer-blank") && line.contains("`security_and_compliance` is blank")
                || line.contains("layer-reason-missing")
        };
        assert!(code == 1 && lines.iter().any(is_found), "{text}: {lines:?}");
    }
    for text in [
        format!("{hidden} <!-- TODO -->"),
        "#### Threats\n\nStolen keys.\n\n#### Controls\n\nTBD".to_owned(),
        "Keys leak &mdash; rarely.".to_owned(),
        "<p title=\"TBD\">Keys leak, a < b.</p>".to_owned(),
    ] {
        let (code, lines) = concise(&folder(&PASSING.replace(TEXT, &text)), &[]);
        assert_eq!(code, 0, "{text}: {lines:?}");
    }
}

#[test]
fn row_of_placeholders_or_of_many_layers_is_not_an_answer() {
    let (before, rest) = PASSING.split_once("### Layer 1").unwrap();
    let (_, after) = rest.split_once("## Appendix").unwrap();
    let names = ["Foundation Models", "Data Operations", "Agent Frameworks", "Deployment & Infrastructure"];
    let rows: String = names
        .into_iter()
        .chain(["Evaluation & Observability", "Security & Compliance"])
        .enumerate()
        .map(|(at, name)| format!("| {name} | Attack number {at} is known. | Rare |\n"))
        .collect();
    let run = |header: &str, last: &str| {
        let table = format!("| Layer | {header} |\n|---|---|---|\n{rows}{last}\n\n");
        concise(&folder(&format!("{before}{table}## Appendix{after}")), &[])
    };
    let name = "Agent Ecosystem";
    assert_eq!(run("Analysis | Note", "| Agent Ecosystem | Agents lie. | TBD |").0, 0);
    for last in [
        format!("| {name} | TBD | TBD |"),
        format!("| {name} | TBD | ? |"),
        format!("| {name} | TODO | to be defined |"),
        format!("| {name} | [TBD](a.md \"Agents > lie\") | `TBD` |"),
        format!("| {name} | TBD [a](b) <!-- a > Agents lie about that --> | — |"),
        format!("| {name} | &#84;BD | <span title=\"Agents > lie\"></span> |"),
        format!("| {name} | ~~Agents lie.~~ | |"),
        "| L1–L7 | All of them were reviewed by us. | None |".to_owned(),
        "| L1, L2, L3, L4, L5, L6, L7 | Not applicable: it is no agent. | |".to_owned(),
    ] {
        let (code, lines) = run("Analysis | Note", &last);
        let is_found = |line: &String| line.contains("layer-blank") && line.contains("agent_ecosystem");
        assert!(code == 1 && lines.iter().any(is_found), "{last}: {lines:?}");
    }
    let (code, lines) = run("Threat | Severity", "| Agent Ecosystem | N/A | Low |");
    assert!(code == 1 && lines.iter().any(|line| line.contains("layer-reason-missing")), "{lines:?}");
    let policy = "aivss_policy: 1\nextends: [recommended]\nlimits: { uncertain_layers: 0 }\n";
    let row = "| L6, L7 | Agents lie to the accounts. | Rare |";
    let page =
        format!("{before}| Layer | Analysis | Note |\n|---|---|---|\n{rows}{row}\n\n## Appendix{after}");
    let (code, lines) = concise(&Folder::new(&[(PAGE, &*page), ("aivss-policy.yaml", policy)]), &[]);
    let problem = "1 layer is uncertain; the limit is 0";
    assert!(code == 1 && lines.iter().any(|line| line.contains(problem)), "{lines:?}");
}

#[test]
fn value_of_a_register_that_is_denied_withdrawn_or_planned_does_not_count() {
    const ROW: &str = "| X-1 | Keys are stolen | Critical | 3 | 4 | Keys are short-lived | mitigated | a-team | 2027-01-31 |";
    let policy = "aivss_policy: 1\nextends: [recommended]\nlimits: { open_threats: { Critical: 0 } }\n";
    let run = |row: &str| {
        let before = "| F-1 | A trip";
        let page = PASSING.replace(before, &format!("{row}\n{before}"));
        concise(&Folder::new(&[(PAGE, &*page), ("aivss-policy.yaml", policy)]), &[])
    };
    assert_eq!(run(ROW).0, 0, "{:?}", run(ROW));
    let status = |word: &str| ROW.replace("mitigated", word);
    let open = |severity: &str| status("open").replace("Critical", severity);
    for row in [
        status("~~closed~~"),
        status("done 0%"),
        status("closed: 0"),
        status("fixed 50%"),
        status("mitigated by 2030"),
        status("❌ closed"),
        status("☐ done"),
        status("[ ] done"),
        status("fixed ✗"),
        open("None yet"),
        open("none (not rated)"),
        open("L/C"),
        open("Low (was Critical)"),
        open("~~Low~~"),
        ROW.replace("Keys are short-lived", "~~Keys are short-lived~~"),
        ROW.replace("Keys are short-lived", "![Keys are short-lived](a.png)"),
        ROW.replace("Keys are short-lived", "No mitigation"),
        ROW.replace("Keys are short-lived", "Not mitigated"),
        ROW.replace("mitigated", "accepted").replace("a-team", "nobody"),
    ] {
        let (code, lines) = run(&row);
        assert_eq!(code, 1, "{row}: {lines:?}");
    }
    for row in [
        status("Fixed by PR 12"),
        status("Closed in v2.1 (2026-11-02)"),
        status("✅ Done"),
        open("None"),
        open("Informational (CVSS 0.0)"),
        open("L/M"),
        "| ~~X-1~~ | ~~Keys are stolen~~ | ~~Critical~~ | 3 | 4 | | ~~open~~ | | |".to_owned(),
        ROW.replace("Keys are short-lived", "No key outlives a day"),
    ] {
        let (code, lines) = run(&row);
        assert_eq!(code, 0, "{row}: {lines:?}");
    }
}

#[test]
fn higher_one_of_two_severities_counts_and_a_denied_end_does_not() {
    let policy = "aivss_policy: 1\nextends: [recommended]\nlimits: { open_threats: { Critical: 0 } }\n";
    for (item, expected) in [
        ("**X1 Stolen keys** (Low): the account. Severity: Critical", 1),
        ("**X1 Stolen keys** (Critical): the account. Severity: Low", 1),
        ("**X1 Stolen keys** (Critical): this is not (done).", 1),
        ("**X1 Stolen keys** (Critical): never (fixed)", 1),
        ("**X1 Stolen keys** (Critical): keys are short-lived (fixed)", 0),
        ("**X1 Stolen keys** (Low): the account. Severity: None", 0),
        ("🔴 **X1 Stolen keys** (Critical): the account.", 1),
        ("[ ] **X1 Stolen keys** (Critical): the account.", 1),
        ("[x] ⚠️ **Stolen keys (CRITICAL)**: the account.", 1),
    ] {
        let page = PASSING.replace("A time-out makes", &format!("- {item}\n\nA time-out makes"));
        let (code, lines) = concise(&Folder::new(&[(PAGE, &*page), ("aivss-policy.yaml", policy)]), &[]);
        assert_eq!(code, expected, "{item}: {lines:?}");
    }
}

#[test]
fn fenced_block_next_to_prose_is_a_second_threat_model() {
    let yaml = include_str!("../../src/rules/stock.yaml");
    let (code, report) = json(&folder(&format!("{PASSING}\n```yaml\n{yaml}```\n")));
    assert_eq!(code, 0, "{report:#}");
    let models = report["files"][0]["models"].as_array().unwrap();
    let formats: Vec<&str> = models.iter().map(|model| model["format"].as_str().unwrap()).collect();
    assert_eq!(formats, ["markdown", "threat-model"]);
}
