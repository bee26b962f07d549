//! Pages: blocks that hold a model, wherever they stand and however they begin.

use super::rows::{BOM, Case, JSON, MODEL, beside, indented, page, swap_in, wrong};

/// Markdown: a block that holds a model is read, wherever it stands and however it begins.
pub(crate) fn pages() -> Vec<Case> {
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
        page("more signs than are read", "- a\n".repeat(3_000_000) + &fenced("yaml"), 1, "1:1 input-limit"),
        page("more brackets than are read", "[".repeat(32_000_000) + &fenced("yaml"), 1, "1:1 input-limit"),
        page("a block in a comment of HTML", format!("<!--\n\n{}\n-->\n", fenced("yaml")), 1, "4:1 syntax"),
        page(
            "a block in an element of HTML",
            format!("<details>\n\n{}\n</details>\n", fenced("yaml")),
            1,
            "25:10 score-mismatch",
        ),
        page(
            "a block in an indented block",
            format!("a\n\n{}", indented(&fenced("yaml"), 4)),
            1,
            "4:5 syntax",
        ),
        page(
            "a block with more signs than it needs",
            fenced("yaml").replace("```", "``````"),
            1,
            "23:10 score-mismatch",
        ),
        page("a block that ends with fewer signs", format!("````yaml\n{}```\n", wrong()), 1, "33:1 syntax"),
        page("a block in another language", fenced("text"), 1, "23:10 score-mismatch"),
    ]
}

/// A second block beside one that passes: the file holds a model already, so nobody would miss this one.
pub(crate) fn second_blocks() -> Vec<Case> {
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
