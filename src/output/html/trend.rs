//! The days of many repositories as lines: the scores above, open threats and blank layers below. It is also a picture of its
//! own. A table next to it has the numbers.

use askama::Template;

use crate::date::Date;
use crate::decimal::Decimal;
use crate::fleet::TrendDay;
use crate::output::html::chart::along;
use crate::report::Report;

/// The days that are drawn, the last ones.
const MAX_DAYS: usize = 400;
/// The number of days up to which each has a dot.
const MAX_DOTS: usize = 60;
/// The beginning and the length of the lines, as in the template.
const LEFT: i64 = 40;
const WIDTH: i64 = 430;
/// The upper ends of the two areas, and their height.
const SCORES: i64 = 10;
const NUMBERS: i64 = 180;
const HEIGHT: i64 = 140;
/// The smallest distance of the words at the ends of two lines.
const WORDS: i64 = 15;

#[derive(Template)]
#[template(path = "trend.svg", config = "src/output/html/askama.toml")]
pub(crate) struct Trend {
    /// The style of a picture of its own; empty on the page.
    style: String,
    first: Date,
    last: Date,
    /// The upper end of the scale of numbers.
    most: usize,
    lines: [TrendLine; 4],
}

struct TrendLine {
    is_dashed: bool,
    path: String,
    dots: Vec<TrendDot>,
    /// The last value in words, and its height on the picture.
    label: String,
    y: i64,
}

struct TrendDot {
    x: i64,
    y: i64,
    title: String,
}

impl Trend {
    /// The lines of a report about several days.
    pub(crate) fn new(report: &Report, style: String) -> Option<Self> {
        let days = &report.fleet.as_ref()?.trend;
        let days = &days[days.len().saturating_sub(MAX_DAYS)..];
        let (first, last) = days.first().zip(days.last()).filter(|(first, last)| first.date < last.date)?;
        let most = days.iter().map(|day| day.open.max(day.blank)).max().unwrap_or(0).max(1);
        let mut lines = [
            TrendLine::new(days, SCORES, "highest", |day| day.highest.map(of_score)),
            TrendLine::new(days, SCORES, "median", |day| day.median.map(of_score)),
            TrendLine::new(days, NUMBERS, "open threats", |day| Some(of_number(day.open, most))),
            TrendLine::new(days, NUMBERS, "blank layers", |day| Some(of_number(day.blank, most))),
        ];
        for pair in lines.chunks_mut(2) {
            pair[1].is_dashed = true;
            pair.sort_by_key(|line| line.y);
            pair[1].y = pair[1].y.max(pair[0].y + WORDS);
        }
        Some(Self { style, first: first.date, last: last.date, most, lines })
    }
}

/// The height of a score in thousandths, and its text.
fn of_score(score: Decimal) -> (i64, String) {
    (along(score), score.plain().to_string())
}

fn of_number(number: usize, most: usize) -> (i64, String) {
    (i64::try_from(number * 1000 / most).unwrap_or(1000), number.to_string())
}

impl TrendLine {
    fn new(
        days: &[TrendDay],
        top: i64,
        name: &str,
        value: impl Fn(&TrendDay) -> Option<(i64, String)>,
    ) -> Self {
        let (first, last) = (days[0].date, days[days.len() - 1].date);
        let (path, dots, label) = (String::new(), Vec::new(), format!("{name}: none"));
        let mut line = Self { is_dashed: false, path, dots, label, y: top + HEIGHT };
        for day in days {
            let Some((height, text)) = value(day) else { continue };
            let x = LEFT + i64::from(day.date.days_since(first)) * WIDTH / i64::from(last.days_since(first));
            line.y = top + HEIGHT - height * HEIGHT / 1000;
            line.path.push_str(&format!("{}{x} {}", if line.path.is_empty() { 'M' } else { 'L' }, line.y));
            line.dots.push(TrendDot { x, y: line.y, title: format!("{}: {name} {text}", day.date) });
            line.label = format!("{name} {text}");
        }
        if line.dots.len() > MAX_DOTS {
            line.dots.clear();
        }
        line
    }
}
