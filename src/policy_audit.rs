//! Problems of a policy that only a run shows: exceptions that are due, too long or unused, and entries without effect.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::date::Date;
use crate::diagnostic::{Diagnostic, Origin, Owner, sort_diagnostics};
use crate::page;
use crate::policy::{Exception, Policy, PolicyUsage};
use crate::rules::audit::{
    EXCEPTION_EXPIRED, EXCEPTION_EXPIRING, EXCEPTION_OVERLONG, EXCEPTION_UNUSED, POLICY_INEFFECTIVE,
    RULE_RENAMED,
};
use crate::rules::builtin::{MODEL_REMOVED, MODEL_UNREADABLE};
use crate::rules::{self, Check, Rule, model_weakened, score_increased};
use crate::source::Source;
use crate::syntax;

/// The properties of a run that decide what is known of a policy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AuditedRun<'r> {
    pub(crate) today: Date,
    /// The files and folders that were searched, relative to the repository's root, which is itself the empty text. Empty
    /// if something could not be read.
    pub(crate) searched: &'r [String],
    /// Whether the models were compared with a base revision.
    pub(crate) compared: bool,
    /// Warn of exceptions that expire within so many days.
    pub(crate) expiring_within: Option<i32>,
}

/// Rules that report nothing in a run without a base revision.
const COMPARING: [&Rule; 4] =
    [&score_increased::RULE, &MODEL_REMOVED, &MODEL_UNREADABLE, &model_weakened::RULE];

/// A problem at a line of a policy.
type Found<'p> = (&'p Origin, Diagnostic);

fn found<'p>(rule: &Rule, origin: &'p Origin, message: impl Into<String>) -> Found<'p> {
    (origin, Diagnostic::new(rule, Owner::Policy, origin.span, message))
}

fn ineffective<'p>(origin: &'p Origin, message: impl Into<String>, help: &'static str) -> Found<'p> {
    let (origin, problem) = found(&POLICY_INEFFECTIVE, origin, message);
    (origin, problem.help(help))
}

impl Policy {
    /// The problems of the policy by file, at the levels of the policy in force: this one, or that of a base revision.
    pub(crate) fn review(
        &self,
        used: &PolicyUsage,
        run: AuditedRun<'_>,
        in_force: &Self,
    ) -> Vec<(Arc<Source>, Vec<Diagnostic>)> {
        let mut all: Vec<Found<'_>> = Vec::new();
        for (at, exception) in self.exceptions().iter().enumerate() {
            let rule = &exception.rule;
            let is_known = exception.is_within(run.searched)
                && !used.unclear.contains(&at)
                && self.was_checked(rule, run)
                && in_force.was_checked(rule, run);
            all.extend(due(exception, is_known && !used.exceptions.contains(&at), run));
        }
        // The whole repository was searched, so an override without a match has no use.
        if run.searched.iter().any(String::is_empty) {
            for (at, over) in self.overrides.iter().enumerate() {
                if !used.overrides.contains(&at) {
                    let message = "no threat model matches this override";
                    let help = "correct its `match`, or remove the override";
                    all.push(ineffective(&over.origin, message, help));
                }
            }
        }
        all.extend(self.without_effect());
        for (origin, message) in &self.renamed {
            all.push(found(&RULE_RENAMED, origin, message.as_str()));
        }
        self.by_file(all, in_force)
    }

    /// Whether a run has checked a rule: the command line can turn it off, and some rules need a base revision.
    fn was_checked(&self, rule: &str, run: AuditedRun<'_>) -> bool {
        let is_comparing = COMPARING.iter().any(|comparing| comparing.name == rule);
        !self.switches_off(rule) && (run.compared || !is_comparing)
    }

    /// Rules whose level has no effect, because no settings contain what they need.
    fn without_effect(&self) -> impl Iterator<Item = Found<'_>> {
        let levels = self.all_settings().flat_map(|settings| &settings.levels);
        levels.filter_map(|(name, level)| {
            let rule = rules::named(name)?;
            let Check::Limit { applies, .. } = rule.check else { return None };
            if level.value.is_none() || self.all_settings().any(applies) {
                return None;
            }
            // The rule's page names the setting, too.
            let setting = rule.see.split('`').nth(1)?;
            let message = format!("`{name}` has no effect: the policy does not set `{setting}`");
            Some(ineffective(&level.origin, message, "set it, or remove the level of the rule"))
        })
    }

    /// Groups problems by file, without those in built-in policies.
    fn by_file(&self, all: Vec<Found<'_>>, in_force: &Self) -> Vec<(Arc<Source>, Vec<Diagnostic>)> {
        let mut by_file: BTreeMap<&str, Vec<Diagnostic>> = BTreeMap::new();
        for (origin, diagnostic) in all {
            if let Some(level) = rules::named(&diagnostic.rule).and_then(|rule| in_force.level(rule)) {
                by_file.entry(&origin.file).or_default().push(Diagnostic { level, ..diagnostic });
            }
        }
        let mut sorted = Vec::new();
        for source in self.sources() {
            let Some(mut diagnostics) = by_file.remove(source.name()) else { continue };
            let document = page::parse(source);
            sort_diagnostics(&mut diagnostics, |span| syntax::pointer(&document, span));
            // Several policies can extend the same one.
            diagnostics.dedup();
            sorted.push((source.clone(), diagnostics));
        }
        sorted
    }
}

/// The problem of one exception.
fn due<'e>(exception: &'e Exception, is_unused: bool, run: AuditedRun<'_>) -> Option<Found<'e>> {
    let name = format!("the exception for `{}`", exception.rule);
    let day = &exception.expires_origin;
    let Some(left) = exception.days_left(run.today) else {
        let message = match exception.expires {
            Some(last) => format!("{name} expired {} ago", days(run.today.days_since(last))),
            None => format!(
                "{name} ends on `{}`, which is not a date (YYYY-MM-DD): it counts as expired",
                exception.written
            ),
        };
        return Some(found(&EXCEPTION_EXPIRED, day, message));
    };
    if let Some(most) = exception.overlong(run.today) {
        let message = format!("{name} lasts {left} more days, and {} are allowed", most.value);
        return Some(found(&EXCEPTION_OVERLONG, day, message));
    }
    if is_unused {
        let message = format!("{name} in {} covers no problem", exception.pattern);
        return Some(found(&EXCEPTION_UNUSED, &exception.origin, message));
    }
    if run.expiring_within.is_none_or(|within| left > within) {
        return None;
    }
    let when = if left == 0 { "today".to_owned() } else { format!("in {}", days(left)) };
    Some(found(&EXCEPTION_EXPIRING, day, format!("{name} expires {when}")))
}

fn days(count: i32) -> String {
    if count == 1 { "1 day".to_owned() } else { format!("{count} days") }
}
