//! Threats in lines: items, lines in bold, headings, and the values after labels.

use crate::page::columns::{
    ThreatField, field_of, header, identified, is_reference, severity_alone, status, without_separators,
};
use crate::page::threats::{PageThreat, trimmed, value_of};
use crate::source::Span;
use crate::syntax::outline::{OutlineBlock, OutlineKind, PageText, TableRow, without_bullet};

/// The threat of an item or a line that opens in bold: `**T2 Tool misuse** (High): … Mitigation: …`,
/// `**F1 — title (T6, ASI01) — CRITICAL**`. It has an identifier or a severity.
pub(crate) fn threat_in(phrase: &PageText, span: Span, source: &str) -> Option<PageThreat> {
    const MAX_LENGTH: usize = 300;
    let lead = without_bullet(phrase.text.get(..phrase.strong)?).trim().trim_end_matches([':', '.']);
    let rest = &*phrase.kept_from(phrase.strong);
    let is_label = field_of(&lead.to_lowercase()).is_some();
    if lead.is_empty() || lead.len() > MAX_LENGTH || is_label {
        return None;
    }
    let mut threat = PageThreat { span: trimmed(span, source), ..PageThreat::default() };
    let place = phrase.span;
    let numbered = numbered_threat(lead);
    let mut title = numbered.unwrap_or(lead);
    if let Some((id, after)) = identified(lead) {
        threat.set(ThreatField::Id, id, place, source);
        title = after;
    }
    while let Some((before, remark)) = last_remark(title) {
        let is_severity =
            severity_alone(remark).is_some_and(|word| threat.set(ThreatField::Severity, word, place, source));
        let is_taken = is_severity | threat.set(ThreatField::Refs, remark, place, source);
        if !is_taken {
            break;
        }
        title = before;
    }
    let rest = take_remark(rest.trim_start(), &mut threat, place, source);
    if title.is_empty() {
        let end = rest.find(['.', ':', '\n', '—', ';']).unwrap_or(rest.len());
        title = rest[..end].trim();
    }
    let is_threat = numbered.is_some()
        || threat.get(ThreatField::Id).is_some()
        || threat.get(ThreatField::Severity).is_some();
    if !is_threat || !threat.set(ThreatField::Title, title, place, source) {
        return None;
    }
    add_labels(&mut threat, rest, place, source);
    if phrase.is_struck() || is_done(rest) {
        threat.close(place);
    }
    Some(threat)
}

/// The title after a word for threats and a number: `Threat 1.1: Prompt injection`.
fn numbered_threat(title: &str) -> Option<&str> {
    const WORDS: [&str; 6] = ["threat", "risk", "finding", "vulnerability", "issue", "scenario"];
    let (word, rest) = title.split_once(' ')?;
    let (number, title) = rest.trim_start_matches('#').split_once([' ', ':'])?;
    let is_number = number.starts_with(|first: char| first.is_ascii_digit()) && number.len() <= 8;
    let is_known = WORDS.iter().any(|known| word.eq_ignore_ascii_case(known));
    Some(without_separators(title)).filter(|title| is_known && is_number && !title.is_empty())
}

/// Takes the severity and the references after a bold title: `(High)`, `— High`, `[T6, High]`.
fn take_remark<'r>(rest: &'r str, threat: &mut PageThreat, place: Span, source: &str) -> &'r str {
    let brackets = [('(', ')'), ('[', ']')];
    let enclosed = brackets.into_iter().find_map(|(open, close)| rest.strip_prefix(open)?.split_once(close));
    let (remark, after) = enclosed.unwrap_or_else(|| {
        let rest = without_separators(rest);
        let dash = rest.find(" - ").unwrap_or(rest.len());
        rest.split_at(rest.find([':', '.', ',', '\n', ';', '—', '–']).map_or(dash, |end| end.min(dash)))
    });
    let mut is_taken = threat.set(ThreatField::Refs, remark, place, source) && enclosed.is_some();
    for part in remark.split([',', ';', '/']) {
        is_taken |=
            severity_alone(part).is_some_and(|word| threat.set(ThreatField::Severity, word, place, source));
    }
    without_separators(if is_taken { after } else { rest })
}

/// The last remark of a title and the title without it: in parentheses, or after a dash.
fn last_remark(title: &str) -> Option<(&str, &str)> {
    let title = title.trim_end();
    if let Some(inner) = title.strip_suffix([')', ']']) {
        let at = inner.rfind(['(', '['])?;
        return Some((title[..at].trim_end(), &inner[at + 1..]));
    }
    let dashes = [" — ", " – ", " - ", " | ", ": "];
    let (at, dash) = dashes.into_iter().filter_map(|dash| Some((title.rfind(dash)?, dash))).max()?;
    Some((title[..at].trim_end(), &title[at + dash.len()..]))
}

/// The threat that a heading names: `T6: Intent breaking (High)`, `Threat 1: Intent breaking`. Without a severity it has the
/// identifier of a list of threats, or the values are `below` it.
pub(crate) fn threat_of(
    heading: &PageText,
    span: Span,
    source: &str,
    below: Option<&OutlineBlock>,
) -> Option<PageThreat> {
    let mut lead = heading.clone();
    lead.strong = lead.text.len();
    let threat = threat_in(&lead, span, source)?;
    let id = threat.get(ThreatField::Id).map_or("", |id| &id.text);
    let is_known = id.is_empty() || is_reference(id) || threat.get(ThreatField::Severity).is_some();
    (is_known || below.is_some_and(has_values)).then_some(threat)
}

/// Whether a block has values of a threat: it opens with a label, or is a table of labels and values.
fn has_values(block: &OutlineBlock) -> bool {
    match &block.kind {
        OutlineKind::Table(rows) => rows.iter().take(2).any(|row| value_row(row).is_some()),
        OutlineKind::Paragraph | OutlineKind::Item => opens_with_label(&block.phrase.text),
        OutlineKind::Heading(_) | OutlineKind::Caption | OutlineKind::Other => false,
    }
}

/// The field in the first of two cells, and the cell with its value.
fn value_row(row: &TableRow) -> Option<(ThreatField, &PageText)> {
    let [label, value] = row.cells.as_slice() else { return None };
    let (field, _) = field_of(&header(label))?;
    (field != ThreatField::Title && field != ThreatField::Id).then_some((field, value))
}

/// Adds the values in a table of labels and values.
pub(crate) fn add_rows(threat: &mut PageThreat, rows: &[TableRow], source: &str) {
    for (field, value) in rows.iter().filter_map(value_row) {
        threat.set(field, &value_of(value, source), value.span, source);
    }
}

/// Whether a text ends by saying that the threat is closed: `DONE`, `(fixed)`, `— resolved`.
fn is_done(text: &str) -> bool {
    let body = text.trim_end_matches(|letter: char| !letter.is_alphanumeric());
    let last = body.rsplit(|letter: char| !letter.is_alphanumeric()).next().unwrap_or_default();
    let before = body[..body.len() - last.len()].trim_end();
    let is_denied = before
        .trim_end_matches(|letter: char| !letter.is_alphanumeric())
        .rsplit(|letter: char| !letter.is_alphanumeric())
        .next()
        .is_some_and(|word| {
            ["not", "never", "be", "no"].iter().any(|denial| word.eq_ignore_ascii_case(denial))
        });
    let is_apart = before.is_empty() || before.ends_with(['.', '—', '–', '(', '[', '✅', '|']);
    is_apart && !is_denied && status(last) == Some("closed")
}

/// Adds the values after labels in a text: `Mitigation: …`, `Status: open`.
pub(crate) fn add_labels(threat: &mut PageThreat, text: &str, place: Span, source: &str) {
    let labels = labels(text);
    for (at, (_, value, field)) in labels.iter().enumerate() {
        let end = labels.get(at + 1).map_or(text.len(), |(start, ..)| *start);
        let value = text[*value..end]
            .trim()
            .trim_end_matches(|letter: char| letter.is_whitespace() || ";,—–|·(".contains(letter));
        let value = value.lines().map(str::trim).collect::<Vec<_>>().join(" ");
        if *field != ThreatField::Title && *field != ThreatField::Id {
            threat.set(*field, &value, place, source);
        }
    }
}

/// Whether a text opens with a label of a threat's value.
pub(crate) fn opens_with_label(text: &str) -> bool {
    labels(text).first().is_some_and(|(start, _, field)| *start == 0 && *field != ThreatField::Title)
}

/// The labels in a text: where each begins, where its value begins, and its field.
fn labels(text: &str) -> Vec<(usize, usize, ThreatField)> {
    const MAX_LENGTH: usize = 40;
    let mut found = Vec::new();
    for (colon, _) in text.match_indices(':') {
        let from = text.floor_char_boundary(colon.saturating_sub(MAX_LENGTH));
        let before = &text[from..colon];
        let boundary = before.rfind(['.', ';', '\n', ',', '—', '–', '|', '(', '·']);
        let start = match boundary {
            Some(at) => from + text[from + at..].chars().next().map_or(0, |sign| at + sign.len_utf8()),
            None if from == 0 => 0,
            None => continue,
        };
        let label = text[start..colon].trim().to_lowercase();
        let field = field_of(&label).filter(|_| label.len() > 1);
        found.extend(field.map(|(field, _)| (start, colon + 1, field)));
    }
    found
}
