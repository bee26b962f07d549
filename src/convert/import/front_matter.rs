//! Front matter put on a page, without a change of any other byte.

use crate::convert::scaffold::FrontPart;
use crate::page::parse;
use crate::source::{BOM, Source};
use crate::syntax::{MODEL_MARKER, Map, Node};

/// A page with new front matter.
#[derive(Debug)]
pub(crate) struct Marked {
    pub(crate) text: String,
    /// Keys that the front matter has already, and that were not added.
    pub(crate) kept: Vec<&'static str>,
}

/// Puts parts into the front matter of a page, before the keys of other tools, or on top of a page without any.
///
/// # Errors
/// The reason why the front matter cannot take them.
pub(crate) fn insert(page: &str, parts: &[FrontPart]) -> Result<Marked, String> {
    let start = page.len() - page.trim_start_matches(BOM).len();
    let body = &page[start..];
    let first = first_line(body);
    if first.trim_end() == "+++" {
        return Err("its front matter is TOML (`+++`), and a threat model is YAML: replace the front matter by one between \
                    lines of `---`, or import the page without --in-place"
            .to_owned());
    }
    let end = line_end(page);
    let existing = front_matter(body);
    let mut kept = Vec::new();
    let mut text = String::new();
    let source = Source::decode("front-matter.yaml", existing.unwrap_or_default().as_bytes().to_vec());
    let document = parse(&source);
    let old = document.roots().next();
    if let Some(existing) = existing {
        let is_bare =
            existing.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'));
        let is_block = old.is_some_and(|root| {
            root.as_map().is_some() && !source.text()[root.span().range()].starts_with('{')
        });
        if !is_bare && (!document.is_sound() || document.roots().count() > 1 || !is_block) {
            return Err(
                "its front matter is not a mapping in YAML, a key a line: correct it first".to_owned()
            );
        }
    }
    for part in parts {
        if !part.key.is_empty() && old.is_some_and(|old| old.get(part.key).is_some()) {
            kept.push(part.key);
        } else {
            text += &part.text;
        }
    }
    let ours = text.replace('\n', end);
    let marked = if existing.is_some() {
        let place = start + first.len();
        format!("{}{ours}{}", &page[..place], &page[place..])
    } else {
        format!("{}---{end}{ours}---{end}{}", &page[..start], &page[start..])
    };
    if !keeps_keys(&marked, old) {
        return Err(
            "its front matter cannot take other keys: write its keys without indentation first".to_owned()
        );
    }
    Ok(Marked { text: marked, kept })
}

/// Whether the front matter of a page has the marker, and all entries of the old one.
fn keeps_keys(page: &str, old: Option<Node<'_>>) -> bool {
    let front = front_matter(page.trim_start_matches(BOM)).unwrap_or_default();
    let source = Source::decode("front-matter.yaml", front.as_bytes().to_vec());
    let document = parse(&source);
    let Some(root) = document.roots().next().filter(|_| document.is_sound()) else { return false };
    let entries = |root: Node<'_>| -> Vec<(String, serde_json::Value)> {
        let entries = root.as_map().into_iter().flat_map(Map::iter);
        entries.map(|entry| (entry.key.to_owned(), entry.value.to_json())).collect()
    };
    root.get(MODEL_MARKER).is_some() && entries(root).ends_with(&old.map(entries).unwrap_or_default())
}

/// The text between the lines `---` at the top of a page.
fn front_matter(page: &str) -> Option<&str> {
    let first = first_line(page);
    if first.trim_end() != "---" {
        return None;
    }
    let mut at = first.len();
    while at < page.len() {
        let line = first_line(&page[at..]);
        if matches!(line.trim_end(), "---" | "...") {
            return Some(&page[first.len()..at]);
        }
        at += line.len();
    }
    None
}

/// The first line of a text with its end.
fn first_line(text: &str) -> &str {
    let Some(at) = text.find(['\n', '\r']) else { return text };
    let end = if text[at..].starts_with("\r\n") { at + 2 } else { at + 1 };
    &text[..end]
}

/// The end of the first line of a page; a line feed if it has none.
fn line_end(page: &str) -> &'static str {
    let first = first_line(page);
    ["\r\n", "\n", "\r"].into_iter().find(|end| first.ends_with(end)).unwrap_or("\n")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BODY: &str = "# Planner\n\n## Layer 1: Foundation Models\n\nText.\n";

    fn parts() -> [FrontPart; 2] {
        [
            FrontPart { key: MODEL_MARKER, text: format!("{MODEL_MARKER}: 1\n") },
            FrontPart { key: "agent", text: "agent:\n  owner: me\n".to_owned() },
        ]
    }

    /// The page with its front matter, which `expected` is without the body.
    fn is_put(page: &str, expected: &str) {
        let marked = insert(page, &parts()).unwrap();
        assert_eq!(marked.text, expected, "{page:?}");
    }

    #[test]
    fn front_matter_is_put_before_the_first_byte_of_a_page() {
        let ours = "aivss_threat_model: 1\nagent:\n  owner: me\n";
        for body in [
            BODY,
            "",
            "no line end",
            "<!-- a: b -->\n# P\n",
            "\n\n---\n# P\n",
            "---\nno end\n",
            "--- \u{a0}x\n",
        ] {
            is_put(body, &format!("---\n{ours}---\n{body}"));
            is_put(&format!("\u{FEFF}{body}"), &format!("\u{FEFF}---\n{ours}---\n{body}"));
        }
        for end in ["\r\n", "\r"] {
            let body = BODY.replace('\n', end);
            is_put(&body, &format!("---\n{ours}---\n{BODY}").replace('\n', end));
        }
    }

    #[test]
    fn keys_are_put_first_into_front_matter_of_other_tools() {
        let ours = "aivss_threat_model: 1\nagent:\n  owner: me\n";
        for (old, end) in [
            ("title: \"a: b\"  # kept\ntags: [x,\n  y]\n", "---"),
            ("", "---"),
            ("# only a comment\n\n", "..."),
        ] {
            for break_ in ["\n", "\r\n", "\r"] {
                let page = format!("---\n{old}{end}\n{BODY}").replace('\n', break_);
                let expected = format!("---\n{ours}{old}{end}\n{BODY}").replace('\n', break_);
                is_put(&page, &expected);
                is_put(&format!("\u{FEFF}{page}"), &format!("\u{FEFF}{expected}"));
            }
        }
    }

    #[test]
    fn keys_that_are_there_are_kept() {
        let marked = insert("---\nagent: { owner: them }\n---\n", &parts()).unwrap();
        assert_eq!(marked.kept, ["agent"]);
        assert_eq!(marked.text, "---\naivss_threat_model: 1\nagent: { owner: them }\n---\n");
    }

    #[test]
    fn front_matter_that_cannot_take_keys_is_refused() {
        for (page, why) in [
            ("+++\ntitle = 1\n+++\n# P\n", "TOML"),
            ("---\n{ title: a }\n---\n", "not a mapping"),
            ("---\ntitle\n---\n", "not a mapping"),
            ("---\n- a\n---\n", "not a mapping"),
            ("---\na: [\n---\n", "not a mapping"),
            ("---\na: 1\na: 2\n---\n", "not a mapping"),
            ("---\n  a: 1\n  b: 2\n---\n", "without indentation"),
        ] {
            assert!(insert(page, &parts()).unwrap_err().contains(why), "{page:?}");
        }
    }

    proptest! {
        #[test]
        fn other_bytes_of_a_page_are_kept(page in "(\u{FEFF})?(---[\n\r])?([a-z#: \\-\\[+.\u{e9}]{0,9}(\r\n|\n|\r)){0,6}(---[\n\r])?\\PC{0,20}") {
            if let Ok(marked) = insert(&page, &parts()) {
                let added = marked.text.len() - page.len();
                let place = (0..=page.len()).find(|at| {
                    page.is_char_boundary(*at) && marked.text.starts_with(&page[..*at]) && marked.text.ends_with(&page[*at..])
                        && marked.text.is_char_boundary(*at + added)
                });
                prop_assert!(place.is_some(), "{:?}", marked.text);
            }
        }
    }
}
