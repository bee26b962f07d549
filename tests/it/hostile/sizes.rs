//! Input built to exhaust a reader: deep, long, many, and aliases that multiply.

use super::rows::{Case, JSON, MODEL, after_score, json, swap, swap_in, yaml};

/// Structures built to exhaust a reader.
pub(crate) fn sizes() -> Vec<Case> {
    let bomb: String = (1..12)
        .map(|level| format!("x-{level}: &a{level} [{}]\n", format!("*a{}, ", level - 1).repeat(10)))
        .collect();
    let ladder: String = (1..200).map(|level| format!("x-{level}: &a{level} [*a{}]\n", level - 1)).collect();
    let blocks: String = (0..3_000).map(|depth| format!("{:depth$}a:\n", "")).collect();
    vec![
        yaml("brackets without end", "[".repeat(100_000), 1, "1:101 file-too-complex"),
        yaml("braces without end", "{a: ".repeat(250_000), 1, "1:401 file-too-complex"),
        yaml("blocks without end", blocks, 1, "101:101 file-too-complex"),
        yaml("dashes without end", "- ".repeat(100_000), 1, "1:201 file-too-complex"),
        yaml("question marks without end", "? ".repeat(100_000), 1, "1:201 file-too-complex"),
        json("brackets without end, JSON", "[".repeat(100_000), 1, "1:101 file-too-complex"),
        json(
            "balanced brackets, JSON",
            ["[".repeat(100_000), "]".repeat(100_000)].concat(),
            1,
            "1:101 file-too-complex",
        ),
        yaml("a bomb of aliases", format!("{MODEL}x-0: &a0 [x]\n{bomb}"), 1, "37:26 file-too-complex"),
        yaml("a ladder of aliases", format!("{MODEL}x-0: &a0 [x]\n{ladder}"), 1, "131:13 file-too-complex"),
        yaml("an alias to itself", after_score("  x-a: &a [*a]"), 1, "23:12 syntax"),
        yaml("an alias to the whole", format!("&a\n{MODEL}x-a: *a\n"), 1, "33:6 syntax"),
        yaml("an alias to nothing", after_score("  x-a: *a"), 1, "23:8 syntax"),
        yaml(
            "an alias over the border of documents",
            format!("{}---\nx-a: *n\n", swap("Planner", "&n Planner")),
            1,
            "33:6 syntax",
        ),
        yaml("more bytes than are read", " ".repeat(33 * 1024 * 1024), 1, "1:1 file-too-complex"),
        yaml(
            "a line of a megabyte",
            swap("score: 9.4", &format!("score: 9.1 # {}", "x".repeat(1 << 20))),
            1,
            "22:10 score-mismatch",
        ),
        yaml(
            "a line of thirty megabytes",
            swap("score: 9.4", &format!("score: 9.1 # {}", "x".repeat(30 << 20))),
            1,
            "22:10 score-mismatch",
        ),
        json(
            "balanced braces, JSON",
            ["{\"a\":".repeat(100_000), "1".to_owned(), "}".repeat(100_000)].concat(),
            1,
            "1:501 file-too-complex",
        ),
        json(
            "a problem far to the right",
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
