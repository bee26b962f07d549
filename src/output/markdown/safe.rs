//! Text as Markdown that shows the same text without any effect, on GitHub and on GitLab.
//!
//! The punctuation of Markdown and HTML is escaped. The services find mentions, references and URLs in the text that is
//! shown, so a zero-width character breaks them up.

use crate::escape::{cut, line};
use crate::output::Links;
use crate::output::markdown::NAME;

/// U+2060, a zero-width character without a line break. [`line()`] escapes those in files.
const JOINER: char = '\u{2060}';

/// Bytes that a character may take on average, so that escaped punctuation does not crowd out other texts.
const GROWTH: usize = 3;

/// A text cut to `most` characters, safe in paragraphs, lists and tables.
pub(crate) fn text(raw: &str, most: usize) -> String {
    let cut = cut(raw, most);
    let safe = line(cut.trim());
    let mut escaped = String::with_capacity(safe.len() * 2);
    for (at, letter) in safe.char_indices() {
        if escaped.len() > most.saturating_mul(GROWTH) {
            escaped.push('…');
            break;
        }
        match letter {
            // In some tables a backslash does not escape these.
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '|' => escaped.push_str("&#124;"),
            '\\' => escaped.push_str("&#92;"),
            letter if letter.is_ascii_punctuation() => escaped.extend(['\\', letter]),
            letter => escaped.push(letter),
        }
        let next = safe[at + letter.len_utf8()..].chars().next();
        if is_joint(&safe[..at], letter, next) {
            escaped.push(JOINER);
        }
    }
    escaped
}

/// Whether a service could find a mention, a reference or a URL here.
fn is_joint(before: &str, letter: char, next: Option<char>) -> bool {
    let ends = |word: &str| {
        let tail = before.len().checked_sub(word.len()).and_then(|start| before.get(start..));
        tail.is_some_and(|tail| tail.eq_ignore_ascii_case(word))
    };
    match letter {
        '@' | '#' => true,
        '!' | '$' | '%' | '&' | '~' => next.is_some_and(|next| next.is_alphanumeric() || next == '"'),
        ':' => next.is_some_and(|next| next == '/' || next.is_alphanumeric()),
        '.' => ends("www"),
        '-' => ends("gh"),
        _ => false,
    }
}

impl Links<'_> {
    /// Lines of the file at `path`, relative to the repository's root, as a link if there is a URL.
    pub(crate) fn place(&self, path: &str, first: u32, last: u32) -> String {
        match self.url(path, first, last) {
            Some(url) => format!("[line {first}]({url})"),
            None => format!("{}:{first}", text(path, NAME)),
        }
    }

    /// Markdown that links to a line, or is followed by the line if there is no URL.
    pub(crate) fn around(&self, words: &str, path: &str, at: u32) -> String {
        match self.url(path, at, at) {
            Some(url) => format!("[{words}]({url})"),
            None => format!("{words} ({})", self.place(path, at, at)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use pulldown_cmark::{Event, Options, Parser, Tag};

    /// The text shown in a cell and in a list, both of which must contain only text.
    fn shown(raw: &str) -> String {
        let page =
            format!("| a | b |\n| --- | --- |\n| {} | end |\n\n- x {}\n", text(raw, 9_999), text(raw, 9_999));
        let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_GFM;
        let (mut cells, mut texts) = (0, vec![String::new()]);
        for event in Parser::new_ext(&page, options) {
            match event {
                Event::Text(part) => texts.last_mut().unwrap().push_str(&part),
                Event::Start(Tag::TableCell) => {
                    cells += 1;
                    texts.push(String::new());
                }
                Event::Start(Tag::List(None) | Tag::Item) => texts.push(String::new()),
                Event::Start(Tag::Table(_) | Tag::TableHead | Tag::TableRow | Tag::Paragraph)
                | Event::End(_) => {}
                other => panic!("{other:?} in {page}"),
            }
        }
        assert_eq!(cells, 4, "{page}");
        assert_eq!(texts[4], "end", "{page}");
        assert_eq!(texts[6].strip_prefix("x").unwrap().trim(), texts[3].trim(), "{page}");
        texts[3].replace(JOINER, "").trim().to_owned()
    }

    #[test]
    fn markup_is_shown_as_text() {
        for raw in [
            "<img src=x onerror=alert(1)>",
            "](javascript:x)",
            "[a](http://evil)",
            "`a` ``b`` ```",
            "a | b \\| c \\",
            "@org/team #1 GH-1 !2",
            "<!-- x --> </details>",
            "![x](http://evil)",
            "https://evil www.evil.example a@b.example",
            "**a** _b_ ~~c~~ &lt; &#65;",
            "# a",
            "1. a",
        ] {
            assert_eq!(shown(raw), raw);
        }
        assert_eq!(shown("a\n\n| b"), "a\\n\\n| b");
        assert!(!text("@a #1 http://x www.x", 99).replace('\\', "").contains("@a"));
        assert_eq!(text("http://x", 99).replace('\\', ""), "http:\u{2060}//x");
        assert_eq!(text("abc", 2), "ab…");
    }

    #[test]
    fn only_web_addresses_become_links() {
        for prefix in ["javascript:x", "https://a/) <b", "ftp://a/", "https://a/#"] {
            assert_eq!(Links::new(Some(prefix)).place("a b.yaml", 1, 2), "a b\\.yaml:1", "{prefix}");
        }
        let place = Links::new(Some("https://h/o/blob/1/")).place("a b)|.yaml", 1, 2);
        assert_eq!(place, "[line 1](https://h/o/blob/1/a%20b%29%7C.yaml#L1-L2)");
    }

    proptest! {
        #[test]
        fn any_text_is_shown_as_it_is(raw in any::<String>(), signs in "[-<>\\[\\]()`*_~|!#@&:;/\\\\a1 .\"'=+\n]{0,40}") {
            for raw in [raw, signs] {
                let expected = line(raw.trim());
                prop_assert_eq!(shown(&raw), expected.trim());
            }
        }
    }
}
