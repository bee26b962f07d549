//! CVSS vectors: an accepted text is a whole vector of version 4.0, and only base metrics change its base score.

use aivss_lint::aivss::cvss::Vector;
use aivss_lint::decimal::Decimal;

const BASE: [&str; 11] = ["AV", "AC", "AT", "PR", "UI", "VC", "VI", "VA", "SC", "SI", "SA"];

/// Any text is a vector or has problems with places.
pub fn vector(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let vector = match Vector::parse(text) {
        Ok(vector) => vector,
        Err(problems) => {
            assert!(!problems.is_empty(), "refused without a message");
            for problem in problems {
                assert!(text.get(problem.range.clone()).is_some(), "{:?} is not a range", problem.range);
                assert!(!problem.message.is_empty());
            }
            return;
        }
    };
    assert!(vector.base_score >= Decimal::ZERO && vector.base_score <= Decimal::new(10, 0));
    let tenths = vector.base_score.to_string();
    assert!(tenths.split_once('.').is_none_or(|(_, digits)| digits.len() == 1), "{tenths}");
    vector.beyond_base.iter().for_each(|range| assert!(text.get(range.clone()).is_some()));

    let metrics: Vec<(&str, &str)> = text
        .strip_prefix("CVSS:4.0/")
        .expect("of version 4.0")
        .split('/')
        .map(|metric| metric.split_once(':').expect("a name and a value"))
        .collect();
    let base: Vec<&(&str, &str)> = metrics.iter().filter(|(name, _)| BASE.contains(name)).collect();
    assert!(base.iter().map(|(name, _)| *name).eq(BASE), "the base metrics, each once, in their order");
    let mut names: Vec<&str> = metrics.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "a metric occurs twice");

    let base: Vec<String> = base.iter().map(|(name, value)| format!("{name}:{value}")).collect();
    let alone =
        Vector::parse(&format!("CVSS:4.0/{}", base.join("/"))).expect("the base metrics alone are a vector");
    assert_eq!(alone.base_score, vector.base_score, "a metric outside the base changes the base score");
    assert!(alone.beyond_base.is_empty());
    let harmless =
        ["VC", "VI", "VA", "SC", "SI", "SA"].iter().all(|name| base.contains(&format!("{name}:N")));
    assert_eq!(harmless, vector.base_score == Decimal::ZERO, "zero without impact, and only then");
}
