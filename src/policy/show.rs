//! The terms for one model written out, each value with the line it came from: itself a policy that can be read.

use super::{Scale, Set, Terms};
use crate::diagnostic::Origin;
use crate::report::escape_line;
use crate::rules;

impl Terms {
    /// The terms as a policy file, with the origin of each value in a comment.
    pub fn written(&self) -> String {
        let mut page = Page::default();
        page.lines.push((String::from("aivss_policy: 1"), String::new()));
        self.write_limits(&mut page);
        self.write_require(&mut page);
        if let Some(scale) = self.scale() {
            let word = match scale.value {
                Scale::ThreePoint => "three-point",
                Scale::Continuous => "continuous",
            };
            page.line(0, "scale", word, &scale.origin);
        }
        if let Some(formulas) = self.formulas() {
            page.line(0, "formulas", &format!("[{}]", formulas.value.join(", ")), &formulas.origin);
        }
        page.heading(0, "rules");
        for rule in rules::ALL {
            let set = self.levels().get(rule.name);
            let level = self.level(rule).map_or("off", |level| level.name());
            match set {
                Some(set) => page.line(1, rule.name, level, &set.origin),
                None => page.line(1, rule.name, level, &Origin::outside("the rule's own")),
            }
        }
        page.written()
    }

    fn write_limits(&self, page: &mut Page) {
        let limits = self.limits();
        page.heading(0, "limits");
        page.set(1, "score", limits.score.as_ref(), ToString::to_string);
        page.set(1, "severity", limits.severity.as_ref(), |band| band.name().to_owned());
        page.set(1, "cvss_base", limits.cvss_base.as_ref(), ToString::to_string);
        page.heading(1, "factors");
        for (factor, limit) in &limits.factors {
            page.line(2, factor.key(), &limit.value.to_string(), &limit.origin);
        }
        page.heading(1, "findings");
        for (band, limit) in &limits.findings {
            page.line(2, band.name(), &limit.value.to_string(), &limit.origin);
        }
        page.set(1, "uncertain_layers", limits.uncertain_layers.as_ref(), ToString::to_string);
        page.set(1, "open_threats", limits.open_threats.as_ref(), ToString::to_string);
    }

    fn write_require(&self, page: &mut Page) {
        let require = self.require();
        page.heading(0, "require");
        page.set(1, "owner", require.owner.as_ref(), ToString::to_string);
        page.set(1, "environment", require.environment.as_ref(), ToString::to_string);
        page.set(1, "tier", require.tier.as_ref(), ToString::to_string);
        page.set(1, "rationale_from", require.rationale_from.as_ref(), ToString::to_string);
        page.set(1, "mitigation_evidence", require.mitigation_evidence.as_ref(), ToString::to_string);
        page.set(1, "approval_from", require.approval_from.as_ref(), |band| band.name().to_owned());
        page.set(1, "review_within", require.review_within.as_ref(), |days| format!("{days}d"));
    }
}

/// Lines of YAML, each with a comment.
#[derive(Default)]
struct Page {
    lines: Vec<(String, String)>,
}

impl Page {
    fn heading(&mut self, depth: usize, key: &str) {
        self.lines.push((format!("{}{key}:", "  ".repeat(depth)), String::new()));
    }

    fn line(&mut self, depth: usize, key: &str, value: &str, origin: &Origin) {
        self.lines.push((format!("{}{key}: {value}", "  ".repeat(depth)), escape_line(&origin.to_string())));
    }

    fn set<T>(&mut self, depth: usize, key: &str, set: Option<&Set<T>>, word: impl Fn(&T) -> String) {
        if let Some(set) = set {
            self.line(depth, key, &word(&set.value), &set.origin);
        }
    }

    /// The page with its comments in one column and without headings that nothing stands under.
    fn written(&self) -> String {
        let indent = |line: &str| line.len() - line.trim_start().len();
        let is_bare = |at: usize| {
            let (line, _) = &self.lines[at];
            let next = self.lines[at + 1..]
                .iter()
                .find(|(next, _)| !next.ends_with(':') || indent(next) <= indent(line));
            line.ends_with(':') && next.is_none_or(|(next, _)| indent(next) <= indent(line))
        };
        let kept: Vec<_> =
            (0..self.lines.len()).filter(|at| !is_bare(*at)).map(|at| &self.lines[at]).collect();
        let width = kept.iter().map(|(line, _)| line.chars().count()).max().unwrap_or(0);
        let written = kept.iter().map(|(line, origin)| match origin.as_str() {
            "" => format!("{line}\n"),
            origin => format!("{line:width$}  # {origin}\n"),
        });
        written.collect()
    }
}
