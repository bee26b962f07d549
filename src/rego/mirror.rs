//! The definition that a problem comes from, where a rule has several.
//!
//! The engine joins the results of all definitions of a rule. A second engine has a copy of each under a name of its
//! own, and what it evaluates to is compared with the problem. Where that does not work, the first definition is shown.

use std::collections::BTreeMap;

use regorus::{Engine, Value};

use crate::policy::TextFile;
use crate::rego::answer::{RegoAnswer, answers};
use crate::rego::engine::add;
use crate::rego::rules::{EvaluatedRule, Rules};

/// The most definitions that are copied.
const MAX: usize = 1_000;
/// The beginning of the names of copies.
const PREFIX: &str = "aivss_lint_definition_";

/// An engine with copies of definitions.
#[derive(Clone)]
pub(crate) struct Mirror {
    engine: Engine,
}

impl Mirror {
    /// Copies definitions, given by their places among all.
    pub(crate) fn of(
        engine: &Engine,
        rules: &Rules,
        modules: &[TextFile],
        definitions: Vec<usize>,
    ) -> Option<Self> {
        let is_taken = rules.names.iter().any(|name| name.contains(PREFIX));
        if definitions.is_empty() || definitions.len() > MAX || is_taken {
            return None;
        }
        let mut copies: BTreeMap<usize, String> = BTreeMap::new();
        for at in definitions {
            let definition = rules.definitions.get(at)?;
            let module = definition.place.0;
            let text = &modules.get(module)?.text;
            let (_, name) = rules.names[definition.rule].rsplit_once('.')?;
            let copy = copies.entry(module).or_insert_with(|| rules.preamble(module, text).to_owned());
            // A default value is no problem.
            let Some(rest) = text.get(definition.bytes.clone()).and_then(|text| text.strip_prefix(name))
            else {
                continue;
            };
            copy.push_str(&format!("\n{PREFIX}{at}{rest}\n"));
        }
        let mut engine = engine.clone();
        for (module, text) in &copies {
            add(&mut engine, &modules[*module].name, text).ok()?;
        }
        Some(Self { engine })
    }

    /// The definition of each answer of a rule, as far as it can be found.
    pub(crate) fn places(&self, input: &Value, asked: &EvaluatedRule) -> BTreeMap<RegoAnswer, usize> {
        let mut places = BTreeMap::new();
        for (values, at) in self.results(input, asked).unwrap_or_default().iter().zip(&asked.definitions) {
            let first = values.as_array().ok().and_then(|values| values.first());
            let Some(json) = first.and_then(|value| value.to_json_str().ok()) else { continue };
            for answer in answers(&json, asked.name(), asked.level).unwrap_or_default() {
                places.entry(answer).or_insert(*at);
            }
        }
        places
    }

    /// The results of the definitions of a rule, in one evaluation, so that they share the rules that they use.
    fn results(&self, input: &Value, asked: &EvaluatedRule) -> Option<Vec<Value>> {
        let mut engine = self.engine.clone();
        engine.set_input(input.clone());
        let package = asked.whole.strip_suffix(asked.name())?;
        let copies = asked.definitions.iter().map(|at| format!("[x | x := data.{package}{PREFIX}{at}]"));
        // The engine bounds the length of a line.
        let copies = copies.collect::<Vec<_>>().join(",\n");
        let results = engine.eval_query(format!("[{copies}]"), false).ok()?;
        Some(results.result.first()?.expressions.first()?.value.as_array().ok()?.iter().cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use crate::rego::engine::Rego;
    use crate::rego::engine::tests::program;

    #[test]
    fn definitions_of_several_modules_are_distinguished() {
        let program = program(
            &[
                ("a.rego", "package main\n\nimport rego.v1\n\ndeny contains \"one\"\n"),
                ("b.rego", "package main\n\nimport rego.v1\n\n\n\ndeny contains {\"msg\": \"two\"}\n"),
            ],
            serde_json::json!({}),
        );
        let rego = Rego::compile(&program).unwrap();
        let answers = rego.ask("{}").unwrap();
        let places: Vec<(&str, &str)> = answers
            .given
            .iter()
            .map(|(at, answer)| (&*answer.message, &*rego.definitions()[*at].origin.file))
            .collect();
        assert_eq!(places, [("one", "a.rego"), ("two", "b.rego")]);
    }

    #[test]
    fn many_definitions_are_distinguished() {
        let rules: String =
            (0..200).map(|number| format!("deny contains \"m{number}\" if input.a\n")).collect();
        let program = program(&[("a.rego", &format!("package main\n{rules}"))], serde_json::json!({}));
        let rego = Rego::compile(&program).unwrap();
        let answers = rego.ask("{\"a\": 1}").unwrap();
        assert_eq!(answers.given.len(), 200);
        for (at, answer) in answers.given {
            let line = rego.definitions()[at].origin.line;
            assert_eq!(answer.message, format!("m{}", line - 2));
        }
    }
}
