//! The outline of a page: its headings, paragraphs, items, tables and other blocks in order, with their texts and bytes.

use std::borrow::Cow;
use std::ops::Range;

use pulldown_cmark::{Event, HeadingLevel, Tag, TagEnd};

use crate::source::Span;

/// A text without Markdown's signs, and the bytes that it was read from.
#[derive(Clone, Debug, Default)]
pub(crate) struct PageText {
    pub(crate) text: String,
    pub(crate) span: Span,
    /// The bytes of the text that are bold at its beginning.
    pub(crate) strong: usize,
    pub(crate) has_link: bool,
    /// The parts of the text that are struck through.
    struck: Vec<Range<usize>>,
}

impl PageText {
    pub(crate) fn is_struck(&self) -> bool {
        !self.struck.is_empty() && self.struck.iter().map(Range::len).sum::<usize>() >= self.text.trim().len()
    }

    pub(crate) fn has_struck(&self) -> bool {
        !self.struck.is_empty()
    }

    /// The text from an offset on, without what is withdrawn: `~~Open~~ Mitigated`.
    pub(crate) fn kept_from(&self, offset: usize) -> Cow<'_, str> {
        let whole = self.text.get(offset..).unwrap_or_default();
        if self.struck.is_empty() || self.is_struck() {
            return Cow::Borrowed(whole);
        }
        let (mut kept, mut at) = (String::with_capacity(whole.len()), offset);
        for struck in &self.struck {
            kept.push_str(self.text.get(at..struck.start).unwrap_or_default());
            at = at.max(struck.end);
        }
        kept.push_str(self.text.get(at..).unwrap_or_default());
        Cow::Owned(kept)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.text.trim().is_empty()
    }

    fn cover(&mut self, span: Span) {
        if span.is_empty() {
            return;
        }
        let is_new = self.span.is_empty();
        let start = if is_new { span.start } else { self.span.start.min(span.start) };
        self.span = Span { start, end: self.span.end.max(span.end) };
    }
}

/// A row of a table; the first one is its header.
#[derive(Debug)]
pub(crate) struct TableRow {
    pub(crate) span: Span,
    pub(crate) cells: Vec<PageText>,
}

#[derive(Debug)]
pub(crate) enum OutlineKind {
    /// A heading with its level. Headings in quotations, lists and `<details>` are captions.
    Heading(u8),
    /// A text that names what follows it.
    Caption,
    Paragraph,
    /// An item of a list, without the items in it.
    Item,
    Table(Vec<TableRow>),
    /// Code, or HTML with text.
    Other,
}

/// A block of a page that contains text, without blocks of its own.
#[derive(Debug)]
pub(crate) struct OutlineBlock {
    pub(crate) kind: OutlineKind,
    pub(crate) phrase: PageText,
    /// The bytes of the quotation, list or block that contains it and is in nothing else.
    pub(crate) outer: Span,
    /// Its own bytes.
    pub(crate) span: Span,
}

impl OutlineBlock {
    /// Whether it is a line in bold that ends with a colon: a caption of what follows it.
    pub(crate) fn is_label(&self) -> bool {
        let text = self.phrase.text.trim_end();
        match self.kind {
            OutlineKind::Paragraph | OutlineKind::Item => {
                text.ends_with(':') && self.phrase.strong + 1 >= text.len()
            }
            OutlineKind::Heading(_) | OutlineKind::Caption | OutlineKind::Table(_) | OutlineKind::Other => {
                false
            }
        }
    }
}

/// Collects the events of the Markdown parser.
#[derive(Default)]
pub(crate) struct Outliner {
    pub(crate) blocks: Vec<OutlineBlock>,
    leaf: Option<OutlineBlock>,
    table: Vec<TableRow>,
    outer: Span,
    /// The numbers of open elements: all blocks, quotations, `<details>`, items, images, and texts struck through.
    depth: usize,
    quotes: usize,
    details: usize,
    items: usize,
    images: usize,
    strikes: usize,
    /// The number of open bold texts of which the first begins the phrase.
    leads: usize,
}

impl Outliner {
    /// Adds an event with its bytes in the text.
    pub(crate) fn event(&mut self, event: &Event<'_>, span: Span) {
        match event {
            Event::Start(tag) => self.start(tag, span),
            Event::End(tag) => self.end(*tag),
            Event::Text(text) | Event::Code(text) => self.text(text, span),
            Event::SoftBreak | Event::HardBreak => self.text("\n", Span { end: span.start, ..span }),
            Event::InlineHtml(tag) => {
                if tag.get(..3).is_some_and(|tag| tag.eq_ignore_ascii_case("<br")) {
                    self.text("\n", Span { end: span.start, ..span });
                }
                self.details = details(tag, self.details);
            }
            Event::Html(html) => {
                if let Some(leaf) = &mut self.leaf {
                    leaf.phrase.text.push_str(html);
                    leaf.phrase.cover(span);
                }
            }
            _ => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>, span: Span) {
        match tag {
            Tag::Emphasis | Tag::Superscript | Tag::Subscript => return self.cover(span),
            Tag::Strong => {
                self.cover(span);
                let is_lead =
                    self.leaf.as_ref().is_some_and(|leaf| without_bullet(&leaf.phrase.text).is_empty());
                self.leads += usize::from(is_lead || self.leads > 0);
                return;
            }
            Tag::Strikethrough => {
                self.cover(span);
                self.strikes += 1;
                return;
            }
            Tag::Link { .. } | Tag::Image { .. } => {
                self.cover(span);
                self.images += usize::from(matches!(tag, Tag::Image { .. }));
                if let Some(leaf) = &mut self.leaf {
                    leaf.phrase.has_link = true;
                }
                return;
            }
            _ => {}
        }
        if self.depth == 0 {
            self.outer = span;
        }
        self.depth += 1;
        match tag {
            Tag::BlockQuote(_) => {
                self.close();
                self.quotes += 1;
            }
            Tag::Item => {
                self.close();
                self.items += 1;
                self.open(OutlineKind::Item, span);
            }
            Tag::Paragraph => match &mut self.leaf {
                // A further paragraph of an item.
                Some(leaf) if matches!(leaf.kind, OutlineKind::Item) => {
                    if !leaf.phrase.text.is_empty() {
                        leaf.phrase.text.push('\n');
                    }
                }
                _ => self.open(OutlineKind::Paragraph, span),
            },
            Tag::Heading { level, .. } => {
                let is_inner = self.quotes > 0 || self.items > 0 || self.details > 0;
                self.open(if is_inner { OutlineKind::Caption } else { heading(*level) }, span);
            }
            Tag::CodeBlock(_) | Tag::HtmlBlock => self.open(OutlineKind::Other, span),
            Tag::Table(_) => self.close(),
            Tag::TableHead | Tag::TableRow => self.table.push(TableRow { span, cells: Vec::new() }),
            Tag::TableCell => self.open(OutlineKind::Paragraph, span),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Emphasis | TagEnd::Superscript | TagEnd::Subscript | TagEnd::Link => return,
            TagEnd::Strong => {
                if self.leads == 1
                    && let Some(leaf) = &mut self.leaf
                {
                    leaf.phrase.strong = leaf.phrase.text.len();
                }
                self.leads = self.leads.saturating_sub(1);
                return;
            }
            TagEnd::Strikethrough => {
                self.strikes = self.strikes.saturating_sub(1);
                return;
            }
            TagEnd::Image => {
                self.images = self.images.saturating_sub(1);
                return;
            }
            _ => {}
        }
        match tag {
            TagEnd::BlockQuote(_) => {
                self.close();
                self.quotes = self.quotes.saturating_sub(1);
            }
            TagEnd::Item => {
                self.close();
                self.items = self.items.saturating_sub(1);
            }
            // An item has further paragraphs.
            TagEnd::Paragraph
                if self.leaf.as_ref().is_some_and(|leaf| matches!(leaf.kind, OutlineKind::Item)) => {}
            TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::CodeBlock => self.close(),
            TagEnd::HtmlBlock => self.close_html(),
            TagEnd::TableCell => {
                let cell = self.leaf.take().map(|leaf| leaf.phrase);
                if let (Some(row), Some(cell)) = (self.table.last_mut(), cell) {
                    row.cells.push(cell);
                }
            }
            TagEnd::Table => {
                let rows = std::mem::take(&mut self.table);
                let hull = rows.iter().map(|row| row.span).reduce(hull).unwrap_or_default();
                self.push(OutlineKind::Table(rows), PageText::default(), hull);
            }
            _ => {}
        }
        self.depth = self.depth.saturating_sub(1);
    }

    fn text(&mut self, text: &str, span: Span) {
        // The text of an image replaces it and is not the page's own.
        if self.images > 0 {
            return;
        }
        self.cover(Span { end: span.start, ..span });
        let Some(leaf) = &mut self.leaf else { return };
        if self.strikes > 0 {
            let start = leaf.phrase.text.len();
            leaf.phrase.struck.push(start..start + text.len());
        }
        leaf.phrase.text.push_str(text);
        leaf.phrase.cover(span);
    }

    /// Adds bytes to the open block. In an item, text can follow a block without a paragraph of its own.
    fn cover(&mut self, span: Span) {
        if self.leaf.is_none() && self.items > 0 {
            self.open(OutlineKind::Paragraph, span);
        }
        if let Some(leaf) = &mut self.leaf {
            leaf.phrase.cover(span);
        }
    }

    fn open(&mut self, kind: OutlineKind, span: Span) {
        self.close();
        self.leads = 0;
        let phrase = PageText { span: Span { end: span.start, ..span }, ..PageText::default() };
        self.leaf = Some(OutlineBlock { kind, phrase, outer: self.outer, span });
    }

    fn close(&mut self) {
        if let Some(leaf) = self.leaf.take()
            && !leaf.phrase.is_empty()
        {
            self.blocks.push(leaf);
        }
    }

    /// Closes a block of HTML. Comments and bare tags contain no text.
    fn close_html(&mut self) {
        let Some(mut leaf) = self.leaf.take() else { return };
        let html = std::mem::take(&mut leaf.phrase.text);
        self.details = details(&html, self.details);
        let is_hidden = ["<script", "<style"].iter().any(|tag| {
            html.trim_start().get(..tag.len()).is_some_and(|opening| opening.eq_ignore_ascii_case(tag))
        });
        leaf.phrase.text = if is_hidden { String::new() } else { without_tags(&html) };
        if !leaf.phrase.is_empty() {
            if html.contains("<summary") {
                leaf.kind = OutlineKind::Caption;
            }
            self.blocks.push(leaf);
        }
    }

    fn push(&mut self, kind: OutlineKind, phrase: PageText, span: Span) {
        self.blocks.push(OutlineBlock { kind, phrase, outer: self.outer, span });
    }
}

const fn heading(level: HeadingLevel) -> OutlineKind {
    OutlineKind::Heading(level as u8)
}

/// A text without the box of a task and the emoji at its beginning.
pub(crate) fn without_bullet(text: &str) -> &str {
    let text = text.trim_start();
    let boxes = ["[ ]", "[x]", "[X]"];
    let text = boxes.into_iter().find_map(|mark| text.strip_prefix(mark)).unwrap_or(text);
    text.trim_start_matches(|letter: char| !letter.is_ascii() && !letter.is_alphanumeric() || letter == ' ')
}

/// The smallest span that contains two others.
pub(crate) fn hull(one: Span, other: Span) -> Span {
    Span { start: one.start.min(other.start), end: one.end.max(other.end) }
}

/// The number of open `<details>` after a text in HTML.
fn details(html: &str, mut open: usize) -> usize {
    const NAME: &str = "details";
    if html.starts_with("<!--") {
        return open;
    }
    for (at, _) in html.match_indices('<') {
        let tag = &html[at + 1..];
        let (is_end, name) = tag.strip_prefix('/').map_or((false, tag), |name| (true, name));
        let rest = name.get(..NAME.len()).filter(|name| name.eq_ignore_ascii_case(NAME));
        let is_whole =
            !name[rest.map_or(0, str::len)..].starts_with(|next: char| next.is_ascii_alphanumeric());
        if rest.is_some() && is_whole {
            open = if is_end { open.saturating_sub(1) } else { open + 1 };
        }
    }
    open
}

/// The text after the end of a tag. A value in quotes can contain `>`.
fn after_tag(tag: &str) -> &str {
    let mut quote = None;
    let mut before = '<';
    for (at, letter) in tag.char_indices() {
        match quote {
            Some(open) if open == letter => quote = None,
            None if letter == '>' => return &tag[at + 1..],
            None if before == '=' && matches!(letter, '"' | '\'') => quote = Some(letter),
            Some(_) | None => {}
        }
        before = letter;
    }
    ""
}

/// The text of HTML without its comments and tags.
fn without_tags(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        text.push_str(&rest[..at]);
        rest = rest[at..].strip_prefix("<!--").map_or_else(
            || after_tag(&rest[at + 1..]),
            |comment| comment.split_once("-->").map_or("", |(_, after)| after),
        );
        text.push(' ');
    }
    text.push_str(rest);
    text
}
