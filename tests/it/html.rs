//! The HTML report over hostile threat models: for any text the page has the same elements, shows the text and has no
//! link elsewhere. `tests/repository/page` tests its layout and its controls in a browser.

use std::sync::Arc;

use aivss_lint::date::Date;
use aivss_lint::diagnostic::Level;
use aivss_lint::input_error::InputError;
use aivss_lint::lint::{LintContext, lint};
use aivss_lint::output::{Format, is_steering, write};
use aivss_lint::policy::NoFiles;
use aivss_lint::rego::CompiledPolicy;
use aivss_lint::report::{FileReport, Report};
use aivss_lint::rules::NAMES;
use aivss_lint::source::Source;
use proptest::prelude::*;
use roxmltree::{Document, Node, ParsingOptions};
use serde_json::json;

/// A threat model in which every text is this one, with wrong numbers.
fn model(text: &str) -> String {
    let vector = "CVSS:4.0/AV:N/AC:H/AT:N/PR:L/UI:N/VC:N/VI:N/VA:H/SC:N/SI:H/SA:H";
    let factor = json!({ "score": 0.5, "rationale": text });
    let assessment = json!({
        "version": "0.8", "cvss": vector, "threat_multiplier": 0.97, "mitigation_factor": "partial",
        "mitigation_evidence": text, "score": 1.0, "severity": text,
        "factors": {
            "autonomy_of_action": factor, "dynamic_tool_use": factor, "natural_language_interface": factor,
            "contextual_awareness": factor, "non_determinism": factor, "opacity_and_reflexivity": factor,
            "persistent_memory": factor, "dynamic_identity": factor, "multi_agent_interactions": factor,
            "self_modification": factor
        }
    });
    let threats = json!([
        { "id": text, "title": text, "mitigation": text, "status": text },
        { "title": text, "severity": text, "likelihood": 3, "impact": text, "owner": text, "reason": text,
          "due": text, "status": "accepted", "refs": [text, "CWE-79", "ASI02", text] },
    ]);
    let shared =
        json!([{ "title": text, "layers": [text, "agent_ecosystem"], "severity": "High", "refs": [text] }]);
    let layer = json!({ "status": "uncertain", "analysis": text, "threats": threats });
    let without = |key: &str| {
        let mut unfinished = assessment.clone();
        unfinished.as_object_mut().unwrap().remove(key);
        unfinished
    };
    json!({
        "aivss_threat_model": 1,
        "agent": { "name": text, "summary": text, "owner": text, "environment": text, "tier": text },
        "review": { "date": text, "approved_by": text },
        "aivss": assessment,
        "findings": [
            { "id": text, "title": text, "aivss": assessment },
            { "id": format!("{text} 2"), "title": text, "aivss": without("version") },
        ],
        "maestro": {
            "foundation_models": layer, "data_operations": text,
            "agent_frameworks": { "status": "not_applicable", "reason": text },
            "deployment_and_infrastructure": layer, "evaluation_and_observability": layer,
            "security_and_compliance": layer, "cross_layer": { "threats": shared }
        }
    })
    .to_string()
}

fn report(text: &str) -> Report {
    let quoted = json!(text).to_string();
    let rules = format!(
        "{{\"aivss_policy\": 1, \"limits\": {{\"severity\": \"Low\"}}, \"overrides\": [{{\"path\": {quoted}, \"require\": {{\"owner\": true}}}}], \
         \"exceptions\": [{{\"rule\": \"score-mismatch\", \"path\": \"*.json\", \"finding\": {quoted}, \"reason\": {quoted}, \
         \"owner\": {quoted}, \"expires\": \"2026-12-01\"}}]}}"
    );
    // Not every text is a pattern of paths.
    let stock = "aivss_policy: 1\nlimits: { severity: Low }\n";
    let read = |text: &str, name| {
        CompiledPolicy::read(Source::decode(name, text.as_bytes().to_vec()), &NoFiles, NAMES)
    };
    let policy = read(&rules, "p.json").or_else(|_| read(stock, "p.yaml")).unwrap();
    let today = Date::parse("2026-11-25").unwrap();
    let source = Source::decode("a.json", model(text).into_bytes());
    let linted =
        lint(&source, "a.json", LintContext { policy: &policy, today, load: &NoFiles, before: None });
    let mut report = Report::new(today, Level::Error);
    let file = FileReport::new(Arc::new(source), format!("{text}.json"), linted.models, linted.diagnostics);
    report.files.push(file);
    text.clone_into(&mut report.policy);
    report.input_errors = vec![InputError::unreadable(text, text)];
    report.lowered = vec![text.to_owned()];
    report.remarks = vec![text.to_owned()];
    report.skipped = vec![text.to_owned()];
    report.links = Some("https://host.example/blob/1/".to_owned());
    report.in_force = Some(policy.into_policy());
    report
}

fn written(report: &Report) -> String {
    let mut out = Vec::new();
    write(report, Format::Html, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// The page without its style sheet and its script, which are the program's own and not markup.
fn markup(page: &str) -> String {
    let (head, rest) = page.split_once("<style>").unwrap();
    let (_, body) = rest.split_once("</style>").unwrap();
    let (body, rest) = body.rsplit_once("<script>").unwrap();
    let (_, foot) = rest.rsplit_once("</script>").unwrap();
    format!("{head}{body}{foot}")
}

fn parsed(markup: &str) -> Document<'_> {
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    Document::parse_with_options(markup, options).unwrap_or_else(|error| panic!("{error}\n{markup}"))
}

fn has_class(node: Node<'_, '_>, class: &str) -> bool {
    node.attribute("class").is_some_and(|classes| classes.split(' ').any(|one| one == class))
}

/// The elements with the names of their attributes, in order; within a problem there may be more or fewer notes.
fn skeleton(document: &Document<'_>) -> Vec<String> {
    // A text decides where its words may be broken and which of them are code.
    let is_outside = |node: &Node<'_, '_>| {
        !["wbr", "code"].contains(&node.tag_name().name())
            && !node.ancestors().any(|above| has_class(above, "problem"))
    };
    let elements = document.descendants().filter(|node| node.is_element() && is_outside(node));
    let described = elements.map(|node| {
        let attributes: Vec<_> = node.attributes().map(|attribute| attribute.name()).collect();
        format!("{} {}", node.tag_name().name(), attributes.join(" "))
    });
    described.collect()
}

/// Checks that a page has only its own markup.
fn assert_own_markup(report: &Report, page: &str) {
    let page = markup(page);
    assert!(!page.contains(|letter: char| is_steering(letter) && letter != '\n'), "{page:?}");
    let document = parsed(&page);
    for node in document.descendants().filter(Node::is_element) {
        for attribute in node.attributes() {
            let (name, value) = (attribute.name(), attribute.value());
            assert!(!name.starts_with("on") && name != "style" && name != "src", "{name}");
            let lists = [
                "https://genai.owasp.org/",
                "https://cwe.mitre.org/",
                "https://atlas.mitre.org/",
                "https://www.cve.org/",
            ];
            let own = ["#", "https://host.example/blob/1/", "data:image/svg+xml,"];
            let mut leads = own.into_iter().chain(lists);
            let is_known = leads.any(|lead| value.starts_with(lead));
            assert!(name != "href" || is_known, "{value}");
        }
    }
    let of_class = |class: &str| document.descendants().filter(|node| has_class(*node, class)).count();
    assert_eq!(of_class("problem"), report.diagnostics().count());
    let passing = report.diagnostics().filter(|(_, problem)| !report.counts(problem)).count();
    assert_eq!(of_class("passes"), passing);
}

const HOSTILE: [&str; 12] = [
    "<script>alert(1)</script>",
    "</style></script></title><svg onload=alert(1)>",
    "\" onmouseover=\"alert(1)",
    "' style='display:none",
    "]]> <![CDATA[ <!-- -->",
    "&lt;b&gt; &#60; &amp;amp; \\u003c",
    "{{ page.summary }} {% raw %} {# #}",
    "javascript:alert(1)",
    "\u{1b}[31mred\u{1b}]8;;http://a\u{7}",
    "a\u{202E}b\u{2066}c\u{FEFF}d\u{2028}e",
    "line\r\nline\rline\u{85}line",
    "\u{1b}\u{200B}\u{E0041}ünïcode 🦀",
];

#[test]
fn hostile_text_is_shown_and_changes_no_element() {
    let plain_page = markup(&written(&report("word plain")));
    let plain = skeleton(&parsed(&plain_page));
    for text in HOSTILE {
        let report = report(&format!("word {text}"));
        assert!(report.diagnostics().count() > 5, "{text:?}");
        let page = written(&report);
        assert_own_markup(&report, &page);
        let page = markup(&page);
        let document = parsed(&page);
        if report.in_force.as_ref().is_some_and(|policy| !policy.exceptions().is_empty()) {
            assert_eq!(skeleton(&document), plain, "{text}");
        }
        let title =
            document.descendants().find(|node| node.has_tag_name("h3") && node.attribute("id").is_some());
        if text.is_ascii() && !text.contains(is_steering) {
            let all: String = document.descendants().filter_map(|node| node.text()).collect();
            assert!(all.matches(text).count() > 30, "{text}: {title:?}");
        }
    }
}

#[test]
fn same_report_gives_the_same_page() {
    assert_eq!(written(&report("word")), written(&report("word")));
}

#[test]
fn empty_report_is_a_page() {
    let report = Report::new(Date::parse("2026-11-25").unwrap(), Level::Error);
    assert_own_markup(&report, &written(&report));
}

#[test]
fn address_outside_the_web_is_not_a_link() {
    let mut report = report("word");
    report.links = Some("javascript:alert(1)//".to_owned());
    let page = written(&report);
    assert_own_markup(&report, &page);
    assert!(!page.contains("javascript:"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_text_stays_within_its_element(any in any::<String>(), signs in "[-<>&\"'/=;{}%#!\\[\\]\\\\a1 .\r\n\u{a0}]{0,60}") {
        for text in [any, signs] {
            let report = report(&text);
            assert_own_markup(&report, &written(&report));
        }
    }
}
