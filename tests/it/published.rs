//! The worked examples that OWASP published, number by number: base from vector, factor sum, uplift, raw and rounded
//! score.
//!
//! Figures: OWASP *AIVSS Scoring System for OWASP Agentic AI Core Security Risks*, v0.8 section 3.6 as printed, and
//! v0.5 section 4.2 with sums and scores recomputed, since seven of its ten printed sums are wrong.

use aivss_lint::aivss::cvss::Vector;
use aivss_lint::aivss::{Formula, Inputs};
use aivss_lint::decimal::Decimal;

struct Example {
    section: &'static str,
    metrics: &'static str,
    base: &'static str,
    factors: &'static str,
    sum: &'static str,
    uplift: &'static str,
    raw: &'static str,
    score: &'static str,
}

#[rustfmt::skip]
const V0_8: [Example; 10] = [
    Example { section: "3.6.1", metrics: "AV:N/AC:L/AT:N/PR:N/UI:A/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H", base: "9.4", factors: "1.0 1.0 1.0 1.0 1.0 1.0 0.5 1.0 1.0 0.5", sum: "9.0", uplift: "0.5238", raw: "9.9238", score: "9.9" },
    Example { section: "3.6.2", metrics: "AV:N/AC:L/AT:N/PR:L/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", base: "8.7", factors: "1.0 1.0 1.0 1.0 0.5 1.0 1.0 1.0 0.5 0.0", sum: "8.0", uplift: "1.0088", raw: "9.7088", score: "9.7" },
    Example { section: "3.6.3", metrics: "AV:N/AC:H/AT:N/PR:L/UI:N/VC:N/VI:N/VA:H/SC:N/SI:H/SA:H", base: "7.1", factors: "1.0 0.5 1.0 1.0 1.0 1.0 0.5 0.5 1.0 0.5", sum: "8.0", uplift: "2.2504", raw: "9.3504", score: "9.4" },
    Example { section: "3.6.4", metrics: "AV:A/AC:L/AT:N/PR:L/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H", base: "9.4", factors: "1.0 1.0 1.0 1.0 1.0 1.0 1.0 1.0 1.0 0.5", sum: "9.5", uplift: "0.5529", raw: "9.9529", score: "10.0" },
    Example { section: "3.6.5", metrics: "AV:N/AC:H/AT:N/PR:N/UI:A/VC:H/VI:H/VA:N/SC:N/SI:N/SA:N", base: "7.4", factors: "1.0 1.0 1.0 1.0 1.0 1.0 0.0 1.0 0.5 0.0", sum: "7.5", uplift: "1.8915", raw: "9.2915", score: "9.3" },
    Example { section: "3.6.6", metrics: "AV:A/AC:H/AT:N/PR:H/UI:N/VC:L/VI:H/VA:L/SC:N/SI:N/SA:N", base: "5.8", factors: "1.0 0.5 1.0 1.0 0.5 1.0 1.0 0.0 0.5 1.0", sum: "7.5", uplift: "3.0555", raw: "8.8555", score: "8.9" },
    Example { section: "3.6.7", metrics: "AV:A/AC:L/AT:N/PR:H/UI:N/VC:N/VI:H/VA:H/SC:N/SI:N/SA:N", base: "6.9", factors: "1.0 1.0 0.5 1.0 0.5 1.0 0.5 0.0 1.0 1.0", sum: "7.5", uplift: "2.25525", raw: "9.15525", score: "9.2" },
    Example { section: "3.6.8", metrics: "AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", base: "9.3", factors: "1.0 1.0 0.0 0.0 1.0 1.0 0.5 1.0 1.0 0.0", sum: "6.5", uplift: "0.44135", raw: "9.74135", score: "9.7" },
    Example { section: "3.6.9", metrics: "AV:N/AC:L/AT:N/PR:L/UI:N/VC:N/VI:L/VA:N/SC:N/SI:N/SA:N", base: "5.3", factors: "1.0 1.0 0.0 0.0 1.0 1.0 0.5 0.5 1.0 0.5", sum: "6.5", uplift: "2.96335", raw: "8.26335", score: "8.3" },
    Example { section: "3.6.10", metrics: "AV:N/AC:H/AT:N/PR:N/UI:A/VC:L/VI:L/VA:N/SC:N/SI:N/SA:N", base: "2.1", factors: "0.5 0.0 1.0 1.0 1.0 1.0 1.0 0.0 0.0 1.0", sum: "6.5", uplift: "4.98095", raw: "7.08095", score: "7.1" },
];

#[rustfmt::skip]
const V0_5: [Example; 10] = [
    Example { section: "4.2.1", metrics: "AV:N/AC:L/AT:N/PR:N/UI:A/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H", base: "9.4", factors: "1.0 1.0 1.0 1.0 1.0 1.0 0.5 0.5 0.0 0.0", sum: "7.0", uplift: "7.0", raw: "7.954", score: "8.0" },
    Example { section: "4.2.2", metrics: "AV:N/AC:L/AT:N/PR:L/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", base: "8.7", factors: "1.0 0.5 0.5 0.5 0.5 1.0 1.0 1.0 0.5 0.0", sum: "6.5", uplift: "6.5", raw: "7.372", score: "7.4" },
    Example { section: "4.2.3", metrics: "AV:N/AC:H/AT:N/PR:L/UI:N/VC:N/VI:N/VA:H/SC:N/SI:H/SA:H", base: "7.1", factors: "1.0 0.5 0.5 0.5 1.0 1.0 0.5 0.5 1.0 0.5", sum: "7.0", uplift: "7.0", raw: "6.8385", score: "6.8" },
    Example { section: "4.2.4", metrics: "AV:A/AC:L/AT:N/PR:H/UI:N/VC:L/VI:H/VA:L/SC:N/SI:H/SA:H", base: "8.3", factors: "1.0 0.5 1.0 0.0 0.0 1.0 0.5 1.0 1.0 0.0", sum: "6.0", uplift: "6.0", raw: "6.9355", score: "6.9" },
    Example { section: "4.2.5", metrics: "AV:N/AC:H/AT:N/PR:N/UI:A/VC:H/VI:H/VA:N/SC:N/SI:N/SA:N", base: "7.4", factors: "0.5 0.5 0.5 1.0 0.5 0.5 0.0 1.0 0.5 0.0", sum: "5.0", uplift: "5.0", raw: "6.014", score: "6.0" },
    Example { section: "4.2.6", metrics: "AV:A/AC:H/AT:N/PR:H/UI:N/VC:L/VI:H/VA:L/SC:N/SI:N/SA:N", base: "5.8", factors: "1.0 0.5 0.5 1.0 0.5 0.5 1.0 0.5 0.0 0.0", sum: "5.5", uplift: "5.5", raw: "5.4805", score: "5.5" },
    Example { section: "4.2.7", metrics: "AV:A/AC:L/AT:N/PR:H/UI:N/VC:N/VI:H/VA:H/SC:N/SI:N/SA:N", base: "6.9", factors: "1.0 1.0 1.0 0.5 0.5 0.5 0.0 0.5 0.0 0.0", sum: "5.0", uplift: "5.0", raw: "5.7715", score: "5.8" },
    Example { section: "4.2.8", metrics: "AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", base: "9.3", factors: "0.5 0.5 0.0 0.0 0.0 0.0 0.0 0.0 0.0 0.0", sum: "1.0", uplift: "1.0", raw: "4.9955", score: "5.0" },
    Example { section: "4.2.9", metrics: "AV:N/AC:L/AT:N/PR:L/UI:N/VC:N/VI:L/VA:N/SC:N/SI:N/SA:N", base: "5.3", factors: "0.5 0.0 0.0 0.0 0.5 1.0 0.5 0.5 1.0 0.0", sum: "4.0", uplift: "4.0", raw: "4.5105", score: "4.5" },
    Example { section: "4.2.10", metrics: "AV:N/AC:H/AT:N/PR:N/UI:A/VC:L/VI:L/VA:N/SC:N/SI:N/SA:N", base: "2.1", factors: "0.5 0.5 1.0 1.0 1.0 0.0 0.0 0.0 0.0 0.0", sum: "4.0", uplift: "4.0", raw: "2.9585", score: "3.0" },
];

#[test]
fn examples_of_version_0_8_agree_as_printed() {
    agree("0.8", &V0_8);
}

#[test]
fn examples_of_version_0_5_agree_as_recomputed() {
    agree("0.5", &V0_5);
}

fn agree(version: &str, examples: &[Example]) {
    let number = |text: &str| Decimal::parse(text).unwrap();
    for example in examples {
        let section = example.section;
        let base = Vector::parse(&format!("CVSS:4.0/{}", example.metrics)).unwrap().base_score;
        assert_eq!(base, number(example.base), "base, {section}");
        let sum: Decimal = example.factors.split(' ').map(number).sum();
        assert_eq!(sum, number(example.sum), "sum, {section}");
        let inputs = Inputs::new(base, sum, number("0.97"), Decimal::ONE).unwrap();
        let working = Formula::named(version).unwrap().work(inputs);
        assert_eq!(working.uplift, number(example.uplift), "uplift, {section}");
        assert_eq!(working.raw, number(example.raw), "raw, {section}");
        assert_eq!(working.score.to_string(), example.score, "score, {section}");
    }
}

/// Compared with the files that they were taken from, if those are available.
#[test]
fn tables_equal_the_collected_figures() {
    for (file, table, sum, score) in [
        ("worked_examples_v0.8.json", &V0_8, "factor_sum", "aivss"),
        ("worked_examples_v0.5.json", &V0_5, "aars_recomputed", "aivss_recomputed_from_factors"),
    ] {
        let path = format!("{}/../shared/{file}", env!("CARGO_MANIFEST_DIR"));
        let Ok(text) = std::fs::read_to_string(&path) else {
            println!("skipped: {file} is not at hand");
            continue;
        };
        let collected: serde_json::Value = serde_json::from_str(&text).unwrap();
        for (example, row) in collected["examples"].as_array().unwrap().iter().zip(table) {
            assert_eq!(example["section"], row.section);
            assert_eq!(example["cvss_vector"], format!("CVSS:4.0/{}", row.metrics));
            assert_eq!(example[sum], row.sum);
            assert_eq!(example[score], row.score);
        }
    }
}
