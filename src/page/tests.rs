//! Pages in the manners of teams, each with what is read from it.

use std::fmt::Write;

use proptest::prelude::*;

use crate::aivss::LayerSet;
use crate::page::columns::SEARCHED;
use crate::page::{draft, parse};
use crate::source::{Source, Span};
use crate::syntax::{Document, Node, Value, pointer};

/// The pages: a title after `===`, the page, and what is read after a line of `---- read`, or `---- nothing` for a page
/// that is not an analysis. A layer has its number, `=` before its text, `n/a` before a reason, `?` before an uncertain text,
/// and `!` before a threat; `x` means threats across layers. `left` lists sections with the numbers of blocks, and after
/// `+` of cells, that were not read.
const PAGES: &str = include_str!("pages.txt");

fn pages() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    PAGES.split("=== ").skip(1).map(|page| {
        let (title, page) = page.split_once('\n').unwrap();
        let (page, expected) = page.split_once("---- ").unwrap();
        (title, page, expected)
    })
}

/// The contents that are read from a page, in the form of the file.
fn reading(source: &Source) -> String {
    let draft = draft(source);
    let mut out = format!("{}\n", if draft.has_layers { "read" } else { "nothing" });
    for root in draft.document.roots() {
        for key in ["name", "summary"] {
            if let Some(text) = root.get("agent").and_then(|agent| agent.get(key)) {
                writeln!(out, "{key}: {}", text.as_str().unwrap()).unwrap();
            }
        }
        let maestro = root.get("maestro");
        let layers =
            LayerSet::DEFAULT.layers().zip(1..).map(|(kind, number)| (kind.key(), number.to_string()));
        for (key, name) in layers.chain([("cross_layer", "x".to_owned())]) {
            if let Some(layer) = maestro.and_then(|maestro| maestro.get(key)) {
                write_layer(&mut out, &name, layer);
            }
        }
    }
    let left: Vec<String> = draft
        .left()
        .iter()
        .map(|section| match (section.blocks, section.cells) {
            (blocks, 0) => format!("{} {blocks}", section.title),
            (blocks, cells) => format!("{} {blocks}+{cells}", section.title),
        })
        .collect();
    if !left.is_empty() {
        writeln!(out, "left: {}", left.join(", ")).unwrap();
    }
    out.replace("\r\n", "\n").replace('\r', "\n")
}

fn write_layer(out: &mut String, name: &str, layer: Node<'_>) {
    let text = |key: &str| layer.get(key).and_then(Node::as_str);
    match (text("status"), text("analysis")) {
        (Some("not_applicable"), _) => {
            writeln!(out, "{}", format!("{name} n/a {}", text("reason").unwrap_or_default()).trim()).unwrap();
        }
        (Some("uncertain"), Some(analysis)) => writeln!(out, "{name} ? {analysis}").unwrap(),
        (None, Some(analysis)) => writeln!(out, "{name} = {analysis}").unwrap(),
        (None, None) if layer.get("threats").is_none() => writeln!(out, "{name}").unwrap(),
        other => assert!(other == (None, None), "{other:?}"),
    }
    for threat in layer.get("threats").into_iter().flat_map(|threats| threats.as_list().unwrap().iter()) {
        let values = threat.as_map().unwrap().iter().map(|entry| {
            let value = match entry.value.value() {
                Value::Number(text) | Value::String(text) => text.to_owned(),
                Value::List(list) => list.iter().filter_map(Node::as_str).collect::<Vec<_>>().join(","),
                other => panic!("{other:?}"),
            };
            format!(" {}={value}", entry.key)
        });
        let values: Vec<String> = values.collect();
        writeln!(out, "{name} !{}", values.concat()).unwrap();
    }
}

/// The page with other line ends, with a byte order mark, or as it is.
fn variants(page: &str) -> [String; 4] {
    [page.to_owned(), page.replace('\n', "\r\n"), page.replace('\n', "\r"), format!("\u{FEFF}{page}")]
}

#[test]
fn page_is_read_with_any_line_ends() {
    let mut wrong = Vec::new();
    for (title, page, expected) in pages() {
        for text in variants(page) {
            let read = reading(&Source::decode("a.md", text.into_bytes()));
            if read != expected {
                wrong.push(format!("=== {title}\n{page}---- {read}"));
                break;
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.concat());
    assert!(pages().count() >= 20);
}

/// The page as a threat model: with the marker in its front matter.
fn marked(page: &str) -> String {
    match page.strip_prefix("---\n") {
        Some(rest) => format!("---\naivss_threat_model: 1\n{rest}"),
        None => {
            format!("---\naivss_threat_model: 1\nagent: {{ owner: a }}\nx-team: {{ a: [1] }}\n---\n{page}")
        }
    }
}

/// Checks that each value has bytes of its own in the text, from which it was read, and that its place leads back to it.
fn check_places(document: &Document<'_>, text: &str) {
    for root in document.roots() {
        check_place(root, text, "");
    }
}

fn check_place(node: Node<'_>, text: &str, path: &str) {
    let written = text.get(node.span().range());
    assert!(written.is_some(), "{path}: {:?} is not in the text", node.span());
    if let (Value::String(value), true) = (node.value(), node.is_verbatim()) {
        assert!(written.is_some_and(|written| written.contains(value)), "{path}: {value:?}");
    }
    if let Some(map) = node.as_map() {
        for entry in map.iter() {
            assert!(text.get(entry.key_span.range()).is_some(), "{path}/{}", entry.key);
            check_place(entry.value, text, &format!("{path}/{}", entry.key));
        }
    } else if let Some(list) = node.as_list() {
        for (at, item) in list.iter().enumerate() {
            check_place(item, text, &format!("{path}/{at}"));
        }
    }
}

#[test]
fn marked_page_is_one_tree_with_the_places_of_the_page() {
    for (title, page, _) in pages().filter(|(title, ..)| *title != "several agents") {
        for text in variants(&marked(page)) {
            let source = Source::decode("a.md", text.into_bytes());
            let document = parse(&source);
            assert!(document.is_sound(), "{title}: {:?}", document.problems);
            let root = document.roots().next().unwrap();
            assert!(root.is_page() && root.get("title").is_none(), "{title}");
            check_places(&document, source.text());
            let draft = draft(&source);
            let other = draft.document.roots().next().unwrap();
            let value = |root: Node<'_>, key: &str| root.get(key).map(Node::to_json);
            assert_eq!(value(root, "maestro"), value(other, "maestro"), "{title}");
            let name = |root: Node<'_>| Some(root.get("agent")?.get("name")?.to_json());
            assert_eq!(name(root), name(other), "{title}");
        }
    }
}

#[test]
fn pointer_leads_to_the_value_of_the_page() {
    let page = "# A\n## Foundation Models\nText.\n\n| ID | Threat | Status | Note |\n|-|-|-|-|\n| T1 | First | open | x |\n\n\
        ## Data Operations\nMore.\n\n## Register\n| Layer | Title | Severity |\n|-|-|-|\n| L2 | Second | High |\n| L1 | Third | Low |\n\
        | L2 | Fourth | Low |\n\n```yaml\naivss_threat_model: 1\nagent: { name: B }\n```\n";
    let source = Source::decode("a.md", marked(page).into_bytes());
    let document = parse(&source);
    for (word, expected) in [
        ("Text.", "/maestro/foundation_models/analysis"),
        ("First", "/maestro/foundation_models/threats/0/title"),
        ("open", "/maestro/foundation_models/threats/0/status"),
        ("Data Operations", "/maestro/data_operations"),
        ("Second", "/maestro/data_operations/threats/0/title"),
        ("Third", "/maestro/foundation_models/threats/1/title"),
        ("Fourth", "/maestro/data_operations/threats/1/title"),
        ("A\n", "/agent/name"),
        ("a }", "/agent/owner"),
        ("B }", "/agent/name"),
    ] {
        let at = source.text().find(word).unwrap();
        let span = Span::new(at, at + word.trim_end_matches([' ', '}', '\n']).len());
        assert_eq!(pointer(&document, span), expected, "{word}");
    }
}

#[test]
fn front_matter_wins_and_its_empty_values_do_not() {
    let page = "---\naivss_threat_model: 1\nagent: { name: '', summary: Mine., owner: a }\nmaestro:\n  data_operations: Kept.\n  \
        foundation_models:\n---\n# Theirs\nText.\n## Foundation Models\nRead.\n## Data Operations\nDropped.\n## Agent Ecosystem\nAdded.\n";
    let source = Source::decode("a.md", page.as_bytes().to_vec());
    let document = parse(&source);
    assert!(document.is_sound(), "{:?}", document.problems);
    let root = document.roots().next().unwrap().to_json();
    let expected = serde_json::json!({
        "aivss_threat_model": 1,
        "agent": { "name": "Theirs", "summary": "Mine.", "owner": "a" },
        "maestro": {
            "data_operations": "Kept.",
            "foundation_models": { "analysis": "Read." },
            "agent_ecosystem": { "analysis": "Added." },
        },
    });
    assert_eq!(root, expected);
    check_places(&document, page);
}

#[test]
fn threats_that_the_front_matter_hides_are_reported() {
    let page = "---\n# A\n## Foundation Models\n- **T1 Poisoned weights** (High): open.\n\n## Register\n\
        | Layer | Title | Status |\n|---|---|---|\n| L1, L2 | Leaked keys | open |\n| L1, L2 | Lost logs | open |\n\
        | L3 | Endless loop | open |\n";
    let all = ["Poisoned weights", "Leaked keys", "Endless loop"];
    for (front, hidden) in [
        ("x-a: 1", &[][..]),
        ("maestro:", &[]),
        ("maestro: {}", &[]),
        ("maestro: { cross_layer:, foundation_models: '' }", &[]),
        ("maestro: { cross_layer: { threats: [] } }", &all[1..2]),
        ("maestro: { cross_layer: {} }", &all[1..2]),
        ("maestro: { foundation_models: Harmless. }", &all[..1]),
        ("maestro: { foundation_models: { status: not_applicable, reason: None. } }", &all[..1]),
        ("maestro: { agent_frameworks: { threats: [{ title: Another }] }, cross_layer: x }", &all[1..]),
        ("maestro: { cross_layer: { threats: [{ title: leaked keys }, { title: Lost logs }] } }", &[]),
        ("maestro: { foundation_models: { threats: [{ title: Poisoned weights, status: closed }] } }", &[]),
        ("x-m: &m { title: Leaked keys }\nmaestro: *m", &all),
        ("maestro: none", &all),
        ("maestro: []", &all),
    ] {
        let text = format!("---\naivss_threat_model: 1\n{front}\n{page}");
        let source = Source::decode("a.md", text.clone().into_bytes());
        let document = parse(&source);
        let mut places: Vec<&str> =
            document.problems.iter().map(|problem| &text[problem.span.range()]).collect();
        places.sort_by_key(|place| text.find(place));
        let is_each = places.len() == hidden.len()
            && places.iter().zip(hidden).all(|(place, title)| place.contains(title));
        assert!(is_each, "{front}: {:?}", document.problems);
        check_places(&document, &text);
    }
}

#[test]
fn aliases_and_anchors_of_the_front_matter_keep_their_values() {
    let page = "---\naivss_threat_model: 1\nagent: { owner: &a team, x-b: *a }\nmaestro: { x-c: &c [1, 2] }\nx-d: *c\nx-e: *a\n---\n# A\n## Foundation Models\nRead.\n";
    let source = Source::decode("a.md", page.as_bytes().to_vec());
    let document = parse(&source);
    let root = document.roots().next().unwrap().to_json();
    let expected = serde_json::json!({
        "aivss_threat_model": 1,
        "agent": { "owner": "team", "x-b": "team", "name": "A" },
        "maestro": { "x-c": [1, 2], "foundation_models": { "analysis": "Read." } },
        "x-d": [1, 2],
        "x-e": "team",
    });
    assert_eq!(root, expected);
}

#[test]
fn keys_of_other_tools_pass_and_near_misses_stay() {
    let page = "---\ntitle: A\naivss_threat_model: 1\nstatus: draft\nreviewers: [x]\nmaestros: {}\nagnet: {}\nx-own: 1\n---\n";
    let source = Source::decode("a.md", page.as_bytes().to_vec());
    let document = parse(&source);
    let keys: Vec<&str> =
        document.roots().next().unwrap().as_map().unwrap().iter().map(|entry| entry.key).collect();
    assert_eq!(keys, ["aivss_threat_model", "maestros", "agnet", "x-own", "agent"]);
}

#[test]
fn front_matter_without_the_marker_at_its_top_is_not_a_threat_model() {
    for front in ["title: A", "- aivss_threat_model: 1", "x: { aivss_threat_model: 1 }", "a: [", ""] {
        let source =
            Source::decode("a.md", format!("---\n{front}\n---\n# A\n## Foundation Models\nx\n").into_bytes());
        assert_eq!(parse(&source).roots().count(), 0, "{front}");
    }
    let broken = Source::decode("a.md", b"---\naivss_threat_model: 1\nagent: {\n---\n# A\n".to_vec());
    let document = parse(&broken);
    let kinds: Vec<_> = document.problems.iter().map(|problem| problem.kind).collect();
    assert_eq!((document.roots().count(), kinds), (0, vec![crate::syntax::ProblemKind::Syntax]));
}

#[test]
fn marked_page_with_several_agents_is_a_problem() {
    let (_, page, _) = pages().find(|(title, ..)| *title == "several agents").unwrap();
    let source = Source::decode("a.md", marked(page).into_bytes());
    let problems = parse(&source).problems;
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].message.contains("several agents"));
}

type Shape = fn(usize) -> String;

/// Pages of about a number of bytes, of which a reader that goes back reads parts again and again.
const HOSTILE: [(&str, Shape); 32] = [
    ("a long line", |size| "word ".repeat(size / 5)),
    ("headings", |size| "### a\n\n".repeat(size / 7)),
    ("sections of a layer", |size| "## Data Operations\nx\n".repeat(size / 21)),
    ("sections of two layers", |size| "## Data Operations\nx\n## Agent Frameworks\ny\n".repeat(size / 42)),
    ("agents", |size| "# B\n## Foundation Models\nx\n## Data Operations\ny\n".repeat(size / 47)),
    ("a heading of shortcodes", |size| format!("## {}\n", ":a".repeat(size / 2))),
    ("a heading of remarks", |size| format!("### T2: a {}\n", "(High) ".repeat(size / 7))),
    ("a nested list", |size| (0..size / 44).map(|at| format!("{:1$}- a\n", "", at % 40 * 2)).collect()),
    ("nested quotations", |size| format!("{}a\n\n", "> ".repeat(20)).repeat(size / 43)),
    ("items that open with a layer", |size| "- Layer 2: Data Operations: a\n".repeat(size / 30)),
    ("items that open with a layer and go on", |size| "- L2 Data Operations leak a\n".repeat(size / 28)),
    ("lines that open with a layer", |size| "**Data Operations:** a\n".repeat(size / 23)),
    ("lines without a layer", |size| format!("**Data Operations:** a\n{}", "**b** c\n".repeat(size / 8))),
    ("threats", |size| "**T2 Tool misuse** (High): a. Mitigation: b.\n\n".repeat(size / 46)),
    ("labels", |size| format!("- **T2 Tool misuse** (High): a {}\n", "Owner: c; ".repeat(size / 10))),
    ("items with labels", |size| format!("- **T2 x** (High)\n{}", "- Mitigation: b\n".repeat(size / 16))),
    ("colons", |size| format!("- **T2 Tool misuse**: {}\n", "a: ".repeat(size / 3))),
    ("columns", |size| {
        let row = |cell: &str| format!("| L1 {}|\n", cell.repeat(size / 16));
        row("| Threat ") + &row("|-") + &row("| a ")
    }),
    ("rows", |size| {
        format!("| Layer | Threat | Severity |\n|-|-|-|\n{}", "| L1 | T | High |\n".repeat(size / 18))
    }),
    ("rows of two layers", |size| {
        format!("| Layer | Threat | Severity |\n|-|-|-|\n{}", "| L1, L2 | T | High |\n".repeat(size / 22))
    }),
    ("rows of the layer above", |size| {
        format!(
            "| Layer | Threat | Severity |\n|-|-|-|\n| L1 | T | Low |\n{}",
            "| | T | High |\n".repeat(size / 15)
        )
    }),
    ("rows of text", |size| {
        format!("| Layer | Notes |\n|-|-|\n{}", "| L1 | some words |\n".repeat(size / 20))
    }),
    ("references", |size| {
        format!("| Threat | Severity | Refs |\n|-|-|-|\n| a | High | {}|\n", "ASI01, ".repeat(size / 7))
    }),
    ("backticks that do not close", |size| {
        (1..40).map(|count| "`".repeat(count) + " a ").collect::<String>().repeat(size / 900)
    }),
    ("brackets that do not close", |size| "[".repeat(size)),
    ("links that do not close", |size| "[a]( ".repeat(size / 5)),
    ("tags that do not close", |size| "<a ".repeat(size / 3)),
    ("comments that do not close", |size| "<!-- ".repeat(size / 5)),
    ("elements that do not close", |size| "<details><summary>a\n\n".repeat(size / 21)),
    ("emphasis that does not close", |size| "*a **b ".repeat(size / 7)),
    ("struck texts", |size| "~~a~~ b ".repeat(size / 8)),
    ("footnotes", |size| (0..size / 12).map(|at| format!("[^{at}]: a\n\n")).collect()),
];

/// The bytes and parts that are read of a page, with and without a marker: blocks, nodes, texts, problems, and the bytes
/// that are searched for the places of texts.
fn work(page: &str) -> usize {
    let of_document = |document: &Document<'_>| {
        let texts = |root: Node<'_>| root.to_json().to_string().len();
        let problems = document.problems.iter().map(|problem| problem.message.len());
        document.tree.next() as usize + document.roots().map(texts).sum::<usize>() + problems.sum::<usize>()
    };
    SEARCHED.set(0);
    let source = Source::decode("a.md", page.as_bytes().to_vec());
    let draft = draft(&source);
    let blocks = draft.blocks.iter().map(|block| block.phrase.text.len() + 1);
    let unmarked = blocks.sum::<usize>() + of_document(&draft.document);
    let source = Source::decode("a.md", marked(page).into_bytes());
    unmarked + of_document(&parse(&source)) + SEARCHED.get()
}

#[test]
fn work_grows_no_faster_than_the_page() {
    const SIZE: usize = 4_000;
    let opening = "# A\n\n## Threats\n\n";
    for (title, page) in HOSTILE {
        for opening in
            [opening.to_owned(), format!("{opening}## Foundation Models\n\nx\n\n## Data Operations\n\n")]
        {
            let [once, twice, four] =
                [1, 2, 4].map(|times| work(&format!("{opening}{}", page(times * SIZE))));
            let is_linear = twice * 10 <= once * 23 && four * 10 <= twice * 23;
            assert!(is_linear, "{title}: {once}, {twice}, {four}");
        }
    }
}

/// Parts of pages in any order.
fn any_page() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        "\\PC{0,20}",
        "[#>|*~`<!-]{1,4} ?(Layer [0-9]: )?(Foundation Models|Data Ops|L4|Agent Ecosystem)? ?\\PC{0,8}",
        "\\| ?(L[1-9](, ?L[1-9])?|Data Operations|\\PC{0,6}) ?\\| ?(~~)?\\PC{0,8}(~~)? ?\\| (High|open|T[0-9]|2) \\|",
        Just("| Layer | Threat | Status |\n|---|---|---|".to_owned()),
        Just("| ID | Title | Severity |\n|---|---|---|".to_owned()),
        "- \\*\\*(T[0-9] )?\\PC{0,8}\\*\\* ?(\\(High\\))?: (Mitigation: |Status: )?\\PC{0,8}",
        Just("<details><summary>x</summary>".to_owned()),
        Just("</details>".to_owned()),
        Just("===".to_owned()),
        Just("Not applicable: \u{1F6F0}".to_owned()),
        Just("```\n# x\n```".to_owned()),
        Just(String::new()),
    ];
    let end = prop_oneof![Just("\n"), Just("\n"), Just("\r\n"), Just("\r"), Just("\n\n")];
    proptest::collection::vec((part, end), 0..24)
        .prop_map(|parts| parts.into_iter().map(|(part, end)| format!("{part}{end}")).collect())
}

proptest! {
    #[test]
    fn any_page_is_read_with_places_in_its_text(page in any_page()) {
        for text in [page.clone(), marked(&page), page.replace('\n', "\r")] {
            let source = Source::decode("a.md", text.into_bytes());
            check_places(&draft(&source).document, source.text());
            check_places(&parse(&source), source.text());
        }
    }
}
