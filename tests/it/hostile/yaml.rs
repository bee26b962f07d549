//! Keys and values that are not what they seem, and documents next to a model; in YAML, and in JSON where it is the same.

use super::rows::{Case, JSON, MODEL, REPORT, after_score, indented, json, swap, swap_in, wrong, yaml};

/// Duplicate keys, and texts that are not keys.
pub(crate) fn keys() -> Vec<Case> {
    let many: String = (0..100).map(|at| format!("x-{}: 1\n", at % 99)).collect();
    vec![
        yaml("a key twice", after_score("  score: 0.1"), 1, "23:3 duplicate-key"),
        yaml("a key twice, once escaped", after_score("  \"\\u0073core\": 0.1"), 1, "23:3 duplicate-key"),
        yaml("a key twice, once quoted", after_score("  'score': 0.1"), 1, "23:3 duplicate-key"),
        yaml("a key twice, once explicit", after_score("  ? score\n  : 0.1"), 1, "23:5 duplicate-key"),
        yaml("a key twice, once tagged", after_score("  !!str score: 0.1"), 1, "23:9 duplicate-key"),
        yaml(
            "a key twice, once by alias",
            after_score("  x-a: &key score\n  *key : 0.1"),
            1,
            "24:3 duplicate-key",
        ),
        yaml("the last of a hundred keys is the first", format!("{MODEL}{many}"), 1, "131:1 duplicate-key"),
        json(
            "a key twice in JSON",
            swap_in(JSON, "9.4}", "9.4, \"\\u0073core\": 0.1}"),
            1,
            "8:33 duplicate-key",
        ),
        json(
            "a key of the top twice, with nothing in it",
            swap_in(JSON, "\"maestro\"", "\"agent\": {}, \"maestro\""),
            1,
            "9:1 duplicate-key",
        ),
        yaml("a merge key", swap("  score: 9.4", "  <<: { score: 9.4 }"), 1, "22:3 merge-key"),
        yaml("a merge key in quotes is a key", after_score("  '<<': { score: 0.1 }"), 1, "23:3 unknown-key"),
        yaml("a number as key", after_score("  1: 2"), 1, "23:3 unknown-key"),
        yaml("null as key", after_score("  ~: 2"), 1, "23:3 unknown-key"),
        yaml("nothing as key", after_score("  : 2"), 1, "23:3 unknown-key"),
        yaml("a list as key", after_score("  ? [a]\n  : 2"), 1, "23:5 syntax"),
        yaml("an alias to a mapping as key", after_score("  x-a: &m {}\n  *m : 2"), 1, "24:3 syntax"),
        yaml("a key in another case", after_score("  Severity: Low"), 1, "23:3 unknown-key"),
        yaml(
            "a key with a letter of another script",
            swap("  score:", "  s\u{441}ore:"),
            1,
            "22:3 unknown-key",
        ),
        yaml("a key with wide letters", swap("  score:", "  \u{FF53}core:"), 1, "22:3 unknown-key"),
        yaml("a key with a soft hyphen", swap("  score:", "  sc\u{AD}ore:"), 1, "22:3 unknown-key"),
        yaml(
            "a key with a space that does not break",
            swap("  score:", "  score\u{A0}:"),
            1,
            "22:3 unknown-key",
        ),
        yaml(
            "a factor of another script",
            swap("self_modification", "s\u{435}lf_modification"),
            1,
            "19:5 factor-unknown",
        ),
        yaml(
            "a marker of another script",
            swap("aivss_threat", "\u{430}ivss_threat"),
            1,
            "1:1 marker-missing",
        ),
        yaml("a merge of a list of mappings", after_score("  <<: [{ score: 0.1 }, *a]"), 1, "23:3 merge-key"),
        yaml("a merge under a tag", after_score("  !!merge <<: { score: 0.1 }"), 1, "23:11 syntax"),
        yaml("a space of no width in a key", after_score("  severity\u{200B}: Low"), 1, "23:3 unknown-key"),
    ]
}

/// Values of another kind than they seem, and texts that are not numbers.
pub(crate) fn values() -> Vec<Case> {
    let score = |text: &str| swap("score: 9.4", &format!("score: {text}"));
    vec![
        yaml("no number", score(""), 1, "22:3 score-missing"),
        yaml("null for a number", score("~"), 1, "22:10 score-missing"),
        yaml("not a number", score(".nan"), 1, "22:10 non-finite"),
        yaml("less than all numbers", score("-.inf"), 1, "22:10 non-finite"),
        yaml("ten thousand digits", score(&"9".repeat(10_000)), 1, "22:10 file-too-complex"),
        yaml(
            "ten thousand decimals",
            score(&format!("9.4{}", "0".repeat(10_000))),
            1,
            "22:10 file-too-complex",
        ),
        yaml("an exponent without end", score("1e999999999999"), 1, "22:10 file-too-complex"),
        yaml("a number in quotes", score("'9.4'"), 1, "22:10 schema"),
        yaml("beyond the range of a float", score("1e400"), 1, "22:10 file-too-complex"),
        yaml("closer to zero than a float", score("1e-400"), 1, "22:10 file-too-complex"),
        yaml("less than nothing", score("-0.1"), 1, "22:10 schema"),
        yaml("nothing, with a sign", score("-0"), 1, "22:10 score-mismatch"),
        yaml(
            "nothing, with a sign, as a multiplier",
            swap("multiplier: 0.97", "multiplier: -0.0"),
            1,
            "20:22 multiplier-range",
        ),
        yaml("infinity", score(".inf"), 1, "22:10 non-finite"),
        yaml("infinity in capitals", score("+.INF"), 1, "22:10 non-finite"),
        yaml("infinity by its word", score("Infinity"), 1, "22:10 schema"),
        yaml("nothing by its word", score("NaN"), 1, "22:10 schema"),
        yaml("an underscore in a number", score("9_4"), 1, "22:10 schema"),
        yaml("a comma in a number", score("9,4"), 1, "22:10 schema"),
        yaml("a number in sixteens", score("0x9"), 1, "22:10 score-mismatch"),
        yaml("a number in eights", score("0o11"), 1, "22:10 score-mismatch"),
        yaml("a number with an exponent", score("94e-1"), 0, ""),
        yaml("a number with a plus", score("+9.4"), 0, ""),
        json(
            "beyond the range of a float, JSON",
            swap_in(JSON, "9.4}", "1e400}"),
            1,
            "8:28 file-too-complex",
        ),
        json(
            "ten thousand digits, JSON",
            swap_in(JSON, "9.4}", &format!("{}}}", "9".repeat(10_000))),
            1,
            "8:28 file-too-complex",
        ),
        json("a zero before a number, JSON", swap_in(JSON, "9.4}", "09.4}"), 1, "8:29 syntax"),
        json("a plus before a number, JSON", swap_in(JSON, "9.4}", "+9.4}"), 1, "8:28 syntax"),
        json("no digit before the point, JSON", swap_in(JSON, "9.4}", ".4}"), 1, "8:28 syntax"),
        json("no digit after the point, JSON", swap_in(JSON, "9.4}", "9.}"), 1, "8:30 syntax"),
        json("not a number, JSON", swap_in(JSON, "9.4}", "NaN}"), 1, "8:28 syntax"),
        json("infinity, JSON", swap_in(JSON, "9.4}", "-Infinity}"), 1, "8:29 syntax"),
        yaml("Norway is a name", swap("name: Planner", "name: NO"), 0, ""),
        yaml(
            "yes and off are words",
            swap("Plans trips.", "yes").replace("Planner", "off"),
            1,
            "4:12 agent-placeholder",
        ),
        yaml("Norway as a tier", swap("summary", "tier: no\n  summary"), 1, "4:9 schema"),
        yaml("true for a name", swap("name: Planner", "name: true"), 1, "3:9 schema"),
        yaml("a day for a name", swap("name: Planner", "name: 2026-01-01"), 0, ""),
        yaml("a number of another script", score("٩.٤"), 1, "22:10 schema"),
        yaml("sixty to the power", score("9:40"), 1, "22:10 schema"),
        yaml("a number tagged as text", score("!!str 9.4"), 1, "22:16 schema"),
        yaml("a decimal tagged as an integer", score("!!int 9.4"), 1, "22:16 syntax"),
        yaml("a tag of somebody's own", score("!score 9.4"), 1, "22:17 syntax"),
        yaml("a core tag that is redefined", after_score("  x-a: !!binary aGVs"), 1, "23:17 syntax"),
        yaml("a tag on a mapping", swap("agent:", "agent: !agent"), 1, "3:3 syntax"),
        yaml(
            "a formula by another spelling",
            swap("'0.8'", "0.80").replace("9.4", "9.1"),
            1,
            "22:10 score-mismatch",
        ),
        yaml("an unknown formula", swap("'0.8'", "0.81"), 1, "6:12 schema"),
        yaml(
            "a factor that is text",
            swap("self_modification: 0.5", "self_modification: '0.5'"),
            1,
            "19:24 schema",
        ),
        yaml(
            "a factor that is nothing",
            swap("self_modification: 0.5", "self_modification:"),
            1,
            "19:5 factor-missing",
        ),
        yaml("nothing under a tag", swap("name: Planner", "name: !!str"), 1, "3:3 schema"),
        yaml(
            "an invisible layer",
            swap("Poisoned pages can reach the vector store.", "\u{3164}"),
            1,
            "26:20 layer-blank",
        ),
        yaml(
            "a layer of no width",
            swap("Poisoned pages can reach the vector store.", "'\u{200B}'"),
            1,
            "26:20 layer-blank",
        ),
        yaml("a vector folded over lines", swap("/AC:H", "/AC:Q\n    "), 1, "7:9 cvss-vector"),
        yaml(
            "an alias as long as its vector",
            swap("  cvss: ", &format!("  x-v: &{} ", "v".repeat(62)))
                .replace("SA:H\n", &format!("SA:Q\n  cvss: *{}\n", "v".repeat(62))),
            1,
            "8:9 cvss-vector",
        ),
    ]
}

/// Models, documents that only look like models, and documents next to models.
pub(crate) fn documents() -> Vec<Case> {
    let marker = |text: &str| swap("aivss_threat_model: 1", text);
    vec![
        yaml("a second model that is wrong", format!("{MODEL}---\n{}", wrong()), 1, "54:10 score-mismatch"),
        yaml("another mapping after a model", format!("{MODEL}---\na: 1\n"), 1, "33:1 marker-missing"),
        yaml("another mapping before a model", format!("a: 1\n---\n{MODEL}"), 1, "1:1 marker-missing"),
        yaml("text after a model", format!("{MODEL}---\na\n"), 1, "33:1 marker-missing"),
        yaml("null after a model", format!("{MODEL}---\n~\n"), 1, "33:1 marker-missing"),
        yaml("a policy after a model", format!("{MODEL}---\naivss_policy: 1\n"), 1, "33:1 marker-missing"),
        yaml("nothing after a model", format!("{MODEL}---\n# a\n---\n...\n"), 0, ""),
        yaml("keys after the end of a document", format!("{MODEL}...\na: 1\n"), 1, "33:1 marker-missing"),
        yaml("words next to the end of a document", format!("{MODEL}... a\n"), 1, "32:5 syntax"),
        yaml("a directive of another YAML", format!("%YAML 2.0\n---\n{MODEL}"), 1, "1:1 syntax"),
        yaml("a directive without a document", format!("%YAML 1.2\n{MODEL}"), 1, "2:1 syntax"),
        yaml(
            "a name for tags",
            format!("%TAG ! tag:example.org,2026:\n---\n{}", swap("Planner", "!a Planner")),
            1,
            "5:12 syntax",
        ),
        yaml("an unknown directive", format!("%FOO bar\n---\n{}", wrong()), 1, "24:10 score-mismatch"),
        yaml("a directive twice", format!("%YAML 1.2\n%YAML 1.2\n---\n{MODEL}"), 1, "2:1 syntax"),
        yaml("a quote that does not end", swap("Plans trips.", "'Plans trips."), 1, "4:12 syntax"),
        yaml("double quotes that do not end", swap("Plans trips.", "\"Plans trips."), 1, "4:12 syntax"),
        yaml("text after a quote", swap("Plans trips.", "'Plans' trips."), 1, "4:20 syntax"),
        yaml("a block of text with nothing in it", swap("Plans trips.", "|"), 1, "4:12 schema"),
        yaml("a block of text that ends too early", swap("Plans trips.", "|\n     a\n   b"), 1, "6:4 syntax"),
        yaml("a comma that begins a value", swap("Plans trips.", ",a"), 1, "4:12 syntax"),
        yaml("an at sign that begins a value", swap("Plans trips.", "@a"), 1, "4:12 syntax"),
        yaml(
            "a line separator of Unicode is not a line break",
            swap("Plans trips.", "'a\u{2028}score: 1'"),
            0,
            "",
        ),
        yaml("a next line of Unicode is not a line break", swap("Plans trips.", "'a\u{85}score: 1'"), 0, ""),
        yaml("a marker without a value", marker("aivss_threat_model:"), 1, "1:1 schema"),
        yaml("a marker of version 2", marker("aivss_threat_model: 2"), 1, "1:21 schema"),
        yaml("a marker in quotes", marker("aivss_threat_model: '1'"), 1, "1:21 schema"),
        yaml("a marker by escapes", marker("\"\\u0061ivss_threat_model\": 2"), 1, "1:28 schema"),
        yaml("a marker with dashes", marker("aivss-threat-model: 1"), 1, "1:1 marker-missing"),
        yaml("a marker in capitals", marker("AIVSS_THREAT_MODEL: 1"), 1, "1:1 marker-missing"),
        yaml("no marker at all", marker("x-a: 1"), 2, ""),
        yaml("a marker that is not the first key", format!("x-a: 1\n{}", wrong()), 1, "23:10 score-mismatch"),
        yaml("a model in text", "'aivss_threat_model: 1'\n", 2, ""),
        yaml("a number", "1\n", 2, ""),
        json("a report", REPORT, 0, ""),
        json("a report in an array", format!("[{REPORT}]"), 2, ""),
        json(
            "a report with a slip in its key",
            REPORT.replace("\"vulnerabilities\"", "\"vulnerabilites\""),
            1,
            "3:1 marker-missing",
        ),
        json(
            "a report of nothing",
            swap_in(REPORT, "\"vulnerabilities\": [", "\"vulnerabilities\": [], \"x-a\": ["),
            1,
            "3:20 schema",
        ),
        json(
            "a report of null",
            swap_in(REPORT, "\"vulnerabilities\": [", "\"vulnerabilities\": null, \"x-a\": ["),
            1,
            "3:20 schema",
        ),
        json(
            "a report with a slip in a factor",
            REPORT.replace("\"self_mod\"", "\"selfmod\""),
            1,
            "9:1 factor-unknown",
        ),
        json(
            "a report with a negative mitigation",
            REPORT.replace("\"mitigation_factor\": 1.0", "\"mitigation_factor\": -1"),
            1,
            "10:93 mitigation-below-floor",
        ),
    ]
}

/// Models inside of other documents, and texts that only define or replace a model.
pub(crate) fn hidden() -> Vec<Case> {
    vec![
        yaml("a model under a key", format!("spec:\n{}", indented(MODEL, 2)), 1, "2:3 marker-unread"),
        yaml("a model in a list", format!("-\n{}", indented(MODEL, 2)), 1, "2:3 marker-unread"),
        yaml(
            "a model in a block of text",
            swap("Plans trips.", &format!("|\n{}", indented(MODEL, 4))),
            1,
            "5:5 marker-unread",
        ),
        yaml(
            "a model under a key by escapes",
            format!(
                "spec:\n{}",
                indented(&swap("aivss_threat", "\"\\u0061ivss_threat").replacen("model:", "model\":", 1), 2)
            ),
            1,
            "2:3 marker-unread",
        ),
        yaml(
            "a model under an anchor",
            format!("x: &a\n{}y: *a\n", indented(MODEL, 2)),
            1,
            "2:3 marker-unread",
        ),
        yaml(
            "a pointer of Git LFS",
            "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
            2,
            "",
        ),
        yaml(
            "a policy with a model in it",
            format!("aivss_policy: 1\nx-model:\n{}", indented(MODEL, 2)),
            1,
            "3:3 marker-unread",
        ),
        json(
            "a schema that defines the marker",
            "{\"$schema\": \"https://json-schema.org/draft/2020-12/schema\", \"properties\": {\"aivss_threat_model\": {\"const\": 1}}}",
            2,
            "",
        ),
        json(
            "a schema with a model in it",
            format!("{{\"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n\"x\": {JSON}}}"),
            1,
            "2:7 marker-unread",
        ),
        json("models in an array", format!("[{JSON}]"), 1, "1:3 marker-unread"),
    ]
}
