//! The YAML parser's errors as problems, in words and at places that help where those of the parser mislead.

use std::ops::Range;

use aivss_lint_yaml_events::{ErrorKind, ScanError};

use crate::source::{BOM, Span};
use crate::syntax::tree::{MAX_DEPTH, Problem, ProblemKind};

/// A part of a text that is read as one stream of documents.
pub(crate) struct Stream<'t> {
    pub(crate) text: &'t str,
    pub(crate) range: Range<usize>,
}

impl Stream<'_> {
    /// The start of the line of a place, after a byte order mark.
    pub(crate) fn line_start(&self, at: usize) -> usize {
        let before = &self.text[self.range.start..at];
        let line = before.rfind(['\n', '\r']).map_or(0, |feed| feed + 1);
        at - before[line..].trim_start_matches(BOM).len()
    }

    /// The first tab in the white space before a place, and before the tags and anchors there.
    pub(crate) fn tab_before(&self, at: usize) -> Option<usize> {
        let mut before = &self.text[self.range.start..at];
        loop {
            let rest = before.trim_end_matches([' ', '\t']);
            if let Some(tab) = before[rest.len()..].find('\t') {
                return Some(self.range.start + rest.len() + tab);
            }
            let word = rest.rfind([' ', '\t', '\n', '\r']).map_or(0, |white| white + 1);
            if !rest[word..].starts_with(['&', '!']) {
                return None;
            }
            before = &rest[..word];
        }
    }

    /// The first tab in the white space at the beginning of a line, also after the dash of an item and the like.
    fn leading_tab(&self, line: usize) -> Option<usize> {
        let mut rest = &self.text[line..self.range.end];
        loop {
            let content = rest.trim_start_matches([' ', '\t']);
            if let Some(tab) = rest[..rest.len() - content.len()].find('\t') {
                return Some(self.range.end - rest.len() + tab);
            }
            rest = content.strip_prefix(['-', '?', ':']).filter(|rest| rest.starts_with([' ', '\t']))?;
        }
    }

    /// The tab that an error at `at` is about: the first that begins a line, from the line of `at` on, or else the last before
    /// `at`. The parser reports such a tab from the end of the value before it.
    fn tab_near(&self, at: usize) -> usize {
        let line = self.line_start(at);
        let mut start = line;
        for line in self.text[line..self.range.end].split_inclusive('\n').take(3) {
            if let Some(tab) = self.leading_tab(self.line_start(start)) {
                return tab;
            }
            start += line.len();
        }
        self.text[line..at].rfind('\t').map_or(at, |tab| line + tab)
    }

    /// The last text in quotes that opens between two places.
    fn last_quote(&self, from: usize, at: usize) -> Option<Range<usize>> {
        let (mut here, mut last) = (from, None);
        while let Some(found) = self.text.get(here..at).and_then(|rest| rest.find(['"', '\'', '#'])) {
            let mark = here + found;
            let before = self.text[..mark].chars().next_back();
            let is_apart = before.is_none_or(|before| before.is_whitespace() || "[{,:".contains(before));
            here = match self.text.as_bytes()[mark] {
                b'#' if is_apart => self.text[mark..at].find(['\n', '\r']).map_or(at, |end| mark + end),
                quote @ (b'"' | b'\'') if is_apart => {
                    let end = self.closing(quote, mark + 1);
                    last = Some(mark..end);
                    end
                }
                _ => mark + 1,
            };
        }
        last
    }

    /// The place after the quote that closes a text.
    fn closing(&self, quote: u8, start: usize) -> usize {
        let bytes = &self.text.as_bytes()[..self.range.end];
        let mut at = start;
        while let Some(byte) = bytes.get(at) {
            let is_escape = match quote {
                b'"' => *byte == b'\\',
                _ => *byte == quote && bytes.get(at + 1) == Some(&quote),
            };
            if *byte == quote && !is_escape {
                return at + 1;
            }
            at += if is_escape { 2 } else { 1 };
        }
        self.range.end
    }

    fn problem(&self, at: usize, message: impl Into<String>, help: &str) -> Problem {
        let help = (!help.is_empty()).then(|| help.to_owned());
        Problem { help, ..Problem::new(ProblemKind::Syntax, Span::character(self.text, at), message) }
    }

    pub(crate) fn tab(&self, at: usize) -> Problem {
        self.problem(at, "tab used as indentation", "indent with spaces")
    }
}

/// An error of the parser with its surroundings.
pub(crate) struct YamlError<'e, 't> {
    pub(crate) stream: &'e Stream<'t>,
    pub(crate) error: &'e ScanError,
    /// The place of the error, on a character boundary.
    pub(crate) at: usize,
    /// The end of the last value or key that was read.
    pub(crate) read: usize,
    /// The start of the innermost collection in brackets that has not been closed.
    pub(crate) bracket: Option<usize>,
}

impl YamlError<'_, '_> {
    pub(crate) fn problem(&self) -> Problem {
        let Self { stream, error, at, .. } = *self;
        match error.kind() {
            ErrorKind::RecursionLimitExceeded => Problem {
                kind: ProblemKind::InputLimit,
                ..stream.problem(at, format!("collections nest more than {MAX_DEPTH} deep"), "")
            },
            ErrorKind::TabNotAllowed
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabInIndentation
            | ErrorKind::TabInPlainScalar
            | ErrorKind::InvalidBlockEntryWhitespace
            | ErrorKind::TabAtBlockScalarStart => stream.tab(stream.tab_near(at)),
            ErrorKind::UnclosedQuotedScalar
            | ErrorKind::DocumentIndicatorInQuotedScalar
            | ErrorKind::InvalidQuotedScalarIndent => self.open_quote(),
            ErrorKind::InvalidTrailingSingleQuotedScalar | ErrorKind::InvalidTrailingDoubleQuotedScalar => {
                self.after_quote()
            }
            ErrorKind::UnexpectedCharacter { character } => self.unexpected(*character),
            ErrorKind::UnknownAnchor => stream.problem(
                at,
                "alias of an unknown anchor",
                "put quotes around text that begins with `*`",
            ),
            ErrorKind::InvalidIndentation
            | ErrorKind::UnclosedFlowCollection { .. }
            | ErrorKind::UnexpectedEofFlowSequence
            | ErrorKind::UnexpectedEofFlowMapping
            | ErrorKind::UnexpectedEofImplicitFlowMapping
            | ErrorKind::ExpectedNodeContent
            | ErrorKind::ExpectedFlowSequenceSeparator
            | ErrorKind::ExpectedFlowMappingSeparator => match self.bracket {
                Some(bracket) => self.in_brackets(bracket),
                None => self.in_lines(),
            },
            _ => self.in_lines(),
        }
    }

    /// An error in the structure of lines.
    fn in_lines(&self) -> Problem {
        let Self { stream, error, at, .. } = *self;
        let line = stream.line_start(at);
        if let Some(tab) = stream.leading_tab(line) {
            return stream.tab(tab);
        }
        let content = stream.text[line..at].trim_start_matches(' ');
        match error.kind() {
            // The parser reports an item of a list after its dash.
            ErrorKind::ExpectedBlockMappingKey if content.starts_with('-') => stream.problem(
                at - content.len(),
                "list item among the keys of a mapping",
                "put the items of a list below the key of the list",
            ),
            ErrorKind::ExpectedBlockMappingKey => stream.problem(
                at,
                "line is not indented like the keys of its mapping",
                "indent it like the key before it, or put quotes around a text of several lines",
            ),
            ErrorKind::SimpleKeyExpected => stream.problem(
                at,
                "line has no colon and space after its key",
                "write `key: value`, or indent the line further if it continues the text above",
            ),
            ErrorKind::MappingValueNotAllowed => stream.problem(
                at,
                error.info(),
                "put quotes around text that contains a colon followed by a space, or align the key with the one above",
            ),
            _ => stream.problem(at, error.info(), ""),
        }
    }

    /// A text in quotes that is not closed.
    fn open_quote(&self) -> Problem {
        let quote = self.quote();
        let help = "close the quotes, or indent all lines of the text further than its key";
        if self.at <= quote || self.at >= self.stream.range.end {
            return self.stream.problem(quote, "quotes are not closed", help);
        }
        let label = "this line is not indented further than the key of the text";
        Problem {
            related: Some((Span::character(self.stream.text, self.at), label.to_owned())),
            ..self.stream.problem(quote, "quotes are not closed before a line outside of the text", help)
        }
    }

    /// A character after a text in quotes, whose quotes may be misplaced.
    fn after_quote(&self) -> Problem {
        let quote = self.quote();
        let help = if self.stream.text[quote..].starts_with('"') {
            "write a quote within the text as `\\\"`, or close the quotes that were meant to end before"
        } else {
            "write an apostrophe within the text as `''`, or close the quotes that were meant to end before"
        };
        Problem {
            related: Some((Span::character(self.stream.text, quote), "the quotes open here".to_owned())),
            ..self.stream.problem(self.at, "unexpected text after the closing quote", help)
        }
    }

    /// The start of the last text in quotes before the error.
    fn quote(&self) -> usize {
        self.stream.last_quote(self.read, self.at).map_or(self.at, |quote| quote.start)
    }

    /// An unexpected part of a collection in brackets, or brackets that are not closed.
    fn in_brackets(&self, bracket: usize) -> Problem {
        let Self { stream, error, at, read, .. } = *self;
        if stream.last_quote(read, at).is_some_and(|quote| quote.end > at) {
            return self.open_quote();
        }
        if let Some(tab) = stream.leading_tab(stream.line_start(at)) {
            return stream.tab(tab);
        }
        let before = stream.text[bracket..at].trim_end();
        match stream.text[at..].chars().next() {
            Some(',') if before.len() == 1 || before.ends_with(',') => stream.problem(
                at,
                "value is missing before this comma",
                "remove the comma, or write a value before it",
            ),
            Some(close @ (']' | '}')) if matches!(error.kind(), ErrorKind::InvalidIndentation) => stream
                .problem(
                    at,
                    format!("`{close}` is not indented further than its key"),
                    "indent it further than its key, or put it at the end of the line before",
                ),
            _ => stream.problem(
                bracket,
                format!("`{}` is not closed correctly: {}", &stream.text[bracket..=bracket], error.info()),
                "close it, put a comma between its parts, or put quotes around text that begins with it",
            ),
        }
    }

    /// A character that is not allowed at its place. The parser reports some at the beginning of their text.
    fn unexpected(&self, character: char) -> Problem {
        let Stream { text, range } = self.stream;
        let at = text[self.at..range.end].find(character).map_or(self.at, |found| self.at + found);
        if character.is_ascii_graphic() {
            let message = format!("value cannot begin with `{character}`");
            return self.stream.problem(at, message, "put quotes around text that begins with it");
        }
        let message = format!("character U+{:04X} must be escaped", u32::from(character));
        self.stream.problem(at, message, "write it as an escape in double quotes")
    }
}
