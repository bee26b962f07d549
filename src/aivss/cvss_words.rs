//! The metrics of CVSS v4.0 in words (specification, §2 to §5).

#[derive(Debug)]
pub(crate) struct MetricWords {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    /// Each value with its name.
    pub(crate) values: &'static [(&'static str, &'static str)],
}

const fn words(
    name: &'static str,
    title: &'static str,
    values: &'static [(&'static str, &'static str)],
) -> MetricWords {
    MetricWords { name, title, values }
}

const IMPACT: &[(&str, &str)] = &[("H", "high"), ("L", "low"), ("N", "none")];

/// The base metrics, in the order of a vector.
pub(crate) static BASE_METRICS: [MetricWords; 11] = [
    words("AV", "attack vector", &[("N", "network"), ("A", "adjacent"), ("L", "local"), ("P", "physical")]),
    words("AC", "attack complexity", &[("L", "low"), ("H", "high")]),
    words("AT", "attack requirements", &[("N", "none"), ("P", "present")]),
    words("PR", "privileges required", &[("N", "none"), ("L", "low"), ("H", "high")]),
    words("UI", "user interaction", &[("N", "none"), ("P", "passive"), ("A", "active")]),
    words("VC", "confidentiality of the vulnerable system", IMPACT),
    words("VI", "integrity of the vulnerable system", IMPACT),
    words("VA", "availability of the vulnerable system", IMPACT),
    words("SC", "confidentiality of subsequent systems", IMPACT),
    words("SI", "integrity of subsequent systems", IMPACT),
    words("SA", "availability of subsequent systems", IMPACT),
];

/// A vector in words: each of its base metrics with its value. Parts that are none are left out.
pub(crate) fn in_words(vector: &str) -> Vec<(&str, String)> {
    let mut all = Vec::new();
    for part in vector.split('/') {
        let Some((name, value)) = part.split_once(':') else { continue };
        let Some(metric) = BASE_METRICS.iter().find(|metric| metric.name == name) else { continue };
        let value = metric.values.iter().find(|(known, _)| *known == value);
        all.extend(value.map(|(_, word)| (part, format!("{}: {word}", metric.title))));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aivss::cvss::Vector;

    #[test]
    fn every_value_of_a_base_metric_is_accepted_in_a_vector() {
        for (at, metric) in BASE_METRICS.iter().enumerate() {
            for (value, _) in metric.values {
                let parts = BASE_METRICS.iter().enumerate().map(|(other, words)| {
                    let value = if other == at { value } else { words.values[0].0 };
                    format!("/{}:{value}", words.name)
                });
                let vector = format!("CVSS:4.0{}", parts.collect::<String>());
                assert!(Vector::parse(&vector).is_ok(), "{vector}");
                assert_eq!(in_words(&vector).len(), 11, "{vector}");
            }
        }
        assert!(in_words("CVSS:4.0/AV:X/Q/:/E:U").is_empty());
    }
}
