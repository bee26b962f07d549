//! Reading as a whole: texts to trees, problems and places.

use super::*;

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
fn scalars_are_those_of_the_core_schema_and_numbers_keep_their_digits() {
    assert_eq!(
        tree(
            "{a: 0.60, b: no, c: 0o17, d: ~, e: , f: '1', g: 1_000, h: True, i: !!str 1, j: -.5e-1, k: 2026-11-22}"
        ),
        r#"Map({"a": Number("0.60"), "b": String("no"), "c": Number("0o17"), "d": Null, "e": Null, "f": String("1"), "g": String("1_000"), "h": Bool(true), "i": String("1"), "j": Number("-.5e-1"), "k": String("2026-11-22")})"#
    );
    assert_eq!(tree("a: >-\n  two\n  lines\n"), r#"Map({"a": String("two lines")})"#);
}

#[test]
fn each_value_knows_its_bytes() {
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
fn aliases_lead_to_their_value_and_stand_where_they_stand() {
    let text = "a: &x {b: 1}\nc: *x\n";
    let source = Source::decode("a.yaml", text.as_bytes().to_vec());
    let document = parse(&source);
    let root = document.roots().next().unwrap();
    let alias = root.get("c").unwrap();
    assert_eq!(&text[alias.span().range()], "*x");
    assert_eq!(&text[alias.get("b").unwrap().span().range()], "1");
}

#[test]
fn documents_of_a_stream_are_read_and_empty_ones_left_out() {
    assert_eq!(tree("a: 1\n---\nb: 2\n---\n"), r#"Map({"a": Number("1")}) --- Map({"b": Number("2")})"#);
    assert_eq!(problems("# nothing\n"), ["1:1 Empty: the file holds no document"]);
    assert_eq!(problems(""), ["1:1 Empty: the file holds no document"]);
}

#[test]
fn equal_keys_are_found_however_they_are_written() {
    assert_eq!(problems("a: 1\n\"\\u0061\": 2"), ["2:1 DuplicateKey: the key `a` stands here a second time"]);
    let many: String = (0..40).map(|at| format!("k{}: 1\n", at % 39)).collect();
    assert_eq!(problems(&many), ["40:1 DuplicateKey: the key `k0` stands here a second time"]);
    assert_eq!(
        problems("a: &m {b: 1}\nc: {<<: *m}"),
        ["2:5 MergeKey: YAML 1.2 has no merge keys: write the keys out"]
    );
}

#[test]
fn what_cannot_be_read_says_where() {
    for (text, problem) in [
        ("a: [1, 2\nb: 3", "1:4 Syntax: what `[` opens here does not end as it should: invalid indentation"),
        ("a:\n\tb: 1", "2:1 Syntax: a tab stands where YAML indents with spaces"),
        ("a: 1\n  b: 2\n", "2:4 Syntax: mapping values are not allowed in this context"),
        ("a: .NaN", "1:4 NonFinite: `.NaN` is not a finite number"),
        ("a: -.inf", "1:4 NonFinite: `-.inf` is not a finite number"),
        ("a: !custom 1", "1:12 Syntax: the tag `!custom` means nothing here"),
        ("a: !!int one", "1:10 Syntax: this is not what its tag `!!int` says"),
        ("a: *b", "1:4 Syntax: nothing is anchored under the name of this alias"),
        ("a: &b [*b]", "1:8 Syntax: this alias stands inside the value it is for, which would never end"),
        ("? [a]\n: 1", "1:3 Syntax: a key must be plain text"),
    ] {
        assert_eq!(problems(text), [problem], "{text}");
    }
}

#[test]
fn input_built_to_exhaust_is_refused() {
    let deep = problems(&"[".repeat(100_000));
    assert_eq!(deep, ["1:101 InputLimit: collections nest more than 100 deep"]);
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..9 {
        let last = level - 1;
        bomb.push_str(&format!("a{level}: &a{level} [{}]\n", format!("*a{last},").repeat(10)));
    }
    assert!(
        problems(&bomb)[0].ends_with("InputLimit: aliases stand for more than 100000 values"),
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
fn json_is_strict() {
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
fn markdown_blocks_are_read_in_place() {
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
fn a_markdown_block_that_was_meant_to_be_read_is_never_passed_over() {
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
