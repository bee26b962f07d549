//! Files that are named like threat models and are not: each is skipped with its kind and the command to run next, and
//! does not make a run pass.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::folder::{Folder, Ran};
use crate::git::{commit, git};
use crate::program::{bounded, program};

const MODEL: &str = include_str!("../../src/rules/stock.yaml");
/// A threat model whose name no other file here has.
const OWN: &str = "agents/threat-model.yaml";

/// A file with its kind, its name in sentences, and the arguments of the command to run next.
struct Known {
    path: &'static str,
    text: &'static str,
    kind: &'static str,
    name: &'static str,
    next: Option<&'static str>,
}

const INIT: Option<&str> = Some("init");

const fn known(
    (path, text): (&'static str, &'static str),
    kind: &'static str,
    name: &'static str,
    next: Option<&'static str>,
) -> Known {
    Known { path, text, kind, name, next }
}

const DRAGON: &str = "an OWASP Threat Dragon model";
const RESULT: &str = "the result of a scanner";
const CANDIDATE: &str = "an AIVSS 1.0 candidate assessment, whose metrics are not those of 0.5 or 0.8";
const NO_LAYERS: &str = "a threat model without MAESTRO's layers";

const KNOWN: [Known; 39] = [
    known(
        (
            "threat-model.json",
            r#"{ "summary": { "title": "Shop" }, "detail": { "diagrams": [{ "diagramJson": { "cells": [] } }] } }"#,
        ),
        "threat-dragon",
        "an OWASP Threat Dragon model (v1)",
        INIT,
    ),
    known(
        (
            "ThreatDragonModels/Shop/Shop.json",
            r#"{ "version": "2.2.0", "summary": { "title": "Shop" }, "detail": { "diagrams": [{ "cells": [] }] } }"#,
        ),
        "threat-dragon",
        "an OWASP Threat Dragon model (v2)",
        Some("init ThreatDragonModels/Shop"),
    ),
    // The same with a comma too many.
    known(
        ("a.threat-model.json", r#"{ "summary": {}, "detail": { "contributors": [], "diagrams": [], } }"#),
        "threat-dragon",
        DRAGON,
        INIT,
    ),
    known(
        (
            "threat-models/shop.json",
            r#"{ "summary": { "title": "Shop" }, "detail": { "diagrams": [{ "cells": [{ "data": { "threats": [{ "title": "A" }] } }] }] } }"#,
        ),
        "threat-dragon",
        "an OWASP Threat Dragon model (v2)",
        Some("import threat-models/shop.json --output threat-models/shop.yaml"),
    ),
    known(
        (
            "threat-model.yaml",
            "otmVersion: 0.2.0\nproject: { name: Shop, id: shop }\nthreats:\n- id: a\n  name: A\n",
        ),
        "otm",
        "an Open Threat Model (OTM)",
        Some("import threat-model.yaml --output threat-model.threat-model.yaml"),
    ),
    known(
        ("threat-model.yaml", "otmVersion: 0.2.0\nproject:\n  name: Shop\n  id: shop\n"),
        "otm",
        "an Open Threat Model (OTM)",
        Some("init agent.threat-model.yaml"),
    ),
    known(
        ("models/shop.otm.json", r#"{ "otmVersion": "0.2.0", "project": { "name": "Shop" } }"#),
        "otm",
        "an Open Threat Model (OTM)",
        Some("init models"),
    ),
    known(
        ("docs/threat-model.yaml", "threagile_version: 1.0.0\ntitle: Shop\n"),
        "threagile",
        "a Threagile model",
        Some("init docs/agent.threat-model.yaml"),
    ),
    known(
        ("threagile.yaml", "title: Shop\ndata_assets: {}\ntechnical_assets:\n  Web: { id: web }\n"),
        "threagile",
        "a Threagile model",
        INIT,
    ),
    known(
        (
            "threat-models/shop.json",
            r#"{ "version": "1.0", "scope": {}, "trust_zones": [{ "symbolic_name": "public" }], "threats": [] }"#,
        ),
        "tm-bom",
        "a threat model of the OWASP Threat Model Library (TM-BOM)",
        Some("init threat-models"),
    ),
    known(
        (
            "threat-model.json",
            r#"{ "specFormat": "CycloneDX", "specVersion": "2.0", "metadata": {}, "threats": {}, "vulnerabilities": [] }"#,
        ),
        "tm-bom",
        "a CycloneDX threat model (TM-BOM)",
        INIT,
    ),
    known(
        (
            "threat-model.json",
            r#"{ "bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": {}, "components": [] }"#,
        ),
        "cyclonedx",
        "a CycloneDX BOM, which lists components",
        INIT,
    ),
    known(
        (
            "threatmodel.json",
            r#"{ "name": "Shop", "threatsFile": "threats.json", "elements": [], "onDuplicates": "Action.NO_ACTION" }"#,
        ),
        "pytm",
        "a pytm model",
        INIT,
    ),
    known(
        (
            "threat-models/ave.json",
            r#"[{ "ave_id": "AVE-1", "title": "A", "aivss": { "aarf": { "autonomy": 1.0 } } }]"#,
        ),
        "ave",
        "AVE records",
        Some("import threat-models/ave.json --output threat-models/ave.yaml"),
    ),
    known(
        ("aivss.json", r#"{ "ave_id": "AVE-2", "title": "B", "aivss": { "aarf": { "autonomy": 1.0 } } }"#),
        "ave",
        "AVE records",
        Some("import aivss.json --output aivss.yaml"),
    ),
    known(
        ("aivss-asi06.json", r#"{ "aivss_vector": "AIVSS:1.0/LC:D/CP:C" }"#),
        "aivss-candidate",
        CANDIDATE,
        INIT,
    ),
    known(
        ("aivss-report.json", r#"{ "$schema": "urn:aivss:report:1.0", "scores": {} }"#),
        "aivss-candidate",
        CANDIDATE,
        INIT,
    ),
    known(
        ("threat-models/in.yaml", "schema: urn:aivss:assessment-input:1.0\naivss: { vector: x }\n"),
        "aivss-candidate",
        CANDIDATE,
        Some("init threat-models"),
    ),
    known(
        (
            "threat-models/scan.json",
            r#"{ "version": "2.1.0", "runs": [{ "tool": { "driver": { "name": "a" } }, "results": [] }] }"#,
        ),
        "scan-result",
        "a SARIF log",
        Some("init threat-models"),
    ),
    known(("agent.aivss.json", r#"{ "aivss_score": 8.0, "findings": [] }"#), "scan-result", RESULT, INIT),
    known(
        ("threat-models/trivy.json", r#"{ "SchemaVersion": 2, "ArtifactName": "shop", "Results": [] }"#),
        "scan-result",
        RESULT,
        Some("init threat-models"),
    ),
    known(
        ("threat-report.json", r#"{ "metadata": {}, "vulnerabilities": [{ "amplification_factors": {} }] }"#),
        "owasp-report",
        "an OWASP report, under a name that is not searched",
        Some("threat-report.json"),
    ),
    known(
        (
            "aivss-report.json",
            r#"{ "report": { "metadata": {}, "vulnerabilities": [{ "amplification_factors": {} }] } }"#,
        ),
        "owasp-report",
        "an OWASP report that is not at the top level of the file; move it there",
        None,
    ),
    known(
        (
            "threat-models/schema.json",
            r#"{ "$schema": "https://json-schema.org/draft/2020-12/schema", "properties": { "a": {} } }"#,
        ),
        "json-schema",
        "a JSON Schema",
        None,
    ),
    known(
        ("threat-model.yaml", "agent: { name: Planner }\nmaestro:\n  agent_ecosystem: {}\n"),
        "unmarked",
        "it looks like a threat model, but its first key is not `aivss_threat_model: 1`; add that key",
        None,
    ),
    known(
        (
            "docs/threat-model.md",
            "# Planner\n\n## Layer 1: Foundation Models\n\nA.\n\n### L2 - Data Operations\n\nB.\n",
        ),
        "maestro-page",
        "a MAESTRO analysis without front matter",
        Some("import --in-place docs/threat-model.md"),
    ),
    known(
        ("docs/maestro.md", "# Planner\n\n## Agent Ecosystem\n\nA.\n\n## Agent Frameworks\n\nB.\n"),
        "maestro-page",
        "a MAESTRO analysis without front matter",
        Some("import --in-place docs/maestro.md"),
    ),
    known(
        ("my docs/threat-model.md", "# Foundation Models\n\nA.\n\n# Data Operations\n\nB.\n"),
        "maestro-page",
        "a MAESTRO analysis without front matter",
        Some("import --in-place 'my docs/threat-model.md'"),
    ),
    known(
        ("THREAT_MODEL.md", "# Shop\n\n## Spoofing\n\nTokens are signed.\n"),
        "threat-model-page",
        NO_LAYERS,
        INIT,
    ),
    known(
        (
            "docs/threats.md",
            "# Threat model of the shop\n\n| STRIDE | Risk |\n|---|---|\n| Spoofing | High |\n",
        ),
        "threat-model-page",
        NO_LAYERS,
        Some("init docs"),
    ),
    known(
        ("threat-models/shop.md", "# Bedrohungsmodell: Shop\n"),
        "threat-model-page",
        NO_LAYERS,
        Some("init threat-models"),
    ),
    known(
        (
            "threat-models/shop.md",
            "# Shop\n\n| ID | Threat | Severity | Mitigation |\n|---|---|---|---|\n| T1 | Spoofing | High | Tokens |\n",
        ),
        "threat-model-page",
        NO_LAYERS,
        Some("import --threats threat-models/shop.md --output threat-models/shop.yaml"),
    ),
    known(
        (
            "docs/threat-model.md",
            "+++\ntitle = \"Planner\"\n+++\n\n## Foundation Models\n\nA.\n\n## Data Operations\n\nB.\n",
        ),
        "maestro-page",
        "a MAESTRO analysis without front matter",
        Some("import docs/threat-model.md --output docs/threat-model.yaml"),
    ),
    known(
        (
            "docs/threat-model.md",
            "# Planner\n\n## Foundation Models\n\nA.\n\n## Data Operations\n\nB.\n\n\
             # Booker\n\n## Foundation Models\n\nC.\n\n## Data Operations\n\nD.\n",
        ),
        "maestro-page",
        "a MAESTRO analysis of several agents",
        Some("import docs/threat-model.md --output docs/threat-model.yaml"),
    ),
    known(
        ("threat-model.yaml", "{{- range .Values.agents }}\nname: {{ .name }}\n{{- end }}\n"),
        "broken",
        "it lacks the key `aivss_threat_model` and cannot be read (line 1: ",
        None,
    ),
    known(
        ("threat-model.json", "{ \"a\": 1, }"),
        "broken",
        "it lacks the key `aivss_threat_model` and cannot be read (line 1: ",
        None,
    ),
    known(
        ("threat-models/a.yaml", "a: 1\nb: 2\na: 3\n"),
        "broken",
        "it lacks the key `aivss_threat_model` and cannot be read (line 3: ",
        None,
    ),
    known(("threat-models/a.yaml", "a: 1\n"), "other", "it contains no threat model", None),
    known(("threat-models/list.json", "[1, 2]"), "other", "it contains no threat model", None),
];

fn checkout(files: &[(&str, &str)]) -> Folder {
    let folder = Folder::new(files);
    git(&folder.path(""), &["init", "--quiet", "--initial-branch=main"]);
    commit(&folder.path(""), "first");
    folder
}

fn list(folder: &Folder) -> Value {
    let ran = folder.run(&["list", "--format", "json"]);
    assert_eq!((ran.code, &*ran.err), (0, ""), "{}", ran.out);
    serde_json::from_str(&ran.out).unwrap()
}

#[test]
fn folder_with_a_file_of_a_known_kind_names_it_and_the_next_command() {
    for Known { path, text, name, next, kind } in &KNOWN {
        let folder = checkout(&[(path, text)]);
        let ran = folder.run(&[]);
        assert_eq!(ran.code, 2, "{path}: {}", ran.out);
        let is_named = *kind != "other" && *kind != "json-schema";
        let found = format!("cannot check: .: no threat model here; found {path}: {name}");
        assert_eq!(ran.out.contains(&found), is_named, "{path}: {}", ran.out);
        assert!(is_named || ran.out.contains("`aivss-lint init` writes a threat model"), "{}", ran.out);
        if let Some(next) = next {
            assert!(ran.out.contains(&format!("; run `aivss-lint {next}`")), "{path} {next}: {}", ran.out);
        }
        // The marker is for files in this project's own format.
        let is_own = ["unmarked", "broken"].contains(kind);
        assert_eq!(ran.out.contains("that key") || ran.out.contains("correct both"), is_own, "{}", ran.out);
    }
}

#[test]
fn file_of_a_known_kind_is_skipped_next_to_a_threat_model() {
    for Known { path, text, name, kind, .. } in &KNOWN {
        let folder = checkout(&[(path, text), (OWN, MODEL)]);
        let ran = folder.run(&["--today", "2026-11-23"]);
        assert_eq!(ran.code, 0, "{path}: {}", ran.out);
        // Files whose names are not those of threat models are not searched if there is one.
        let is_searched = ran.out.contains("1 skipped (no threat model)");
        let remark = format!("skipped {path}: {name}");
        assert_eq!(ran.out.contains(&remark), is_searched, "{path} {kind}: {}", ran.out);
        let ran = folder.run(&["--only-matching", path, OWN]);
        assert_eq!(ran.code, 0, "{path}: {}", ran.out);
    }
}

#[test]
fn file_of_a_known_kind_that_is_named_cannot_be_checked() {
    for Known { path, text, name, kind, .. } in &KNOWN {
        if *kind == "owasp-report" {
            continue;
        }
        let folder = checkout(&[(path, text)]);
        let ran = folder.run(&[path]);
        let words = if *kind == "broken" { "error[" } else { name };
        let code = if *kind == "broken" { 1 } else { 2 };
        assert!(ran.code == code && ran.out.contains(words), "{path}: {}", ran.out);
    }
    let folder =
        Folder::new(&[("tm.py", "#!/usr/bin/env python3\nfrom pytm import TM\n\ntm = TM(\"Shop\")\n")]);
    let ran = folder.run(&["tm.py"]);
    assert!(ran.code == 2 && ran.out.contains("tm.py: a pytm model; run `aivss-lint init`"), "{}", ran.out);
}

#[test]
fn list_has_the_kind_and_the_command_of_each_file() {
    for Known { path, text, kind, next, name } in &KNOWN {
        let folder = checkout(&[(path, text), (OWN, MODEL)]);
        let list = list(&folder);
        assert_eq!(list["checked"][0]["path"], OWN);
        let skipped = &list["skipped"][0];
        assert_eq!((&skipped["path"], &skipped["kind"]), (&(*path).into(), &(*kind).into()), "{list:#}");
        let command = next.map(|next| format!("aivss-lint {next}"));
        assert_eq!(skipped["command"], Value::from(command), "{list:#}");
        let reason = skipped["reason"].as_str().unwrap();
        assert!(name.starts_with(reason) || reason.starts_with(name), "{reason}");
    }
}

#[test]
fn page_of_layers_is_listed_whatever_its_name_is() {
    let page = "# Planner\n\n## Foundation Models\n\nText is obeyed.\n\n## Agent Ecosystem\n\nAgents lie.\n";
    let folder = checkout(&[
        ("docs/security.md", page),
        ("docs/several.md", &format!("{page}\n{}", page.replace("Planner", "Booker"))),
        ("README.md", "# Planner\n\nPlans trips.\n"),
    ]);
    let skipped = list(&folder)["skipped"].clone();
    let skipped: Vec<_> =
        skipped.as_array().unwrap().iter().map(|file| (&file["path"], &file["command"])).collect();
    let expected = [
        ("docs/security.md", "aivss-lint import --in-place docs/security.md"),
        ("docs/several.md", "aivss-lint import docs/several.md --output docs/several.threat-model.yaml"),
    ];
    assert_eq!(skipped.len(), expected.len(), "{skipped:?}");
    for ((path, command), expected) in skipped.iter().zip(expected) {
        assert_eq!((path.as_str().unwrap(), command.as_str().unwrap()), expected);
    }
    let ran = folder.run(&[]);
    assert!(
        ran.out.contains("found docs/security.md: a MAESTRO analysis without front matter"),
        "{}",
        ran.out
    );
}

#[test]
fn advised_command_can_be_run() {
    for Known { path, text, next, .. } in &KNOWN {
        let Some(next) = next.filter(|next| next.contains(' ') || *next == "init") else { continue };
        let folder = checkout(&[(path, text)]);
        let ran = Ran::of(bounded(&format!("\"$0\" {next}")).current_dir(folder.path("")));
        assert_eq!(ran.code, 0, "{next}: {}{}", ran.out, ran.err);
        // The next run has something to check.
        let ran = folder.run(&[]);
        assert!(ran.code < 2 && ran.out.contains("under policy"), "{next}: {}", ran.out);
    }
}

#[test]
fn empty_repository_leads_to_init() {
    for files in
        [&[][..], &[("README.md", "# Hello\n")][..], &[("threat-models/README.md", "# Threat models\n")]]
    {
        let ran = checkout(files).run(&[]);
        assert!(ran.code == 2 && ran.out.contains("`aivss-lint init` writes a threat model"), "{}", ran.out);
        assert!(!ran.out.contains("README"), "{}", ran.out);
        let ran = checkout(files).run(&["list"]);
        assert!(ran.code == 0 && ran.out.contains("next: `aivss-lint init`"), "{}", ran.out);
    }
}

/// A file without the marker that is broken, named like a threat model.
const FOREIGN: &str = "a: [1\n";

#[test]
fn file_that_contained_a_threat_model_in_the_base_is_not_skipped() {
    let dragon = KNOWN[0].text;
    for text in [FOREIGN, dragon, "a: 1\n", "", "caf\u{e9}: {{ a }}\n"] {
        let folder = checkout(&[("threat-model.yaml", MODEL), (OWN, MODEL)]);
        git(&folder.path(""), &["checkout", "--quiet", "-b", "head"]);
        folder.write("threat-model.yaml", text);
        commit(&folder.path(""), "second");
        let ran = folder.run(&["--base", "main", "--format", "concise", "--today", "2026-11-23"]);
        assert_eq!(ran.code, 1, "{text}: {}", ran.out);
        assert!(ran.out.contains("threat-model.yaml:1:1: error[model-unreadable]"), "{text}: {}", ran.out);
    }
}

#[test]
fn renamed_threat_model_that_became_unreadable_is_not_skipped() {
    let folder = checkout(&[("a/threat-model.yaml", MODEL), (OWN, MODEL)]);
    let broken =
        MODEL.replace("aivss_threat_model: 1\n", "x: [\n").replace("aivss:", "a:").replace("maestro:", "b:");
    git(&folder.path(""), &["checkout", "--quiet", "-b", "head"]);
    fs::remove_file(folder.path("a/threat-model.yaml")).unwrap();
    folder.write("b/threat-model.yaml", &broken);
    commit(&folder.path(""), "second");
    assert_eq!(folder.run(&["--today", "2026-11-23"]).code, 0);
    let ran = folder.run(&["--base", "main", "--format", "concise", "--today", "2026-11-23"]);
    assert!(
        ran.code == 1 && ran.out.contains("b/threat-model.yaml:1:1: error[model-unreadable]"),
        "{}",
        ran.out
    );
}

#[test]
fn file_that_may_be_a_threat_model_is_not_skipped() {
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 12\n";
    let wide: Vec<u8> = "aivss_threat_model: 1\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for text in [
        "aivss_threat_model: [1\n",
        "# aivss_threat_model: 1\naivss_threat_mode: [\n",
        "aivss_threat_mdoel: 1\nagent: { name: a }\n",
        "AIVSS-Threat-Model: 1\nagent: { name: a }\naivss: { score: 1.0 }\n",
        "\"aivss_thre\\u0061t_model\": [\n",
        "ａivss_threat_model: [\n",
        "otmVersion: 0.2.0\nx: { aivss_threat_model: 1 }\n",
        "maestro: [\n",
        "agent: { name: a }\naivss: { score: 1.0 }\naivss: {}\n",
        "aivss_policy: [\n",
        "vulnerabilities: [\n  amplification_factors: 1\n",
        "metadata: {}\nvulnerabilites: []\n",
        "",
        "# Nothing yet\n",
        pointer,
        &String::from_utf8_lossy(&[b"caf\xE9: 1\n".as_slice(), &wide].concat()),
    ] {
        for name in ["threat-model.yaml", "threat-models/a.yml"] {
            let folder = checkout(&[(name, text), (OWN, MODEL)]);
            let ran = folder.run(&["--today", "2026-11-23"]);
            assert!(ran.code > 0 && !ran.out.contains("skipped"), "{name} {text}: {}", ran.out);
        }
    }
}

#[test]
fn broken_report_in_a_page_is_not_skipped() {
    let block = "# Threat model\n\n```json\n{ \"metadata\": {}, \"vulnerabilities\": [{ \"amplification_factors\": 1, }] }\n```\n";
    for text in [block.as_bytes().to_vec(), [block.as_bytes(), b"\xFC"].concat()] {
        let folder = checkout(&[(OWN, MODEL)]);
        fs::write(folder.path("threat-model.md"), text).unwrap();
        let ran = folder.run(&["--today", "2026-11-23"]);
        assert!(ran.code == 1 && !ran.out.contains("skipped"), "{}", ran.out);
    }
}

#[test]
fn file_that_the_policy_includes_is_not_skipped() {
    let policy =
        "aivss_policy: 1\nextends: [recommended]\nfiles: { include: ['threat-model.yaml', '*.txt'] }\n";
    for name in ["threat-model.yaml", "a.txt"] {
        let folder = checkout(&[(name, FOREIGN), (OWN, MODEL), ("aivss-policy.yaml", policy)]);
        let ran = folder.run(&["--format", "concise", "--today", "2026-11-23"]);
        assert!(ran.code == 1 && ran.out.contains(&format!("{name}:1:4: error[syntax]")), "{}", ran.out);
    }
}

#[test]
fn bytes_that_are_not_text_are_skipped_without_the_marker() {
    let folder = checkout(&[(OWN, MODEL)]);
    fs::write(folder.path("threat-model.yaml"), b"caf\xE9: 1\n").unwrap();
    fs::write(folder.path("threat-model.md"), b"# Bedrohungsmodell f\xFCr X\n").unwrap();
    folder.write("threat-models/README.md", "");
    fs::write(folder.path("threat-models/README.md"), b"# \xDCbersicht\n").unwrap();
    let wide =
        |text: &str| [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let (foreign, marked): (Vec<u8>, Vec<u8>) = (wide("{ \"a\": 1 }"), wide("{ \"aivss_threat_model\": 1 }"));
    fs::write(folder.path("threat-model.json"), foreign).unwrap();
    let ran = folder.run(&["--today", "2026-11-23"]);
    assert!(ran.code == 0 && ran.out.contains("4 skipped"), "{}", ran.out);
    assert!(ran.out.contains("(line 1: byte 0xE9 at offset 3 is not UTF-8)"), "{}", ran.out);
    fs::write(folder.path("threat-model.json"), marked).unwrap();
    assert_eq!(folder.run(&["--today", "2026-11-23"]).code, 1);
}

#[test]
fn many_skipped_files_are_counted() {
    let folder = checkout(&[(OWN, MODEL)]);
    for number in 0..25 {
        folder.write(&format!("threat-models/{number}.yaml"), "a: 1\n");
    }
    let ran = folder.run(&["--today", "2026-11-23"]);
    assert_eq!((ran.code, ran.out.matches("skipped threat-models/").count()), (0, 10), "{}", ran.out);
    assert!(ran.out.contains("skipped 15 more: run `aivss-lint list`"), "{}", ran.out);
    assert_eq!(list(&folder)["skipped"].as_array().unwrap().len(), 25);
    assert_eq!(folder.run(&["-q", "--today", "2026-11-23"]).out, "");
}

#[test]
fn path_in_a_command_is_one_word_of_a_shell() {
    let page = KNOWN.iter().find(|known| known.kind == "maestro-page").unwrap().text;
    for name in ["it's; rm -rf $HOME/threat-model.md", "-a.threat-model.md", "a\"b`c`/threat-model.md"] {
        let folder = checkout(&[(name, page)]);
        let list = list(&folder);
        let command = list["skipped"][0]["command"].as_str().unwrap();
        let words = command.replace("aivss-lint import --in-place", "printf %s");
        let printed = Ran::of(Command::new("sh").args(["-c", &words])).out;
        assert_eq!(printed.strip_prefix("./").unwrap_or(&printed), name, "{command}");
    }
}

#[test]
fn list_fits_into_80_columns_and_reports_what_cannot_be_read() {
    let policy = "aivss_policy: 1\nextends: [recommended]\nfiles: { exclude: ['old/**'] }\n";
    let folder = checkout(&[
        (OWN, MODEL),
        ("a/rather/long/path/to/the/agent/of/a/team/threat-model.yaml", MODEL),
        ("aivss-policy.yaml", policy),
        (".gitignore", "build/\n"),
        ("build/threat-model.yaml", MODEL),
        ("old/threat-model.yaml", MODEL),
    ]);
    let ran = folder.run(&["list"]);
    assert_eq!(ran.code, 0, "{}", ran.out);
    assert!(ran.out.lines().all(|line| line.chars().count() <= 80), "{}", ran.out);
    for line in [
        "build/threat-model.yaml\n      git ignores it\n",
        "      excluded by `old/**` (aivss-policy.yaml:3:10)\n",
    ] {
        assert!(ran.out.contains(line), "{}", ran.out);
    }
    let ran = folder.run(&["list", "absent"]);
    assert!(ran.code == 2 && ran.out.contains("cannot check: 1 file\n  absent: no such file"), "{}", ran.out);
    let ran = Ran::of(program().args(["list", "-"]).current_dir(folder.path("")));
    assert!(ran.code == 2 && ran.err.contains("standard input cannot be listed"), "{}", ran.err);
}
