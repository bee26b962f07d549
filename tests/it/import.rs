//! `import`: other formats by their keys, pages by their headings, and front matter put on a page.

use crate::folder::{Folder, Ran};

const THREAT_DRAGON: &str = include_str!("import/threat-dragon.json");
const OTM: &str = include_str!("import/otm.yaml");
const LIBRARY: &str = include_str!("import/library.json");
const RECORD: &str = include_str!("import/record.json");

/// The result of `import` of a file.
fn imported(name: &str, text: &str) -> Ran {
    let folder = Folder::new(&[(name, text)]);
    folder.run(&["import", name])
}

/// Whether the lines of a text, without their indentation, contain others in this order, one after the other.
fn has_lines(text: &str, lines: &str) -> bool {
    let trimmed = |text: &str| text.lines().map(str::trim).collect::<Vec<_>>().join("\n") + "\n";
    trimmed(text).contains(&trimmed(lines))
}

#[test]
fn threats_of_neighbors_are_listed_across_the_layers() {
    for (name, text, threats) in [
        (
            "model.json",
            THREAT_DRAGON,
            "cross_layer:
               threats:
                 - id: \"1\"
                   title: A passenger's note moves a whole cabin
                   severity: High
                   status: open
                   x-description: Free text reaches the planner.
                 - id: \"2\"
                   title: Rebookings are not signed
                   severity: Medium
                   status: mitigated
                   mitigation: Each one carries the desk's key.
                 - id: \"3\"
                   title: Old bookings are never purged
                   status: closed",
        ),
        (
            "otm.yaml",
            OTM,
            "cross_layer:
               threats:
                 - id: note-moves-cabin
                   title: A passenger's note moves a whole cabin
                   likelihood: 3
                   impact: 5
                   status: open
                   mitigation: Notes are filtered (required); A steward approves (implemented)
                   refs:
                     - CWE-77
                   x-description: Free text reaches the planner.
                 - id: unsigned-rebooking
                   title: Rebookings are not signed
                   likelihood: 1
                   impact: 3
                   status: mitigated
                   mitigation: A steward approves (implemented)",
        ),
        (
            "library.json",
            LIBRARY,
            "cross_layer:
               threats:
                 - id: note-moves-cabin
                   title: A passenger's note moves a whole cabin
                   severity: High
                   likelihood: 3
                   impact: 4
                   status: open
                   mitigation: Notes are filtered (suggested); A steward approves (active)
                   refs:
                     - CWE-77
                   x-description: Free text reaches the planner.
                 - id: unsigned-rebooking
                   title: Rebookings are not signed
                   status: mitigated
                   mitigation: A steward approves (active)",
        ),
    ] {
        let ran = imported(name, text);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(has_lines(&ran.out, threats), "{name}\n{}", ran.out);
        assert!(
            has_lines(&ran.out, "name: Ferry desk")
                && has_lines(&ran.out, "agent_frameworks:\n# Cloud, on-premises, runtimes, sandboxes."),
            "{}",
            ran.out
        );
        assert!(
            ran.err.contains("threats name no layer of MAESTRO: they are under maestro.cross_layer"),
            "{}",
            ran.err
        );
    }
}

#[test]
fn values_of_neighbors_without_a_place_are_counted() {
    let ran = imported("model.json", THREAT_DRAGON);
    for line in [
        "not carried over: detail.diagrams[].cells[].data.threats[].type: 3 values",
        "not carried over: detail.diagrams[].cells[].data.threats[].modelType: 2 values",
        "not carried over: detail.diagrams[0].cells[1].data.threats[0].severity: TBD",
        "not carried over: detail.contributors: a list",
    ] {
        assert!(ran.err.contains(line), "{line}\n{}", ran.err);
    }
}

#[test]
fn neighbor_without_threats_gives_nothing() {
    for (name, text) in [
        (
            "a.json",
            "{ \"summary\": { \"title\": \"a\" }, \"detail\": { \"diagrams\": [{ \"cells\": [] }] } }",
        ),
        ("a.yaml", "otmVersion: 0.2.0\nproject: { name: a }\nthreats: []\n"),
        ("b.json", "{ \"scope\": { \"title\": \"a\" }, \"threats\": [{ \"symbolic_name\": \"no title\" }] }"),
    ] {
        let ran = imported(name, text);
        assert!(ran.code == 2 && ran.out.is_empty() && ran.err.contains("lists no threats"), "{ran:?}");
    }
}

#[test]
fn own_keys_without_the_marker_are_taken_as_they_are() {
    let ran = imported(
        "agent.yaml",
        "agent: { name: Planner, summary: Books trips., tier: high, wheels: 4 }
review: { date: 2026-11-02, by: a.reviewer }
aivss: { version: '0.8', cvss_base: 8.50, factors: { Execution Autonomy: 0.50, self_modification: { score: 0, rationale: Static. } } }
maestro:
  foundation_models: Pages give orders.
  data_operations: { status: not_applicable, reason: It stores nothing. }
findings: [{ id: F1, title: One, aivss: { version: '0.8', cvss_base: 5 } }]
",
    );
    assert_eq!((ran.code, &*ran.err), (0, "agent.yaml: not carried over: agent.wheels: 4\n"), "{}", ran.out);
    for lines in [
        "name: Planner\nsummary: Books trips.",
        "tier: high",
        "date: 2026-11-02\nby: a.reviewer",
        "cvss_base: 8.50",
        "autonomy_of_action: 0.50",
        "self_modification:\nscore: 0\nrationale: Static.",
        "foundation_models: Pages give orders.",
        "data_operations:\nstatus: not_applicable\nreason: It stores nothing.",
        "- id: F1\ntitle: One",
    ] {
        assert!(has_lines(&ran.out, lines), "{lines}\n{}", ran.out);
    }
}

#[test]
fn layers_are_found_as_texts_mappings_and_lists() {
    let texts = "Foundation Models: Pages give orders.\n";
    for (name, text) in [
        ("a.yaml", format!("layers:\n  {texts}")),
        ("b.yaml", format!("maestro:\n  layers:\n    {texts}")),
        ("c.yaml", "maestro:\n- layer: Foundation Models\n  analysis: Pages give orders.\n".to_owned()),
        ("d.yaml", "layers:\n- { name: 'Layer 1: Foundational Models', description: Pages give orders. }\n".to_owned()),
        ("e.json", "{ \"maestro\": { \"layers\": [{ \"id\": \"foundation_models\", \"notes\": \"Pages give orders.\" }] } }".to_owned()),
    ] {
        let ran = imported(name, &text);
        assert_eq!((ran.code, &*ran.err), (0, ""), "{name}: {ran:?}");
        let has_text = has_lines(&ran.out, "foundation_models: Pages give orders.")
            || has_lines(&ran.out, "foundation_models:\nanalysis: Pages give orders.");
        assert!(has_text, "{name}\n{}", ran.out);
        assert!(ran.out.contains("# aivss:") && !ran.out.contains("\naivss:"), "{}", ran.out);
    }
}

#[test]
fn threats_of_a_mapping_keep_their_values() {
    let ran = imported(
        "threats.yaml",
        "name: Planner
layers:
  data_operations: [{ name: Stale index, severity: critical, likelihood: 3, impact: high, state: Done, controls: [a, b], color: red }]
  agent_frameworks: [A loop]
threats: [{ id: 7, title: Shared, layer: Agent Ecosystem }, Elsewhere, { color: blue }]
",
    );
    assert!(
        has_lines(
            &ran.out,
            "data_operations:\nthreats:\n- title: Stale index\nseverity: Critical\nlikelihood: 3\nimpact: High\nstatus: closed\n\
             mitigation: a; b\nagent_frameworks:\nthreats:\n- title: A loop\n"
        ),
        "{}",
        ran.out
    );
    assert!(
        has_lines(
            &ran.out,
            "agent_ecosystem:\nthreats:\n- id: \"7\"\ntitle: Shared\ncross_layer:\nthreats:\n- title: Elsewhere"
        ),
        "{}",
        ran.out
    );
    assert_eq!(
        ran.err,
        "threats.yaml: not carried over: layers.data_operations[0].color: red\nthreats.yaml: not carried over: threats[2]: a mapping\n"
    );
}

#[test]
fn mapping_without_anything_of_a_threat_model_is_refused() {
    for (name, text) in [
        ("a.yaml", "name: Planner\nsteps: [build, test]\n"),
        ("b.yaml", "aivss_thread_model: 1\nagent: { name: Planner }\n"),
        ("c.json", "{ \"layers\": [{ \"type\": \"dense\" }] }"),
        ("d.yaml", "just text\n"),
        ("e.yaml", "a: [\n"),
        ("f.json", "{ \"runs\": [], \"version\": \"2.1.0\" }"),
    ] {
        let ran = imported(name, text);
        assert!(ran.code == 2 && ran.out.is_empty(), "{name}: {ran:?}");
    }
}

#[test]
fn mapping_is_never_read_as_prose() {
    let ran = imported(
        "notes.yaml",
        "# MAESTRO\nAutonomy: 0.5\nFoundation Models: \"A text: with a colon.\"\nAgent Ecosystem: Not certain.\n",
    );
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(has_lines(&ran.out, "foundation_models: \"A text: with a colon.\""), "{}", ran.out);
    assert_eq!(ran.err, "notes.yaml: not carried over: Autonomy: 0.5\n");
}

#[test]
fn documents_of_a_stream_are_models_of_their_own() {
    let ran = imported(
        "two.yaml",
        "name: A\nlayers: { data_operations: One. }\n---\nname: B\nlayers: { data_operations: Two. }\n",
    );
    assert_eq!((ran.code, ran.out.matches("aivss_threat_model: 1\n").count()), (0, 2), "{}", ran.out);
    assert_eq!(ran.out.matches("\n---\n").count(), 1, "{}", ran.out);
}

#[test]
fn categories_of_a_record_of_schema_1_1_are_kept() {
    let one = RECORD.replace("\"owasp_mapping\": [\"ASI01\", \"ASI07\"]", "\"owasp_asi\": [\"ASI02\"]");
    let ran = imported("record.json", &one);
    assert!(has_lines(&ran.out, "category: ASI02\naivss:") && !ran.err.contains("ASI02"), "{ran:?}");
    let two = RECORD.replace("owasp_mapping", "owasp_asi");
    let ran = imported("record.json", &two);
    assert!(has_lines(&ran.out, "x-owasp_asi:\n- ASI01\n- ASI07"), "{}", ran.out);
    assert!(ran.err.contains("owasp_asi names ASI01, ASI07: choose"), "{}", ran.err);
}

#[test]
fn record_without_a_score_is_a_finding_too() {
    for (name, text) in [
        (
            "draft.json",
            "{ \"ave_id\": \"AVE-2026-00099\", \"status\": \"draft\", \"title\": \"A skill\", \"description\": \"Why.\", \"owasp_asi\": [\"ASI04\"] }",
        ),
        (
            "draft.yaml",
            "ave_id: AVE-2026-00099\nstatus: draft\ntitle: A skill\ndescription: Why.\nowasp_asi: [ASI04]\n",
        ),
    ] {
        let ran = imported(name, text);
        assert_eq!(ran.code, 0, "{ran:?}");
        let finding =
            "findings:\n- id: AVE-2026-00099\ntitle: A skill\ndescription: Why.\ncategory: ASI04\naivss:";
        assert!(has_lines(&ran.out, finding), "{}", ran.out);
        assert!(ran.err.contains("not carried over: status: draft"), "{}", ran.err);
    }
}
