//! `import`: other formats by their keys, pages by their headings, and front matter put on a page.

use serde_json::Value;

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
fn labelled_lines_of_a_page_state_owner_environment_and_tier() {
    let page = "# Planner\n\nBooks trips.\n\n**Owner:** Booking team · **Date:** 2026-01-31\n\n| Environment | prod |\n|---|---|\n\n\
                Tier: Medium\n\nAutonomy: 0.5\n\n## Glossary\n\nWords.\n";
    let ran = imported("page.md", page);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        has_lines(&ran.out, "owner: Booking team\nenvironment: production\ntier: moderate"),
        "{}",
        ran.out
    );
    assert!(ran.err.contains("page.md: not carried over: Glossary: 1 block (line 16)\n"), "{}", ran.err);
    assert!(ran.err.ends_with("page.md: its numbers are copied and not checked\n"), "{}", ran.err);
    let ran = imported("page.md", &page.replace("Booking team", "TBD"));
    assert!(ran.out.contains("# owner: "), "{}", ran.out);
}

#[test]
fn paragraph_of_labelled_lines_is_no_summary_and_is_carried_over_as_a_whole() {
    let facts = "Agent owner: Booking team\nEnvironment: prod\nTier: high\n";
    let page = format!("# Planner\n\n{facts}\nBooks trips.\n\nAutonomy: 0.5\n");
    let ran = imported("page.md", &page);
    assert!(has_lines(&ran.out, "name: Planner\nsummary: Books trips.\nowner: Booking team"), "{}", ran.out);
    assert!(!ran.err.contains("not carried over"), "{}", ran.err);
    // A date has no place in a threat model.
    let ran = imported("page.md", &page.replace("Tier: high", "Date: 2026-01-31"));
    assert!(has_lines(&ran.out, "summary: Books trips.\nowner: Booking team"), "{}", ran.out);
    assert!(ran.err.contains("not carried over: Planner: 1 block (line 3)"), "{}", ran.err);
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
    assert_eq!(
        (ran.code, &*ran.err),
        (
            0,
            "agent.yaml: not carried over: agent.wheels: 4\nagent.yaml: its numbers are copied and not checked\n"
        ),
        "{}",
        ran.out
    );
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
        ("g.yaml", "- a\n- b\n"),
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

const ANALYSIS: &str = include_str!("import/analysis.md");
const THREATS: &str = "# Threat model\n\n## STRIDE\n\n| Category | Threat | Severity | Mitigation | Status |\n|---|---|---|---|---|\n\
                       | Spoofing | A process speaks for another | Medium | A socket of its own | Mitigated |\n\
                       | Tampering | A ticket gives orders | High | | Open |\n";
const TWO: &str = "# Two agents\n\n## Agent: Sorter\n\n### Foundation Models\n\nOne.\n\n### Data Operations\n\nTwo.\n\n\
                   ## Agent: Packer\n\n### Foundation Models\n\nThree.\n\n### Data Operations\n\nFour.\n";

/// The layers and the scores of the only model in the JSON report on a file, without places.
fn read_back(folder: &Folder, name: &str) -> (Value, Value) {
    let ran = folder.run(&["check", name, "--format", "json"]);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    let model = &report["files"][0]["models"][0];
    assert_ne!(*model, Value::Null, "{ran:?}");
    (model["layers"].clone(), model["scores"][0]["computed"].clone())
}

#[test]
fn page_gives_its_layers_its_threats_and_its_score() {
    let ran = imported("page.md", ANALYSIS);
    assert_eq!(
        (ran.code, &*ran.err),
        (
            0,
            "page.md: found 7 layers, 2 threats, 10 factors (Tide Clerk)\npage.md: not carried over: Glossary: 2 blocks (line 65)\n\
             page.md: its numbers are copied and not checked\n"
        )
    );
    for lines in [
        "name: Tide Clerk\nsummary: Tide Clerk reads the tables of the harbor and moves berths by itself.",
        "version: \"0.8\"\ncvss: CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:H/VA:N/SC:N/SI:N/SA:N\ncvss_base: 8.7\nfactors:\n\
         autonomy_of_action:\nscore: 1.0\nrationale: Nobody confirms a move.\ndynamic_tool_use: 1.0",
        "threat_multiplier: 0.97\nmitigation_factor: none",
        "factor_sum: 5.0\nscore: 9.3\nseverity: Critical",
        "foundation_models: A radio message is taken for an order.",
        "- id: D-1\ntitle: An old table moves a ferry\nseverity: High\nlikelihood: 3\nimpact: 4\nstatus: mitigated\n\
         mitigation: Tables expire\nowner: pilots\ndue: 2027-02-01\n- id: D-2\ntitle: Two tables disagree\nseverity: Low\nstatus: closed",
        "agent_frameworks:\nstatus: uncertain\nanalysis: the planner is being replaced.",
        "security_and_compliance:\nstatus: not_applicable\nreason: it holds no keys",
    ] {
        assert!(has_lines(&ran.out, lines), "{lines}\n{}", ran.out);
    }
}

#[test]
fn page_is_read_back_as_the_same_from_yaml_and_in_place() {
    let folder = Folder::new(&[("page.md", ANALYSIS)]);
    assert_eq!(folder.run(&["import", "page.md", "--output", "threat-model.yaml"]).code, 0);
    assert_eq!(folder.run(&["import", "page.md", "--in-place"]).code, 0);
    let yaml = folder.run(&["check", "threat-model.yaml"]);
    assert_eq!(yaml.code, 0, "{}", yaml.out);
    let page = folder.run(&["check", "page.md"]);
    assert_eq!(page.code, 0, "{}", page.out);
    assert_eq!(read_back(&folder, "page.md"), read_back(&folder, "threat-model.yaml"));
}

#[test]
fn agents_of_a_page_are_models_of_a_stream() {
    let ran = imported("page.md", TWO);
    assert_eq!(ran.code, 0, "{ran:?}");
    let (first, second) = ran.out.split_once("\n---\n").unwrap();
    assert!(has_lines(first, "name: Sorter") && has_lines(first, "data_operations: Two."), "{first}");
    assert!(has_lines(second, "name: Packer") && has_lines(second, "foundation_models: Three."), "{second}");
    assert!(
        ran.err.starts_with(
            "page.md: found 2 layers, 0 threats, 0 factors (Sorter)\npage.md: found 2 layers, 0 threats, 0 factors (Packer)"
        ),
        "{}",
        ran.err
    );
}

#[test]
fn page_of_threats_without_layers_is_taken_on_request() {
    let ran = imported("page.md", THREATS);
    assert!(ran.code == 2 && ran.out.is_empty(), "{ran:?}");
    assert!(
        ran.err.contains("no agentic factor and no MAESTRO layer is found in it; --threats imports"),
        "{}",
        ran.err
    );
    let folder = Folder::new(&[("page.md", THREATS)]);
    let ran = folder.run(&["import", "page.md", "--threats"]);
    let threats = "cross_layer:\nthreats:\n- title: A process speaks for another\nseverity: Medium\nstatus: mitigated\n\
                   mitigation: A socket of its own\n- title: A ticket gives orders\nseverity: High\nstatus: open";
    assert!(ran.code == 0 && has_lines(&ran.out, threats), "{}", ran.out);
}

#[test]
fn definition_of_the_layers_is_not_an_analysis() {
    let table = "# How we use MAESTRO\n\n| Layer | Name | Description |\n|---|---|---|\n| 1 | Foundation Models | models |\n\
                 | 2 | Data Operations | data |\n";
    let list = "# MAESTRO\n\nThe method has layers:\n\n- **Foundation Models**: the models that an agent calls\n\
                - **Data Operations**: stores and retrieval\n- **Agent Frameworks**: libraries\n";
    for page in [table, list, "", "# A\n", "---\ntitle: MAESTRO\n---\n"] {
        let ran = imported("page.md", page);
        assert!(ran.code == 2 && ran.out.is_empty(), "{page}\n{ran:?}");
        let folder = Folder::new(&[("page.md", page)]);
        assert_eq!(folder.run(&["import", "page.md", "--in-place"]).code, 2);
        assert_eq!(folder.read("page.md"), page);
    }
}

#[test]
fn front_matter_changes_no_other_byte_of_a_page() {
    let matter = "title: \"Tide: Clerk\"   # for the site\nlayout: page\ntags:\n- a\n";
    let bare = ANALYSIS.trim_end().to_owned();
    let fronted = format!("---\n{matter}---\n{ANALYSIS}");
    for (page, opening) in [(ANALYSIS, ""), (&*bare, ""), (&*fronted, "---\n")] {
        for end in ["\n", "\r\n", "\r"] {
            for bom in ["", "\u{FEFF}"] {
                let (opening, page) = (opening.replace('\n', end), page.replace('\n', end));
                let folder = Folder::new(&[("docs/page.md", &format!("{bom}{page}"))]);
                let ran = folder.run(&["import", "docs/page.md", "--in-place"]);
                assert_eq!((ran.code, &*ran.out), (0, ""), "{ran:?}");
                let text = folder.read("docs/page.md");
                let added = text
                    .strip_prefix(&format!("{bom}{opening}"))
                    .unwrap()
                    .strip_suffix(&page[opening.len()..])
                    .unwrap();
                let marker = format!("aivss_threat_model: 1{end}");
                assert!(added.trim_start_matches(['-', '\r', '\n']).starts_with(&marker), "{added}");
                assert_eq!(
                    added.matches(['\n', '\r']).count(),
                    added.matches(end).count() * end.len(),
                    "{added:?}"
                );
                let (layers, score) = read_back(&folder, "docs/page.md");
                assert_eq!(
                    (layers.as_array().unwrap().len(), &score["score"]),
                    (7, &Value::from(9.3)),
                    "{layers}"
                );
            }
        }
    }
}

#[test]
fn page_without_a_score_gets_the_form_in_comments() {
    let layers =
        ANALYSIS.split_once("## Layers").unwrap().1.replace("### L7 — Agent Ecosystem", "### Elsewhere");
    let folder =
        Folder::new(&[("page.md", &format!("# Tide Clerk\n\nIt moves berths.\n\n## Layers{layers}"))]);
    let ran = folder.run(&["import", "page.md", "--in-place"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let text = folder.read("page.md");
    let (front, _) = text.split_once("\n---\n").unwrap();
    assert!(front.lines().skip(2).all(|line| line.starts_with('#')), "{front}");
    for line in [
        "# agent:",
        "#   owner:  # the team or person in charge of this threat model",
        "#   score:  # `aivss-lint fix` writes it once its inputs are given",
    ] {
        assert!(front.lines().any(|other| other == line), "{line}\n{front}");
    }
    assert!(
        front
            .contains("No heading names agent_ecosystem: `aivss-lint fix --unsafe` adds a section for each."),
        "{front}"
    );
}

#[test]
fn page_that_cannot_be_marked_is_left_as_it_is() {
    let marked = format!("---\naivss_threat_model: 1\n---\n{ANALYSIS}");
    let toml = format!("+++\ntitle = \"Tide Clerk\"\n+++\n{ANALYSIS}");
    let flow = format!("---\n{{ title: Tide Clerk }}\n---\n{ANALYSIS}");
    for (page, why) in [
        (&*marked, "it is a threat model already"),
        (&toml, "its front matter is TOML (`+++`)"),
        (&flow, "its front matter is not a mapping in YAML"),
        (TWO, "it describes 2 agents: split it, one page for each"),
        (THREATS, "no agentic factor and no MAESTRO layer is found in it"),
        (include_str!("import/listing.txt"), "they are not read in place"),
    ] {
        let folder = Folder::new(&[("page.md", page)]);
        let ran = folder.run(&["import", "page.md", "--in-place"]);
        assert!(ran.code == 2 && ran.out.is_empty() && ran.err.contains(why), "{why}: {ran:?}");
        assert_eq!(folder.read("page.md"), page);
    }
    let folder = Folder::new(&[("page.txt", ANALYSIS), ("page.md", ANALYSIS)]);
    for (arguments, why) in [
        (&["import", "page.txt", "--in-place"][..], "only a Markdown page (.md, .markdown) has front matter"),
        (&["import", "-", "--in-place"], "standard input cannot be changed"),
        (&["import", "page.md", "--in-place", "--output", "a.yaml"], "cannot be used with"),
        (&["import", "none.md", "--in-place"], "none.md: "),
    ] {
        let ran = folder.run(arguments);
        assert!(ran.code == 2 && ran.err.contains(why), "{why}: {ran:?}");
    }
}

#[cfg(unix)]
#[test]
fn links_are_not_marked() {
    use std::os::unix::fs::symlink;
    let (folder, outside) =
        (Folder::new(&[("docs/page.md", ANALYSIS)]), Folder::new(&[("page.md", ANALYSIS)]));
    crate::git::git(&folder.path(""), &["init", "-q"]);
    symlink(folder.path("docs/page.md"), folder.path("inner.md")).unwrap();
    symlink(outside.path("page.md"), folder.path("outer.md")).unwrap();
    symlink(outside.path(""), folder.path("folder")).unwrap();
    for name in ["inner.md", "outer.md", "folder/page.md"] {
        let ran = folder.run(&["import", name, "--in-place"]);
        assert!(ran.code == 2 && ran.err.contains("link"), "{name}: {ran:?}");
    }
    assert_eq!(
        (folder.read("docs/page.md"), outside.read("page.md")),
        (ANALYSIS.to_owned(), ANALYSIS.to_owned())
    );
}
