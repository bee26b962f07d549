//! Exceptions: problems that pass until a day, for a reason, with an owner.
//!
//! An exception covers one rule in some files, through its last day. It never covers something that was not read.

use std::collections::HashMap;

use crate::date::Date;
use crate::diagnostic::{Diagnostic, Excepted, Origin};
use crate::likeness::nearest;
use crate::model::{TextKind, blank};
use crate::policy::Sourced;
use crate::policy::globs::{LetterCase, PathSet};
use crate::policy::read::{PolicyReader, UNREAD, problem, text};
use crate::policy::settings::days;
use crate::source::Span;
use crate::syntax::{Map, Node};

/// One exception of a policy.
#[derive(Clone, Debug)]
pub struct Exception {
    pub(crate) rule: String,
    pub(crate) paths: PathSet,
    /// The pattern of the paths that it is for.
    pub(crate) pattern: String,
    /// The finding that it is for; `None` for the whole file.
    pub(crate) finding: Option<String>,
    pub(crate) reason: String,
    pub(crate) owner: String,
    /// The longest term that the policy allows, in days.
    pub(crate) max_term: Option<Sourced<i32>>,
    /// The last day; `None` for a text that is not a date, which counts as expired.
    pub(crate) expires: Option<Date>,
    /// The text of the last day.
    pub(crate) written: String,
    /// Its first line.
    pub(crate) origin: Origin,
    /// The line of its last day.
    pub(crate) expires_origin: Origin,
}

impl Exception {
    /// Whether a path, relative to the repository's root, is one it is for.
    pub fn is_for(&self, path: &str) -> bool {
        self.paths.matches(path)
    }

    /// Whether a run searched all files that its path can match. `searched` lists files and folders relative to the
    /// repository's root, which is itself the empty text.
    pub(crate) fn is_within(&self, searched: &[String]) -> bool {
        let root = literal_part(&self.pattern);
        searched.iter().any(|path| {
            root.strip_prefix(path.as_str())
                .is_some_and(|rest| path.is_empty() || rest.is_empty() || rest.starts_with('/'))
        })
    }

    /// The number of days left, 0 on the last day; `None` if it has expired or has no date.
    pub(crate) fn days_left(&self, today: Date) -> Option<i32> {
        self.expires.map(|day| day.days_since(today)).filter(|days| *days >= 0)
    }

    /// The longest term allowed, if the last day is after it.
    pub(crate) fn overlong(&self, today: Date) -> Option<&Sourced<i32>> {
        let left = self.days_left(today)?;
        self.max_term.as_ref().filter(|most| left > most.value)
    }

    /// The mark on a problem of a file that this exception covers today.
    pub(crate) fn covers(&self, diagnostic: &Diagnostic, path: &str, today: Date) -> Option<Excepted> {
        if self.days_left(today).is_none() || self.overlong(today).is_some() {
            return None;
        }
        let same_finding = self.finding.is_none() || self.finding.as_deref() == diagnostic.finding.as_deref();
        let covered = self.rule == diagnostic.rule && same_finding && self.is_for(path);
        covered.then_some(Excepted {
            reason: self.reason.clone(),
            owner: self.owner.clone(),
            expires: self.expires?,
            origin: self.origin.clone(),
        })
    }
}

/// The folders or the file that all paths which match a pattern begin with.
fn literal_part(pattern: &str) -> &str {
    match pattern.find(['*', '?', '[', '{', '\\']) {
        Some(special) => pattern[..special].rsplit_once('/').map_or("", |(folder, _)| folder),
        None => pattern,
    }
}

/// The most characters of a text in the place of a date that are shown.
const MAX_DATE_LENGTH: usize = 40;

impl PolicyReader<'_, '_, '_> {
    pub(crate) fn exceptions(&mut self, root: Node<'_>, map: Map<'_>) -> Vec<Exception> {
        let max_term = map.entry("max_term").and_then(|entry| {
            Some(Sourced { value: days(entry.value.as_str()?)?, origin: self.origin(entry.key_span) })
        });
        let mut lines: HashMap<String, u32> = HashMap::new();
        let mut exceptions = Vec::new();
        for node in self.entries(root, "exceptions") {
            let Some(exception) = self.exception(node, max_term.as_ref()) else { continue };
            let line = exception.origin.line;
            match lines.get(&exception.title()) {
                Some(first) => {
                    let message = format!("duplicate exception (first defined on line {first})");
                    self.report(problem(exception.origin.span, message));
                }
                None => drop(lines.insert(exception.title(), line)),
            }
            exceptions.push(exception);
        }
        exceptions
    }

    fn exception(&mut self, node: Node<'_>, max_term: Option<&Sourced<i32>>) -> Option<Exception> {
        let map = node.as_map()?;
        for (key, help) in
            [("reason", "give the reason for the exception"), ("owner", "name who is responsible for it")]
        {
            if text(node, key).is_some_and(|text| blank(text, TextKind::Name).is_some()) {
                let span = map.entry(key)?.span();
                self.report(problem(span, format!("`{key}` is empty or a placeholder")).help(help));
            }
        }
        let rule = self.excepted_rule(text(node, "rule")?, map.entry("rule")?.span());
        let expires = map.entry("expires")?;
        let day = expires.value.as_str();
        Some(Exception {
            rule,
            paths: self.path_set(&[map.get("path")?], LetterCase::Exact)?,
            pattern: text(node, "path")?.to_owned(),
            finding: text(node, "finding").map(str::to_owned),
            reason: text(node, "reason")?.to_owned(),
            owner: text(node, "owner")?.to_owned(),
            expires: day.and_then(Date::parse),
            written: day.unwrap_or_default().chars().take(MAX_DATE_LENGTH).collect(),
            max_term: max_term.cloned(),
            origin: self.origin(map.iter().next()?.key_span),
            expires_origin: self.origin(expires.span()),
        })
    }

    /// The name of the rule of an exception, which must exist and must not be mandatory. Rules in Rego are known only when
    /// they report something.
    fn excepted_rule(&mut self, name: &str, span: Span) -> String {
        if let Some(rule) = self.rule(name, span) {
            if rule.mandatory {
                self.report(problem(span, format!("`{name}` cannot be excepted")).help(UNREAD));
            }
            return rule.name.to_owned();
        }
        if !name.starts_with("rego/") {
            let meant = nearest(name, self.chain.rules.rules.iter().map(|rule| rule.name));
            let help = meant.map_or_else(
                || "remove the exception if the rule was removed".to_owned(),
                |meant| format!("did you mean `{meant}`?"),
            );
            self.report(problem(span, format!("unknown rule `{name}`")).help(help));
        }
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy;
    use crate::rules::NAMES;
    use crate::source::Source;

    #[test]
    fn literal_part_ends_before_the_first_special_name() {
        for (pattern, part) in [
            ("agents/a.yaml", "agents/a.yaml"),
            ("agents/**", "agents"),
            ("agents/old/*.yaml", "agents/old"),
            ("agents/old-*/a.yaml", "agents"),
            ("**/a.yaml", ""),
            ("{a,b}/c.yaml", ""),
            ("a/b\\*c", "a"),
            ("[ab].yaml", ""),
        ] {
            assert_eq!(literal_part(pattern), part, "{pattern}");
        }
    }

    #[test]
    fn exception_expires_after_its_last_day_or_without_date() {
        let exception = |expires: &str| {
            let text = format!(
                "aivss_policy: 1\nexceptions:\n  - {{ rule: layer-blank, path: a, reason: why, owner: who, expires: '{expires}' }}\n"
            );
            let source = Source::decode("p.yaml", text.into_bytes());
            policy::read(source, &policy::NoFiles, NAMES).unwrap().exceptions()[0].clone()
        };
        let today = Date::parse("2026-01-31").unwrap();
        assert_eq!(exception("2026-02-01").days_left(today), Some(1));
        assert_eq!(exception("2026-01-31").days_left(today), Some(0));
        assert_eq!(exception("2026-01-30").days_left(today), None);
        assert_eq!(exception("soon").days_left(today), None);
    }
}
