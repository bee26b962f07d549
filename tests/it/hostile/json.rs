//! JSON by RFC 8259.

use super::rows::{BOM, Case, JSON, MODEL, json, swap_in};

/// JSON is exactly that of RFC 8259.
pub(crate) fn strictness() -> Vec<Case> {
    let summary = |text: &str| swap_in(JSON, "Plans trips.", text);
    vec![
        json("the model itself", JSON, 0, ""),
        json("a byte order mark", format!("{BOM}{JSON}"), 0, ""),
        json("two byte order marks", format!("{BOM}{BOM}{JSON}"), 1, "1:1 syntax"),
        json("tabs as indentation", JSON.replace('\n', "\n\t"), 0, ""),
        json("a comma too many", "{\"aivss_threat_model\": 1,}", 1, "1:26 syntax"),
        json("a comment", "{\"aivss_threat_model\": 1} // a", 1, "1:27 syntax"),
        json("a column after other scripts", "{\"é日\": tru}", 1, "1:11 syntax"),
        json("YAML", MODEL, 1, "1:1 syntax"),
        json("two documents", format!("{JSON}{JSON}"), 1, "13:1 syntax"),
        json("a document end in a text", summary("--- trips"), 0, ""),
        json("a comment in a text", summary(" # trips"), 0, ""),
        json("a pair of surrogates", summary("\\ud83d\\ude00 trips"), 0, ""),
        json("half a pair of surrogates", summary("\\ud83d"), 1, "2:42 syntax"),
        json("a control character that YAML forbids", summary("trips\u{7F}\u{80}\u{2028}b"), 0, ""),
        json("a control character that JSON forbids", summary("a\u{1B}b"), 1, "2:43 syntax"),
        json("NUL at the end", format!("{JSON}\0"), 1, "13:1 syntax"),
        json("nothing but white space", " \n\n", 1, "1:1 empty-file"),
        json("the second half of a pair of surrogates", summary("\\ude00"), 1, "2:42 syntax"),
        json("a pair of surrogates in the wrong order", summary("\\ude00\\ud83d"), 1, "2:42 syntax"),
        json("half a pair and a letter", summary("\\ud83d\\u0061"), 1, "2:42 syntax"),
        json("an escape of four digits that has three", summary("\\u00e"), 1, "2:47 syntax"),
        json("an invalid escape", summary("\\x41"), 1, "2:43 syntax"),
        json("an escape of YAML's", summary("\\e"), 1, "2:43 syntax"),
        json("a line break in a text", summary("a\nb"), 1, "2:43 syntax"),
        json("a tab in a text", summary("a\tb"), 1, "2:43 syntax"),
        json("a text that does not end", "{\"aivss_threat_model\": 1, \"a", 1, "1:28 syntax"),
        json("single quotes", "{'aivss_threat_model': 1}", 1, "1:2 syntax"),
        json("a key without quotes", "{aivss_threat_model: 1}", 1, "1:2 syntax"),
        json("a key without a value", "{\"aivss_threat_model\"}", 1, "1:22 syntax"),
        json("an anchor", "{\"aivss_threat_model\": &a 1}", 1, "1:24 syntax"),
        json("a tag", "{\"aivss_threat_model\": !!int 1}", 1, "1:24 syntax"),
        json(
            "a merge key is a key",
            JSON.replace("\"agent\"", "\"<<\": {\"a\": 1}, \"agent\""),
            1,
            "2:1 unknown-key",
        ),
        json(
            "a key twice, letters against escapes",
            JSON.replace("\"agent\"", "\"x-a\": 1, \"x-\\u0061\": 2, \"agent\""),
            1,
            "2:11 duplicate-key",
        ),
        json("nothing, with a sign", JSON.replace("9.4}", "-0}"), 1, "8:28 score-mismatch"),
        json("a number in sixteens", JSON.replace("9.4}", "0x9}"), 1, "8:29 syntax"),
        json("an exponent without end", JSON.replace("9.4}", "1e999999999}"), 1, "8:28 file-too-complex"),
        json("True with a capital", JSON.replace("9.4}", "True}"), 1, "8:28 syntax"),
        json("a score of another script", JSON.replace("9.4}", "\u{669}.\u{664}}"), 1, "8:28 syntax"),
        json(
            "a space that JSON does not know",
            JSON.replace(", \"score\"", ",\u{A0}\"score\""),
            1,
            "8:18 syntax",
        ),
    ]
}
