//! What a run has shown of a policy: exceptions that are due, overlong or cover nothing, and entries without effect.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::date::Date;
use crate::diagnostic::{Diagnostic, Origin, Owner, sort_diagnostics};
use crate::policy::{Exception, Policy, PolicyUsage, Settings};
use crate::rules;
use crate::rules::audit::{
    EXCEPTION_EXPIRED, EXCEPTION_EXPIRING, EXCEPTION_OVERLONG, EXCEPTION_UNUSED, POLICY_INEFFECTIVE,
    RULE_RENAMED,
};
use crate::rules::builtin::{MODEL_REMOVED, MODEL_UNREADABLE};
use crate::rules::{Check, Rule, model_weakened, score_increased};
use crate::source::Source;
use crate::syntax;

/// What a run was about.
#[derive(Clone, Copy, Debug)]
pub struct Run<'r> {
    /// The day.
    pub today: Date,
    /// The files and folders that were searched, relative to the repository's root, which is itself the empty text. Empty
    /// where something could not be read.
    pub searched: &'r [String],
    /// Whether the models were compared with a base revision.
    pub compared: bool,
    /// Warn of exceptions that expire within so many days.
    pub expiring_within: Option<i32>,
}

impl Run<'_> {
    /// Whether the whole repository was judged, so that what was not used is of no use.
    fn is_whole(self) -> bool {
        self.searched.iter().any(String::is_empty)
    }
}

/// Rules that report nothing in a run without a base revision.
const COMPARING: [&Rule; 4] =
    [&score_increased::RULE, &MODEL_REMOVED, &MODEL_UNREADABLE, &model_weakened::RULE];

impl Policy {
    /// The faults that a run has shown of the policy, by file, at the levels of the policy that judges: this one,
    /// or that of a base revision.
    pub fn review(
        &self,
        used: &PolicyUsage,
        run: Run<'_>,
        judging: &Self,
    ) -> Vec<(Arc<Source>, Vec<Diagnostic>)> {
        let mut found: Vec<(&Origin, Diagnostic)> = Vec::new();
        for (at, exception) in self.exceptions().iter().enumerate() {
            let was_checked =
                self.was_checked(&exception.rule, run) && judging.was_checked(&exception.rule, run);
            let is_known = exception.is_within(run.searched) && !used.unclear.contains(&at) && was_checked;
            found.extend(due(exception, is_known && !used.exceptions.contains(&at), run));
        }
        if run.is_whole() {
            let unused = self.overrides().iter().enumerate().filter(|(at, _)| !used.overrides.contains(at));
            found.extend(unused.map(|(_, over)| {
                let message = "this override matches no threat model";
                let rule = &POLICY_INEFFECTIVE;
                (&over.origin, Diagnostic::new(rule, Owner::Policy, over.origin.span, message))
            }));
        }
        found.extend(self.renamed().iter().map(|(origin, message)| {
            (origin, Diagnostic::new(&RULE_RENAMED, Owner::Policy, origin.span, message))
        }));
        found.extend(self.speechless());
        self.by_file(found, judging)
    }

    /// Whether a run has checked a rule: the command line can switch it off, and some need a base revision.
    fn was_checked(&self, rule: &str, run: Run<'_>) -> bool {
        !self.switches_off(rule)
            && (run.compared || !COMPARING.iter().any(|comparing| comparing.name == rule))
    }

    /// Rules set to a level that they never reach, because no terms set what they need.
    fn speechless(&self) -> impl Iterator<Item = (&Origin, Diagnostic)> {
        let all = || self.overrides.iter().map(|over| &over.settings).chain([&self.settings]);
        all().flat_map(|settings: &Settings| settings.levels().iter()).filter_map(move |(name, level)| {
            let Check::Limit { applies, .. } = rules::named(name)?.check else { return None };
            if level.value.is_none() || all().any(applies) {
                return None;
            }
            let message = format!("`{name}` never speaks: nothing that it needs is set");
            let rule = &POLICY_INEFFECTIVE;
            Some((&level.origin, Diagnostic::new(rule, Owner::Policy, level.origin.span, message)))
        })
    }

    /// Sorts faults to the files they are in; the built-in policies have none to show.
    fn by_file(
        &self,
        found: Vec<(&Origin, Diagnostic)>,
        judging: &Self,
    ) -> Vec<(Arc<Source>, Vec<Diagnostic>)> {
        let mut by_file: BTreeMap<&str, Vec<Diagnostic>> = BTreeMap::new();
        for (origin, mut diagnostic) in found {
            if let Some(level) = rules::named(&diagnostic.rule).and_then(|rule: &Rule| judging.level(rule)) {
                diagnostic.level = level;
                by_file.entry(&origin.file).or_default().push(diagnostic);
            }
        }
        let sources = self.sources().iter();
        sources
            .filter_map(|source| {
                let mut diagnostics = by_file.remove(source.name())?;
                let document = syntax::parse(source);
                sort_diagnostics(&mut diagnostics, |span| syntax::pointer(&document, span));
                // Several policies can extend the same one.
                diagnostics.dedup();
                Some((source.clone(), diagnostics))
            })
            .collect()
    }
}

/// What is to be said of one exception.
fn due<'e>(exception: &'e Exception, is_unused: bool, run: Run<'_>) -> Option<(&'e Origin, Diagnostic)> {
    let name = format!("the exception for `{}`", &exception.rule);
    let at_day = |rule: &Rule, message: String| {
        let origin = &exception.expires_origin;
        Some((origin, Diagnostic::new(rule, Owner::Policy, origin.span, message)))
    };
    let days = |count: i32| if count == 1 { "1 day".to_owned() } else { format!("{count} days") };
    let Some(left) = exception.days_left(run.today) else {
        let message = match exception.expires {
            Some(day) => format!("{name} expired {} ago", days(run.today.days_since(day))),
            None => format!(
                "{name} ends on `{}`, which is no date (YYYY-MM-DD): it counts as expired",
                exception.written
            ),
        };
        return at_day(&EXCEPTION_EXPIRED, message);
    };
    if let Some(most) = exception.overlong(run.today) {
        let message = format!("{name} lasts {left} more days, and {} are allowed", most.value);
        return at_day(&EXCEPTION_OVERLONG, message);
    }
    if is_unused {
        let message = format!("{name} in {} covers no fault", exception.pattern);
        let origin = &exception.origin;
        return Some((origin, Diagnostic::new(&EXCEPTION_UNUSED, Owner::Policy, origin.span, message)));
    }
    if run.expiring_within.is_some_and(|within| left <= within) {
        let when = if left == 0 { "today".to_owned() } else { format!("in {}", days(left)) };
        return at_day(&EXCEPTION_EXPIRING, format!("{name} expires {when}"));
    }
    None
}
