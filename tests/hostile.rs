//! Input made to mislead the gate, or to break it, and what the gate must make of it.
//!
//! A gate may fail for reasons that turn out to be none, but it must not pass what it has not read, nor point
//! at a place where nothing is. Each row of the tables is one file, the exit code that is due, and the place
//! and rule of the first diagnostic in the concise report. Every row is run in all formats: the exit code may
//! not depend on the format, and no character that steers a terminal may come through. Below the tables stand
//! the cases that need more than one file: folders, links, standard input, policies.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A threat model that passes; its score stands in line 22, and it has 31 lines.
const MODEL: &str = "\
aivss_threat_model: 1
agent:
  name: Planner
  summary: Plans trips.
aivss:
  version: '0.8'
  cvss: CVSS:4.0/AV:N/AC:H/AT:N/PR:L/UI:N/VC:N/VI:N/VA:H/SC:N/SI:H/SA:H
  cvss_base: 7.1
  factors:
    autonomy_of_action: 1.0
    dynamic_tool_use: 0.5
    natural_language_interface: 1.0
    contextual_awareness: 1.0
    non_determinism: 1.0
    opacity_and_reflexivity: 1.0
    persistent_memory: 0.5
    dynamic_identity: 0.5
    multi_agent_interactions: 1.0
    self_modification: 0.5
  threat_multiplier: 0.97
  mitigation_factor: 1.0
  score: 9.4
  severity: Critical
maestro:
  foundation_models: Prompt injection through pages that the model reads.
  data_operations: Poisoned pages can reach the vector store.
  agent_frameworks: The planner can be steered into loops.
  deployment_and_infrastructure: The sandbox shares a kernel with the host.
  evaluation_and_observability: Logs leave out what the tools were given.
  security_and_compliance: One service account serves all tenants.
  agent_ecosystem: Any server of tools can be added by a user.
";

/// The same in JSON: the summary is in line 2, the score in line 8.
const JSON: &str = r#"{"aivss_threat_model": 1,
"agent": {"name": "Planner", "summary": "Plans trips."},
"aivss": {"version": "0.8", "cvss": "CVSS:4.0/AV:N/AC:H/AT:N/PR:L/UI:N/VC:N/VI:N/VA:H/SC:N/SI:H/SA:H",
"factors": {"autonomy_of_action": 1.0, "dynamic_tool_use": 0.5, "natural_language_interface": 1.0,
"contextual_awareness": 1.0, "non_determinism": 1.0, "opacity_and_reflexivity": 1.0,
"persistent_memory": 0.5, "dynamic_identity": 0.5, "multi_agent_interactions": 1.0,
"self_modification": 0.5},
"cvss_base": 7.1, "score": 9.4},
"maestro": {"foundation_models": "Injected prompts.", "data_operations": "Poisoned pages.",
"agent_frameworks": "Loops.", "deployment_and_infrastructure": "A shared kernel.",
"evaluation_and_observability": "Logs with gaps.", "security_and_compliance": "One account for all.",
"agent_ecosystem": "Tools of users."}}
"#;

/// A report in OWASP's format that passes: the factors begin in line 7, the multipliers in line 10.
const REPORT: &str = r#"{"metadata": {"system_name": "Planner", "assessment_date": "2026-01-01",
"assessor_id": "a"},
"vulnerabilities": [{"id": "V-1",
"owasp_category": "Agent Cascading Failures",
"cvss_base": {"vector_string": "CVSS:4.0/AV:N/AC:H/AT:N/PR:L/UI:N/VC:N/VI:N/VA:H/SC:N/SI:H/SA:H",
"score": 7.1},
"amplification_factors": {"autonomy": 1.0, "tools": 0.5, "language": 1.0, "context": 1.0,
"non_determinism": 1.0, "opacity": 1.0, "persistence": 0.5, "identity": 0.5, "multi_agent": 1.0,
"self_mod": 0.5},
"threat_multiplier": 0.97, "scores": {"factor_sum": 8.0, "aars": 2.25, "mitigation_factor": 1.0,
"aivss": 9.4, "severity": "Critical"}}]}
"#;

const BOM: &str = "\u{FEFF}";
const YAML_FILE: &str = "threat-model.yaml";
const JSON_FILE: &str = "threat-model.json";
const PAGE_FILE: &str = "threat-model.md";

/// One hostile file and what the gate must make of it.
struct Case {
    /// What is hostile about it.
    name: &'static str,
    /// The file's name, which tells its language.
    file: &'static str,
    bytes: Vec<u8>,
    /// The exit code that is due.
    code: i32,
    /// `line:column rule` of the first diagnostic; empty where there is none.
    first: &'static str,
}

fn case(
    name: &'static str,
    file: &'static str,
    bytes: impl Into<Vec<u8>>,
    code: i32,
    first: &'static str,
) -> Case {
    Case { name, file, bytes: bytes.into(), code, first }
}

fn yaml(name: &'static str, bytes: impl Into<Vec<u8>>, code: i32, first: &'static str) -> Case {
    case(name, YAML_FILE, bytes, code, first)
}

fn json(name: &'static str, bytes: impl Into<Vec<u8>>, code: i32, first: &'static str) -> Case {
    case(name, JSON_FILE, bytes, code, first)
}

fn page(name: &'static str, bytes: impl Into<Vec<u8>>, code: i32, first: &'static str) -> Case {
    case(name, PAGE_FILE, bytes, code, first)
}

/// A text with one part in another's place.
fn swap_in(text: &str, part: &str, other: &str) -> String {
    assert!(text.contains(part), "the row's starting point has no {part:?}");
    text.replacen(part, other, 1)
}

/// The passing model with one part in another's place.
fn swap(part: &str, other: &str) -> String {
    swap_in(MODEL, part, other)
}

/// The model with the wrong score: `22:10 score-mismatch`.
fn wrong() -> String {
    swap("score: 9.4", "score: 9.1")
}

/// The passing model with lines after its score, so that they begin at line 23.
fn after_score(lines: &str) -> String {
    swap("  score: 9.4\n", &format!("  score: 9.4\n{lines}\n"))
}

/// A text with each line moved to the right.
fn indented(text: &str, by: usize) -> String {
    text.lines().map(|line| format!("{:by$}{line}\n", "")).collect()
}

/// A Markdown page with a model that passes, and a second block: its first line is line 37 of the page.
fn beside(info: &str, block: &str) -> String {
    format!("# Planner\n\n```yaml\n{MODEL}```\n```{info}\n{block}```\n")
}

/// Bytes that are no text, or text of another sort than it seems.
fn encodings() -> Vec<Case> {
    let utf16 = |mark: bool| -> Vec<u8> {
        let mark = mark.then_some(0xFEFF_u16);
        mark.into_iter().chain(MODEL.encode_utf16()).flat_map(u16::to_le_bytes).collect()
    };
    let mut latin = MODEL.as_bytes().to_vec();
    latin[MODEL.find("Planner").unwrap() + 2] = 0xE4;
    vec![
        yaml("the model itself", MODEL, 0, ""),
        yaml("nothing", "", 1, "1:1 empty-file"),
        yaml("white space", "\n  \n\n", 1, "1:1 empty-file"),
        yaml("comments alone", "# a\n# b\n", 1, "1:1 empty-file"),
        yaml("a byte order mark alone", BOM, 1, "1:1 empty-file"),
        yaml("a byte order mark and a comment", format!("{BOM}# a\n"), 1, "1:1 empty-file"),
        json("a byte order mark alone, JSON", BOM, 1, "1:1 empty-file"),
        yaml("a byte order mark takes no column", format!("{BOM}]"), 1, "1:1 syntax"),
        yaml("a byte order mark before a model", format!("{BOM}{}", wrong()), 1, "22:10 score-mismatch"),
        yaml("Latin-1", latin, 1, "3:11 encoding"),
        yaml("UTF-16", utf16(true), 1, "1:1 encoding"),
        yaml("UTF-16 without its mark", utf16(false), 1, "1:2 syntax"),
        yaml("a surrogate in UTF-8", b"a: \xED\xA0\x80\n", 1, "1:4 encoding"),
        yaml("a character cut off at the end", b"a: 1 # \xE2\x82", 1, "1:8 encoding"),
        yaml("NUL, and a second model behind it", format!("{MODEL}\0\n---\n{MODEL}"), 1, "32:1 syntax"),
        yaml("NUL in a comment", format!("# \0\n{MODEL}"), 1, "1:3 syntax"),
        yaml("lines end in CR LF", wrong().replace('\n', "\r\n"), 1, "22:10 score-mismatch"),
        yaml("lines end in CR", wrong().replace('\n', "\r"), 1, "22:10 score-mismatch"),
        yaml(
            "columns count code points",
            swap("  score: 9.4", "  x-ä: { 日本: '👩‍👩‍👧', 'score': 1 }\n  'score': 9.1 # ü"),
            1,
            "23:12 score-mismatch",
        ),
        yaml("a tab as indentation", swap("  score: 9.4", "\tscore: 9.4"), 1, "22:1 syntax"),
        yaml("a tab behind a colon is allowed", swap("score: 9.4", "score:\t9.1"), 1, "22:10 score-mismatch"),
        yaml("nothing but a bracket that is not closed", "[", 1, "1:1 syntax"),
    ]
}

/// Every way in which bytes are not UTF-8, and characters that have no business in a text.
fn no_text() -> Vec<Case> {
    let classes: [(&str, &[u8]); 13] = [
        ("a byte that only continues", b"\x80"),
        ("two of them", b"\xBF\x80"),
        ("a slash in two bytes", b"\xC0\xAF"),
        ("a slash in three bytes", b"\xE0\x80\xAF"),
        ("a slash in four bytes", b"\xF0\x80\x80\xAF"),
        ("NUL in two bytes", b"\xC0\x80"),
        ("a pair of surrogates, three bytes each", b"\xED\xA0\xBD\xED\xB8\x80"),
        ("the second half of a pair", b"\xED\xBF\xBF"),
        ("past the last character", b"\xF4\x90\x80\x80"),
        ("a byte that begins nothing", b"\xF5"),
        ("five bytes", b"\xF8\x88\x80\x80\x80"),
        ("a mark of UTF-16 within the text", b"\xFF\xFE"),
        ("four bytes that end after three", b"\xF0\x9F\x98"),
    ];
    let with = |text: &str, bytes: &[u8]| -> Vec<u8> {
        let (before, after) = text.split_once("Plans").unwrap();
        [before.as_bytes(), bytes, after.as_bytes()].concat()
    };
    let both = |(name, bytes): (&'static str, &[u8])| {
        let fenced = format!("```yaml\n{MODEL}```\n");
        [
            yaml(name, with(MODEL, bytes), 1, "4:12 encoding"),
            json(name, with(JSON, bytes), 1, "2:42 encoding"),
            page(name, with(&fenced, bytes), 1, "5:12 encoding"),
        ]
    };
    let mut rows: Vec<Case> = classes.into_iter().flat_map(both).collect();
    let big = |mark: u16| -> Vec<u8> {
        [mark].into_iter().chain(MODEL.encode_utf16()).flat_map(u16::to_be_bytes).collect()
    };
    let wide: Vec<u8> =
        BOM.chars().chain(MODEL.chars()).flat_map(|letter| (letter as u32).to_le_bytes()).collect();
    rows.extend([
        yaml("UTF-16, the larger half first", big(0xFEFF), 1, "1:1 encoding"),
        json("UTF-16 in JSON", big(0xFEFF), 1, "1:1 encoding"),
        page("UTF-16 in a page", big(0xFEFF), 1, "1:1 encoding"),
        yaml("UTF-32", wide, 1, "1:1 encoding"),
        yaml("a byte order mark within a text", swap("Plans", BOM), 1, "4:12 syntax"),
        yaml(
            "a byte order mark within a key",
            swap("severity", &format!("sev{BOM}erity")),
            1,
            "23:3 unknown-key",
        ),
        yaml(
            "a byte order mark before a second model",
            format!("{MODEL}---\n{BOM}{}", wrong()),
            1,
            "33:1 syntax",
        ),
        json(
            "a byte order mark within JSON",
            swap_in(JSON, ", \"score\"", &format!(", {BOM}\"score\"")),
            1,
            "8:19 syntax",
        ),
        yaml("NUL in quotes", swap("Plans trips.", "'a\0b'"), 1, "4:14 syntax"),
        yaml("NUL by escape", swap("Plans trips.", "\"a\\0b\""), 0, ""),
        json("NUL by escape in JSON", swap_in(JSON, "Plans", "\\u0000"), 0, ""),
        yaml("half a pair of surrogates by escape", swap("Plans trips.", "\"\\ud83d\""), 1, "4:12 syntax"),
        yaml("past the last character by escape", swap("Plans trips.", "\"\\U00110000\""), 1, "4:12 syntax"),
        yaml("a character that is none", swap("Plans", "\u{FFFE}"), 1, "4:12 syntax"),
        page("NUL in a page", format!("a\0\n\n```yaml\n{}```\n", wrong()), 1, "25:10 score-mismatch"),
    ]);
    rows
}

/// Keys that are there twice, or are no keys.
fn keys() -> Vec<Case> {
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

/// Values of another kind than they seem, and numbers that are none.
fn values() -> Vec<Case> {
    let score = |text: &str| swap("score: 9.4", &format!("score: {text}"));
    vec![
        yaml("no number", score(""), 1, "22:3 score-undeclared"),
        yaml("null for a number", score("~"), 1, "22:10 score-undeclared"),
        yaml("not a number", score(".nan"), 1, "22:10 non-finite"),
        yaml("less than all numbers", score("-.inf"), 1, "22:10 non-finite"),
        yaml("ten thousand digits", score(&"9".repeat(10_000)), 1, "22:10 input-limit"),
        yaml("ten thousand decimals", score(&format!("9.4{}", "0".repeat(10_000))), 1, "22:10 input-limit"),
        yaml("an exponent without end", score("1e999999999999"), 1, "22:10 input-limit"),
        yaml("a number in quotes", score("'9.4'"), 1, "22:10 schema"),
        yaml("more than a float holds", score("1e400"), 1, "22:10 input-limit"),
        yaml("less than a float holds", score("1e-400"), 1, "22:10 input-limit"),
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
        json("more than a float holds, JSON", swap_in(JSON, "9.4}", "1e400}"), 1, "8:28 input-limit"),
        json(
            "ten thousand digits, JSON",
            swap_in(JSON, "9.4}", &format!("{}}}", "9".repeat(10_000))),
            1,
            "8:28 input-limit",
        ),
        json("a zero before a number, JSON", swap_in(JSON, "9.4}", "09.4}"), 1, "8:29 syntax"),
        json("a plus before a number, JSON", swap_in(JSON, "9.4}", "+9.4}"), 1, "8:28 syntax"),
        json("no digit before the point, JSON", swap_in(JSON, "9.4}", ".4}"), 1, "8:28 syntax"),
        json("no digit behind the point, JSON", swap_in(JSON, "9.4}", "9.}"), 1, "8:30 syntax"),
        json("not a number, JSON", swap_in(JSON, "9.4}", "NaN}"), 1, "8:28 syntax"),
        json("infinity, JSON", swap_in(JSON, "9.4}", "-Infinity}"), 1, "8:29 syntax"),
        yaml("Norway is a name", swap("name: Planner", "name: NO"), 0, ""),
        yaml("yes and off are words", swap("Plans trips.", "yes").replace("Planner", "off"), 0, ""),
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
        yaml("a formula that is none", swap("'0.8'", "0.81"), 1, "6:12 schema"),
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
            "a layer nobody can see",
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
            "an alias as long as the vector it stands for",
            swap("  cvss: ", &format!("  x-v: &{} ", "v".repeat(62)))
                .replace("SA:H\n", &format!("SA:Q\n  cvss: *{}\n", "v".repeat(62))),
            1,
            "8:9 cvss-vector",
        ),
    ]
}

/// Structures built to exhaust a reader.
fn sizes() -> Vec<Case> {
    let bomb: String = (1..12)
        .map(|level| format!("x-{level}: &a{level} [{}]\n", format!("*a{}, ", level - 1).repeat(10)))
        .collect();
    let ladder: String = (1..200).map(|level| format!("x-{level}: &a{level} [*a{}]\n", level - 1)).collect();
    let blocks: String = (0..3_000).map(|depth| format!("{:depth$}a:\n", "")).collect();
    vec![
        yaml("brackets without end", "[".repeat(100_000), 1, "1:101 input-limit"),
        yaml("braces without end", "{a: ".repeat(250_000), 1, "1:401 input-limit"),
        yaml("blocks without end", blocks, 1, "101:101 input-limit"),
        yaml("dashes without end", "- ".repeat(100_000), 1, "1:201 input-limit"),
        yaml("question marks without end", "? ".repeat(100_000), 1, "1:201 input-limit"),
        json("brackets without end, JSON", "[".repeat(100_000), 1, "1:100000 syntax"),
        json(
            "balanced brackets, JSON",
            ["[".repeat(100_000), "]".repeat(100_000)].concat(),
            1,
            "1:101 input-limit",
        ),
        yaml("a bomb of aliases", format!("{MODEL}x-0: &a0 [x]\n{bomb}"), 1, "37:26 input-limit"),
        yaml("a ladder of aliases", format!("{MODEL}x-0: &a0 [x]\n{ladder}"), 1, "131:13 input-limit"),
        yaml("an alias to itself", after_score("  x-a: &a [*a]"), 1, "23:12 syntax"),
        yaml("an alias to the whole", format!("&a\n{MODEL}x-a: *a\n"), 1, "33:6 syntax"),
        yaml("an alias to nothing", after_score("  x-a: *a"), 1, "23:8 syntax"),
        yaml(
            "an alias over the border of documents",
            format!("{}---\nx-a: *n\n", swap("Planner", "&n Planner")),
            1,
            "33:6 syntax",
        ),
        yaml("more bytes than are read", " ".repeat(33 * 1024 * 1024), 1, "1:1 input-limit"),
        yaml(
            "a line of a megabyte",
            swap("score: 9.4", &format!("score: 9.1 # {}", "x".repeat(1 << 20))),
            1,
            "22:10 score-mismatch",
        ),
        json(
            "a fault far to the right",
            swap_in(JSON, "\"cvss_base\"", &format!("\"x-a\": \"{}\", \"cvss_base\"", "ü".repeat(100_000)))
                .replace("9.4}", "9.1}"),
            1,
            "8:100039 score-mismatch",
        ),
        json(
            "a long key in JSON",
            swap_in(JSON, "\"agent\"", &format!("\"x-{}\": 1, \"agent\"", "k".repeat(200_000))),
            0,
            "",
        ),
    ]
}

/// What is a model, what only looks like one, and what stands beside one.
fn documents() -> Vec<Case> {
    let marker = |text: &str| swap("aivss_threat_model: 1", text);
    vec![
        yaml("a second model that is wrong", format!("{MODEL}---\n{}", wrong()), 1, "54:10 score-mismatch"),
        yaml("another mapping behind a model", format!("{MODEL}---\na: 1\n"), 1, "33:1 marker-missing"),
        yaml("another mapping before a model", format!("a: 1\n---\n{MODEL}"), 1, "1:1 marker-missing"),
        yaml("text behind a model", format!("{MODEL}---\na\n"), 1, "33:1 marker-missing"),
        yaml("null behind a model", format!("{MODEL}---\n~\n"), 1, "33:1 marker-missing"),
        yaml("a policy behind a model", format!("{MODEL}---\naivss_policy: 1\n"), 1, "33:1 marker-missing"),
        yaml("nothing behind a model", format!("{MODEL}---\n# a\n---\n...\n"), 0, ""),
        yaml("keys behind the end of a document", format!("{MODEL}...\na: 1\n"), 1, "33:1 marker-missing"),
        yaml("words beside the end of a document", format!("{MODEL}... a\n"), 1, "32:5 syntax"),
        yaml("a directive of another YAML", format!("%YAML 2.0\n---\n{MODEL}"), 1, "1:1 syntax"),
        yaml("a directive without a document", format!("%YAML 1.2\n{MODEL}"), 1, "2:1 syntax"),
        yaml(
            "a name for tags",
            format!("%TAG ! tag:example.org,2026:\n---\n{}", swap("Planner", "!a Planner")),
            1,
            "5:12 syntax",
        ),
        yaml("a directive nobody knows", format!("%FOO bar\n---\n{}", wrong()), 1, "24:10 score-mismatch"),
        yaml("a directive twice", format!("%YAML 1.2\n%YAML 1.2\n---\n{MODEL}"), 1, "2:1 syntax"),
        yaml("a quote that does not end", swap("Plans trips.", "'Plans trips."), 1, "5:1 syntax"),
        yaml("double quotes that do not end", swap("Plans trips.", "\"Plans trips."), 1, "5:1 syntax"),
        yaml("text behind a quote", swap("Plans trips.", "'Plans' trips."), 1, "4:20 syntax"),
        yaml("a block of text with nothing in it", swap("Plans trips.", "|"), 1, "4:3 schema"),
        yaml("a block of text that ends too early", swap("Plans trips.", "|\n     a\n   b"), 1, "6:4 syntax"),
        yaml("a comma that begins a value", swap("Plans trips.", ",a"), 1, "4:12 syntax"),
        yaml("an at sign that begins a value", swap("Plans trips.", "@a"), 1, "4:12 syntax"),
        yaml("a line separator of Unicode is no break", swap("Plans trips.", "'a\u{2028}score: 1'"), 0, ""),
        yaml("a next line of Unicode is no break", swap("Plans trips.", "'a\u{85}score: 1'"), 0, ""),
        yaml("a marker without a value", marker("aivss_threat_model:"), 1, "1:1 schema"),
        yaml("a marker of version 2", marker("aivss_threat_model: 2"), 1, "1:21 schema"),
        yaml("a marker in quotes", marker("aivss_threat_model: '1'"), 1, "1:21 schema"),
        yaml("a marker by escapes", marker("\"\\u0061ivss_threat_model\": 2"), 1, "1:28 schema"),
        yaml("a marker with dashes", marker("aivss-threat-model: 1"), 1, "1:1 marker-missing"),
        yaml("a marker in capitals", marker("AIVSS_THREAT_MODEL: 1"), 1, "1:1 marker-missing"),
        yaml("no marker at all", marker("x-a: 1"), 1, "1:1 marker-missing"),
        yaml("a marker that is not the first key", format!("x-a: 1\n{}", wrong()), 1, "23:10 score-mismatch"),
        yaml("a model under a key", format!("spec:\n{}", indented(MODEL, 2)), 1, "1:1 marker-missing"),
        yaml("a model in a list", format!("-\n{}", indented(MODEL, 2)), 1, "1:1 marker-missing"),
        yaml("a model in text", "'aivss_threat_model: 1'\n", 2, ""),
        yaml("a number", "1\n", 2, ""),
        json("models in an array", format!("[{JSON}]"), 1, "1:1 marker-missing"),
        json("a report", REPORT, 0, ""),
        json("a report in an array", format!("[{REPORT}]"), 1, "1:1 marker-missing"),
        json(
            "a report with a slip in its key",
            REPORT.replace("\"vulnerabilities\"", "\"vulnerabilites\""),
            1,
            "1:2 marker-missing",
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

/// JSON is RFC 8259, all of it and nothing else.
fn strictness() -> Vec<Case> {
    let summary = |text: &str| swap_in(JSON, "Plans trips.", text);
    vec![
        json("the model itself", JSON, 0, ""),
        json("a byte order mark", format!("{BOM}{JSON}"), 0, ""),
        json("two byte order marks", format!("{BOM}{BOM}{JSON}"), 1, "1:1 syntax"),
        json("tabs as indentation", JSON.replace('\n', "\n\t"), 0, ""),
        json("a comma too many", "{\"aivss_threat_model\": 1,}", 1, "1:26 syntax"),
        json("a comment", "{\"aivss_threat_model\": 1} // a", 1, "1:27 syntax"),
        json("a column behind other scripts", "{\"é日\": tru}", 1, "1:11 syntax"),
        json("YAML", MODEL, 1, "1:1 syntax"),
        json("two documents", format!("{JSON}{JSON}"), 1, "13:1 syntax"),
        json("a document end in a text", summary("---"), 0, ""),
        json("a comment in a text", summary(" # a"), 0, ""),
        json("a pair of surrogates", summary("\\ud83d\\ude00"), 0, ""),
        json("half a pair of surrogates", summary("\\ud83d"), 1, "2:41 syntax"),
        // JSON allows it, YAML does not, and one reader serves both: it is refused, and says so.
        json("a control character that YAML forbids", summary("a\u{7F}b"), 1, "2:43 syntax"),
        json("a control character that JSON forbids", summary("a\u{1B}b"), 1, "2:43 syntax"),
        json("NUL at the end", format!("{JSON}\0"), 1, "13:1 syntax"),
        json("nothing but white space", " \n\n", 1, "1:1 empty-file"),
    ]
}

/// Markdown: a block that holds a model is read, wherever it stands and however it begins.
fn pages() -> Vec<Case> {
    let fenced = |info: &str| format!("```{info}\n{}```\n", wrong());
    let quoted: String = fenced("yaml").lines().map(|line| format!("> {line}\n")).collect();
    let tilde = fenced("yaml").replace("```", "~~~");
    vec![
        page("a page without a model", "# Planner\n\n```yaml\na: 1\n```\n", 2, ""),
        page("an unfenced model", MODEL, 1, "1:1 syntax"),
        page("a page that shows a policy alone", "```yaml\naivss_policy: 1\n```\n", 2, ""),
        page("a block", fenced("yaml"), 1, "23:10 score-mismatch"),
        page("a block without a language", fenced(""), 1, "23:10 score-mismatch"),
        page("a block between tildes", tilde, 1, "23:10 score-mismatch"),
        page(
            "a block that is not closed",
            fenced("yaml").replace("\n```\n", "\n"),
            1,
            "23:10 score-mismatch",
        ),
        page("a block with CR LF", fenced("yaml").replace('\n', "\r\n"), 1, "23:10 score-mismatch"),
        page(
            "a block behind a byte order mark",
            format!("{BOM}{}", fenced("yaml")),
            1,
            "23:10 score-mismatch",
        ),
        page("a block behind other scripts", format!("日本ü\n{}", fenced("yaml")), 1, "24:10 score-mismatch"),
        page("an indented block", indented(&fenced("yaml"), 3), 1, "23:13 score-mismatch"),
        page(
            "a block in a list",
            format!("- a\n\n{}", indented(&fenced("yaml"), 2)),
            1,
            "25:12 score-mismatch",
        ),
        page(
            "a block in a list in a list",
            format!("1. a\n   - b\n\n{}", indented(&fenced("yaml"), 5)),
            1,
            "26:15 score-mismatch",
        ),
        page("a block in a quotation", quoted, 1, "2:3 syntax"),
    ]
}

/// A second block beside one that passes: the file holds a model already, so nobody would miss this one.
fn second_blocks() -> Vec<Case> {
    let bad = "aivss_threat_model: 1\n";
    let (wrong, json) = (indented(&wrong(), 2), JSON.replace("9.4}", "9.1}"));
    let unmarked = swap_in(&json.replace('\n', " "), "\"aivss_threat_model\": 1, ", "");
    let blocks = [
        ("as it should be", "yaml", bad.to_owned(), "37:1 layer-blank"),
        ("it begins with a comment", "yaml", format!("# a\n\n{bad}"), "39:1 layer-blank"),
        ("it begins with a directive", "yaml", format!("%YAML 1.2\n---\n{bad}"), "39:1 layer-blank"),
        ("it begins with another key", "yaml", format!("x-a: 1\n{bad}"), "37:1 layer-blank"),
        ("it begins with another document", "yaml", format!("a: 1\n---\n{bad}"), "39:1 layer-blank"),
        ("it does not parse", "yaml", "aivss_threat_model: ]\n".to_owned(), "37:21 syntax"),
        ("a slip in its marker", "yaml", "aivss_threatmodel: 1\n".to_owned(), "37:1 marker-missing"),
        (
            "its marker by escapes",
            "yaml",
            "\"\\u0061\\u0069vss_threat_model\": 1\n".to_owned(),
            "37:1 layer-blank",
        ),
        ("its marker as explicit key", "yaml", "? aivss_threat_model\n: 1\n".to_owned(), "37:3 layer-blank"),
        ("its marker anchored", "yaml", format!("&a {bad}"), "37:4 layer-blank"),
        ("indented under an anchor", "yaml", format!("&a\n{wrong}"), "59:12 score-mismatch"),
        ("indented under its beginning", "yaml", format!("---\n{wrong}"), "59:12 score-mismatch"),
        ("indented above its end", "yaml", format!("{wrong}...\n"), "58:12 score-mismatch"),
        ("braces over lines", "yaml", "{\n  aivss_threat_model: 1,\n}\n".to_owned(), "38:3 layer-blank"),
        (
            "braces behind its beginning",
            "yaml",
            "--- {aivss_threat_model: 1}\n".to_owned(),
            "37:6 layer-blank",
        ),
        ("JSON", "json", json, "44:28 score-mismatch"),
        ("JSON over lines", "json", "{\n  \"aivss_threat_model\": 1\n}\n".to_owned(), "38:3 layer-blank"),
        (
            "JSON in one line, its marker last",
            "json",
            swap_in(&unmarked, "}} ", "}, \"aivss_threat_model\": 1}\n"),
            "37:484 score-mismatch",
        ),
        ("JSON that is none", "json", "{\"aivss_threat_model\": 1,}\n".to_owned(), "37:26 syntax"),
    ];
    blocks.into_iter().map(|(name, info, block, first)| page(name, beside(info, &block), 1, first)).collect()
}

/// The exit code, and what the program says on stdout and stderr.
fn run(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let output = command(folder).args(arguments).output().unwrap();
    finished(&output)
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aivss-lint"));
    command.current_dir(folder).args(["--today", "2026-11-23"]).env_remove("CLICOLOR_FORCE");
    command
}

fn finished(output: &Output) -> (i32, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code().unwrap(), text(&output.stdout) + &text(&output.stderr))
}

/// An empty folder that is a repository's root, so that nothing above it has a say.
fn repository(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hostile").join(name);
    // What an earlier run has left, if anything.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join(".git")).unwrap();
    folder
}

fn put(folder: &Path, file: &str, bytes: impl AsRef<[u8]>) {
    let path = folder.join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// `line:column rule` of the first diagnostic in a concise report; empty where there is none.
fn first(report: &str, file: &str) -> String {
    let place = |line: &str| {
        let (place, rest) = line.strip_prefix(file)?.strip_prefix(':')?.split_once(": ")?;
        let (rule, _) = rest.split_once('[')?.1.split_once(']')?;
        Some(format!("{place} {rule}"))
    };
    report.lines().find_map(place).unwrap_or_default()
}

/// Characters that a terminal obeys instead of showing.
fn steers(letter: char) -> bool {
    (letter.is_control() && letter != '\n')
        || matches!(letter, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

fn check_all(table: &str, cases: &[Case]) {
    let mut wrong = Vec::new();
    for (at, case) in cases.iter().enumerate() {
        let folder = repository(&format!("{table}-{at}"));
        put(&folder, case.file, &case.bytes);
        let (code, concise) = run(&folder, &["--format", "concise", case.file]);
        let (human_code, human) = run(&folder, &["--format", "human", case.file]);
        let (json_code, _) = run(&folder, &["--format", "json", case.file]);
        let shown = first(&concise, case.file);
        if (code, shown.as_str()) != (case.code, case.first) {
            let (name, due, place) = (case.name, case.code, case.first);
            wrong.push(format!("{name}: {due} `{place}` is due, got {code} `{shown}`"));
        }
        if (human_code, json_code) != (code, code) {
            wrong.push(format!("{}: concise {code}, human {human_code}, JSON {json_code}", case.name));
        }
        if concise.contains("panicked") || human.contains("panicked") {
            wrong.push(format!("{}: the program has failed", case.name));
        } else if concise.contains(steers) || human.contains(steers) {
            wrong.push(format!("{}: a control character came through", case.name));
        }
    }
    assert!(wrong.is_empty(), "{} of {} rows:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

/// Each of these lines has a fault of its own, and some hide the faults of others: the work must not grow with both.
#[test]
fn a_crowd_of_unknown_keys_and_findings_is_judged_in_its_time() {
    let folder = repository("crowd");
    let keys = |name: &str| (0..20_000).map(|at| format!("    {name}_{at}: 0.5\n")).collect::<String>();
    let findings = "- { id: F, titel: A flaw }\n".repeat(20_000);
    let text = MODEL
        .replace("  factors:\n", &format!("  factors:\n{}", keys("tool_use")))
        .replace("maestro:\n", &format!("maestro:\n{}", keys("layer").replace("    ", "  ")));
    put(&folder, YAML_FILE, format!("{text}findings:\n{findings}"));
    let (code, report) = run(&folder, &["--format", "concise"]);
    assert_eq!(code, 1);
    assert!(
        report.contains("[input-limit]") && report.lines().count() <= 1_001,
        "{}",
        report.lines().count()
    );
}

#[test]
fn bytes_that_are_no_text_never_pass() {
    check_all("encodings", &encodings());
}

#[test]
fn bytes_and_characters_that_are_no_text_never_pass() {
    check_all("no-text", &no_text());
}

#[test]
fn keys_say_one_thing_each() {
    check_all("keys", &keys());
}

#[test]
fn values_are_what_they_seem() {
    check_all("values", &values());
}

#[test]
fn input_built_to_exhaust_is_refused() {
    check_all("sizes", &sizes());
}

#[test]
fn nothing_beside_a_model_goes_unread() {
    check_all("documents", &documents());
}

#[test]
fn json_is_read_by_the_letter() {
    check_all("strictness", &strictness());
}

#[test]
fn blocks_in_pages_are_read_wherever_they_stand() {
    check_all("pages", &pages());
}

#[test]
fn a_second_block_in_a_page_is_read_however_it_begins() {
    check_all("second-blocks", &second_blocks());
}

#[test]
fn a_policy_that_is_not_understood_judges_nothing() {
    let policies: [(&str, &[u8], &str); 20] = [
        ("nothing", b"", "1:1 empty-file"),
        ("a byte order mark", b"\xEF\xBB\xBF", "1:1 empty-file"),
        ("an empty mapping", b"{}", "1:1 policy"),
        ("text", b"aivss_policy", "1:1 policy"),
        ("no text", b"aivss_policy: 1 # \xFF", "1:19 encoding"),
        ("version 2", b"aivss_policy: 2\n", "1:15 schema"),
        ("no version", b"aivss_policy:\n", "1:1 schema"),
        ("two of them", b"aivss_policy: 1\n---\naivss_policy: 1\n", "1:1 policy"),
        ("two of them behind a byte order mark", b"\xEF\xBB\xBFa: 1\n---\naivss_policy: 1\n", "1:1 policy"),
        ("an unknown key", b"aivss_policy: 1\nlimit: { score: 1 }\n", "2:1 unknown-key"),
        ("an unknown rule", b"aivss_policy: 1\nrules: { no-such-rule: off }\n", "2:10 unknown-key"),
        ("a rule that holds always", b"aivss_policy: 1\nrules: { syntax: off }\n", "2:18 policy"),
        ("a level that is none", b"aivss_policy: 1\nrules: { layer-blank: false }\n", "2:23 schema"),
        (
            "a rule twice",
            b"aivss_policy: 1\nrules: { layer-blank: error, \"layer-bl\\u0061nk\": off }\n",
            "2:30 duplicate-key",
        ),
        ("limits of nothing", b"aivss_policy: 1\nlimits:\n", "2:1 schema"),
        ("a limit without end", b"aivss_policy: 1\nlimits: { score: .inf }\n", "2:18 non-finite"),
        ("a limit in quotes", b"aivss_policy: 1\nlimits: { score: '5' }\n", "2:18 schema"),
        ("a parent that is none", b"aivss_policy: 1\nextends: [strct]\n", "2:11 policy"),
        ("a parent that is itself", b"aivss_policy: 1\nextends: [./aivss-policy.yaml]\n", "2:11 policy"),
        ("a pattern that is none", b"aivss_policy: 1\nfiles: { include: ['a[b'] }\n", "2:20 policy"),
    ];
    let mut wrong = Vec::new();
    for (at, (name, bytes, due)) in policies.iter().enumerate() {
        let folder = repository(&format!("policies-{at}"));
        put(&folder, YAML_FILE, MODEL);
        put(&folder, "aivss-policy.yaml", bytes);
        let output = command(&folder).args(["--format", "concise", YAML_FILE]).output().unwrap();
        let report = String::from_utf8(output.stdout).unwrap();
        let shown = first(&report, "aivss-policy.yaml");
        if (output.status.code(), shown.as_str()) != (Some(2), *due) {
            wrong.push(format!("{name}: 2 `{due}` is due, got {:?} `{shown}`", output.status.code()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_gate_that_has_checked_nothing_does_not_pass() {
    let folder = repository("nothing");
    assert_eq!(run(&folder, &[]).0, 2, "an empty folder");
    put(&folder, "aivss-policy.yaml", "aivss_policy: 1\n");
    assert_eq!(run(&folder, &[]).0, 2, "a policy alone");
    assert_eq!(run(&folder, &["aivss-policy.yaml"]).0, 0, "a policy by name");
    put(&folder, "threat-models/other.yaml", "a: 1\n");
    assert_eq!(run(&folder, &[]).0, 2, "a file that holds something else");
    put(&folder, YAML_FILE, MODEL);
    assert_eq!(run(&folder, &[]).0, 0, "a model beside it");
    assert_eq!(run(&folder, &["threat-models/other.yaml", YAML_FILE]).0, 2, "the other file by name");
    assert_eq!(run(&folder, &["nowhere.yaml", YAML_FILE]).0, 2, "a file that is not there");
    fs::create_dir(folder.join("empty")).unwrap();
    assert_eq!(run(&folder, &["empty", YAML_FILE]).0, 2, "a folder by name that holds no model");
    put(&folder, "empty/threat-model.json", "{ \"detail\": {} }");
    assert_eq!(run(&folder, &["empty", YAML_FILE]).0, 2, "a folder by name that holds something else");
    assert_eq!(run(&folder, &[".", "empty"]).0, 2, "the same, within another one");
    assert_eq!(run(&folder, &["."]).0, 0, "the other one alone");
    put(&folder, "aivss-policy.yml", "aivss_policy: 1\n");
    assert_eq!(run(&folder, &[YAML_FILE]).0, 2, "two policies");
}

#[test]
fn a_folder_hides_nothing() {
    let folder = repository("folders");
    put(&folder, YAML_FILE, MODEL);
    put(&folder, "threat-model.yaml.d/.hidden/threat-model.yaml", wrong());
    put(&folder, ".ignore", "threat-model.yaml\n");
    assert_eq!(run(&folder, &[]).0, 1, "hidden, and in an ignore file that is not git's");
    let folder = repository("folders-by-name");
    put(&folder, "threat-model.yaml/threat-model.yaml", wrong());
    let (code, report) = run(&folder, &["--format", "concise", "threat-model.yaml"]);
    assert_eq!(code, 1, "a folder with the name of a model: {report}");
    let folder = repository("folders-from-below");
    put(&folder, "agents/model.yaml", wrong());
    put(&folder, "below/threat-model.yaml", MODEL);
    put(&folder, "aivss-policy.yaml", "aivss_policy: 1\nfiles: { include: ['agents/**', 'below/**'] }\n");
    let below = folder.join("below");
    assert_eq!(run(&below, &["."]).0, 0);
    assert_eq!(run(&below, &[".", "../agents"]).0, 1, "patterns are relative to the root");
}

#[test]
fn many_mild_faults_hide_no_grave_one() {
    let folder = repository("many");
    let finding = |at: usize| {
        format!(
            "  - {{ id: V-{at}, aivss: {{ version: '0.8', factors: *f, score: 9.4, cvss: \
             CVSS:4.0/AV:N/AC:H/AT:N/PR:L/UI:N/VC:N/VI:N/VA:H/SC:N/SI:H/SA:H/E:P }} }}\n"
        )
    };
    let findings: String = (0..1_200).map(finding).collect();
    let model = wrong().replace("  factors:\n", "  factors: &f\n");
    put(&folder, YAML_FILE, format!("{model}findings:\n{findings}"));
    let (code, report) = run(&folder, &["--format", "concise", YAML_FILE]);
    assert_eq!(code, 1, "{}", report.lines().next_back().unwrap_or_default());
    assert!(report.contains("error[input-limit] there are more than 1000 faults"));
}

#[test]
fn what_git_tracks_is_judged_whatever_is_ignored() {
    let folder = repository("tracked");
    put(&folder, "agents/threat-model.yaml", wrong());
    put(&folder, YAML_FILE, MODEL);
    let git = |arguments: &[&str]| Command::new("git").current_dir(&folder).args(arguments).output();
    let _ = fs::remove_dir_all(folder.join(".git"));
    if git(&["init", "-q"]).is_err() {
        println!("skipped: there is no git");
        return;
    }
    put(&folder, ".gitignore", "agents/\n");
    assert_eq!(run(&folder, &[]).0, 0, "ignored, and not tracked");
    git(&["add", "-f", "agents/threat-model.yaml"]).unwrap();
    assert_eq!(run(&folder, &[]).0, 1, "tracked all the same");
    fs::remove_file(folder.join("agents/threat-model.yaml")).unwrap();
    assert_eq!(run(&folder, &[]).0, 0, "tracked, and deleted");
}

#[test]
fn standard_input_is_judged_as_the_file_it_is_named_after() {
    let folder = repository("stdin");
    let strict =
        "aivss_policy: 1\noverrides: [{ match: { path: 'agents/prod/**' }, limits: { score: 1 } }]\n";
    put(&folder, "aivss-policy.yaml", strict);
    put(&folder, "agents/prod/threat-model.yaml", MODEL);
    let absolute = folder.join("agents/prod/threat-model.yaml");
    for (from, name, code) in [
        ("", "agents/dev/threat-model.yaml", 0),
        ("", "agents/prod/threat-model.yaml", 1),
        ("", "./agents/prod/threat-model.yaml", 1),
        ("", absolute.to_str().unwrap(), 1),
        ("agents", "prod/threat-model.yaml", 1),
    ] {
        assert_eq!(piped(&folder.join(from), name, MODEL.as_bytes()).0, code, "{name} from {from:?}");
    }
    assert_eq!(piped(&folder, "a.yaml", b"").0, 1, "nothing");
    assert_eq!(piped(&folder, "a.yaml", b"a: 1\n").0, 2, "something else");
    assert_eq!(piped(&folder, "a.json", MODEL.as_bytes()).0, 1, "another language");
    let (code, report) = piped(&folder, "a\u{1B}[31m\n\u{202E}.yaml", wrong().as_bytes());
    assert_eq!(code, 1);
    assert!(!report.contains(steers), "{report:?}");
}

/// Runs the gate on bytes in standard input.
fn piped(folder: &Path, name: &str, bytes: &[u8]) -> (i32, String) {
    let mut command = command(folder);
    command.args(["--format", "concise", "-", "--stdin-filename", name]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(bytes).unwrap();
    finished(&child.wait_with_output().unwrap())
}

#[test]
fn whoever_stops_reading_changes_no_verdict() {
    let folder = repository("pipes");
    let keys: String = (0..3_000).map(|at| format!("unknown_{at}: 1\n")).collect();
    put(&folder, YAML_FILE, format!("{MODEL}{keys}"));
    for format in ["human", "concise", "json"] {
        let mut command = command(&folder);
        command.args(["--format", format, YAML_FILE]).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(finished(&output), (1, String::new()), "{format}");
    }
}

#[test]
fn what_a_file_says_does_not_steer_the_terminal() {
    let folder = repository("steering");
    let evil = "\\e]8;;https://example.org\\a\\e[2J\\r\\n::error::\\u202E";
    let files = [
        ("name", swap("Planner", &format!("\"{evil}\"")).replace("9.4", "9.1")),
        ("key", after_score(&format!("  \"{evil}\": 1"))),
        ("value", swap("severity: Critical", &format!("severity: \"{evil}\""))),
        ("vector", swap("cvss: CVSS:4.0", &format!("cvss: \"{evil}\"\n  x-a: CVSS:4.0"))),
        ("tag", swap("score: 9.4", "score: !%1B%5B2J 9.4")),
        ("comment", format!("{}# \u{202E}\u{2066}\u{85}\u{9B}2J\n", wrong())),
        ("anchor", after_score("  x-a: *\u{202E}a")),
        ("finding", format!("{MODEL}findings:\n  - id: \"{evil}\"\n    title: 1\n")),
    ];
    for (name, text) in files {
        put(&folder, YAML_FILE, text);
        for format in ["human", "concise"] {
            let (code, report) = run(&folder, &["--format", format, YAML_FILE]);
            assert_eq!(code, 1, "{name}: {report}");
            assert!(!report.contains(steers), "{name}, {format}: {report:?}");
        }
    }
}

#[test]
fn a_small_file_makes_no_huge_report() {
    let folder = repository("reports");
    let findings = "  - { id: *id, aivss: {} }\n".repeat(1_000);
    put(&folder, YAML_FILE, format!("{MODEL}x-id: &id {}\nfindings:\n{findings}", "i".repeat(10_000)));
    for format in ["human", "concise", "json"] {
        let (code, report) = run(&folder, &["--format", format, YAML_FILE]);
        assert_eq!(code, 1, "{format}");
        assert!(report.len() < 20_000_000, "{format}: {} bytes", report.len());
    }
}

#[cfg(unix)]
mod unix {
    //! Files that are no files, and names that are no text.

    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn what_is_no_regular_file_is_an_obstacle() {
        for (name, target) in [
            ("itself", YAML_FILE),
            ("nothing", "nowhere.yaml"),
            ("zeros", "/dev/zero"),
            ("null", "/dev/null"),
        ] {
            let folder = repository(&format!("links-{name}"));
            symlink(target, folder.join(YAML_FILE)).unwrap();
            put(&folder, "b.threat-model.yaml", MODEL);
            assert_eq!(run(&folder, &[]).0, 2, "a link to {name}, found");
            assert_eq!(run(&folder, &[YAML_FILE]).0, 2, "a link to {name}, by name");
        }
        assert_eq!(run(&repository("devices"), &["/dev/zero"]).0, 2);
    }

    #[test]
    fn a_pipe_among_the_files_is_not_waited_for() {
        let folder = repository("fifo");
        put(&folder, "b.threat-model.yaml", MODEL);
        // Where there is no such command, there is nothing to wait for either.
        if Command::new("mkfifo").arg(folder.join(YAML_FILE)).status().is_ok_and(|status| status.success()) {
            assert_eq!(run(&folder, &[]).0, 2);
            assert_eq!(run(&folder, &[YAML_FILE]).0, 2);
        }
    }

    #[test]
    fn a_linked_file_is_read_and_a_circle_of_folders_is_left() {
        let folder = repository("circle");
        put(&folder, "elsewhere/model.txt", wrong());
        symlink("elsewhere/model.txt", folder.join(YAML_FILE)).unwrap();
        symlink(".", folder.join("circle")).unwrap();
        let (code, report) = run(&folder, &["--format", "concise"]);
        assert_eq!((code, first(&report, YAML_FILE).as_str()), (1, "22:10 score-mismatch"));
        assert_eq!(report.lines().count(), 1, "{report}");
    }

    #[test]
    fn a_policy_that_cannot_be_reached_is_not_an_absent_one() {
        for target in ["nowhere.yaml", "aivss-policy.yaml", "/dev/zero", "."] {
            let folder = repository("unreachable-policy");
            put(&folder, YAML_FILE, MODEL);
            symlink(target, folder.join("aivss-policy.yaml")).unwrap();
            assert_eq!(run(&folder, &[YAML_FILE]).0, 2, "{target}");
        }
    }

    #[test]
    fn names_that_are_no_text_do_not_fall_together() {
        for (good, bad) in [(b"\xFE", b"\xFF"), (b"\xFF", b"\xFE")] {
            let folder = repository("names");
            let path =
                |start: &[u8]| folder.join(OsStr::from_bytes(&[start, b".threat-model.yaml"].concat()));
            // Not every file system takes such names.
            if fs::write(path(good), MODEL).is_ok() && fs::write(path(bad), wrong()).is_ok() {
                assert_eq!(run(&folder, &[]).0, 1);
            }
        }
    }

    #[test]
    fn names_do_not_steer_the_terminal() {
        let folder = repository("steering-names");
        let name = "a\u{1B}]8;;x\u{7}\n\u{202E}.threat-model.yaml";
        put(&folder, name, wrong());
        let gone = "no\u{1B}[31m";
        for arguments in [vec![], vec![name], vec![gone], vec!["--policy", name], vec!["--policy", gone]] {
            for format in ["human", "concise"] {
                let (code, report) = run(&folder, &[&arguments[..], &["--format", format]].concat());
                assert_ne!(code, 0);
                assert!(!report.contains(steers), "{arguments:?}, {format}: {report:?}");
            }
        }
    }

    #[test]
    fn a_file_with_a_hole_is_not_read_whole() {
        let folder = repository("sparse");
        put(&folder, YAML_FILE, MODEL);
        let file = fs::OpenOptions::new().write(true).open(folder.join(YAML_FILE)).unwrap();
        file.set_len(200 * 1024 * 1024).unwrap();
        let (code, report) = run(&folder, &["--format", "concise", YAML_FILE]);
        assert_eq!((code, first(&report, YAML_FILE).as_str()), (1, "1:1 input-limit"));
        file.set_len(0).unwrap();
    }
}
