//! CVSS v4.0 vectors: strict parsing that locates every problem, and the base score, in integers (specification, §8.2).
//!
//! AIVSS builds on the *base* score: threat and environmental metrics are listed, but not used.
//!
//! A vector belongs to a macro-vector, whose score is that of its worst vectors. The score of the vector is lower, in
//! proportion to its distance from the worst, towards the scores of the next lower macro-vectors. Threat, environmental and
//! supplemental metrics have their defaults here, so some macro-vectors never occur.
//!
//! The scores of the macro-vectors and their depths are data of FIRST: `cvss_lookup.js` and `max_severity.js` of its
//! calculator (<https://github.com/FIRSTdotorg/cvss-v4-calculator>), under the license in `LICENSE-FIRST.txt`.

use std::ops::Range;

use crate::decimal::Decimal;

/// A well-formed CVSS v4.0 vector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vector {
    /// The CVSS v4.0 base score, 0.0 to 10.0 at one decimal.
    pub base_score: Decimal,
    /// Threat and environmental metrics that are set, which AIVSS does not use; byte ranges in the vector.
    pub beyond_base: Vec<Range<usize>>,
}

/// One problem of a vector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VectorProblem {
    pub(crate) kind: VectorProblemKind,
    /// The bytes in the vector; empty at the end for a missing metric.
    pub range: Range<usize>,
    /// The message.
    pub message: String,
}

/// The kinds of problems; each has a rule of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VectorProblemKind {
    /// A vector of CVSS 2 or 3.
    OtherVersion,
    /// A metric or value of CVSS 3 in a v4.0 vector.
    OldMetric,
    /// Anything else.
    Malformed,
}

const PREFIX: &str = "CVSS:4.0";

/// The maximum number of problems that are listed of one vector. A text that is not a vector has one in each part.
const MAX_PROBLEMS: usize = 12;

/// A metric with its values, in the order of the specification (CVSS v4.0 §7, table 23).
struct Metric {
    name: &'static str,
    values: &'static [&'static str],
    group: MetricGroup,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum MetricGroup {
    Base,
    /// Threat and environmental: they would change the score.
    Scoring,
    Supplemental,
}

use MetricGroup::{Base, Scoring, Supplemental};

const fn metric(name: &'static str, values: &'static [&'static str], group: MetricGroup) -> Metric {
    Metric { name, values, group }
}

const IMPACT: &[&str] = &["H", "L", "N"];
const MODIFIED_IMPACT: &[&str] = &["X", "H", "L", "N"];
const MODIFIED_SAFETY: &[&str] = &["X", "S", "H", "L", "N"];
const REQUIREMENT: &[&str] = &["X", "H", "M", "L"];

const METRICS: [Metric; 32] = [
    metric("AV", &["N", "A", "L", "P"], Base),
    metric("AC", &["L", "H"], Base),
    metric("AT", &["N", "P"], Base),
    metric("PR", &["N", "L", "H"], Base),
    metric("UI", &["N", "P", "A"], Base),
    metric("VC", IMPACT, Base),
    metric("VI", IMPACT, Base),
    metric("VA", IMPACT, Base),
    metric("SC", IMPACT, Base),
    metric("SI", IMPACT, Base),
    metric("SA", IMPACT, Base),
    metric("E", &["X", "A", "P", "U"], Scoring),
    metric("CR", REQUIREMENT, Scoring),
    metric("IR", REQUIREMENT, Scoring),
    metric("AR", REQUIREMENT, Scoring),
    metric("MAV", &["X", "N", "A", "L", "P"], Scoring),
    metric("MAC", &["X", "L", "H"], Scoring),
    metric("MAT", &["X", "N", "P"], Scoring),
    metric("MPR", &["X", "N", "L", "H"], Scoring),
    metric("MUI", &["X", "N", "P", "A"], Scoring),
    metric("MVC", MODIFIED_IMPACT, Scoring),
    metric("MVI", MODIFIED_IMPACT, Scoring),
    metric("MVA", MODIFIED_IMPACT, Scoring),
    metric("MSC", MODIFIED_IMPACT, Scoring),
    metric("MSI", MODIFIED_SAFETY, Scoring),
    metric("MSA", MODIFIED_SAFETY, Scoring),
    metric("S", &["X", "N", "P"], Supplemental),
    metric("AU", &["X", "N", "Y"], Supplemental),
    metric("R", &["X", "A", "U", "I"], Supplemental),
    metric("V", &["X", "D", "C"], Supplemental),
    metric("RE", &["X", "L", "M", "H"], Supplemental),
    metric("U", &["X", "Clear", "Green", "Amber", "Red"], Supplemental),
];

/// Metrics of CVSS 3 with their values (empty for any), and their replacements in v4.0.
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
    /// Parses a vector strictly: prefix, order, no metric twice, every base metric.
    ///
    /// # Errors
    /// All problems, in the order of the text.
    pub fn parse(text: &str) -> Result<Self, Vec<VectorProblem>> {
        let Some(rest) = text.strip_prefix(PREFIX) else { return Err(vec![wrong_prefix(text)]) };
        let mut parser = VectorParser::default();
        let Some(metrics) = rest.strip_prefix('/') else {
            parser.malformed(0..text.len(), format!("`{PREFIX}` must be followed by `/` and the metrics"));
            return Err(parser.problems);
        };
        let mut start = PREFIX.len() + 1;
        for part in metrics.split('/') {
            parser.metric(part, start..start + part.len());
            start += part.len() + 1;
        }
        parser.finish(text.len())
    }
}

#[derive(Default)]
struct VectorParser {
    /// The value of each base metric, by its index in [`Metric::values`]. Base metrics are the first of [`METRICS`].
    base: [u8; BASE_METRICS],
    beyond_base: Vec<Range<usize>>,
    /// The indices of the metrics in [`METRICS`].
    seen: Vec<usize>,
    problems: Vec<VectorProblem>,
}

impl VectorParser {
    fn metric(&mut self, part: &str, range: Range<usize>) {
        if part.is_empty() {
            let slash = range.start.saturating_sub(1)..range.end;
            return self.malformed(slash, "metric is missing after this `/`".to_owned());
        }
        let Some((name, value)) = part.split_once(':') else {
            return self.malformed(range, format!("`{part}` is not a metric with a value"));
        };
        let found = METRICS.iter().position(|metric| metric.name == name);
        let mut old = OLD.iter().filter(|(old, of, _)| *old == name && (of.is_empty() || *of == value));
        if let Some((.., instead)) = old.next() {
            // A metric that v4.0 still has is not missing, even if its value is wrong.
            self.seen.extend(found);
            let message = format!("`{part}` is CVSS 3; {instead}");
            return self.problem(VectorProblemKind::OldMetric, range, message);
        }
        let Some(at) = found else {
            return self.malformed(range, format!("unknown CVSS v4.0 metric `{name}`"));
        };
        if self.seen.contains(&at) {
            return self.malformed(range, format!("duplicate metric `{name}`"));
        }
        if let Some(later) = self.seen.iter().find(|seen| **seen > at) {
            let message = format!("`{name}` must precede `{}`", METRICS[*later].name);
            self.malformed(range.clone(), message);
        }
        self.seen.push(at);
        let metric = &METRICS[at];
        let Some(index) = metric.values.iter().position(|known| *known == value) else {
            let known = metric.values.join(", ");
            return self.malformed(range, format!("`{value}` is not a value of `{name}`: expected {known}"));
        };
        match metric.group {
            Base => self.base[at] = u8::try_from(index).unwrap_or(u8::MAX),
            Scoring if value != "X" => self.beyond_base.push(range),
            Scoring | Supplemental => {}
        }
    }

    fn finish(mut self, end: usize) -> Result<Vector, Vec<VectorProblem>> {
        let base = METRICS.iter().enumerate().filter(|(_, metric)| metric.group == Base);
        let missing: Vec<&str> =
            base.filter(|(at, _)| !self.seen.contains(at)).map(|(_, metric)| metric.name).collect();
        // A vector copied from CVSS 3 lacks half of v4.0's metrics, and has a problem that explains it.
        let is_old = self.problems.iter().any(|problem| problem.kind == VectorProblemKind::OldMetric);
        if !missing.is_empty() && !is_old {
            self.malformed(end..end, format!("missing metrics: {}", missing.join(", ")));
        }
        if !self.problems.is_empty() {
            return Err(self.problems);
        }
        let base_score = Decimal::new(tenths(self.base), 1);
        Ok(Vector { base_score, beyond_base: self.beyond_base })
    }

    fn malformed(&mut self, range: Range<usize>, message: String) {
        self.problem(VectorProblemKind::Malformed, range, message);
    }

    fn problem(&mut self, kind: VectorProblemKind, range: Range<usize>, message: String) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(VectorProblem { kind, range, message });
        }
    }
}

fn wrong_prefix(text: &str) -> VectorProblem {
    let (first, _) = text.split_once('/').unwrap_or((text, ""));
    let version = first.strip_prefix("CVSS:");
    let bare = text.trim_start_matches('(');
    let is_bare = bare.starts_with("AV:");
    let is_version_2 = is_bare && bare.contains("/C:") && !bare.contains("/PR:");
    let other = match version {
        None if is_bare && bare.contains("/VC:") => None,
        None if bare.contains("/Au:") || is_version_2 => Some("2"),
        None if is_bare && bare.contains("/S:") => Some("3"),
        version => version,
    };
    let is_known = version.is_none_or(|version| ["3.0", "3.1", "2.0"].contains(&version));
    let (kind, message) = match other {
        Some(other) => {
            let kind = if is_known { VectorProblemKind::OtherVersion } else { VectorProblemKind::Malformed };
            (kind, format!("AIVSS requires CVSS v4.0; this vector is CVSS {other}"))
        }
        None => (VectorProblemKind::Malformed, format!("vector must begin with `{PREFIX}/`")),
    };
    VectorProblem { kind, range: 0..version.map_or(text.len(), |_| first.len()), message }
}

const BASE_METRICS: usize = 11;

/// The scores of the macro-vectors in tenths, by EQ1, EQ2 and EQ4 (without its first level, which needs safety), and then
/// by EQ3 with EQ6: 00, 01, 10, 11, 21.
const SCORES: [[[[i64; 5]; 2]; 2]; 3] = [
    [[[100, 96, 93, 92, 79], [93, 90, 88, 80, 69]], [[95, 91, 92, 82, 71], [92, 81, 84, 70, 63]]],
    [[[94, 89, 86, 76, 65], [87, 75, 72, 57, 53]], [[90, 77, 74, 59, 58], [77, 66, 61, 52, 23]]],
    [[[86, 74, 72, 57, 47], [70, 54, 53, 36, 24]], [[73, 55, 61, 51, 24], [54, 43, 46, 18, 10]]],
];

/// A common multiple of the depths of macro-vectors.
const WHOLE: i64 = 280;

/// The score in tenths of base metrics in the order of the specification. Each is the index of its value, which is the
/// number of steps from the worst value.
fn tenths(metrics: [u8; BASE_METRICS]) -> i64 {
    let [av, ac, at, pr, ui, vc, vi, va, sc, si, sa] = metrics.map(i64::from);
    if [vc, vi, va, sc, si, sa] == [2; 6] {
        return 0;
    }
    let eq1 = match [av, pr, ui] {
        [0, 0, 0] => 0,
        [0..3, ..] if av == 0 || pr == 0 || ui == 0 => 1,
        _ => 2,
    };
    let eq2 = usize::from([ac, at] != [0, 0]);
    // While no requirement is lowered, EQ6 follows from EQ3.
    let eq3 = match [vc, vi, va] {
        [0, 0, _] => 0,
        [0, ..] | [_, 0, _] | [.., 0] => 1,
        _ => 2,
    };
    let eq4 = usize::from(sc > 0 && si > 0 && sa > 0);
    let scores = |eq1: usize, eq2: usize, eq4: usize| SCORES.get(eq1)?.get(eq2)?.get(eq4);
    let Some(own) = scores(eq1, eq2, eq4) else { return 0 };
    let at_eq3 = |scores: &[i64; 5]| scores[2 * eq3];
    let lower_eq3 = [Some(own[1].max(own[2])), Some(own[3]), None];
    // For each EQ the next lower score, the steps from the worst vector, and the maximum number of steps.
    let falls = [
        (scores(eq1 + 1, eq2, eq4).map(at_eq3), av + pr + ui - [0, 1, 3][eq1], [1, 4, 5][eq1]),
        (scores(eq1, eq2 + 1, eq4).map(at_eq3), ac + at - [0, 1][eq2], [1, 2][eq2]),
        (lower_eq3[eq3], vc + vi + va - [0, 1, 3][eq3], [7, 8, 10][eq3]),
        (scores(eq1, eq2, eq4 + 1).map(at_eq3), sc + si + sa - [0, 3][eq4], [5, 4][eq4]),
    ];
    let score = at_eq3(own);
    // EQ5, the threat, has a lower score as well, and no distance.
    let (mut count, mut fall) = (1, 0);
    for (lower, steps, depth) in falls {
        if let Some(lower) = lower {
            count += 1;
            fall += (score - lower) * steps * (WHOLE / depth);
        }
    }
    // The mean fall, and half a tenth more to round half up.
    let whole = WHOLE * count;
    (2 * (score * whole - fall) + whole).div_euclid(2 * whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<(VectorProblemKind, &str, String)> {
        let problems = Vector::parse(text).unwrap_err();
        problems.into_iter().map(|problem| (problem.kind, &text[problem.range], problem.message)).collect()
    }

    #[test]
    fn base_score_is_that_of_the_specification() {
        for (metrics, score) in [
            ("AV:N/AC:L/AT:N/PR:N/UI:A/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H", "9.4"),
            ("AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", "9.3"),
            ("AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:N/SC:N/SI:N/SA:N", "0.0"),
            ("AV:N/AC:L/AT:N/PR:N/UI:P/VC:H/VI:L/VA:N/SC:H/SI:H/SA:H", "8.6"),
            // The base score stays the same with threat, environmental and supplemental metrics.
            ("AV:N/AC:L/AT:N/PR:N/UI:A/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H/E:U/CR:L/MSI:S/S:P/U:Red", "9.4"),
        ] {
            let vector = Vector::parse(&format!("CVSS:4.0/{metrics}")).unwrap();
            assert_eq!(vector.base_score.to_string(), score, "{metrics}");
        }
    }

    #[test]
    fn metric_beyond_the_base_is_listed_unless_undefined() {
        let text = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:A/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H/E:U/CR:X/MAV:P/S:N";
        let listed: Vec<_> =
            Vector::parse(text).unwrap().beyond_base.into_iter().map(|range| &text[range]).collect();
        assert_eq!(listed, ["E:U", "MAV:P"]);
    }

    #[test]
    fn other_version_is_named() {
        for (text, version) in [
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "3.1"),
            ("CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "3.0"),
            ("AV:N/AC:L/Au:N/C:P/I:P/A:P", "2"),
            ("(AV:N/AC:L/Au:N/C:P/I:P/A:P)", "2"),
            ("AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "3"),
        ] {
            let [(kind, _, message)] = &problems(text)[..] else { panic!("{text}") };
            assert_eq!(*kind, VectorProblemKind::OtherVersion);
            assert_eq!(*message, format!("AIVSS requires CVSS v4.0; this vector is CVSS {version}"));
        }
    }

    #[test]
    fn every_problem_of_a_vector_is_listed() {
        let found = problems("CVSS:4.0/AC:L/AV:N/AT:Q/PR:N/UI:n/VC:H/VI:H/VA:H/SC:H/SI:H/XX:1/SC:N/bare");
        let shown: Vec<_> = found.iter().map(|(_, part, message)| format!("{part}|{message}")).collect();
        assert_eq!(
            shown,
            [
                "AV:N|`AV` must precede `AC`",
                "AT:Q|`Q` is not a value of `AT`: expected N, P",
                "UI:n|`n` is not a value of `UI`: expected N, P, A",
                "XX:1|unknown CVSS v4.0 metric `XX`",
                "SC:N|duplicate metric `SC`",
                "bare|`bare` is not a metric with a value",
                "|missing metrics: SA",
            ]
        );
    }

    #[test]
    fn version_3_value_in_a_version_4_vector_is_an_old_metric() {
        let found = problems("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:R/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0, VectorProblemKind::OldMetric);
        assert_eq!(found[0].1, "UI:R");
        let found = problems("CVSS:4.0/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H");
        assert!(found.iter().all(|(kind, ..)| *kind == VectorProblemKind::OldMetric), "{found:?}");
    }

    #[test]
    fn hostile_vector_is_an_error() {
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
    fn base_score_of_every_vector_agrees_with_another_implementation() {
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
            // Metrics beyond the base do not count.
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
