//! CVSS v4.0 vectors: strict reading, with a place for everything that is wrong, and the base score.
//!
//! The score itself is computed in [`crate::aivss::macro_vector`]. AIVSS builds on the *base* score: threat and environmental
//! metrics in a vector are listed, and left out of it.

use crate::aivss::macro_vector;
use crate::decimal::Decimal;

/// A well-formed CVSS v4.0 vector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vector {
    /// The CVSS v4.0 base score, 0.0 to 10.0 at one decimal.
    pub base_score: Decimal,
    /// Threat and environmental metrics that are set, which AIVSS does not use; byte ranges in the vector.
    pub beyond_base: Vec<std::ops::Range<usize>>,
}

/// One thing that is wrong with a vector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VectorProblem {
    /// What sort of thing.
    pub kind: VectorProblemKind,
    /// The bytes of the vector at fault; empty at the end for what is missing.
    pub range: std::ops::Range<usize>,
    /// What is wrong, as a sentence.
    pub message: String,
}

/// The sorts of fault; each is a rule of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VectorProblemKind {
    /// A vector of CVSS 2 or 3.
    OtherVersion,
    /// A metric or value of CVSS 3 inside a v4.0 vector.
    OldMetric,
    /// Anything else.
    Malformed,
}

/// The prefix of every v4.0 vector.
const PREFIX: &str = "CVSS:4.0";

/// A metric with its values, in the order of the specification (CVSS v4.0 §7, table 23).
struct Metric {
    name: &'static str,
    values: &'static [&'static str],
    group: Group,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    Base,
    /// Threat and environmental: they would change the score.
    Scoring,
    Supplemental,
}

const fn metric(name: &'static str, values: &'static [&'static str], group: Group) -> Metric {
    Metric { name, values, group }
}

/// How many faults of one vector are listed.
const MOST_FAULTS: usize = 12;

const IMPACT: &[&str] = &["H", "L", "N"];
const MODIFIED_IMPACT: &[&str] = &["X", "H", "L", "N"];
const MODIFIED_SAFETY: &[&str] = &["X", "S", "H", "L", "N"];
const REQUIREMENT: &[&str] = &["X", "H", "M", "L"];

const METRICS: [Metric; 32] = [
    metric("AV", &["N", "A", "L", "P"], Group::Base),
    metric("AC", &["L", "H"], Group::Base),
    metric("AT", &["N", "P"], Group::Base),
    metric("PR", &["N", "L", "H"], Group::Base),
    metric("UI", &["N", "P", "A"], Group::Base),
    metric("VC", IMPACT, Group::Base),
    metric("VI", IMPACT, Group::Base),
    metric("VA", IMPACT, Group::Base),
    metric("SC", IMPACT, Group::Base),
    metric("SI", IMPACT, Group::Base),
    metric("SA", IMPACT, Group::Base),
    metric("E", &["X", "A", "P", "U"], Group::Scoring),
    metric("CR", REQUIREMENT, Group::Scoring),
    metric("IR", REQUIREMENT, Group::Scoring),
    metric("AR", REQUIREMENT, Group::Scoring),
    metric("MAV", &["X", "N", "A", "L", "P"], Group::Scoring),
    metric("MAC", &["X", "L", "H"], Group::Scoring),
    metric("MAT", &["X", "N", "P"], Group::Scoring),
    metric("MPR", &["X", "N", "L", "H"], Group::Scoring),
    metric("MUI", &["X", "N", "P", "A"], Group::Scoring),
    metric("MVC", MODIFIED_IMPACT, Group::Scoring),
    metric("MVI", MODIFIED_IMPACT, Group::Scoring),
    metric("MVA", MODIFIED_IMPACT, Group::Scoring),
    metric("MSC", MODIFIED_IMPACT, Group::Scoring),
    metric("MSI", MODIFIED_SAFETY, Group::Scoring),
    metric("MSA", MODIFIED_SAFETY, Group::Scoring),
    metric("S", &["X", "N", "P"], Group::Supplemental),
    metric("AU", &["X", "N", "Y"], Group::Supplemental),
    metric("R", &["X", "A", "U", "I"], Group::Supplemental),
    metric("V", &["X", "D", "C"], Group::Supplemental),
    metric("RE", &["X", "L", "M", "H"], Group::Supplemental),
    metric("U", &["X", "Clear", "Green", "Amber", "Red"], Group::Supplemental),
];

/// What CVSS 3 has that v4.0 has not, with what took its place.
const OLD: [(&str, &str, &str); 16] = [
    ("UI", "R", "v4.0 has UI:N, UI:P (passive) and UI:A (active)"),
    ("S", "U", "v4.0 has no scope; impact on other systems is SC, SI and SA"),
    ("S", "C", "v4.0 has no scope; impact on other systems is SC, SI and SA"),
    ("C", "", "v4.0 has VC for the vulnerable system and SC for subsequent ones"),
    ("I", "", "v4.0 has VI for the vulnerable system and SI for subsequent ones"),
    ("A", "", "v4.0 has VA for the vulnerable system and SA for subsequent ones"),
    ("MUI", "R", "v4.0 has MUI:N, MUI:P (passive) and MUI:A (active)"),
    ("E", "F", "v4.0 has E:A (attacked), E:P (proof of concept) and E:U (unreported)"),
    ("E", "H", "v4.0 has E:A (attacked), E:P (proof of concept) and E:U (unreported)"),
    ("Au", "", "v4.0 has PR for the privileges required"),
    ("MA", "", "v4.0 has MVA and MSA"),
    ("RL", "", "v4.0 has no remediation level"),
    ("RC", "", "v4.0 has no report confidence"),
    ("MS", "", "v4.0 has no scope"),
    ("MC", "", "v4.0 has MVC and MSC"),
    ("MI", "", "v4.0 has MVI and MSI"),
];

impl Vector {
    /// Reads a vector by the letter of the specification: prefix, order, no metric twice, every base metric there.
    ///
    /// # Errors
    /// Everything that is wrong with it, in the order of the text.
    pub fn parse(text: &str) -> Result<Self, Vec<VectorProblem>> {
        let whole = 0..text.len();
        let Some(rest) = text.strip_prefix(PREFIX) else { return Err(vec![wrong_prefix(text)]) };
        if !rest.starts_with('/') {
            let message = format!("`{PREFIX}` must be followed by `/` and the metrics");
            return Err(vec![VectorProblem { kind: VectorProblemKind::Malformed, range: whole, message }]);
        }
        let mut reading = Reading::default();
        let mut start = PREFIX.len() + 1;
        for part in rest[1..].split('/') {
            reading.metric(part, start..start + part.len());
            start += part.len() + 1;
        }
        reading.sort_and_dedup(text.len())
    }
}

/// What has been read of a vector.
#[derive(Default)]
struct Reading {
    /// The places of the base metrics' values among all they can have; the metrics are the first of [`METRICS`].
    base: [u8; macro_vector::METRICS],
    beyond_base: Vec<std::ops::Range<usize>>,
    seen: Vec<usize>,
    faults: Vec<VectorProblem>,
}

impl Reading {
    fn metric(&mut self, part: &str, range: std::ops::Range<usize>) {
        if part.is_empty() {
            // The place is the `/` before nothing.
            let range = range.start.saturating_sub(1)..range.end;
            return self.fault(
                VectorProblemKind::Malformed,
                range,
                "nothing stands behind this `/`".to_owned(),
            );
        }
        let Some((name, value)) = part.split_once(':') else {
            return self.fault(
                VectorProblemKind::Malformed,
                range,
                format!("`{part}` is not a metric with a value"),
            );
        };
        if let Some((.., instead)) =
            OLD.iter().find(|(old, of, _)| *old == name && (of.is_empty() || *of == value))
        {
            // Where the name still exists the metric is there, if with a wrong value.
            self.seen.extend(METRICS.iter().position(|metric| metric.name == name));
            return self.fault(VectorProblemKind::OldMetric, range, format!("`{part}` is CVSS 3; {instead}"));
        }
        let Some(at) = METRICS.iter().position(|metric| metric.name == name) else {
            return self.fault(
                VectorProblemKind::Malformed,
                range,
                format!("`{name}` is no metric of CVSS v4.0"),
            );
        };
        let metric = &METRICS[at];
        if self.seen.contains(&at) {
            return self.fault(
                VectorProblemKind::Malformed,
                range,
                format!("`{name}` stands here a second time"),
            );
        }
        if let Some(later) = self.seen.iter().find(|seen| **seen > at) {
            let message = format!("`{name}` must stand before `{}`", METRICS[*later].name);
            self.fault(VectorProblemKind::Malformed, range.clone(), message);
        }
        self.seen.push(at);
        let Some(place) = (0..).zip(metric.values).find_map(|(at, known)| (*known == value).then_some(at))
        else {
            let known = metric.values.join(", ");
            let message = format!("`{value}` is no value of `{name}`, which takes {known}");
            return self.fault(VectorProblemKind::Malformed, range, message);
        };
        match metric.group {
            Group::Base => {
                if let Some(base) = self.base.get_mut(at) {
                    *base = place;
                }
            }
            Group::Scoring if value != "X" => self.beyond_base.push(range),
            Group::Scoring | Group::Supplemental => {}
        }
    }

    fn sort_and_dedup(mut self, end: usize) -> Result<Vector, Vec<VectorProblem>> {
        let missing: Vec<&str> = METRICS
            .iter()
            .enumerate()
            .filter(|(at, metric)| metric.group == Group::Base && !self.seen.contains(at))
            .map(|(_, metric)| metric.name)
            .collect();
        // A vector copied from CVSS 3 lacks half of v4.0's metrics: that one fault says it all.
        let is_old = self.faults.iter().any(|fault| fault.kind == VectorProblemKind::OldMetric);
        if !missing.is_empty() && !is_old {
            self.fault(
                VectorProblemKind::Malformed,
                end..end,
                format!("the vector lacks {}", missing.join(", ")),
            );
        }
        if !self.faults.is_empty() {
            return Err(self.faults);
        }
        let base_score = Decimal::new(macro_vector::tenths(self.base), 1);
        Ok(Vector { base_score, beyond_base: self.beyond_base })
    }

    fn fault(&mut self, kind: VectorProblemKind, range: std::ops::Range<usize>, message: String) {
        // A text that is no vector at all has as many faults as parts; the first ones say enough.
        if self.faults.len() >= MOST_FAULTS {
            return;
        }
        self.faults.push(VectorProblem { kind, range, message });
    }
}

/// Says which other thing a text without the right prefix is.
fn wrong_prefix(text: &str) -> VectorProblem {
    let (first, _) = text.split_once('/').unwrap_or((text, ""));
    let bare = text.trim_start_matches('(');
    let (kind, end, message) = if let Some(version) = first.strip_prefix("CVSS:") {
        let known = ["3.0", "3.1", "2.0"].contains(&version);
        let kind = if known { VectorProblemKind::OtherVersion } else { VectorProblemKind::Malformed };
        (kind, first.len(), format!("AIVSS is built on CVSS v4.0; this vector is of CVSS {version}"))
    } else if bare.starts_with("AV:") && bare.contains("/VC:") {
        (VectorProblemKind::Malformed, text.len(), format!("a vector begins with `{PREFIX}/`"))
    } else if bare.contains("/Au:")
        || (bare.starts_with("AV:") && bare.contains("/C:") && !bare.contains("/PR:"))
    {
        (
            VectorProblemKind::OtherVersion,
            text.len(),
            "AIVSS is built on CVSS v4.0; this vector is of CVSS 2".to_owned(),
        )
    } else if bare.starts_with("AV:") && bare.contains("/S:") {
        (
            VectorProblemKind::OtherVersion,
            text.len(),
            "AIVSS is built on CVSS v4.0; this vector is of CVSS 3".to_owned(),
        )
    } else {
        (VectorProblemKind::Malformed, text.len(), format!("a vector begins with `{PREFIX}/`, in capitals"))
    };
    VectorProblem { kind, range: 0..end, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<(VectorProblemKind, &str, String)> {
        let faults = Vector::parse(text).unwrap_err();
        faults.into_iter().map(|fault| (fault.kind, &text[fault.range], fault.message)).collect()
    }

    #[test]
    fn base_scores_are_those_of_the_specification() {
        for (metrics, score) in [
            ("AV:N/AC:L/AT:N/PR:N/UI:A/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H", "9.4"),
            ("AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", "9.3"),
            ("AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:N/SC:N/SI:N/SA:N", "0.0"),
            ("AV:N/AC:L/AT:N/PR:N/UI:P/VC:H/VI:L/VA:N/SC:H/SI:H/SA:H", "8.6"),
            // The base score stays the same beside threat, environmental and supplemental metrics.
            ("AV:N/AC:L/AT:N/PR:N/UI:A/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H/E:U/CR:L/MSI:S/S:P/U:Red", "9.4"),
        ] {
            let vector = Vector::parse(&format!("CVSS:4.0/{metrics}")).unwrap();
            assert_eq!(vector.base_score.to_string(), score, "{metrics}");
        }
    }

    #[test]
    fn metrics_beyond_the_base_are_listed_unless_undefined() {
        let text = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:A/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H/E:U/CR:X/MAV:P/S:N";
        let listed: Vec<_> =
            Vector::parse(text).unwrap().beyond_base.into_iter().map(|range| &text[range]).collect();
        assert_eq!(listed, ["E:U", "MAV:P"]);
    }

    #[test]
    fn other_versions_are_named() {
        for (text, version) in [
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "3.1"),
            ("CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "3.0"),
            ("AV:N/AC:L/Au:N/C:P/I:P/A:P", "2"),
            ("(AV:N/AC:L/Au:N/C:P/I:P/A:P)", "2"),
            ("AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "3"),
        ] {
            let [(kind, _, message)] = &faults(text)[..] else { panic!("{text}") };
            assert_eq!(*kind, VectorProblemKind::OtherVersion);
            assert_eq!(*message, format!("AIVSS is built on CVSS v4.0; this vector is of CVSS {version}"));
        }
    }

    #[test]
    fn every_fault_of_a_vector_is_found_in_one_reading() {
        let found = faults("CVSS:4.0/AC:L/AV:N/AT:Q/PR:N/UI:n/VC:H/VI:H/VA:H/SC:H/SI:H/XX:1/SC:N/bare");
        let shown: Vec<_> = found.iter().map(|(_, part, message)| format!("{part}|{message}")).collect();
        assert_eq!(
            shown,
            [
                "AV:N|`AV` must stand before `AC`",
                "AT:Q|`Q` is no value of `AT`, which takes N, P",
                "UI:n|`n` is no value of `UI`, which takes N, P, A",
                "XX:1|`XX` is no metric of CVSS v4.0",
                "SC:N|`SC` stands here a second time",
                "bare|`bare` is not a metric with a value",
                "|the vector lacks SA",
            ]
        );
    }

    #[test]
    fn values_of_version_3_inside_version_4_are_told_apart() {
        let found = faults("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:R/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0, VectorProblemKind::OldMetric);
        assert_eq!(found[0].1, "UI:R");
        let found = faults("CVSS:4.0/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H");
        assert!(found.iter().all(|(kind, ..)| *kind == VectorProblemKind::OldMetric), "{found:?}");
    }

    #[test]
    fn hostile_vectors_are_faults_and_never_panic() {
        for text in [
            "",
            "CVSS:4.0",
            "CVSS:4.0/",
            "CVSS:4.0//",
            "CVSS:4.0/:",
            "CVSS:4.0/AV",
            "CVSS:4.1/AV:N",
            "ü/ü:ü",
            "CVSS:4.0/ü:ü",
        ] {
            assert!(Vector::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn every_base_vector_has_the_score_that_others_compute() {
        let choices: Vec<&[&str]> = METRICS[..11].iter().map(|metric| metric.values).collect();
        let mut at = vec![0; choices.len()];
        let beyond = ["", "/E:U", "/CR:L/MAV:P", "/E:P/IR:M/MVC:N/MSA:S/S:P", "/U:Red"];
        let mut count = 0;
        'all: loop {
            let parts: Vec<_> = at
                .iter()
                .enumerate()
                .map(|(metric, value)| format!("{}:{}", METRICS[metric].name, choices[metric][*value]))
                .collect();
            let text = format!("CVSS:4.0/{}", parts.join("/"));
            // What stands beyond the base counts for nothing.
            let beyond = beyond[count % beyond.len()];
            let score = Vector::parse(&format!("{text}{beyond}")).unwrap().base_score;
            let theirs = text.parse::<::cvss::v4::Vector>().unwrap().score();
            assert_eq!(score.to_string(), format!("{:.1}", theirs.value()), "{text}{beyond}");
            count += 1;
            for (value, values) in at.iter_mut().zip(&choices) {
                *value += 1;
                if *value < values.len() {
                    continue 'all;
                }
                *value = 0;
            }
            break;
        }
        assert_eq!(count, 104_976);
    }
}
