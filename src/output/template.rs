//! Data and templates put together by `askama`, which no other file knows. It checks the templates when it compiles
//! them, and escapes all that they show but the style sheet and the script, which are the program's own.

use std::io;

use askama::Template;

use crate::digest;
use crate::output::badge::{Badge, width};
use crate::output::html::Page;
use crate::output::html::chart::{axes, rings};
use crate::output::html::shown::Shown;

const STYLE: &str = include_str!("html/style.css");
const SCRIPT: &str = include_str!("html/script.js");

/// What the radar's axes are called, the third one aside.
const AXES: [&str; 10] = [
    "Autonomy",
    "Tools",
    "",
    "Context",
    "Non-determinism",
    "Opacity",
    "Memory",
    "Identity",
    "Multi-agent",
    "Self-modification",
];

#[derive(Template)]
#[template(path = "page.html", config = "src/output/html/askama.toml")]
struct PageTemplate<'p> {
    page: &'p Page,
    /// The rings of the radar, and its axes.
    rings: [String; 2],
    axes: Vec<Axis>,
    version: &'static str,
    style: &'static str,
    style_hash: String,
    script: &'static str,
    script_hash: String,
}

/// Where the name of one of the radar's axes goes.
struct Axis {
    /// The end of the axis.
    x: i64,
    y: i64,
    /// The place of its name, and which side of the name stands there.
    name_x: i64,
    name_y: i64,
    anchor: &'static str,
    /// The name in the radar of v0.8, and in that of v0.5.
    name: &'static str,
    name_before: &'static str,
}

fn named_axes() -> Vec<Axis> {
    let axis = |(name, (x, y)): (&'static str, (i64, i64))| {
        let (name, name_before) = if name.is_empty() { ("Language", "Planning") } else { (name, name) };
        let anchor = match x {
            0 => "middle",
            1.. => "start",
            _ => "end",
        };
        // Beside the end, and a little lower than where letters stand.
        Axis { x, y, name_x: x * 110 / 100, name_y: y * 114 / 100 + 40, anchor, name, name_before }
    };
    AXES.into_iter().zip(axes()).map(axis).collect()
}

/// The page as HTML.
///
/// # Errors
/// None that is known: a value that could not be written would be one.
pub(crate) fn render_page(page: &Page) -> io::Result<String> {
    let template = PageTemplate {
        page,
        rings: rings(),
        axes: named_axes(),
        version: env!("CARGO_PKG_VERSION"),
        style: STYLE,
        style_hash: digest::for_policy_of_content(STYLE),
        script: SCRIPT,
        script_hash: digest::for_policy_of_content(SCRIPT),
    };
    template.render().map_err(io::Error::other)
}

#[derive(Template)]
#[template(path = "badge.svg", config = "src/output/html/askama.toml")]
struct BadgeTemplate<'b> {
    badge: &'b Badge,
    /// The widths of the halves, in pixels.
    left: usize,
    right: usize,
}

/// The badge as SVG.
///
/// # Errors
/// None that is known: a value that could not be written would be one.
pub(crate) fn render_badge(badge: &Badge) -> io::Result<String> {
    let half = |text: &Shown| width(&text.to_string()).div_ceil(10) + 12;
    let (left, right) = (half(&badge.label), half(&badge.message));
    BadgeTemplate { badge, left, right }.render().map_err(io::Error::other)
}
