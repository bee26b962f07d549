//! Rules in Rego on one threat model: their answers become diagnostics.

use std::collections::HashSet;

use crate::diagnostic::{Diagnostic, MAX_PROBLEMS, Owner, shortened, with_threat};
use crate::lint::LintContext;
use crate::model::{Model, ModelFormat, threat_name};
use crate::rego::{Definition, RegoAnswer, RegoAnswers, rego_input};
use crate::rules::Subject;
use crate::syntax::{Node, missing_at, place_of};

/// Adds the problems that rules in Rego report, and to `unchecked` the reasons why some could not check the model.
pub(crate) fn check(
    root: Node<'_>,
    subject: &Subject<'_>,
    path: &str,
    context: LintContext<'_>,
    found: &mut Vec<Diagnostic>,
    unchecked: &mut Vec<String>,
) {
    if !context.policy.has_rego() {
        return;
    }
    let input = rego_input(root, subject.model, &subject.scores, context.today, path);
    let mut answers = Ok(RegoAnswers::default());
    let bounded = context.load.bounded(&mut || answers = context.policy.evaluate(&input));
    let answers = match bounded.and(answers) {
        Ok(answers) => answers,
        Err(message) => return unchecked.push(reason(&message)),
    };
    // Two entries of a policy can name the same rule.
    let mut seen = HashSet::new();
    let given = answers.given.into_iter().filter(|(answer, _)| seen.insert(answer.clone()));
    let mut places = HashSet::new();
    for (answer, definition) in given.take(MAX_PROBLEMS + 1) {
        // One path for each rule is enough to find the mistake.
        if let Some(message) = misplaced(&answer, definition, root, subject.model.format)
            && places.insert(definition.origin.place())
        {
            unchecked.push(reason(&message));
        }
        found.push(diagnostic(answer, root, subject.model).decided_by(&definition.origin));
    }
    let failed = answers.failed.into_iter().take(MAX_PROBLEMS);
    unchecked.extend(failed.map(|message| reason(&message)));
}

fn reason(message: &str) -> String {
    shortened(format!("rules in Rego: {message}").into()).into()
}

/// A message if the path of an answer leads neither to a value nor to a place where one may be missing.
fn misplaced(
    answer: &RegoAnswer,
    definition: &Definition,
    root: Node<'_>,
    format: ModelFormat,
) -> Option<String> {
    let path = answer.path.as_deref().filter(|path| !path.is_empty())?;
    let missing = missing_at(root, path);
    let is_known = missing.is_none_or(|(steps, found)| format.schema().knows(&steps, found));
    (!is_known).then(|| {
        let place = definition.shown();
        format!("{place}: path {path:?} leads nowhere in this threat model ({})", answer.message)
    })
}

/// An answer as a diagnostic at its path, about the owner of the value there.
fn diagnostic(answer: RegoAnswer, root: Node<'_>, model: &Model) -> Diagnostic {
    let path = answer.path.as_deref().unwrap_or_default();
    let span = place_of(root, path).unwrap_or(model.key_span);
    let owner = model.format.owner_at(path.split('/').skip(1));
    // Other findings can shift the place in the list.
    let part = match owner {
        Owner::Finding(_) => path.splitn(4, '/').nth(3).unwrap_or_default(),
        Owner::File | Owner::Policy | Owner::Agent => path,
    };
    let part = with_threat(part, |layer, index| threat_name(model.threats_at(layer), index));
    let details = answer.details.map(|details| shortened(format!("details: {details}").into()).into());
    Diagnostic::of_rego(answer.rule, answer.level, owner, span, answer.message).part(part).note(details)
}
