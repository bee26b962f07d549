//! The parts of a page: headings, paragraphs, items and rows, each with its first line.

/// A paragraph, a heading, an item or a row of a table.
pub(crate) struct PagePart {
    /// Its first line, 1-based.
    pub(crate) line: usize,
    pub(crate) text: String,
    pub(crate) is_heading: bool,
    /// The cells of a row.
    pub(crate) cells: Vec<String>,
    /// Whether all of its text is in the scaffold.
    pub(crate) used: bool,
}

/// The parts of a page. Without blank lines each line is one, and so is a line that `is_complete`.
pub(crate) fn parts(text: &str, is_complete: fn(&PagePart) -> bool) -> Vec<PagePart> {
    let is_spaced = text.trim().lines().any(|line| line.trim().is_empty());
    let mut parts: Vec<PagePart> = Vec::new();
    let mut joins = false;
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        let is_rule = !line.is_empty() && line.chars().all(|letter| "-=_*|: ".contains(letter));
        if line.is_empty() || is_rule {
            // A rule below a row makes it the head of its table.
            if let Some(last) = parts.last_mut()
                && is_rule
                && !last.cells.is_empty()
                && last.line == at
            {
                last.is_heading = true;
            }
            joins = false;
            continue;
        }
        let bare = line.trim_start_matches(['#', '>', ' ']);
        let is_heading = line.starts_with('#');
        let item = item(bare);
        let is_row = line.contains('|') && (line.starts_with('|') || line.ends_with('|'));
        let text = item.unwrap_or(bare).replace("**", "").trim().to_owned();
        let cells = if is_row { cells(&text) } else { Vec::new() };
        let part = PagePart { line: at + 1, text, is_heading, cells, used: false };
        let is_apart = item.is_some() || is_heading || is_row || is_complete(&part);
        match parts.last_mut() {
            Some(last) if joins && !is_apart => {
                last.text.push(' ');
                last.text.push_str(&part.text);
            }
            _ => parts.push(part),
        }
        joins = is_spaced && !is_heading && !is_row;
    }
    parts
}

/// The text of an item of a list, after `-`, `*`, `+` or a number.
fn item(line: &str) -> Option<&str> {
    if let Some(rest) = ["- ", "* ", "+ "].into_iter().find_map(|mark| line.strip_prefix(mark)) {
        return Some(rest);
    }
    let rest = line.trim_start_matches(|letter: char| letter.is_ascii_digit());
    let numbered = rest.strip_prefix(". ").or_else(|| rest.strip_prefix(") "));
    numbered.filter(|_| rest.len() < line.len())
}

fn cells(row: &str) -> Vec<String> {
    row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
}

/// Whether a part is the title of a section on a subject: a heading, or a short line that is not a sentence.
pub(crate) fn is_title(part: &PagePart, subject: &str) -> bool {
    let is_short = part.text.len() <= 60 && !part.text.ends_with('.');
    let is_bare = part.cells.is_empty() && !has_number(&part.text);
    (part.is_heading || is_short) && is_bare && part.text.to_lowercase().contains(subject)
}

/// Whether a text has a number after a name, as in "CVSS base: 8.5".
pub(crate) fn has_number(text: &str) -> bool {
    text.split(": ").skip(1).any(|rest| rest.trim_start().starts_with(|letter: char| letter.is_ascii_digit()))
}
