//! The exceptions of a policy file.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::date::Date;
use crate::did_you_mean::nearest;
use crate::model::{TextKind, blank};
use crate::policy::globs::Case;
use crate::policy::read::{Reader, UNREAD, fault, first_key};
use crate::policy::{Exception, Sourced};
use crate::rules;
use crate::source::Span;
use crate::syntax::Node;

impl Reader<'_> {
    pub(crate) fn exceptions(&mut self, root: Node<'_>, max_term: Option<&Sourced<i32>>) -> Vec<Exception> {
        let mut exceptions: Vec<Exception> = Vec::new();
        let mut lines: HashMap<(String, String, Option<String>), u32> = HashMap::new();
        for node in self.entries(root, "exceptions") {
            let Some(exception) = self.exception(node, max_term) else { continue };
            let key = (exception.rule.clone(), exception.pattern.clone(), exception.finding.clone());
            match lines.entry(key) {
                Entry::Occupied(first) => {
                    let message = format!("this exception stands already in line {}", first.get());
                    self.faults.push(fault(first_key(node), message));
                }
                Entry::Vacant(place) => {
                    place.insert(exception.origin.line);
                }
            }
            exceptions.push(exception);
        }
        exceptions
    }

    fn exception(&mut self, node: Node<'_>, max_term: Option<&Sourced<i32>>) -> Option<Exception> {
        let map = node.as_map()?;
        let text = |key| map.entry(key).and_then(|entry| Some((entry.value.as_str()?, entry.span())));
        for (key, why) in [("reason", "say why the fault may stay"), ("owner", "name who answers for it")] {
            if let Some((value, span)) = text(key)
                && blank(value, TextKind::Name).is_some()
            {
                self.faults.push(fault(span, format!("`{key}` says nothing")).help(why));
            }
        }
        let (rule, rule_span) = text("rule")?;
        self.check_excepted_rule(rule, rule_span);
        let path = map.entry("path")?;
        let expires = map.entry("expires")?;
        let day = expires.value.as_str().and_then(Date::parse);
        Some(Exception {
            rule: rules::NAMES.current(rule).to_owned(),
            paths: self.pattern_list(&[path.value], Case::Exact)?,
            pattern: path.value.as_str()?.to_owned(),
            finding: text("finding").map(|(id, _)| id.to_owned()),
            reason: text("reason")?.0.to_owned(),
            owner: text("owner")?.0.to_owned(),
            expires: day,
            written: expires.value.as_str().unwrap_or_default().chars().take(40).collect(),
            max_term: max_term.cloned(),
            origin: self.origin(first_key(node)),
            expires_origin: self.origin(expires.span()),
        })
    }

    fn check_excepted_rule(&mut self, name: &str, span: Span) {
        self.note_renamed(name, span);
        match rules::resolve(name) {
            Some(rule) if rule.fixed => {
                let message = format!("`{name}` cannot be excepted");
                self.faults.push(fault(span, message).help(UNREAD));
            }
            Some(_) => {}
            // Which rules there are in Rego shows when they speak.
            None if name.starts_with("rego/") => {}
            None => {
                let names = rules::ALL.iter().map(|rule| rule.name);
                let help = nearest(name, names).map_or_else(
                    || "the rule may have gone: take the exception out".to_owned(),
                    |meant| format!("did you mean `{meant}`?"),
                );
                self.faults.push(fault(span, format!("there is no rule `{name}`")).help(help));
            }
        }
    }
}
