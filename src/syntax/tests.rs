//! Reading as a whole: texts to trees, problems and places.

use crate::syntax::*;

fn parse(source: &Source) -> Document<'_> {
    parse_with(source, |_, _| ())
}

/// The trees and the problems (`line:column kind: message`) of a text.
fn read(name: &str, text: &str) -> (Vec<String>, Vec<String>) {
    let source = Source::decode(name, text.as_bytes().to_vec());
    let document = parse(&source);
    let trees = document.roots().map(|root| format!("{root:?}")).collect();
    let problems = document
        .problems
        .iter()
        .map(|problem| {
            let place = source.position(problem.span.start);
            format!("{}:{} {:?}: {}", place.line, place.column, problem.kind, problem.message)
        })
        .collect();
    (trees, problems)
}

fn tree(text: &str) -> String {
    let (trees, problems) = read("a.yaml", text);
    assert_eq!(problems, [""; 0], "{text}");
    trees.join(" --- ")
}

fn problems(text: &str) -> Vec<String> {
    read("a.yaml", text).1
}

#[test]
fn scalars_follow_the_core_schema_and_numbers_keep_their_digits() {
    assert_eq!(
        tree(
            "{a: 0.60, b: no, c: 0o17, d: ~, e: , f: '1', g: 1_000, h: True, i: !!str 1, j: -.5e-1, k: 2026-11-22}"
        ),
        r#"Map({"a": Number("0.60"), "b": String("no"), "c": Number("0o17"), "d": Null, "e": Null, "f": String("1"), "g": String("1_000"), "h": Bool(true), "i": String("1"), "j": Number("-.5e-1"), "k": String("2026-11-22")})"#
    );
    assert_eq!(tree("a: >-\n  two\n  lines\n"), r#"Map({"a": String("two lines")})"#);
}

#[test]
fn values_have_the_spans_of_their_bytes() {
    let text = "ä: 1\nlist:\n  - x: 'y'\n  - [2, three]\nnothing:\nlast: >\n  text\n";
    let source = Source::decode("a.yaml", text.as_bytes().to_vec());
    let document = parse(&source);
    let root = document.roots().next().unwrap();
    let at = |node: Node<'_>| &text[node.span().range()];
    assert_eq!(at(root.get("ä").unwrap()), "1");
    let items: Vec<&str> = root.get("list").unwrap().as_list().unwrap().iter().map(at).collect();
    assert_eq!(items, ["x: 'y'", "[2, three]"]);
    let nothing = root.as_map().unwrap().entry("nothing").unwrap();
    assert_eq!(at(nothing.value), "");
    assert_eq!(&text[nothing.span().range()], "nothing");
    assert!(at(root).starts_with("ä: 1") && at(root).contains("last: >"));
}

#[test]
fn alias_has_its_own_span_and_the_anchored_value() {
    let text = "a: &x {b: 1}\nc: *x\n";
    let source = Source::decode("a.yaml", text.as_bytes().to_vec());
    let document = parse(&source);
    let root = document.roots().next().unwrap();
    let alias = root.get("c").unwrap();
    assert_eq!(&text[alias.span().range()], "*x");
    assert_eq!(&text[alias.get("b").unwrap().span().range()], "1");
}

#[test]
fn stream_skips_empty_documents() {
    assert_eq!(tree("a: 1\n---\nb: 2\n---\n"), r#"Map({"a": Number("1")}) --- Map({"b": Number("2")})"#);
    assert_eq!(problems("# nothing\n"), ["1:1 Empty: file contains no document"]);
    assert_eq!(problems(""), ["1:1 Empty: file contains no document"]);
}

#[test]
fn duplicate_key_is_reported_in_any_spelling() {
    assert_eq!(problems("a: 1\n\"\\u0061\": 2"), ["2:1 DuplicateKey: duplicate key `a`"]);
    let many: String = (0..40).map(|at| format!("k{}: 1\n", at % 39)).collect();
    assert_eq!(problems(&many), ["40:1 DuplicateKey: duplicate key `k0`"]);
    assert_eq!(
        problems("a: &m {b: 1}\nc: {<<: *m}"),
        ["2:5 MergeKey: YAML 1.2 has no merge keys: write the keys out"]
    );
}

#[test]
fn malformed_yaml_is_reported_at_its_place() {
    for (text, problem) in [
        ("a: [1, 2\nb: 3", "1:4 Syntax: `[` is not closed correctly: invalid indentation"),
        ("a:\n\tb: 1", "2:1 Syntax: tab used as indentation"),
        ("a: 1\n  b: 2\n", "2:4 Syntax: mapping values are not allowed in this context"),
        ("a: .NaN", "1:4 NonFinite: `.NaN` is not a finite number"),
        ("a: -.inf", "1:4 NonFinite: `-.inf` is not a finite number"),
        ("a: !custom 1", "1:12 Syntax: unsupported tag `!custom`"),
        ("a: !!int one", "1:10 Syntax: value does not match its tag `!!int`"),
        ("a: *b", "1:4 Syntax: alias of an unknown anchor"),
        ("a: &b [*b]", "1:8 Syntax: alias refers to a value that contains it"),
        ("? [a]\n: 1", "1:3 Syntax: key is not plain text"),
    ] {
        assert_eq!(problems(text), [problem], "{text}");
    }
}

#[test]
fn input_over_the_limits_is_refused() {
    let deep = problems(&"[".repeat(100_000));
    assert_eq!(deep, ["1:101 InputLimit: collections nest more than 100 deep"]);
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..9 {
        let last = level - 1;
        bomb.push_str(&format!("a{level}: &a{level} [{}]\n", format!("*a{last},").repeat(10)));
    }
    assert!(
        problems(&bomb)[0].ends_with("InputLimit: aliases add more than 100000 values"),
        "{:?}",
        problems(&bomb)
    );
    let mut ladder = "a0: &a0 [x]\n".to_owned();
    for level in 1..200 {
        ladder.push_str(&format!("a{level}: &a{level} [*a{}]\n", level - 1));
    }
    assert!(problems(&ladder)[0].ends_with("deep through this alias"), "{:?}", problems(&ladder));
}

#[test]
fn json_with_extensions_is_refused() {
    let json = |text| read("a.json", text);
    assert_eq!(json("{\"a\": 0.60, \"b\": null}").0, [r#"Map({"a": Number("0.60"), "b": Null})"#]);
    for (text, problem) in [
        ("{\"a\": 1,}", "1:9 Syntax: not JSON: key must be a string"),
        ("{'a': 1}", "1:2 Syntax: not JSON: key must be a string"),
        ("{\"a\": NaN}", "1:7 Syntax: not JSON: expected value"),
        ("{\"a\": 1} // b", "1:10 Syntax: not JSON: trailing characters"),
        ("{\n\"ä\": 1 2}", "2:8 Syntax: not JSON: expected `,` or `}`"),
    ] {
        assert_eq!(json(text).1, [problem], "{text}");
    }
}

#[test]
fn markdown_block_keeps_the_spans_of_the_page() {
    let page = "# T\n\n```yaml\nother: 1\n```\n\n1. item\n\n   ~~~yml\n   # c\n   aivss_threat_model: 1\n   a: [ü, x]\n   ~~~\n";
    let source = Source::decode("a.md", page.as_bytes().to_vec());
    let document = parse(&source);
    assert!(document.is_sound(), "{:?}", document.problems);
    let roots: Vec<_> = document.roots().collect();
    assert_eq!(roots.len(), 2);
    let list = roots[1].get("a").unwrap();
    assert_eq!(&page[list.span().range()], "[ü, x]");
    assert_eq!(source.position(list.span().start).line, 12);
}

#[test]
fn markdown_block_that_looks_like_a_model_is_read() {
    let blocks = |text: &str| read("a.md", text).0.len() + read("a.md", text).1.len();
    assert_eq!(blocks("```yaml\naivss_threatmodel: 1\n```\n"), 1);
    assert_eq!(blocks("```yaml\nagent: {}\nmaestro: {}\n```\n"), 1);
    assert_eq!(blocks("```json\n{\n  \"aivss_threat_model\": 1\n}\n```\n"), 1);
    assert_eq!(blocks("> ```yaml\n> aivss_threat_model: 1\n> ```\n"), 1);
    assert_eq!(blocks("```\naivss_threat_model: 1\n"), 1);
    assert_eq!(blocks("```yaml\naivss_threat_model: [\n```\n"), 1);
    assert_eq!(blocks("```yaml\nname: [\n```\n"), 0);
    assert_eq!(blocks("```python\nname: x\n```\n"), 0);
}

const TAB: &str = "tab used as indentation";

#[test]
fn tab_as_indentation_is_reported_at_its_place() {
    for (text, place) in [
        ("\ta: 1", "1:1"),
        ("a:\n\tb: 1", "2:1"),
        ("a:\n \tb: 1", "2:2"),
        ("a:\n \t b: 1\n", "2:2"),
        ("a:\n  b: 1\n\tc: 2", "3:1"),
        ("a:\n  b: 1\n  \tc: 2", "3:3"),
        ("a:\n  b: \"x\"\n  \tc: 2", "3:3"),
        ("a:\n  b: [x]\n \t c: 2", "3:2"),
        ("a:\n  b:\n  \tc: 2", "3:3"),
        ("a: 1\n\tb: 2", "2:1"),
        ("a: \"x\"\n\tb: 2", "2:1"),
        ("a:\r\n \tb: 1\r\n", "2:2"),
        ("a:\r \tb: 1\r", "2:2"),
        ("\t- a", "1:1"),
        ("a:\n\t- b", "2:1"),
        ("a:\n \t- b", "2:2"),
        ("a:\n  - b\n\t- c", "3:1"),
        ("a:\n  - b\n \t- c", "3:2"),
        ("a:\n- b\n\t- c", "3:1"),
        ("-\ta: 1", "1:2"),
        ("- \ta: 1", "1:3"),
        ("-\t- a", "1:2"),
        ("- \t- a", "1:3"),
        ("- a: 1\n\tb: 2", "2:1"),
        ("- a: 1\n \tb: 2", "2:2"),
        ("?\ta: 1\n: 2", "1:2"),
        ("? a\n:\tb: 1", "2:2"),
        ("? a\n:\t- b", "2:2"),
        ("? a\n\t: b", "2:1"),
        ("a:\n \t&x b: 1", "2:2"),
        ("a:\n \t!!str b: 1", "2:2"),
        ("- &x\n \ta: 1", "2:2"),
        ("a: &x\n \tb: 1", "2:2"),
        ("a:\n \t? b\n \t: c", "2:2"),
        ("a:\n \t\"b\": 1", "2:2"),
        ("a:\n \t*x : 1", "2:2"),
        ("a:\n \t[b]: 1", "2:2"),
        ("a:\n\tb", "2:1"),
        ("a: b\n\tc", "2:1"),
        ("a: \"b\n\tc\"", "2:1"),
        ("a: 'b\n\tc'", "2:1"),
        ("a: 'b\n\n\tc'", "3:1"),
        ("a:\n  b: 'c\n \td'", "3:2"),
        ("a: [\n\tb]", "2:1"),
        ("a: [\nb,\n\tc]", ""),
        ("- [\n\tb,\n c\n ]", "2:1"),
        ("a: {\n\tb: 1}", "2:1"),
        ("a: [b\n\tc]", "2:1"),
        ("a: [\"b\n\tc\"]", "2:1"),
        ("a:\n  b: [c,\n  \td]", "3:3"),
        ("a: [b,\n\t]", "2:1"),
        ("a: |\n\tb", "2:1"),
        ("a: >\n\tb", "2:1"),
        ("a: |2\n \tb", "2:2"),
        ("a: |\n  b\n\tc", "3:1"),
        ("a: |\n  b\n \tc", "3:2"),
        ("a:\n  b: |\n   x\n  \ty", "4:3"),
    ] {
        let problems = problems(text);
        assert_eq!(problems.len(), 1, "{text:?}: {problems:?}");
        if !place.is_empty() {
            assert_eq!(problems[0], format!("{place} Syntax: {TAB}"), "{text:?}");
        }
    }
}

#[test]
fn tab_as_separation_is_read() {
    for (text, wanted) in [
        ("a:\t1", r#"Map({"a": Number("1")})"#),
        ("a\t: 1", r#"Map({"a": Number("1")})"#),
        ("a: \t1\t# c\n\t# d\nb: 2", r#"Map({"a": Number("1"), "b": Number("2")})"#),
        ("a:\n\t\n \t\n  b: 1\n\t", r#"Map({"a": Map({"b": Number("1")})})"#),
        ("a:\n \tb", r#"Map({"a": String("b")})"#),
        ("a:\n \t[b]", r#"Map({"a": List([String("b")])})"#),
        ("a:\n \t{b: 1}", r#"Map({"a": Map({"b": Number("1")})})"#),
        ("-\ta\n-\t-1\n-\t[b]", r#"List([String("a"), Number("-1"), List([String("b")])])"#),
        ("a: b\n \tc", r#"Map({"a": String("b c")})"#),
        ("a: 'b\n \tc'", r#"Map({"a": String("b c")})"#),
        ("a: \"b\n\n \tc\"", r#"Map({"a": String("b\nc")})"#),
        ("a: [b,\n \tc,\td\t]", r#"Map({"a": List([String("b"), String("c"), String("d")])})"#),
        ("a: [b,\n\t\n\t# c\n d]", r#"Map({"a": List([String("b"), String("d")])})"#),
        ("[\n\ta,\n\tb\n]", r#"List([String("a"), String("b")])"#),
        ("{\n\ta: 1,\n\tb: 2\n}", r#"Map({"a": Number("1"), "b": Number("2")})"#),
        ("\ta", r#"String("a")"#),
        ("---\ta", r#"String("a")"#),
        ("a: |\t\n \tb\n \t\n", r#"Map({"a": String("\tb\n\t\n")})"#),
        ("a: |\n b\tc\n", r#"Map({"a": String("b\tc\n")})"#),
        ("? a\n:\tb", r#"Map({"a": String("b")})"#),
        ("?\ta\n: b", r#"Map({"a": String("b")})"#),
        ("a: &x\tb\nc: !!str\t1", r#"Map({"a": String("b"), "c": String("1")})"#),
        ("&x\ta: 1", r#"Map({"a": Number("1")})"#),
        ("%YAML 1.2\n\t\n---\na: 1", r#"Map({"a": Number("1")})"#),
        (
            "a: 1\n\t\n\t# c\n---\t# d\nb: 1\n...\t\n",
            r#"Map({"a": Number("1")}) --- Map({"b": Number("1")})"#,
        ),
    ] {
        assert_eq!(tree(text), wanted, "{text:?}");
    }
}

#[test]
fn list_begins_at_its_dash_and_block_scalar_ends_at_its_last_line() {
    for (text, wanted) in [
        ("a:\n- x\n- y\n", "- x\n- y"),
        ("a:\n- - x\n", "- - x"),
        ("a:\n-  # c\n  x\n", "-  # c\n  x"),
        ("a:\n-\n  x\n", "-\n  x"),
        ("a:\n- &x y\n", "- &x y"),
        ("a: &x\n- y\n", "- y"),
        ("a:\n- b: 1\n  c:\n  - x\n", "- b: 1\n  c:\n  - x"),
        ("a:\n  - x\n", "- x"),
        ("a:\r\n- x\r\n", "- x"),
        ("\u{FEFF}a:\n- x\n", "- x"),
        ("a: |\n  x\n", "x"),
        ("a: |\n  x\n\n\nb: 1\n", "x"),
        ("a: |\r\n  x\r\n\r\nb: 1\r\n", "x"),
        ("a: |-\n  x\n  y\n\n# c\n", "x\n  y"),
        ("a: >\n  x\n   \n  \nb: 1\n", "x\n   "),
        ("a: |+\n  x\n\n\nb: 1\n", "x\n\n"),
        ("a: |+\n  x\n", "x"),
        ("a: |+\n  x\n\n\n", "x\n\n"),
        ("a: |+\n  x\n  ", "x"),
        ("a: |\n  x", "x"),
        ("a: |\nb: 1\n", "|"),
        ("a: |+ # | c\n\n\nb: 1\n", "|+ # | c\n\n"),
        ("a: !!str |+\n\n\n", "|+\n\n"),
        ("a: |2\n    \nb: 1", "|2\n    "),
    ] {
        let source = Source::decode("a.yaml", text.as_bytes().to_vec());
        let document = parse(&source);
        assert!(document.is_sound(), "{text:?}: {:?}", document.problems);
        let span = document.roots().next().unwrap().get("a").unwrap().span();
        assert_eq!(&text[span.range()], wanted, "{text:?}");
    }
}

#[test]
fn byte_order_mark_before_any_document_is_read() {
    for text in [
        "\u{FEFF}a: 1\n\u{FEFF}---\nb: 2\n",
        "a: 1\r\n\u{FEFF}---\r\nb: 2\r\n",
        "a: 1\n\u{FEFF}# c\n\n---\nb: 2\n",
        "a: 1\n\u{FEFF}\n\u{FEFF}--- # c\nb: 2\n",
        "a: 1\n...\n\u{FEFF}---\nb: 2\n",
        "a: 1\n...\n\u{FEFF}b: 2\n",
        "a: 1\n...\n\u{FEFF}%YAML 1.2\n---\nb: 2\n",
    ] {
        assert_eq!(tree(text), r#"Map({"a": Number("1")}) --- Map({"b": Number("2")})"#, "{text:?}");
    }
    assert_eq!(problems("a: 1\n\u{FEFF}b: 2\n"), ["2:1 Syntax: a BOM must not appear inside a document"]);
    assert_eq!(problems("a: &x 1\n\u{FEFF}---\nb: *x\n"), ["3:4 Syntax: alias of an unknown anchor"]);
}

#[test]
fn misplaced_comma_bracket_or_quote_is_reported_at_its_place() {
    let comma = "value is missing before this comma";
    let unclosed = "quotes are not closed before a line outside of the text";
    for (text, place, message) in [
        ("a: [b, , c]", "1:8", comma),
        ("a: [, b]", "1:5", comma),
        ("a: [b,, c]", "1:7", comma),
        ("a: [b,\n  , c]", "2:3", comma),
        ("a: {b: 1, , c: 2}", "1:11", comma),
        ("a: {, b: 1}", "1:5", comma),
        ("a:\n  b: [\n  ]", "3:3", "`]` is not indented further than its key"),
        ("a: {\n}", "2:1", "`}` is not indented further than its key"),
        ("a: \"x\nb: 1", "1:4", unclosed),
        ("a: 'x\nb: 1", "1:4", unclosed),
        ("a:\n  b: \"x\n  c: \"y\"", "2:6", unclosed),
        ("a: [\"x, y]\nb: \"z\"", "1:5", unclosed),
        ("a: \"x", "1:4", "quotes are not closed"),
        ("a: [\"x\", \"y]", "1:10", "quotes are not closed"),
        ("a: \"x\n---\nb: 1", "1:4", unclosed),
        ("a: 'it's'", "1:8", "unexpected text after the closing quote"),
        ("a: \"x\" y", "1:8", "unexpected text after the closing quote"),
        ("a: @x", "1:4", "value cannot begin with `@`"),
        ("a: 1\n- b", "2:1", "list item among the keys of a mapping"),
        ("a:\n  b: 1\n  - c: 1", "3:3", "list item among the keys of a mapping"),
        ("a: \"x\"\n b: 2", "2:2", "line is not indented like the keys of its mapping"),
        ("a: |\n   x\n  y", "3:3", "line is not indented like the keys of its mapping"),
        ("a: x\nfoo\nb: 1", "2:1", "line has no colon and space after its key"),
        ("a: x\u{7}y", "1:5", "character U+0007 must be escaped"),
    ] {
        assert_eq!(problems(text), [format!("{place} Syntax: {message}")], "{text:?}");
    }
}

#[test]
fn missing_path_has_the_span_of_its_nearest_parent() {
    let text = "agent:\n  name: x\nfindings:\n  - id: F1\n    title: y\n";
    let source = Source::decode("a.yaml", text.as_bytes().to_vec());
    let document = parse(&source);
    let root = document.roots().next().unwrap();
    let at = |pointer| place_of(root, pointer).map(|span| &text[span.range()]);
    for (pointer, wanted) in [
        ("/agent/owner", Some("agent")),
        ("/agent/owner/deep", Some("agent")),
        ("/agent/name", Some("x")),
        ("/agent/name/first", Some("name")),
        ("/findings/1/id", Some("findings")),
        ("/findings/x", Some("findings")),
        ("/findings/0/owner", Some("id: F1\n    title: y")),
        ("/nothing/at/all", None),
        ("agent", None),
    ] {
        assert_eq!(at(pointer), wanted, "{pointer}");
    }
}
