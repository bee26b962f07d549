//! All colors of the page, its figures and the badge, and the signs of the bands. Style sheets name colors by custom
//! properties and contain none.

use crate::aivss::Band;

/// A ground with the color of its letters.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ground {
    pub(crate) fill: &'static str,
    pub(crate) text: &'static str,
}

/// The colors of a band; pairs are for light and dark pages.
#[derive(Debug)]
pub(crate) struct BandColors {
    /// The class for the style sheet.
    pub(crate) class: &'static str,
    pub(crate) chip: [Ground; 2],
    /// Bars, dots and lines, which contain no letters.
    pub(crate) bar: [&'static str; 2],
    pub(crate) badge: Ground,
    pub(crate) sign: &'static str,
}

const fn ground(fill: &'static str, text: &'static str) -> Ground {
    Ground { fill, text }
}

/// The ground of the left half of a badge.
pub(crate) const LABEL: Ground = ground("#3b424c", "#ffffff");

#[rustfmt::skip]
pub(crate) const ALL: [BandColors; 6] = [
    BandColors {
        class: "critical", sign: "🔴", bar: ["#b8174a", "#f0527f"], badge: ground("#9c1038", "#ffffff"),
        chip: [ground("#9c1038", "#ffffff"), ground("#b8174a", "#ffffff")],
    },
    BandColors {
        class: "high", sign: "🟠", bar: ["#d4550f", "#f07a3a"], badge: ground("#b43c0a", "#ffffff"),
        chip: [ground("#b43c0a", "#ffffff"), ground("#bd460d", "#ffffff")],
    },
    BandColors {
        class: "medium", sign: "🟡", bar: ["#d9a514", "#e3b341"], badge: ground("#e3b341", "#2b1d00"),
        chip: [ground("#f8dc83", "#472e00"), ground("#e3b341", "#2b1d00")],
    },
    BandColors {
        class: "low", sign: "🟢", bar: ["#3f9e68", "#5fbf88"], badge: ground("#1a7340", "#ffffff"),
        chip: [ground("#bfe3cc", "#0d4427"), ground("#17422c", "#b9efd0")],
    },
    BandColors {
        class: "none", sign: "🟢", bar: ["#7b8797", "#8b97a6"], badge: ground("#1a7340", "#ffffff"),
        chip: [ground("#dfe3ea", "#27303c"), ground("#3a4553", "#e8ecf2")],
    },
    BandColors {
        class: "unscored", sign: "⚪", bar: ["#7b8797", "#8b97a6"], badge: ground("#57606a", "#ffffff"),
        chip: [ground("#dfe3ea", "#27303c"), ground("#3a4553", "#e8ecf2")],
    },
];

/// The colors of a band, or of a score that is not known.
pub(crate) const fn of_band(band: Option<Band>) -> &'static BandColors {
    const COLORS: &[BandColors; 6] = &ALL;
    match band {
        Some(Band::Critical) => &COLORS[0],
        Some(Band::High) => &COLORS[1],
        Some(Band::Medium) => &COLORS[2],
        Some(Band::Low) => &COLORS[3],
        Some(Band::None) => &COLORS[4],
        None => &COLORS[5],
    }
}

/// The other colors of the page: the custom property, its value on light pages, and that on dark ones.
#[rustfmt::skip]
const PAGE: [(&str, [&str; 2]); 29] = [
    ("page", ["#ffffff", "#12161c"]), ("card", ["#f6f7fa", "#1b212a"]), ("code", ["#eceff4", "#232b36"]),
    ("text", ["#1a1f27", "#e8ecf2"]), ("quiet", ["#4d5866", "#aab4c2"]), ("link", ["#1d4fc4", "#9db4ff"]),
    ("line", ["#d9dee6", "#343d4a"]), ("ring", ["#b9c2cf", "#4a5667"]), ("away", ["#667080", "#97a1b0"]),
    ("bad", ["#a3123a", "#ff9db2"]), ("doubt", ["#7a4d00", "#f3c969"]), ("good", ["#14603a", "#86d9a9"]),
    ("mark", ["#ffd9a0", "#6b4510"]), ("mark-text", ["#3b2300", "#ffe9c7"]),
    ("amber", ["#c08a00", "#b98a1c"]), ("amber-text", ["#704600", "#f3c969"]),
    // The petals of a rose, their ground, and the outline of a former value.
    ("shape", ["#4456c7", "#9db4ff"]), ("petal", ["#8b97e4", "#6275cf"]), ("track", ["#eef0f5", "#232b36"]), ("was", ["#8a5a00", "#f3c969"]),
    // The cells of layers by their open threats.
    ("mapped", ["#eef1f5", "#1f2630"]),
    ("o1", ["#f6d5c4", "#4a2c1d"]), ("o1-text", ["#5a2508", "#ffd9c4"]), ("o2", ["#efb092", "#6f3a1d"]), ("o2-text", ["#3a1600", "#ffe3d3"]),
    ("o3", ["#d9713f", "#9c4a1b"]), ("o3-text", ["#1e0b00", "#fff1e8"]), ("o4", ["#a83c0a", "#e0703a"]), ("o4-text", ["#ffffff", "#1e0b00"]),
];

/// The custom properties with their values: those above, and `critical-chip`, `critical-chip-text`, `critical-bar` and
/// those of the other bands.
fn properties(scheme: usize) -> impl Iterator<Item = (String, &'static str)> {
    let bands = ALL.iter().flat_map(move |BandColors { class, chip, bar, .. }| {
        let Ground { fill, text } = chip[scheme];
        [
            (format!("{class}-chip"), fill),
            (format!("{class}-chip-text"), text),
            (format!("{class}-bar"), bar[scheme]),
        ]
    });
    PAGE.iter().map(move |(name, values)| ((*name).to_owned(), values[scheme])).chain(bands)
}

/// The custom properties for light pages and dark ones, as a style sheet.
pub(crate) fn custom_properties() -> String {
    let [light, dark] = [0, 1].map(|scheme| {
        properties(scheme).map(|(name, color)| format!("--{name}:{color};")).collect::<String>()
    });
    format!(":root{{{light}}}\n@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}\n")
}

/// A style sheet with the colors of light pages in place of the custom properties, which programs for slides do not know.
pub(crate) fn resolved(style: &str) -> String {
    properties(0)
        .fold(style.to_owned(), |style, (name, color)| style.replace(&format!("var(--{name})"), color))
}

#[cfg(test)]
#[expect(clippy::float_arithmetic, reason = "contrast is defined by WCAG in powers of fractions")]
mod tests {
    use super::*;

    /// The relative luminance of WCAG 2.
    fn luminance(color: &str) -> f64 {
        let digits = color.strip_prefix('#').unwrap();
        let part = |at: usize| {
            let part = f64::from(u8::from_str_radix(&digits[at..at + 2], 16).unwrap()) / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(0) + 0.7152 * part(2) + 0.0722 * part(4)
    }

    fn contrast(one: &str, other: &str) -> f64 {
        let [one, other] = [one, other].map(luminance);
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn letters_are_readable_on_every_ground() {
        let grounds = ALL.iter().flat_map(|colors| colors.chip.into_iter().chain([colors.badge]));
        for Ground { fill, text } in grounds.chain([LABEL]) {
            assert!(contrast(fill, text) >= 4.5, "{text} on {fill}: {}", contrast(fill, text));
        }
    }

    #[test]
    fn every_band_has_its_own_colors() {
        for band in Band::ALL {
            assert_eq!(of_band(Some(band)).class, band.name().to_lowercase());
        }
        assert_eq!(of_band(None).class, "unscored");
        assert_eq!(custom_properties().matches("--medium-chip:").count(), 2);
    }

    #[test]
    fn style_sheets_contain_no_colors_and_name_known_ones() {
        for style in [include_str!("html/style.css"), include_str!("html/figure.css")] {
            for word in style.split(|letter: char| letter.is_whitespace() || ",:;()".contains(letter)) {
                let is_color = word
                    .strip_prefix('#')
                    .is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit()));
                assert!(!is_color && word != "white" && word != "black", "{word}");
            }
        }
        assert!(!resolved(include_str!("html/figure.css")).contains("var("));
        let own = ["--part", "--under"];
        let style = include_str!("html/style.css").split("var(--").skip(1);
        for name in style.map(|rest| rest.split([')', ',']).next().unwrap()) {
            assert!(
                properties(0).any(|(one, _)| one == name) || own.contains(&&*format!("--{name}")),
                "{name}"
            );
        }
    }
}
