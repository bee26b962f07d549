//! Exceptions: faults that pass for a while, for a reason, under someone's name.
//!
//! An exception covers one rule in some files, and lasts through its last day. It never covers what was not read.

use crate::date::Date;
use crate::diagnostic::{Diagnostic, Excepted, Origin};
use crate::policy::Sourced;
use crate::policy::globs::PathSet;

/// One exception of a policy.
#[derive(Clone, Debug)]
pub struct Exception {
    pub(crate) rule: String,
    pub(crate) paths: PathSet,
    pub(crate) pattern: String,
    pub(crate) finding: Option<String>,
    pub(crate) reason: String,
    pub(crate) owner: String,
    /// The longest term that the policy allows, in days.
    pub(crate) max_term: Option<Sourced<i32>>,
    /// `None` for a text that is no date, which counts as expired.
    pub(crate) expires: Option<Date>,
    /// The text that stands for the date.
    pub(crate) written: String,
    /// The line it begins at.
    pub origin: Origin,
    /// The line of its last day.
    pub expires_origin: Origin,
}

impl Exception {
    /// The rule it is for.
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// The pattern of the paths it is for.
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// The finding it is for, where it is for one.
    pub fn finding(&self) -> Option<&str> {
        self.finding.as_deref()
    }

    /// The reason given.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Who answers for it.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// Its last day, as it is written.
    pub fn until(&self) -> &str {
        &self.written
    }

    /// Whether a path, relative to the repository's root, is one it is for.
    pub fn is_for(&self, path: &str) -> bool {
        self.paths.matches(path)
    }

    /// Whether all files that its path can match lie among what a run searched: files and folders, relative to the
    /// repository's root, which is itself the empty text.
    pub fn is_within(&self, searched: &[String]) -> bool {
        let root = literal_part(&self.pattern);
        let is_above = |path: &String| {
            root.strip_prefix(path.as_str())
                .is_some_and(|rest| path.is_empty() || rest.is_empty() || rest.starts_with('/'))
        };
        searched.iter().any(is_above)
    }

    /// The days left, the last one included as 0; `None` once it has expired, or never had a date.
    pub fn days_left(&self, today: Date) -> Option<i32> {
        self.expires.map(|day| day.days_since(today)).filter(|days| *days >= 0)
    }

    /// The longest term allowed, where the last day lies beyond it.
    pub fn overlong(&self, today: Date) -> Option<&Sourced<i32>> {
        let left = self.days_left(today)?;
        self.max_term.as_ref().filter(|most| left > most.value)
    }

    /// What to say of a fault in a file, if this exception covers it today.
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

/// The part of a pattern that all paths it matches begin with, in whole names.
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
    fn the_last_day_still_counts_and_no_date_never_does() {
        let exception = |expires: &str| {
            let text = format!(
                "aivss_policy: 1\nexceptions:\n  - {{ rule: layer-blank, path: a, reason: why, owner: who, expires: '{expires}' }}\n"
            );
            let source = Source::decode("p.yaml", text.into_bytes());
            policy::read(source, &policy::NoFiles).unwrap().exceptions()[0].clone()
        };
        let today = Date::parse("2026-01-31").unwrap();
        assert_eq!(exception("2026-02-01").days_left(today), Some(1));
        assert_eq!(exception("2026-01-31").days_left(today), Some(0));
        assert_eq!(exception("2026-01-30").days_left(today), None);
        assert_eq!(exception("soon").days_left(today), None);
    }
}
