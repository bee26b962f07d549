//! Texts of files as Markdown that shows them and does nothing else: no link, mention, markup or command of theirs.

use crate::escape::{cut, line};
use crate::output::Links;

/// The characters shown of a path.
const NAME: usize = 120;

/// U+2060, a zero-width character without a line break. [`line()`] escapes those in files.
const JOINER: char = '\u{2060}';

/// Bytes that a character may take on average, so that escaped punctuation does not crowd out other texts.
const GROWTH: usize = 3;

/// A text cut to `most` characters, safe in paragraphs, lists and tables.
pub(crate) fn text(raw: &str, most: usize) -> String {
    escaped(line(cut(raw, most).trim()).trim(), most)
}

/// A value to copy, as a code span that the value cannot end. A pipe would end the cell of a table, so that a value with
/// one is [`text()`].
pub(crate) fn code(raw: &str, most: usize) -> String {
    let cut = cut(raw, most);
    let safe = line(cut.trim());
    let safe = safe.trim();
    if safe.is_empty() || safe.contains('|') {
        return escaped(safe, most);
    }
    let longest = safe.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let space = if safe.starts_with('`') || safe.ends_with('`') { " " } else { "" };
    format!("{fence}{space}{safe}{space}{fence}")
}

/// A message of ours: what it quotes in grave accents becomes code spans. Where they are not in pairs, because a quoted
/// text contains some, all of it is [`text()`].
pub(crate) fn prose(raw: &str, most: usize) -> String {
    let cut = cut(raw, most);
    let safe = line(cut.trim());
    let parts: Vec<&str> = safe.split('`').collect();
    if parts.len().is_multiple_of(2) || parts.iter().skip(1).step_by(2).any(|part| part.trim().is_empty()) {
        return text(raw, most);
    }
    let parts = parts.into_iter().enumerate();
    parts.map(|(at, part)| if at % 2 == 1 { code(part, most) } else { escaped(part, most) }).collect()
}

fn escaped(safe: &str, most: usize) -> String {
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
    match letter {
        '@' | '#' => true,
        '!' | '$' | '%' | '&' | '~' => next.is_some_and(|next| next.is_alphanumeric() || next == '"'),
        ':' => next.is_some_and(|next| next == '/' || next.is_alphanumeric()),
        '.' => ends_in(before, "www"),
        '-' => ends_in(before, "gh"),
        _ => false,
    }
}

fn ends_in(text: &str, word: &str) -> bool {
    let tail = text.len().checked_sub(word.len()).and_then(|start| text.get(start..));
    tail.is_some_and(|tail| tail.eq_ignore_ascii_case(word))
}

impl Links<'_> {
    /// Lines of the file at `path`, relative to the repository's root, as a link if there is a URL.
    pub(crate) fn place(&self, path: &str, first: u32, last: u32) -> String {
        let place = code(&format!("{}:{first}", cut(path, NAME)), NAME + 12);
        match self.url(path, first, last) {
            Some(url) => format!("[{place}]({url})"),
            None => place,
        }
    }

    /// A cell that links to a line, or contains the line if there is no URL.
    pub(crate) fn around(&self, words: &str, path: &str, at: u32) -> String {
        match self.url(path, at, at) {
            Some(url) => format!("[{words}]({url})"),
            None => format!("{words}<br>{}", self.place(path, at, at)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use pulldown_cmark::{Event, Options, Parser, Tag};

    /// The text shown in a cell and in a list, both of which must contain only text and, if `has_code`, code.
    fn shown(markdown: &str, has_code: bool) -> String {
        let page = format!("| a | b |\n| --- | --- |\n| {markdown} | end |\n\n- x {markdown}\n");
        let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_GFM;
        let (mut cells, mut texts) = (0, vec![String::new()]);
        for event in Parser::new_ext(&page, options) {
            match event {
                Event::Text(part) => texts.last_mut().unwrap().push_str(&part),
                Event::Code(part) if has_code => texts.last_mut().unwrap().push_str(&part),
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
            assert_eq!(shown(&text(raw, 9_999), false), raw);
            assert_eq!(shown(&code(raw, 9_999), true), raw);
        }
        assert_eq!(shown(&text("a\n\n| b", 99), false), "a\\n\\n| b");
        assert!(!text("@a #1 http://x www.x", 99).replace('\\', "").contains("@a"));
        assert_eq!(text("http://x", 99).replace('\\', ""), "http:\u{2060}//x");
        assert_eq!(text("abc", 2), "ab…");
    }

    #[test]
    fn only_web_addresses_become_links() {
        for prefix in ["javascript:x", "https://a/) <b", "ftp://a/", "https://a/#"] {
            assert_eq!(Links::new(Some(prefix)).place("a b.yaml", 1, 2), "`a b.yaml:1`", "{prefix}");
        }
        let place = Links::new(Some("https://h/o/blob/1/")).place("a b)].yaml", 1, 2);
        assert_eq!(place, "[`a b)].yaml:1`](https://h/o/blob/1/a%20b%29%5D.yaml#L1-L2)");
    }

    #[test]
    fn values_are_code_that_they_cannot_end() {
        assert_eq!(code("a", 9), "`a`");
        assert_eq!(code("a`b", 9), "``a`b``");
        assert_eq!(code("``a", 9), "``` ``a ```");
        assert_eq!(code("a\n\u{202e}b", 99), "`a\\n\\u{202e}b`");
        assert_eq!(code("a|b", 9), "a&#124;b");
        assert_eq!(code(" ", 9), "");
        assert_eq!(prose("`a*` is *b*", 99), "`a*` is \\*b\\*");
        assert_eq!(prose("`a`b` is b", 99), text("`a`b` is b", 99));
        assert_eq!(prose("`` is b", 99), text("`` is b", 99));
    }

    proptest! {
        #[test]
        fn any_text_is_shown_as_it_is(raw in any::<String>(), signs in "[-<>\\[\\]()`*_~|!#@&:;/\\\\a1 .\"'=+\n]{0,40}") {
            for raw in [raw, signs] {
                let expected = line(raw.trim());
                prop_assert_eq!(shown(&text(&raw, 9_999), false), expected.trim());
                prop_assert_eq!(shown(&code(&raw, 9_999), true), expected.trim());
                let ticks = |text: &str| text.replace('`', "").split_whitespace().collect::<String>();
                prop_assert_eq!(ticks(&shown(&prose(&raw, 9_999), true)), ticks(expected.trim()));
            }
        }
    }
}
