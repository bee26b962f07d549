//! Problems as people read them: a consequence belongs to its cause, and problems of one kind in one threat model are one
//! block. Only the format for people groups; counts and the other formats do not.

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, Level, Owner};
use crate::escape::line;
use crate::output::problem::{Detail, details};
use crate::output::snippet::Underline;
use crate::rules;
use crate::source::Span;
use crate::text_edit::Safety;

/// Problems that are shown together.
#[derive(Debug)]
pub(crate) struct ProblemBlock<'r> {
    /// Problems of one kind, at least one.
    pub(crate) alike: Vec<&'r Diagnostic>,
    /// The consequences of the first one, if it is alone.
    pub(crate) effects: Vec<&'r Diagnostic>,
}

/// The place of a value, as rules know it.
type Key = (Owner, Option<usize>, Span);

fn key(diagnostic: &Diagnostic, span: Span) -> Key {
    (diagnostic.owner, diagnostic.model, span)
}

/// Groups the problems of a file, in the order of the first one of each group.
pub(crate) fn blocks<'r>(diagnostics: impl Iterator<Item = &'r Diagnostic>) -> Vec<ProblemBlock<'r>> {
    let all: Vec<&Diagnostic> = diagnostics.collect();
    let mut by_place: BTreeMap<Key, usize> = BTreeMap::new();
    for (at, diagnostic) in all.iter().enumerate() {
        let first = by_place.entry(key(diagnostic, diagnostic.span)).or_insert(at);
        // A consequence follows from a wrong value, not from one that only exceeds a limit.
        if all[*first].fix.is_none() && diagnostic.fix.is_some() {
            *first = at;
        }
    }
    let causes: Vec<Option<usize>> = all.iter().map(|one| cause_of(one, &all, &by_place)).collect();
    let mut effects: BTreeMap<usize, Vec<&Diagnostic>> = BTreeMap::new();
    for at in (0..all.len()).filter(|at| causes[*at].is_some()) {
        effects.entry(root(at, &causes)).or_default().push(all[at]);
    }
    let (mut blocks, mut by_kind): (Vec<ProblemBlock<'_>>, BTreeMap<Kind<'_>, usize>) =
        (Vec::new(), BTreeMap::new());
    for (at, diagnostic) in all.iter().copied().enumerate() {
        if causes[at].is_some() && root(at, &causes) != at {
            continue;
        }
        let effects = effects.remove(&at).unwrap_or_default();
        let may_join = effects.is_empty() && diagnostic.working.is_none();
        if let Some(earlier) = by_kind.get(&Kind::of(diagnostic)).filter(|_| may_join) {
            blocks[*earlier].alike.push(diagnostic);
            continue;
        }
        if may_join {
            by_kind.insert(Kind::of(diagnostic), blocks.len());
        }
        blocks.push(ProblemBlock { alike: vec![diagnostic], effects });
    }
    blocks
}

/// The problem at the value that a problem follows from, if it weighs the same.
fn cause_of(one: &Diagnostic, all: &[&Diagnostic], by_place: &BTreeMap<Key, usize>) -> Option<usize> {
    let at = *by_place.get(&key(one, one.cause.as_ref()?.span))?;
    let other = all[at];
    (other.span != one.span && other.level == one.level && other.known == one.known).then_some(at)
}

/// The first cause of a problem. Values lead to each other in three steps at most: sum, uplift, score, severity.
fn root(at: usize, causes: &[Option<usize>]) -> usize {
    let mut root = at;
    for _ in 0..4 {
        match causes[root] {
            Some(cause) => root = cause,
            None => return root,
        }
    }
    at
}

/// The properties that problems of one block share.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Kind<'r> {
    rule: &'r str,
    level: Level,
    known: bool,
    model: Option<usize>,
    words: String,
    note: Option<&'r str>,
    /// The help of problems with a label. That of others is shown as label if it differs.
    help: Option<&'r str>,
    decided_by: Option<(&'r str, u32)>,
}

impl<'r> Kind<'r> {
    fn of(diagnostic: &'r Diagnostic) -> Self {
        let help =
            diagnostic.help.as_deref().filter(|_| diagnostic.many.is_none() && diagnostic.label.is_some());
        Self {
            rule: &diagnostic.rule,
            level: diagnostic.level,
            known: diagnostic.known,
            model: diagnostic.model,
            words: diagnostic.many.map_or_else(|| skeleton(&diagnostic.message), str::to_owned),
            note: diagnostic.note.as_deref(),
            help,
            decided_by: diagnostic.decided_by.as_deref().map(|origin| (&*origin.file, origin.span.start)),
        }
    }
}

/// A message without what it quotes, and without numbers.
fn skeleton(message: &str) -> String {
    let parts = message.split('`').step_by(2);
    parts.map(|part| part.replace(|letter: char| letter.is_ascii_digit(), "")).collect::<Vec<_>>().join("`")
}

impl<'r> ProblemBlock<'r> {
    pub(crate) fn first(&self) -> &'r Diagnostic {
        self.alike[0]
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &'r Diagnostic> {
        self.alike.iter().chain(&self.effects).copied()
    }

    /// The rules, each once.
    pub(crate) fn rules(&self) -> Vec<&'r str> {
        let mut rules: Vec<&str> = Vec::new();
        for diagnostic in self.all() {
            if !rules.contains(&&*diagnostic.rule) {
                rules.push(&diagnostic.rule);
            }
        }
        rules
    }

    /// Whether it is a note that needs no picture: nothing in the file is to be changed at its place.
    pub(crate) fn is_remark(&self) -> bool {
        let first = self.first();
        first.level == Level::Note && first.fix.is_none() && first.label.is_none() && first.related.is_empty()
    }

    /// Whether `fix` corrects all of it.
    pub(crate) fn is_fixable(&self) -> bool {
        self.all().all(is_fixable)
    }

    /// Whether its problems are about one finding, or none.
    pub(crate) fn has_one_finding(&self) -> bool {
        self.all().all(|other| other.finding == self.first().finding)
    }

    pub(crate) fn message(&self) -> String {
        let (first, number) = (self.first(), self.alike.len());
        match first.many {
            _ if number == 1 => line(&first.message).into_owned(),
            Some(words) => format!("{number} {words}"),
            None => format!("{}, and {} more like it", line(&first.message), number - 1),
        }
    }

    /// The places with their texts, that of the first problem first.
    pub(crate) fn marks(&self) -> Vec<Underline> {
        let is_shared = self.has_shared_help();
        let own = self.alike.iter().map(|one| {
            let help = one.help.as_deref().filter(|_| !is_shared && one.many.is_none());
            let text = one.label.as_deref().or(help);
            let finding = one.finding_shown().filter(|_| !self.has_one_finding());
            let text = match (finding, text) {
                (Some(id), Some(text)) => Some(format!("finding {id}: {text}")),
                (Some(id), None) => Some(format!("finding {id}")),
                (None, text) => text.map(str::to_owned),
            };
            (one.span, text)
        });
        let effects =
            self.effects.iter().map(|one| (one.span, one.cause.as_ref().map(|cause| cause.effect.clone())));
        let related = self.all().flat_map(|one| &one.related);
        let related = related.map(|related| (related.span, Some(related.message.clone())));
        let mut marks: Vec<Underline> = Vec::new();
        for (span, text) in own.chain(effects).chain(related) {
            let text = text.map(|text| line(&text).into_owned());
            if !marks.iter().any(|mark| mark.span == span && mark.text == text) {
                marks.push(Underline { span, text });
            }
        }
        marks
    }

    fn has_shared_help(&self) -> bool {
        self.alike.iter().all(|one| one.help == self.first().help)
    }

    /// The lines below the picture, each once. The note of a consequence is its label.
    pub(crate) fn details(&self) -> Vec<Detail> {
        let mut found: Vec<Detail> = Vec::new();
        for (at, one) in [self.first()].into_iter().chain(self.effects.iter().copied()).enumerate() {
            for mut detail in details(one, None) {
                if detail.word == "help" && !self.has_shared_help() {
                    let rule = rules::named(&one.rule).filter(|_| one.many.is_some());
                    let Some(remedy) = rule.map(|rule| rules::in_passing(rule.remedy)) else { continue };
                    detail.text = remedy.into_owned();
                }
                // The fix of the cause fixes its consequences.
                let is_known = at > 0 && ["note", "help"].contains(&detail.word);
                if !is_known
                    && !found.iter().any(|other| other.word == detail.word && other.text == detail.text)
                {
                    found.push(detail);
                }
            }
        }
        // The working of a score begins with that of its uplift.
        let workings: Vec<String> = found.iter().map(|detail| format!("{};", detail.text)).collect();
        let mut each = workings.iter();
        found.retain(|_| {
            let own = each.next();
            own.is_none_or(|own| {
                !workings.iter().any(|other| other != own && other.starts_with(own.as_str()))
            })
        });
        let order = ["working", "note", "policy", "excepted", "help"];
        found.sort_by_key(|detail| order.iter().position(|word| *word == detail.word));
        found
    }
}

/// Whether `fix` corrects a problem.
pub(crate) fn is_fixable(diagnostic: &Diagnostic) -> bool {
    diagnostic.fix.as_ref().is_some_and(|fix| fix.safety == Safety::Safe)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::RuleInfo;

    fn problem(rule: &'static str, start: usize, message: &str) -> Diagnostic {
        let owner = Owner::Agent;
        let problem = Diagnostic::new(RuleInfo::mandatory(rule), owner, Span::new(start, start + 1), message);
        Diagnostic { model: Some(0), ..problem }
    }

    fn grouped(problems: &[Diagnostic]) -> Vec<(usize, usize)> {
        blocks(problems.iter()).iter().map(|block| (block.alike.len(), block.effects.len())).collect()
    }

    #[test]
    fn consequences_belong_to_their_first_cause() {
        let caused = |rule, start, cause: usize| {
            let span = Some(Span::new(cause, cause + 1));
            problem(rule, start, "is wrong").cause(span, || "so it is wrong".to_owned())
        };
        let chain = [
            problem("sum", 0, "is wrong"),
            caused("uplift", 5, 0),
            caused("score", 9, 5),
            caused("band", 12, 9),
        ];
        assert_eq!(grouped(&chain), [(1, 3)]);
        assert_eq!(blocks(chain.iter())[0].rules(), ["sum", "uplift", "score", "band"]);
        // The cause is not shown, belongs to another finding, weighs less, or is the problem itself.
        assert_eq!(grouped(&chain[1..]), [(1, 2)]);
        let elsewhere = Diagnostic { owner: Owner::Finding(0), ..chain[0].clone() };
        assert_eq!(grouped(&[elsewhere, chain[1].clone()]), [(1, 0), (1, 0)]);
        let lighter = Diagnostic { level: Level::Warning, ..chain[0].clone() };
        assert_eq!(grouped(&[lighter, chain[1].clone()]), [(1, 0), (1, 0)]);
        assert_eq!(grouped(&[caused("score", 3, 3)]), [(1, 0)]);
        assert_eq!(grouped(&[caused("a", 3, 5), caused("b", 5, 3)]).len(), 2);
    }

    #[test]
    fn problems_of_a_kind_are_one_block() {
        let one =
            problem("factor", 0, "factor `a` has no value").help("about a").many("factors have no value");
        let other =
            problem("factor", 4, "factor `b` has no value").help("about b").many("factors have no value");
        let all = [one.clone(), other.clone()];
        assert_eq!(grouped(&all), [(2, 0)]);
        assert_eq!(blocks(all.iter())[0].message(), "2 factors have no value");
        let alike = [problem("x", 0, "`a` is 0.5"), problem("x", 4, "`b` is 1.25")];
        assert_eq!(blocks(alike.iter())[0].message(), "`a` is 0.5, and 1 more like it");
        // Another message, model, policy line or working.
        assert_eq!(grouped(&[problem("x", 0, "`a` is low"), problem("x", 4, "`b` is high")]).len(), 2);
        assert_eq!(grouped(&[one.clone(), Diagnostic { model: Some(1), ..other.clone() }]).len(), 2);
        assert_eq!(grouped(&[one.clone(), other.clone().working("1 + 1")]).len(), 2);
        assert_eq!(grouped(&[one, other.note(Some("a note".to_owned()))]).len(), 2);
    }
}
