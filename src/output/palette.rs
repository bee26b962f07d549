//! The colors and signs of the bands, which the badge, the page and the Markdown share. Page and badge take no color of a
//! band from elsewhere.

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

/// The custom properties `--critical-chip`, `--critical-chip-text` and `--critical-bar`, and those of the other bands, for
/// light pages and dark ones.
pub(crate) fn custom_properties() -> String {
    let [light, dark] = [0, 1].map(|scheme| {
        let properties = ALL.iter().map(|BandColors { class, chip, bar, .. }| {
            let (Ground { fill, text }, bar) = (chip[scheme], bar[scheme]);
            format!("--{class}-chip:{fill};--{class}-chip-text:{text};--{class}-bar:{bar};")
        });
        properties.collect::<String>()
    });
    format!(":root{{{light}}}\n@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}\n")
}

#[cfg(test)]
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
}
