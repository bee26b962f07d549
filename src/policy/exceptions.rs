//! Exceptions: problems that pass until a day, for a reason, with an owner.
//!
//! An exception covers one rule in some files, through its last day. It never covers something that was not read.

use crate::date::Date;
use crate::diagnostic::{Diagnostic, Excepted, Origin};
use crate::policy::Sourced;
use crate::policy::globs::PathSet;

/// One exception of a policy.
#[derive(Clone, Debug)]
pub struct Exception {
    /// The rule that it is for.
    pub rule: String,
    pub(crate) paths: PathSet,
    /// The pattern of the paths that it is for.
    pub pattern: String,
    /// The finding that it is for; `None` for the whole file.
    pub finding: Option<String>,
    /// The reason.
    pub reason: String,
    /// The owner.
    pub owner: String,
    /// The longest term that the policy allows, in days.
    pub(crate) max_term: Option<Sourced<i32>>,
    /// The last day; `None` for a text that is not a date, which counts as expired.
    pub(crate) expires: Option<Date>,
    /// The text of the last day.
    pub written: String,
    /// Its first line.
    pub origin: Origin,
    /// The line of its last day.
    pub expires_origin: Origin,
}

impl Exception {
    /// Whether a path, relative to the repository's root, is one it is for.
    pub fn is_for(&self, path: &str) -> bool {
        self.paths.matches(path)
    }

    /// Whether a run searched all files that its path can match. `searched` lists files and folders relative to the
    /// repository's root, which is itself the empty text.
    pub fn is_within(&self, searched: &[String]) -> bool {
        let root = literal_part(&self.pattern);
        let is_above = |path: &String| {
            root.strip_prefix(path.as_str())
                .is_some_and(|rest| path.is_empty() || rest.is_empty() || rest.starts_with('/'))
        };
        searched.iter().any(is_above)
    }

    /// The number of days left, 0 on the last day; `None` if it has expired or has no date.
    pub fn days_left(&self, today: Date) -> Option<i32> {
        self.expires.map(|day| day.days_since(today)).filter(|days| *days >= 0)
    }

    /// The longest term allowed, if the last day is after it.
    pub fn overlong(&self, today: Date) -> Option<&Sourced<i32>> {
        let left = self.days_left(today)?;
        self.max_term.as_ref().filter(|most| left > most.value)
    }

    /// The mark on a problem of a file that this exception covers today.
    pub fn covers(&self, diagnostic: &Diagnostic, path: &str, today: Date) -> Option<Excepted> {
        if self.overlong(today).is_some() {
            return None;
        }
        self.days_left(today)?;
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
