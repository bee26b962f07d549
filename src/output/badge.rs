//! A badge: the worst score of all agents, or the gate's answer, as a picture or for services that draw such pictures.
//!
//! A badge must not look better than things are: where something could not be judged or computed, it says that.

use std::io;

use serde::Serialize;

use crate::aivss::Band;
use crate::escape::write_json;
use crate::output::html::shown::Shown;
use crate::output::template::render_badge;
use crate::report::{Report, Verdict};

/// Characters of a label that are drawn.
const LONGEST: usize = 40;

/// What a badge tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadgeSubject {
    /// The worst score with its band.
    Score,
    /// The gate's answer.
    Gate,
}

/// A badge: its two halves, and the colour of the right one.
pub struct Badge {
    pub(crate) label: Shown,
    pub(crate) message: Shown,
    pub(crate) color: &'static str,
    is_sure: bool,
}

// White letters stand out from each of them, four and a half to one at the least.
const GREEN: &str = "#1a7340";
const OCHRE: &str = "#80600b";
const ORANGE: &str = "#b43c0a";
const RED: &str = "#9c1038";
const GREY: &str = "#57606a";

impl Badge {
    /// The badge of a report. Without a label of its own it has that of what it tells.
    pub fn of(report: &Report, tells: BadgeSubject, label: Option<&str>) -> Self {
        let usual = match tells {
            BadgeSubject::Score => "AIVSS",
            BadgeSubject::Gate => "aivss-lint",
        };
        let (message, color) = match (report.verdict(), tells) {
            (Verdict::CannotJudge, _) => ("cannot judge".to_owned(), GREY),
            (Verdict::Passed, BadgeSubject::Gate) => ("passed".to_owned(), GREEN),
            (Verdict::Failed, BadgeSubject::Gate) => ("failed".to_owned(), RED),
            (Verdict::Passed | Verdict::Failed, BadgeSubject::Score) => worst(report),
        };
        let label = Shown::cut(label.filter(|label| !label.is_empty()).unwrap_or(usual), LONGEST);
        Self { label, message: Shown::line(&message), color, is_sure: color != GREY }
    }

    /// Whether it tells what was asked, and not that nobody knows.
    pub const fn is_sure(&self) -> bool {
        self.is_sure
    }
}

fn worst(report: &Report) -> (String, &'static str) {
    // A score that nobody knows may be the worst of all.
    if !report.is_scored() {
        return ("not computable".to_owned(), GREY);
    }
    let Some((score, band, _)) = report.worst() else { return ("no score".to_owned(), GREY) };
    let color = match band {
        Band::None | Band::Low => GREEN,
        Band::Medium => OCHRE,
        Band::High => ORANGE,
        Band::Critical => RED,
    };
    (format!("{score} {}", band.name()), color)
}

/// How wide a text is in Verdana at 11 pixels, about, in tenths of a pixel; the picture makes letters fit.
pub(crate) fn width(text: &str) -> usize {
    let width = |letter: char| match letter {
        'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '!' | '|' | '\'' | ' ' => 40,
        'f' | 'r' | 't' | '-' | '(' | ')' => 48,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 104,
        'A'..='Z' => 78,
        _ if letter.is_ascii() => 68,
        _ => 110,
    };
    text.chars().map(width).sum()
}

/// Writes the badge as a picture.
///
/// # Errors
/// What the writer reports.
pub fn write_badge(badge: &Badge, out: &mut dyn io::Write) -> io::Result<()> {
    out.write_all(render_badge(badge)?.as_bytes())
}

/// What services that draw badges read from an address.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Endpoint {
    schema_version: u32,
    label: String,
    message: String,
    color: &'static str,
    is_error: bool,
}

/// Writes the badge for a service that draws it, in the form that shields.io reads.
///
/// # Errors
/// What the writer reports.
pub fn write_badge_endpoint(badge: &Badge, out: &mut dyn io::Write) -> io::Result<()> {
    let (label, message) = (badge.label.to_string(), badge.message.to_string());
    let (color, is_error) = (badge.color, !badge.is_sure);
    write_json(&Endpoint { schema_version: 1, label, message, color, is_error }, out)
}
