//! The threat register in whole runs: reports, fixes, limits, comparison and rules in Rego.

use roxmltree::{Document, ParsingOptions};
use serde_json::Value;

use crate::folder::Folder;
use crate::git::{commit, git};

const MODEL: &str = include_str!("../../src/rules/stock.yaml");
const POLICY: &str = "aivss_policy: 1\nextends: [recommended]\n";
const TODAY: [&str; 2] = ["--today", "2026-11-22"];

/// The stock model with threats of the planner and threats that span layers; the layers in `without` are left out.
fn model(threats: &str, shared: &str, without: &[&str]) -> String {
    let is_kept = |line: &&str| !without.iter().any(|key| line.trim_start().starts_with(key));
    // Only the threats given here are in the register.
    let (stock, _) = MODEL.split_once("  cross_layer:").unwrap();
    let kept: String = stock.lines().filter(is_kept).map(|line| format!("{line}\n")).collect();
    let old = "  agent_frameworks: The planner may call a booking tool twice for one trip.\n";
    assert!(kept.contains(old));
    let new = format!(
        "  agent_frameworks:\n    analysis: The planner may call a booking tool twice for one trip.\n    threats: [{threats}]\n  cross_layer: {{ threats: [{shared}] }}\n"
    );
    kept.replace(old, &new)
}

fn folder(model: &str, policy: &str) -> Folder {
    Folder::new(&[("threat-model.yaml", model), ("aivss-policy.yaml", &format!("{POLICY}{policy}"))])
}

/// The exit status and the rules of a run, in the order of the text.
fn rules(model: &str, policy: &str) -> (i32, Vec<String>) {
    let ran = folder(model, policy).run(&[TODAY.as_slice(), &["--format", "json"]].concat());
    let report: Value = serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    let files = report["files"].as_array().unwrap().iter();
    let problems = files.flat_map(|file| file["diagnostics"].as_array().unwrap());
    let rules = problems.map(|problem| problem["rule"].as_str().unwrap().to_owned());
    // The threats here name few of the core risks.
    (ran.code, rules.filter(|rule| rule != "risk-unaddressed").collect())
}

const THREATS: &str = "{ id: T2, title: Tool misuse, likelihood: 3, impact: 4, refs: [ASI02, CWE-799, AML.T0053, CVE-2026-0001, SEC-12] }, \
     { id: F-1, title: Double booking, severity: Critical, likelihood: High, impact: 5, owner: payments-team, due: 2026-11-21 }, \
     { id: F-2, title: Old tool, severity: Low, likelihood: 1, impact: 2, status: mitigated, mitigation: Removed from the list. }";
const SHARED: &str = "{ title: A poisoned page, layers: [data_operations, agent_ecosystem], severity: High, likelihood: 4, impact: 4, status: accepted, owner: a-team, reason: Bookings are confirmed., due: 2027-01-31 }";

#[test]
fn json_report_lists_the_threats_as_read() {
    let folder = folder(&model(THREATS, SHARED, &["data_operations", "agent_ecosystem"]), "");
    let ran = folder.run(&[TODAY.as_slice(), &["--format", "json"]].concat());
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    let schema: Value = serde_json::from_str(include_str!("../../schemas/report.json")).unwrap();
    jsonschema::validator_for(&schema).unwrap().validate(&report).unwrap_or_else(|error| panic!("{error}"));
    let model = &report["files"][0]["models"][0];
    let threats = model["threats"].as_array().unwrap();
    let shown: Vec<String> = threats
        .iter()
        .map(|threat| {
            format!(
                "{} {} {} {} {}",
                threat["title"], threat["risk"], threat["status"], threat["open"], threat["overdue"]
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            "\"Tool misuse\" 12 \"open\" true false",
            "\"Double booking\" 25 \"open\" true true",
            "\"Old tool\" 2 \"mitigated\" false false",
            "\"A poisoned page\" 16 \"accepted\" false false",
        ]
    );
    let references = threats[0]["references"].as_array().unwrap();
    let titles: Vec<&Value> = references.iter().map(|entry| &entry["title"]).collect();
    assert_eq!(titles[..2], ["Tool Misuse", "Tool Misuse and Exploitation"]);
    assert_eq!(references[2]["url"], "https://cwe.mitre.org/data/definitions/799.html");
    assert_eq!(threats[0]["refs"][4], "SEC-12");
    let answers =
        |at: usize| format!("{} {}", model["layers"][at]["answer"], model["layers"][at]["open_threats"]);
    assert_eq!([answers(1), answers(2), answers(6)], ["\"uncertain\" 0", "\"mapped\" 2", "\"uncertain\" 0"]);
}

#[test]
fn sarif_has_the_references_of_threats_as_taxonomies() {
    let text = model(
        "{ id: T2, title: Tool misuse, status: mitigated, refs: ['ASI02:2026', CWE-799, SEC-12] }",
        "",
        &[],
    );
    let ran = folder(&text, "rules: { risk-unaddressed: off }\n")
        .run(&[TODAY.as_slice(), &["--format", "sarif"]].concat());
    let log: Value = serde_json::from_str(&ran.out).unwrap();
    let schema = serde_json::from_str(include_str!("schemas/sarif-2.1.0.schema.json")).unwrap();
    jsonschema::validator_for(&schema).unwrap().validate(&log).unwrap_or_else(|error| panic!("{error}"));
    let run = &log["runs"][0];
    let taxa = run["results"][0]["taxa"].as_array().unwrap();
    let named: Vec<String> = taxa
        .iter()
        .map(|taxon| {
            let index = usize::try_from(taxon["toolComponent"]["index"].as_u64().unwrap()).unwrap();
            let list = &run["taxonomies"][index];
            let entry =
                list["taxa"].as_array().unwrap().iter().find(|entry| entry["id"] == taxon["id"]).unwrap();
            assert_eq!(list["name"], taxon["toolComponent"]["name"]);
            format!("{} {}", entry["id"], entry["name"]).replace('"', "")
        })
        .collect();
    assert_eq!(named, ["T2 Tool Misuse", "ASI02 Tool Misuse and Exploitation", "CWE-799 null"]);
    let ran = folder(MODEL, "limits: { score: 1 }\n").run(&["--format", "sarif"]);
    let log: Value = serde_json::from_str(&ran.out).unwrap();
    assert!(log["runs"][0].get("taxonomies").is_none() && log["runs"][0]["results"][0].get("taxa").is_none());
}

#[test]
fn page_lists_the_threats_by_risk_with_their_references() {
    let unrated = "{ title: Unrated }, { title: Rated low, severity: Low }";
    let folder = folder(&model(&format!("{unrated}, {THREATS}"), SHARED, &[]), "");
    let ran = folder.run(&["report", "--today", "2026-11-22", "--output", "page.html"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, "wrote page.html\n"), "{ran:?}");
    let page = folder.read("page.html");
    let (head, rest) = page.split_once("<style>").unwrap();
    let body = rest.split_once("</style>").unwrap().1.rsplit_once("<script>").unwrap().0;
    let markup = format!("{head}{body}</body></html>");
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    let document = Document::parse_with_options(&markup, options).unwrap();
    let table = document.descendants().find(|node| node.attribute("class") == Some("register")).unwrap();
    let rows = table.descendants().filter(|node| node.has_tag_name("tr")).skip(1);
    let text = |node: roxmltree::Node<'_, '_>| -> String {
        node.descendants().filter_map(|part| part.text().filter(|_| part.is_text())).collect()
    };
    let cells: Vec<Vec<String>> =
        rows.map(|row| row.children().filter(roxmltree::Node::is_element).map(text).collect()).collect();
    let risks: Vec<String> = cells.iter().map(|row| format!("{} {}", row[0], row[3])).collect();
    assert_eq!(
        risks,
        ["– open", "25 5 × 5 open", "16 4 × 4 accepted", "12 3 × 4 open", "– open", "2 1 × 2 mitigated"]
    );
    assert!(cells[1][4].ends_with("overdue") && cells[2][6] == "Data operations, Agent ecosystem");
    let links: Vec<(String, &str)> = table
        .descendants()
        .filter(|node| node.has_tag_name("a") && node.attribute("rel") == Some("noreferrer"))
        .map(|node| (text(node), node.attribute("href").unwrap()))
        .collect();
    let titles = ["T2 Tool Misuse", "ASI02 Tool Misuse and Exploitation"];
    assert!(titles.iter().all(|title| cells.iter().any(|row| row[1].contains(title))), "{cells:?}");
    assert_eq!(links[0], ("CWE-799".to_owned(), "https://cwe.mitre.org/data/definitions/799.html"));
    assert!(links.iter().all(|(text, _)| !titles.contains(&&**text)), "{links:?}");
}

#[test]
fn summary_in_markdown_counts_open_threats() {
    let ran =
        folder(&model(THREATS, SHARED, &[]), "").run(&[TODAY.as_slice(), &["--format", "markdown"]].concat());
    assert!(ran.out.contains("| 7 mapped | 2 |"), "{}", ran.out);
}

#[test]
fn threat_that_spans_layers_answers_them_as_uncertain() {
    let without = ["data_operations", "agent_ecosystem"];
    assert_eq!(rules(&model("", SHARED, &without), ""), (0, vec![]));
    let (code, found) = rules(&model("", SHARED, &without), "limits: { uncertain_layers: 1 }\n");
    assert_eq!((code, found), (1, vec!["uncertain-layers-exceeded".to_owned()]));
    let four = SHARED.replace("agent_ecosystem", "agent_ecosystem, foundation_models, agent_frameworks");
    assert_eq!(rules(&model("", &four, &without), "").1, ["layer-blank"; 2]);
    let placeholder = SHARED.replace("A poisoned page", "TBD");
    assert_eq!(rules(&model("", &placeholder, &without), "").1, ["layer-blank"; 2]);
    let both = model("", SHARED, &without).replace(
        "  deployment_and_infrastructure:",
        "  deployment_infrastructure: The pod shares a node.\n  deployment_and_infrastructure:",
    );
    assert_eq!(rules(&both, ""), (1, vec!["schema".to_owned()]));
    let third = ["data_operations", "agent_ecosystem", "security_and_compliance"];
    assert_eq!(rules(&model("", SHARED, &third), "").1, ["layer-blank"]);
}

#[test]
fn model_of_threats_that_span_layers_is_exported() {
    let text = model("", SHARED, &["data_operations"])
        .replace("  name: Planner\n", "  name: Planner\n  environment: prod\n");
    let findings = "findings: [{ id: V-1, category: ASI02, aivss: { version: '0.8', cvss: CVSS:4.0/AV:N/AC:H/AT:N/PR:L/UI:N/VC:N/VI:N/VA:H/SC:N/SI:H/SA:H, factors: { autonomy_of_action: 1, dynamic_tool_use: 0.5, natural_language_interface: 1, contextual_awareness: 1, non_determinism: 1, opacity_and_reflexivity: 1, persistent_memory: 0.5, dynamic_identity: 0.5, multi_agent_interactions: 1, self_modification: 0.5 }, score: 9.4 } }]\n";
    let ran = folder(&format!("{text}review: {{ date: 2026-01-01, by: a.reviewer }}\n{findings}"), "")
        .run(&["export", "threat-model.yaml"]);
    assert!(ran.code == 0 && ran.out.contains("V-1"), "{ran:?}");
}

#[test]
fn register_of_a_page_is_checked_like_that_of_a_file() {
    let (front, _) = MODEL.split_once("maestro:\n").unwrap();
    let page = format!(
        "---\n{front}---\n# MAESTRO\n## Layer 1: Foundation Models\nThe model follows instructions in pages.\n## Layer 3: Agent Frameworks\nThe planner may book twice.\n\n\
         | # | Threat | Severity | L | I | Mitigation | Status | Owner | Due | CWE |\n|---|---|---|---|---|---|---|---|---|---|\n\
         | 1 | Double booking | 🔴 Critical | 3 | 5 | – | Open | payments | 2026-10-31 | CWE-799 |\n\
         | 2 | Wrong fare | medium | 2 | 2 | Travelers confirm it | Accepted | payments | 2027-10-31 | T18 |\n\
         | 3 | Wrong hotel | low | 2 | 2 | | Accepted | | | |\n\n\
         ## Layer 4: Deployment & Infrastructure\nThe container reaches the bank.\n## Layer 5: Evaluation & Observability\nCalls are logged in part.\n## Layer 6: Security & Compliance\nOne account serves all.\n\
         # Register\n| # | Layer | Title | Severity |\n|---|---|---|---|\n| 1 | L2, L7 | Poisoned pages | High |\n"
    );
    let folder = Folder::new(&[("threat-model.md", &*page)]);
    let ran = folder.run(&[TODAY.as_slice(), &["--format", "concise"]].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    for problem in [
        "warning[threat-overdue] threat `Double booking` is open, and was due 22 days ago",
        "warning[reference-unknown] `T18` is unknown: identifiers are T1 to T17",
        "warning[acceptance-incomplete] threat `Wrong hotel` is accepted without `owner`, `reason`, `due`",
    ] {
        assert!(ran.out.contains(problem), "{problem} in {}", ran.out);
    }
    assert_eq!(ran.out.matches("warning[").count(), 3, "{}", ran.out);
}

#[test]
fn limit_by_severity_counts_what_is_left_out() {
    let limit = "limits: { open_threats: { Critical: 0, High: 1, total: 3 } }\n";
    let exceeded = |threats: &str| {
        let (code, mut found) = rules(&model(threats, "", &[]), limit);
        found.retain(|rule| rule == "open-threats-exceeded");
        (code, found.len())
    };
    assert_eq!(exceeded("{ title: One, severity: High }, { title: Two, severity: Low }"), (0, 0));
    for threats in [
        "{ title: One }",
        "{ title: One, status: open, severity: critical }",
        "{ title: One, severity: TBD }",
        "{ title: One, severity: Critical, status: '?' }",
        "{ title: One, severity: Critical, status: accepted }",
        "{ title: One, severity: Critical, status: transferred, owner: a-team, reason: The insurer covers it., due: 2026-11-21 }",
        "{ title: One, severity: High }, { title: Two, severity: High }",
        "{ title: A, severity: Low }, { title: B, severity: Low }, { title: C, severity: Low }, { title: D, severity: Medium }",
    ] {
        assert_eq!(exceeded(threats), (1, 1), "{threats}");
    }
}

#[test]
fn other_spellings_are_read_and_fixed() {
    let threats = "{ title: Double booking, severity: 'high', likelihood: medium, impact: \"HIGH\", status: In progress }";
    let text = model(threats, "", &[])
        .replace("  name: Planner\n", "  name: Planner\n  environment: prod\n  tier: HIGH\n");
    let over = "overrides: [{ match: { environment: production, tier: high }, limits: { open_threats: { High: 0 } } }]\n";
    let (code, found) = rules(&text, over);
    let spelled = found.iter().filter(|rule| *rule == "value-spelling").count();
    assert_eq!((code, spelled, found.len()), (1, 6, 7), "{found:?}");
    let folder = folder(&text, over);
    folder.run(&["fix"]);
    assert_eq!(folder.read("threat-model.yaml"), text);
    folder.run(&["fix", "--unsafe"]);
    let fixed = folder.read("threat-model.yaml");
    for part in [
        "environment: production\n",
        "tier: high\n",
        "severity: 'High', likelihood: Medium, impact: \"High\", status: open }",
    ] {
        assert!(fixed.contains(part), "{part} in {fixed}");
    }
    let (_, found) = rules(&fixed, "");
    assert_eq!(found, [""; 0]);
}

#[test]
fn spelling_can_be_an_error_or_off_but_a_wrong_value_stays_an_error() {
    let spelled = model("{ title: Double booking, severity: high }", "", &[]);
    assert_eq!(rules(&spelled, "rules: { value-spelling: error }\n"), (1, vec!["value-spelling".to_owned()]));
    assert_eq!(rules(&spelled, "rules: { value-spelling: off }\n"), (0, vec![]));
    let wrong = model("{ title: Double booking, severity: Hihg, likelihood: 7, due: 31.12.2026 }", "", &[]);
    assert_eq!(rules(&wrong, "rules: { value-spelling: off }\n"), (1, vec!["schema".to_owned(); 3]));
}

#[test]
fn comparison_sees_each_value_of_a_threat() {
    let full = "{ title: Double booking, severity: High, likelihood: 4, impact: 4, status: accepted, owner: a-team, reason: Bookings are confirmed., due: 2027-01-31 }";
    for (before, after, way) in [
        (full, full, None),
        (full, &*full.replace("severity: High", "severity: Critical"), Some("worse")),
        (full, &full.replace("severity: High, ", ""), Some("worse")),
        (full, &full.replace("severity: High", "severity: Low"), Some("better")),
        (full, &full.replace("likelihood: 4", "likelihood: 2"), Some("better")),
        (full, &full.replace("due: 2027-01-31", "due: 2027-06-30"), Some("worse")),
        (full, &full.replace(", due: 2027-01-31", ""), Some("worse")),
        (full, &full.replace("status: accepted", "status: open"), Some("worse")),
        (full, &full.replace("owner: a-team", "owner: b-team"), Some("other")),
        (&full.replace("High", "high"), full, None),
    ] {
        for shared in [false, true] {
            let text = |threat: &str| if shared { model("", threat, &[]) } else { model(threat, "", &[]) };
            let folder = folder(&text(before), "");
            let root = folder.path("");
            git(&root, &["init", "--quiet", "--initial-branch=main"]);
            commit(&root, "base");
            folder.write("threat-model.yaml", &text(after));
            let ran = folder.run(&["--today", "2026-11-22", "--base", "main", "--format", "json"]);
            let report: Value = serde_json::from_str(&ran.out).unwrap();
            let agents = report["change"]["agents"].as_array().unwrap();
            let directions: Vec<&str> = agents
                .iter()
                .flat_map(|agent| agent["differences"].as_array().unwrap())
                .map(|difference| difference["direction"].as_str().unwrap())
                .collect();
            assert_eq!(directions, Vec::from_iter(way), "{before} → {after}: {}", ran.out);
        }
    }
}

#[test]
fn rules_in_rego_see_the_threats_as_read() {
    let rule = "package main\n\nimport rego.v1\n\ndeny contains t.title if { some t in input.computed.threats; t.open; t.severity == \"High\"; t.risk > 10; input.agent.environment == \"production\" }\n";
    let text =
        model("{ title: Double booking, severity: high, likelihood: 3, impact: 4, status: Open }", "", &[])
            .replace("  name: Planner\n", "  name: Planner\n  environment: prod\n");
    let folder = folder(&text, "rego: [rego/]\n");
    folder.write("rego/a.rego", rule);
    let ran = folder.run(&["--format", "concise"]);
    assert!(ran.code == 1 && ran.out.contains("error[rego/deny] Double booking"), "{ran:?}");
}

#[test]
fn problem_of_a_shared_threat_keeps_its_identity_when_another_goes_in_above() {
    let threat = "{ id: F-1, title: A poisoned page, status: mitigated }";
    let folder = folder(&model("", threat, &[]), "");
    let root = folder.path("");
    git(&root, &["init", "--quiet", "--initial-branch=main"]);
    commit(&root, "base");
    let new = "{ title: A new page, status: mitigated, mitigation: It is checked. }";
    folder.write("threat-model.yaml", &model("", &format!("{new}, {threat}"), &[]));
    let ran = folder.run(&["--base", "main", "--new-only", "--format", "concise"]);
    assert_eq!(ran.code, 0, "{ran:?}");
}

#[test]
fn thousands_of_threats_take_linear_time() {
    let many: Vec<String> = (0..4_000)
        .map(|at| {
            format!("{{ id: F-{at}, title: Threat {at}, severity: Low, refs: [ASI02, CWE-{}] }}", at + 1)
        })
        .collect();
    let text = model(&many.join(", "), &many.join(", "), &[]);
    let started = std::time::Instant::now();
    let (code, found) = rules(&text, "");
    assert_eq!(code, 1);
    assert!(
        found.iter().all(|rule| ["duplicate-threat-id", "file-too-complex"].contains(&&**rule)),
        "{found:?}"
    );
    assert!(started.elapsed().as_secs() < 30);
}
