//! A badge with the highest score of all agents or the result of the gate, as a picture or for services that draw pictures.
//! If an input could not be checked or a score not computed, the badge says so.

use std::io;

use askama::Template;
use serde::Serialize;

use crate::aivss::Band;
use crate::escape::write_json;
use crate::output::html::problems::SanitizedText;
use crate::output::palette::{BandColors, Ground, LABEL, of_band};
use crate::report::{Report, Verdict, WorstScore, count};

/// Characters of a label that are drawn.
const MAX_LENGTH: usize = 40;

/// The subject of a badge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadgeSubject {
    /// The highest score with its band.
    Score,
    /// The result of the gate.
    Gate,
}

/// A badge: its two halves, and the colors of the right one.
#[derive(Template)]
#[template(path = "badge.svg", config = "src/output/html/askama.toml")]
pub struct Badge {
    label: SanitizedText,
    message: SanitizedText,
    ground: Ground,
    /// The widths of the halves, in pixels.
    left: usize,
    right: usize,
    is_sure: bool,
}

impl BadgeSubject {
    /// The label of a badge that is given none.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Score => "AIVSS",
            Self::Gate => "aivss-lint",
        }
    }
}

impl Badge {
    /// The badge of a report. Its label, if none is given, is that of the subject.
    pub fn of(report: &Report, subject: BadgeSubject, label: Option<&str>) -> Self {
        let (mut message, colors) = match (report.verdict(), subject) {
            (Verdict::Passed | Verdict::Failed, BadgeSubject::Score) => worst(report),
            (Verdict::Passed, BadgeSubject::Gate) => ("passing".to_owned(), of_band(Some(Band::Low))),
            (Verdict::Failed, BadgeSubject::Gate) => ("failing".to_owned(), of_band(Some(Band::Critical))),
            (Verdict::CannotCheck, _) => ("cannot check".to_owned(), of_band(None)),
        };
        // A missing score that the policy accepts is no error.
        let is_known = colors.class != of_band(None).class;
        let is_sure = is_known || subject == BadgeSubject::Score && report.not_scored().is_some();
        let models = report.totals().models;
        if is_known && models > 1 {
            message.push_str(&format!(" · {}", count(models, "agent")));
        }
        let label = SanitizedText::cut(
            label.filter(|label| !label.is_empty()).unwrap_or(subject.label()),
            MAX_LENGTH,
        );
        let message = SanitizedText::line(message);
        let [left, right] = [&label, &message].map(|text| width(&text.to_string()).div_ceil(10) + 12);
        Self { label, message, ground: colors.badge, left, right, is_sure }
    }

    /// Whether it shows its subject, rather than that the subject is not known.
    pub const fn is_sure(&self) -> bool {
        self.is_sure
    }
}

fn worst(report: &Report) -> (String, &'static BandColors) {
    // A score that is not known can be the worst of all.
    if !report.is_scored() {
        return (report.not_scored().unwrap_or_else(|| "not computable".to_owned()), of_band(None));
    }
    match report.worst() {
        Some(WorstScore { score, severity, .. }) => {
            (format!("{score} {}", severity.name()), of_band(Some(severity)))
        }
        None => ("no score".to_owned(), of_band(None)),
    }
}

/// The approximate width of a text in Verdana at 11 pixels, in tenths of a pixel. The picture stretches letters to fit.
fn width(text: &str) -> usize {
    let widths = text.chars().map(|letter| match letter {
        'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '!' | '|' | '\'' | ' ' | '·' => 40,
        'f' | 'r' | 't' | '-' | '(' | ')' => 48,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 104,
        'A'..='Z' => 78,
        _ if letter.is_ascii() => 68,
        _ => 110,
    });
    widths.sum()
}

/// Writes the badge as a picture.
///
/// # Errors
/// The error of the writer.
pub fn write_badge(badge: &Badge, out: &mut dyn io::Write) -> io::Result<()> {
    out.write_all(badge.render().map_err(io::Error::other)?.as_bytes())
}

/// Writes the badge in the form that shields.io reads.
///
/// # Errors
/// The error of the writer.
pub fn write_badge_endpoint(badge: &Badge, out: &mut dyn io::Write) -> io::Result<()> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Endpoint {
        schema_version: u32,
        label: String,
        message: String,
        color: &'static str,
        is_error: bool,
    }
    let endpoint = Endpoint {
        schema_version: 1,
        label: badge.label.to_string(),
        message: badge.message.to_string(),
        color: badge.ground.fill,
        is_error: !badge.is_sure(),
    };
    write_json(&endpoint, out)
}
