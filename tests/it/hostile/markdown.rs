//! Pages: blocks that contain a model, at any place and with any beginning.

use super::rows::{BOM, Case, JSON, MODEL, REPORT, indented, next_to, page, swap_in, wrong};

/// Markdown: a block that contains a model is read, at any place and with any beginning.
pub(crate) fn pages() -> Vec<Case> {
    let fenced = |info: &str| format!("```{info}\n{}```\n", wrong());
    let quoted: String = fenced("yaml").lines().map(|line| format!("> {line}\n")).collect();
    let tilde = fenced("yaml").replace("```", "~~~");
    vec![
        page("a page without a model", "# Planner\n\n```yaml\na: 1\n```\n", 2, ""),
        page("an unfenced model", MODEL, 1, "1:1 marker-unread"),
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
            "a block after a byte order mark",
            format!("{BOM}{}", fenced("yaml")),
            1,
            "23:10 score-mismatch",
        ),
        page("a block after other scripts", format!("日本ü\n{}", fenced("yaml")), 1, "24:10 score-mismatch"),
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
        page(
            "more signs than are read",
            "- a\n".repeat(3_000_000) + &fenced("yaml"),
            1,
            "1:1 file-too-complex",
        ),
        page(
            "more brackets than are read",
            "[".repeat(32_000_000) + &fenced("yaml"),
            1,
            "1:1 file-too-complex",
        ),
        page(
            "a block in a comment of HTML",
            format!("<!--\n\n{}\n-->\n", fenced("yaml")),
            1,
            "4:1 marker-unread",
        ),
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
            "4:5 marker-unread",
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

/// A second block next to one that passes: the file already has a model, so nobody would notice that this one is not read.
pub(crate) fn second_blocks() -> Vec<Case> {
    let bad = "aivss_threat_model: 1\n";
    let (wrong, json) = (indented(&wrong(), 2), JSON.replace("9.4}", "9.1}"));
    let unmarked = swap_in(&json.replace('\n', " "), "\"aivss_threat_model\": 1, ", "");
    let blocks = [
        ("as it should be", "yaml", bad.to_owned(), "37:1 layer-blank"),
        ("it begins with a comment", "yaml", format!("# a\n\n{bad}"), "39:1 layer-blank"),
        ("it begins with a directive", "yaml", format!("%YAML 1.2\n---\n{bad}"), "39:1 layer-blank"),
        ("it begins with another key", "yaml", format!("x-a: 1\n{bad}"), "37:1 layer-blank"),
        ("it begins with another document", "yaml", format!("a: 1\n---\n{bad}"), "37:1 marker-missing"),
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
            "braces after its beginning",
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
        ("invalid JSON", "json", "{\"aivss_threat_model\": 1,}\n".to_owned(), "37:26 syntax"),
    ];
    blocks.into_iter().map(|(name, info, block, first)| page(name, next_to(info, &block), 1, first)).collect()
}

/// A page with a model that passes, and a second one after it that people see and that is not in a block of data.
pub(crate) fn unread() -> Vec<Case> {
    let quoted = |text: &str| text.lines().map(|line| format!("> {line}\n")).collect::<String>();
    let marked = wrong();
    let (deep, listed) = (indented(&marked, 2), format!("models:\n  -\n{}", indented(&marked, 4)));
    let json = JSON.replace('\n', " ");
    let broken = swap_in(&json, "\"}}", "\"},}");
    let escaped = marked.replacen("aivss_threat_model", r"aivss\_threat\_model", 1);
    let report = |text: &str| format!("```json\n{text}```\n");
    let flow = "{ agent: {name: A}, aivss_threat_model: 1, maestro: {} }\n";
    let capitals = marked.replacen("aivss_threat_model", "AIVSS_THREAT_MODEL", 1);
    let rows = [
        ("in an indented block", indented(&marked, 4), "37:5 marker-unread"),
        ("in a quotation", quoted(&marked), "37:3 marker-unread"),
        ("in a quotation of a quotation", quoted(&quoted(&marked)), "37:5 marker-unread"),
        ("in a footnote", format!("[^1]:\n{}", indented(&marked, 4)), "38:5 marker-unread"),
        ("after the label of a footnote", format!("[^1]: {marked}"), "37:7 marker-unread"),
        ("in preformatted HTML", format!("<pre>\n{marked}</pre>\n"), "38:1 marker-unread"),
        ("after a tag of HTML", format!("<pre><code>{marked}</code></pre>\n"), "37:12 marker-unread"),
        ("in an item of a list", format!("- {}", indented(&marked, 2).trim_start()), "37:3 marker-unread"),
        ("in a numbered item", format!("1. {}", indented(&marked, 3).trim_start()), "37:4 marker-unread"),
        ("in a cell", "| aivss_threat_model: 1 |\n".to_owned(), "37:3 marker-unread"),
        ("with lines that end in CR", marked.replace('\n', "\r"), "37:1 marker-unread"),
        ("with its underscores escaped", escaped, "37:1 marker-unread"),
        ("its marker quoted in prose", "See {\"aivss_threat_model\": 1}.\n".to_owned(), "37:7 marker-unread"),
        ("JSON in prose", format!("{json}\n"), "37:3 marker-unread"),
        ("JSON in an indented block", indented(JSON, 4), "37:7 marker-unread"),
        ("JSON in a line, a comma too many", format!("```json\n{broken}\n```\n"), "38:830 syntax"),
        ("under a key", format!("```yaml\nevil:\n{deep}```\n"), "39:3 marker-unread"),
        (
            "under a key, in a language of its own",
            format!("```toml\nevil:\n{deep}```\n"),
            "39:3 marker-unread",
        ),
        ("under a key twice", format!("```yaml\nevil: {{}}\nevil:\n{deep}```\n"), "39:1 duplicate-key"),
        ("in a list under a key", format!("```yaml\n{listed}```\n"), "40:5 marker-unread"),
        (
            "in braces under a key, a key twice",
            "```yaml\nx: { a: 1, aivss_threat_model: 1, a: 1 }\n```\n".to_owned(),
            "38:12 marker-unread",
        ),
        (
            "in braces that do not close",
            "```yaml\nx: { a: 1, aivss_threat_model: 1\n```\n".to_owned(),
            "38:4 syntax",
        ),
        ("in capitals, in a quotation", quoted(&capitals), "37:3 marker-unread"),
        ("in capitals, in front of indented keys", indented(&capitals, 4), "37:5 marker-unread"),
        ("a slip, in a quotation", quoted(&marked.replacen("threat", "treat", 1)), "37:3 marker-unread"),
        (
            "in bold type",
            quoted(&marked.replacen("aivss_threat_model", "**aivss_threat_model**", 1)),
            "37:5 marker-unread",
        ),
        ("its colon a number", quoted(&marked.replacen(':', "&#058;", 1)), "37:3 marker-unread"),
        ("its colon full-width", quoted(&marked.replacen(':', "\u{FF1A}", 1)), "37:3 marker-unread"),
        ("after a sign that is not seen", quoted(&format!("\u{2063}{marked}")), "37:4 marker-unread"),
        (
            "a comment before its colon",
            "```json\n{\"aivss_threat_model\" /* v */: 1, \"agent\": {}}\n```\n".to_owned(),
            "38:23 syntax",
        ),
        (
            "a comment before its colon, in another language",
            "```js\n{\"aivss_threat_model\" // v\n: 1}\n```\n".to_owned(),
            "38:3 marker-unread",
        ),
        (
            "with a sentence as its value, far before the other keys",
            format!(
                "aivss_threat_model: the very first\n\n{}\n{}",
                "a b ".repeat(2_000),
                quoted(marked.split_once('\n').map_or("", |(_, body)| body))
            ),
            "37:1 marker-unread",
        ),
        ("in a diff", format!("```diff\n+{}", marked.replace('\n', "\n+") + "\n```\n"), "69:1 syntax"),
        ("joined by an entity", marked.replacen("aivss_", "aivss&#95;", 1), "37:1 marker-unread"),
        ("joined by tags", marked.replacen("threat", "<b>threat</b>", 1), "37:1 marker-unread"),
        ("joined by emphasis", marked.replacen("threat", "thr**eat**", 1), "37:1 marker-unread"),
        ("joined by a link", marked.replacen("threat", "[threat](x)", 1), "37:1 marker-unread"),
        ("its colon an entity", marked.replacen(':', "&colon;", 1), "37:1 marker-unread"),
        ("with a letter of another script", marked.replacen('a', "\u{430}", 1), "37:1 marker-unread"),
        ("with a letter that is not seen", marked.replacen('_', "\u{200B}_", 1), "37:1 marker-unread"),
        ("quoted, with a tag in it", "{\"aivss_<i>threat</i>_model\": 1}\n".to_owned(), "37:3 marker-unread"),
        ("after a break of HTML", format!("text<br>{marked}"), "37:9 marker-unread"),
        ("after other keys in a fence of text", format!("```text\n{flow}```\n"), "38:21 marker-unread"),
        ("after other keys in an indented block", indented(flow, 4), "37:25 marker-unread"),
        ("after other keys in a paragraph", flow.to_owned(), "37:21 marker-unread"),
        ("in a code span of several lines", format!("``\n{}``\n", &marked), "38:1 marker-unread"),
        ("a whole model in a code span", format!("`{json}`\n"), "37:4 marker-unread"),
        ("in a fence, in capitals", format!("```text\n{capitals}```\n"), "38:1 marker-missing"),
        (
            "a report with a comma too many",
            report(&swap_in(REPORT, "\"Critical\"}}]}", "\"Critical\"}}],}")),
            "48:41 syntax",
        ),
        (
            "a report with a key twice",
            report(&swap_in(REPORT, "\"aivss\": 9.4", "\"aivss\": 9.4, \"aivss\": 1.0")),
            "48:15 duplicate-key",
        ),
    ];
    let passing = format!("# Planner\n\n```yaml\n{MODEL}```\n\n");
    let long = "- x\n".repeat(110_000);
    let mut cases: Vec<Case> = rows
        .into_iter()
        .map(|(name, text, first)| page(name, format!("{passing}{text}"), 1, first))
        .collect();
    let front = "---\nx: '`'\n\"aivss_threat_model\": 1\ny: '`'\n---\n";
    let joined = quoted(&marked.replacen(':', "&colon;", 1));
    cases.push(page("before too many lines", format!("{joined}\n{long}"), 1, "1:1 file-too-complex"));
    cases.push(page("in front matter", format!("---\n{marked}---\n\n{passing}"), 1, "23:10 score-mismatch"));
    cases.push(page(
        "in front matter between backticks",
        format!("{front}\n{passing}"),
        1,
        "3:1 layer-blank",
    ));
    let mentions = "The marker `aivss_threat_model: 1` comes first; `{\"aivss_threat_model\": 1}` in JSON.\nThe key \
                    aivss_threat_model: 1 makes a file a threat model. See ``\"aivss_threat_model\": 1``.\n";
    cases.push(page("a page that mentions the marker", format!("{passing}{mentions}"), 0, ""));
    let notes = "- aivss_threat_model: the marker is now required\n\n```diff\n a: 1\n+aivss_threat_model: 1\n```\n\n```sh\nyq \
                 '{a: 1, aivss_threat_model: 1}' x\n```\n\nThe AIVSS threat model: see [aivss_threat_model](x).\n";
    cases.push(page("notes about the marker", format!("{passing}{notes}"), 0, ""));
    cases
}

/// The page of a threat model: all but the layers in front matter, and the layers in sections.
fn prose_page() -> String {
    let (front, layers) = MODEL.split_once("maestro:\n").unwrap();
    let sections = layers.lines().map(|line| {
        let (key, text) = line.trim().split_once(": ").unwrap();
        format!("## {}\n\n{text}\n\n", key.replace('_', " "))
    });
    format!("---\n{front}---\n# Planner\n\n{}", sections.collect::<String>())
}

/// Prose: a hidden answer is not an answer, and a visible one is read.
pub(crate) fn prose() -> Vec<Case> {
    let sound = prose_page();
    let wrong = sound.replace("score: 9.4", "score: 9.1");
    let front = &sound[..sound.find("# Planner").unwrap()];
    let layers = &sound[sound.find("## foundation").unwrap()..];
    let section = "## agent ecosystem\n\nAny server of tools can be added by a user.\n";
    let without = |text: &str| sound.replace(section, text);
    let rows = "| L1 | T | High | open |\n".repeat(20_000);
    vec![
        page("a page", sound.clone(), 0, ""),
        page("a wrong score in front matter", wrong.clone(), 1, "23:10 score-mismatch"),
        page("with CR LF", wrong.replace('\n', "\r\n"), 1, "23:10 score-mismatch"),
        page("with CR", wrong.replace('\n', "\r"), 1, "23:10 score-mismatch"),
        page("after a byte order mark", format!("{BOM}{wrong}"), 1, "23:10 score-mismatch"),
        page("after a blank line", format!("\n{sound}"), 1, "3:1 marker-unread"),
        page("that is not closed", sound.replace("Critical\n---\n", "Critical\n"), 1, "2:1 marker-unread"),
        page("in TOML", sound.replace("---\n", "+++\n"), 1, "2:1 marker-unread"),
        page("that is broken", sound.replace("severity: Critical", "severity: {"), 1, "24:13 syntax"),
        page("twice", format!("{front}{sound}"), 1, "27:1 marker-unread"),
        page("with a key twice", sound.replace("agent:\n", "agent: {}\nagent:\n"), 1, "3:1 schema"),
        page("with a merge key", sound.replace("agent:\n", "<<: {}\nagent:\n"), 1, "3:1 merge-key"),
        page("with a slip", sound.replace("agent:\n", "agnet:\n"), 1, "3:1 unknown-key"),
        page("layers in a comment", format!("{front}# A\n<!--\n{layers}-->\n"), 1, "2:1 layer-blank"),
        page("layers in a block of code", format!("{front}# A\n```\n{layers}```\n"), 1, "2:1 layer-blank"),
        page(
            "layers in a quotation",
            format!("{front}# A\n> {}\n", layers.replace('\n', "\n> ")),
            1,
            "2:1 layer-blank",
        ),
        page("layers in details", format!("{front}# A\n<details>\n\n{layers}"), 1, "2:1 layer-blank"),
        page("a layer in a comment", without(&format!("<!--\n{section}-->\n")), 1, "28:4 layer-blank"),
        page(
            "an analysis in a comment",
            without("## agent ecosystem\n<!-- Any server of tools. -->\n"),
            1,
            "52:4 layer-blank",
        ),
        page(
            "a placeholder below a caption",
            without("## agent ecosystem\n### Threats\nTBD\n"),
            1,
            "54:1 layer-blank",
        ),
        page(
            "a placeholder in a table",
            without("## agent ecosystem\n| Threat | Severity |\n|-|-|\n| TBD | High |\n"),
            1,
            "52:4 layer-blank",
        ),
        page(
            "labels alone",
            without("## agent ecosystem\n**Threats:**\n\n**Mitigations:**\n"),
            1,
            "52:4 layer-blank",
        ),
        page("a rating alone", without("## agent ecosystem\n**Severity:** High\n"), 1, "53:1 layer-blank"),
        page("an admonition", without("## agent ecosystem\n!!! note\n    TBD\n"), 1, "53:1 layer-blank"),
        page(
            "a row without a title",
            without("| Layer | Threat | Severity |\n|-|-|-|\n| L7 | - | High |\n"),
            1,
            "54:3 layer-blank",
        ),
        page(
            "a row for all layers",
            without("| Layer | Threat | Severity |\n|-|-|-|\n| L1-L7 | It burns | High |\n"),
            1,
            "28:4 layer-blank",
        ),
        page(
            "a table of definitions",
            without("| Layer | Description |\n|-|-|\n| Agent Ecosystem | Tools and agents |\n"),
            1,
            "28:4 layer-blank",
        ),
        page("no reason", without("## agent ecosystem\n\nN/A\n"), 1, "52:4 layer-reason-missing"),
        page("two agents", format!("{front}# A\n{layers}# B\n{layers}"), 1, "55:3 syntax"),
        page(
            "twenty thousand rows",
            format!("{sound}| Layer | Threat | Severity | Status |\n|-|-|-|-|\n{rows}"),
            0,
            "",
        ),
        page("sixty thousand captions", format!("{sound}{}", "### a\n".repeat(60_000)), 0, ""),
        page("nothing but emphasis", format!("{sound}{}\n", "**a** ".repeat(40_000)), 0, ""),
    ]
}
