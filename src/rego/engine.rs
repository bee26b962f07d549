//! Compiles and evaluates rules in Rego with the `regorus` engine.
//!
//! Rules for conftest run unchanged: `deny`, `violation` and `warn` in package `main`, as sets or partial rules, with
//! texts or objects for messages. Rules have no access to disk, network, environment, clock or random numbers. Functions
//! that call themselves, and built-in functions that need much memory, are refused. The time of each evaluation is bounded.
//!
//! The engine is recursive and prints warnings that quote the module. Modules that would exhaust the stack, or cause such
//! a warning, are refused before the engine reads them.

use std::num::NonZeroU32;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use regorus::utils::limits::ExecutionTimerConfig;
use regorus::{Engine, Value};
use serde_json::Value as JsonValue;

use crate::diagnostic::Origin;
use crate::policy::{Load, Program, REGO_THREAD, TextFile};
use crate::rego::answer::{
    Answers, Definition, RegoAnswer, RegoProblem, Test, TestOutcome, answers, first_line, place_in, words_in,
};
use crate::rego::mirror::Mirror;
use crate::rego::rules::{EvaluatedRule, Rules};
use crate::rego::syntax::line_of;
use crate::rego::{builtins, text};
use crate::source::{Source, Span};

/// The longest that one rule may take over one threat model.
const TIME_LIMIT: Duration = Duration::from_millis(500);
/// The longest that all of them may take together.
const TIME_FOR_ALL: Duration = Duration::from_secs(3);
/// The number of steps between two looks at the clock.
const STEPS: NonZeroU32 = NonZeroU32::MIN.saturating_add(255);

/// The stack of the engine, in bytes. It needs up to 50 KiB for each rule that uses another.
const STACK: usize = 64 * 1024 * 1024;

/// Runs the engine on a thread with a stack that is large enough for all that is not refused.
fn on_large_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, String> {
    thread::scope(|scope| {
        let thread = thread::Builder::new().name(REGO_THREAD.to_owned()).stack_size(STACK);
        let running = thread.spawn_scoped(scope, work);
        let running = running.map_err(|error| format!("the Rego engine needs a thread: {error}"))?;
        running.join().map_err(|_| "the Rego engine failed on these rules".to_owned())
    })
}

/// Compiled rules, ready to be evaluated.
#[derive(Clone)]
pub(crate) struct Rego {
    engine: Engine,
    asked: Vec<EvaluatedRule>,
    definitions: Vec<Definition>,
    /// Finds the definition that a problem comes from, for rules with several.
    mirror: Option<Mirror>,
}

impl std::fmt::Debug for Rego {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.asked.iter().map(|asked| &asked.whole)).finish()
    }
}

impl Rego {
    /// Compiles the rules of a program.
    ///
    /// # Errors
    /// The problem, with its module and place if they are known.
    pub(crate) fn compile(program: &Program) -> Result<Self, RegoProblem> {
        on_large_stack(|| Self::compile_here(program)).map_err(RegoProblem::general)?
    }

    fn compile_here(program: &Program) -> Result<Self, RegoProblem> {
        let (mut engine, rules) = load_program(program)?;
        let asked = rules.asked(&program.packages)?;
        rules.check_functions()?;
        let each = TIME_FOR_ALL / u32::try_from(asked.len()).unwrap_or(u32::MAX).max(1);
        let limit = TIME_LIMIT.min(each);
        engine.set_execution_timer_config(ExecutionTimerConfig { limit, check_interval: STEPS });
        let definitions = definitions(&rules, &program.modules);
        let several = asked.iter().filter(|asked| asked.definitions.len() > 1);
        let several = several.flat_map(|asked| asked.definitions.iter().copied()).collect();
        let mirror = Mirror::of(&engine, &rules, &program.modules, several);
        let mut rego = Self { engine, asked, definitions, mirror };
        // Some problems (a variable that does not exist) show at the first evaluation alone.
        rego.engine.set_input(Value::new_object());
        for asked in &rego.asked {
            if let Err(message) = evaluate(&mut rego.engine, &asked.whole) {
                if message == PANICKED {
                    let place = asked.definitions.first().map(|first| rules.definitions[*first].place);
                    let message = format!("{message} (`{}`)", asked.whole);
                    return Err(RegoProblem::at(place.unwrap_or((0, 1)), message));
                }
                if message.contains("could not find function") || message.contains("undefined variable") {
                    let mut problem = RegoProblem::of_engine(0, &program.modules, &message);
                    let rule = problem.place.and_then(|(module, line, _)| rules.at((module, line)));
                    problem.message.extend(rule.map(|rule| format!(" (in rule `{rule}`)")));
                    return Err(problem);
                }
            }
        }
        Ok(rego)
    }

    /// The places of the rules that answer, by the numbers in [`Answers`].
    pub(crate) fn definitions(&self) -> &[Definition] {
        &self.definitions
    }

    /// Evaluates the rules for an input, given as JSON.
    ///
    /// # Errors
    /// The reason why none could be evaluated.
    pub(crate) fn ask(&self, input: &str) -> Result<Answers, String> {
        on_large_stack(|| self.ask_here(input))?
    }

    fn ask_here(&self, input: &str) -> Result<Answers, String> {
        let mut engine = self.engine.clone();
        let input = Value::from_json_str(input).map_err(|error| error.to_string())?;
        engine.set_input(input.clone());
        let mut answers = Answers::default();
        for asked in &self.asked {
            let first = asked.definitions.first().copied().unwrap_or_default();
            let values = match evaluate(&mut engine, &asked.whole) {
                Ok(values) => values,
                Err(message) => {
                    answers.failed.push(self.placed(&message, first));
                    if message == PANICKED {
                        engine = self.engine.clone();
                        engine.set_input(input.clone());
                    }
                    continue;
                }
            };
            match answers_in(&values, asked) {
                Ok(found) if found.is_empty() => {}
                Ok(found) => {
                    let mirror = self.mirror.as_ref().filter(|_| asked.definitions.len() > 1);
                    let places = mirror.map(|mirror| mirror.places(&input, asked)).unwrap_or_default();
                    answers.given.extend(
                        found.into_iter().map(|answer| (*places.get(&answer).unwrap_or(&first), answer)),
                    );
                }
                Err(message) => answers.wrong.push((first, message)),
            }
        }
        Ok(answers)
    }

    /// A message of the engine in a line, with the rule that it comes from: the one at its place, else `asked`.
    fn placed(&self, message: &str, asked: usize) -> String {
        let (Some((file, line, column)), Some(words)) = (place_in(message), words_in(message)) else {
            let words = in_a_line(message);
            return match self.definitions.get(asked) {
                Some(definition) => format!("{}: {words}", definition.shown()),
                None => words,
            };
        };
        let of_file = self.definitions.iter().filter(|definition| &*definition.origin.file == file);
        let before = of_file.filter(|definition| definition.origin.line <= line);
        let rule = before.max_by_key(|definition| definition.origin.line);
        let rule = rule.map(|definition| format!("rule `{}`: ", definition.rule)).unwrap_or_default();
        format!("{file}:{line}:{column}: {rule}{words}")
    }
}

/// Runs the tests of a program, in the order of their names.
///
/// # Errors
/// The problem of the program, as for [`Rego::compile`].
pub(crate) fn run_tests(program: &Program) -> Result<Vec<Test>, RegoProblem> {
    on_large_stack(|| run_tests_here(program)).map_err(RegoProblem::general)?
}

fn run_tests_here(program: &Program) -> Result<Vec<Test>, RegoProblem> {
    let (mut engine, rules) = load_program(program)?;
    rules.check_functions()?;
    let limit = ExecutionTimerConfig { limit: TIME_LIMIT, check_interval: STEPS };
    engine.set_execution_timer_config(limit);
    engine.set_input(Value::new_object());
    let definitions = definitions(&rules, &program.modules);
    let mut tests = Vec::new();
    for rule in rules.tests(program) {
        let whole = &rules.names[rule];
        let Some(definition) = definitions.iter().find(|definition| definition.rule == *whole) else {
            continue;
        };
        let outcome = match evaluate(&mut engine, whole) {
            Ok(values)
                if values.iter().all(|value| matches!(value, Value::Undefined | Value::Bool(false))) =>
            {
                TestOutcome::Failed
            }
            Ok(_) => TestOutcome::Passed,
            Err(message) => TestOutcome::Stopped(in_a_line(&message)),
        };
        tests.push(Test { definition: definition.clone(), outcome });
    }
    Ok(tests)
}

/// The most definitions that are prepared alone.
const MAX_ALONE: usize = 500;
/// The longest module of a definition alone, in bytes.
const MAX_ALONE_LENGTH: usize = 64 * 1024;

/// The problem of the first definition of which the engine prints a warning. Each that is short is prepared alone, as a
/// module in which all other rules of its package have a plain value.
pub(crate) fn problem_of_warning(program: &Program, load: Load<'_>) -> Option<RegoProblem> {
    let (_, rules) = on_large_stack(|| load_program(program)).ok()?.ok()?;
    for definition in rules.definitions.iter().take(MAX_ALONE) {
        let TextFile { name, text } = program.modules.get(definition.place.0)?;
        let rule = &rules.names[definition.rule];
        let Some(own) = text.get(definition.bytes.clone()) else { continue };
        let module = format!("{}{own}\n{}", rules.preamble(definition.place.0, text), rules.stubs(rule));
        if module.len() > MAX_ALONE_LENGTH {
            continue;
        }
        let printed = load.muted(&mut || {
            let _ = on_large_stack(|| {
                let mut engine = Engine::new();
                engine.set_gather_prints(true);
                add(&mut engine, name, &module).is_ok() && engine.eval_query("1".to_owned(), false).is_ok()
            });
        });
        if let Some(warning) = first_line(&printed) {
            let words = if warning.contains("could not schedule") {
                "a variable has no value".to_owned()
            } else {
                format!("the Rego engine warns: {warning}")
            };
            return Some(RegoProblem::at(definition.place, format!("{words} (in rule `{rule}`)")));
        }
    }
    None
}

/// Loads modules and data, and checks what can be checked before anything is evaluated.
fn load_program(program: &Program) -> Result<(Engine, Rules), RegoProblem> {
    let modules = &program.modules;
    let mut engine = Engine::new();
    engine.set_gather_prints(true);
    builtins::add_to(&mut engine).map_err(RegoProblem::general)?;
    for (at, TextFile { name, text }) in modules.iter().enumerate() {
        if let Some((line, _)) = text::too_deep(text) {
            return Err(RegoProblem::at((at, line), "an expression is nested too deep"));
        }
        if let Some((line, _)) = text::huge_number(text) {
            return Err(RegoProblem::at((at, line), builtins::HUGE));
        }
        add(&mut engine, name, text).map_err(|message| RegoProblem::of_engine(at, modules, &message))?;
    }
    let tree =
        engine.get_ast_as_json().map_err(|error| RegoProblem::of_engine(0, modules, &error.to_string()))?;
    let tree: JsonValue =
        serde_json::from_str(&tree).map_err(|_| RegoProblem::general("an expression is nested too deep"))?;
    check_imports(&tree)?;
    let rules = Rules::of(&tree, &program.data)?;
    rules.check()?;
    let data = engine.add_data_json(&program.data.to_string());
    data.map_err(|error| RegoProblem::general(format!("the data cannot be loaded: {error}")))?;
    Ok((engine, rules))
}

/// The most bytes of a rule's first line that are shown.
const MAX_LINE_LENGTH: usize = 200;

/// The definitions of rules, with the lines at which they begin.
fn definitions(rules: &Rules, modules: &[TextFile]) -> Vec<Definition> {
    let decoded = modules.iter().map(|file| {
        (Source::decode(file.name.clone(), file.text.as_bytes().to_vec()), Arc::from(&*file.name))
    });
    let sources: Vec<(Source, Arc<str>)> = decoded.collect();
    let found = rules.definitions.iter().filter_map(|definition| {
        let (module, line) = definition.place;
        let (source, file) = sources.get(module)?;
        let start = source.offset(line, 1);
        let text = source.line(line).trim();
        // Many definitions can be in one long line.
        let text = Arc::from(&text[..text.floor_char_boundary(MAX_LINE_LENGTH)]);
        let origin = Origin { file: file.clone(), line, column: 1, span: Span::new(start, start), text };
        Some(Definition { rule: rules.names[definition.rule].clone(), origin })
    });
    found.collect()
}

/// The values of a rule.
///
/// # Errors
/// The engine's message, or that it panicked.
fn evaluate(engine: &mut Engine, rule: &str) -> Result<Vec<Value>, String> {
    let query = format!("data.{rule}");
    let results = panic::catch_unwind(AssertUnwindSafe(|| engine.eval_query(query, false)));
    let results = results.map_err(|_| PANICKED.to_owned())?.map_err(|error| error.to_string())?;
    Ok(results.result.into_iter().flat_map(|result| result.expressions).map(|found| found.value).collect())
}

/// The message if the engine panics in a rule.
const PANICKED: &str = "the Rego engine failed on this rule";

fn answers_in(values: &[Value], asked: &EvaluatedRule) -> Result<Vec<RegoAnswer>, String> {
    let mut found = Vec::new();
    for value in values {
        let json = value.to_json_str().map_err(|error| error.to_string())?;
        found.extend(answers(&json, asked.name(), asked.level)?);
    }
    Ok(found)
}

/// Adds a module in the Rego of today, or else in that of before OPA 1.0 (`deny[msg] { … }`).
pub(crate) fn add(engine: &mut Engine, name: &str, text: &str) -> Result<(), String> {
    engine.set_rego_v0(false);
    let Err(error) = engine.add_policy(name.to_owned(), text.to_owned()) else { return Ok(()) };
    // Only what fails for want of the new keywords is of before; the engine remarks on anything else on stderr.
    if !error.to_string().contains("keyword is required") {
        return Err(error.to_string());
    }
    if let Some((keyword, (line, column))) = text::unimported_keyword(text) {
        return Err(format!(
            "--> {name}:{line}:{column}\nerror: the keyword `{keyword}` needs `import rego.v1`"
        ));
    }
    engine.set_rego_v0(true);
    engine.add_policy(name.to_owned(), text.to_owned()).map(|_| ()).map_err(|_| error.to_string())
}

/// Refuses `import input`, which has no effect, and of which the engine prints a warning.
fn check_imports(tree: &JsonValue) -> Result<(), RegoProblem> {
    for (at, file) in tree.as_array().into_iter().flatten().enumerate() {
        for import in file["ast"]["imports"].as_array().into_iter().flatten() {
            if import["refr"]["Var"].is_object() && import["as"].is_null() {
                let message = "this import has no effect: remove it";
                return Err(RegoProblem::at((at, line_of(&import["refr"]["Var"])), message));
            }
        }
    }
    Ok(())
}

fn in_a_line(message: &str) -> String {
    match (place_in(message), words_in(message)) {
        (Some((file, line, column)), Some(words)) => format!("{file}:{line}:{column}: {words}"),
        _ => message.split_whitespace().collect::<Vec<_>>().join(" "),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn program(modules: &[(&str, &str)], data: JsonValue) -> Program {
        let file =
            |(name, text): &(&str, &str)| TextFile { name: (*name).to_owned(), text: Arc::from(*text) };
        let modules = modules.iter().map(file).collect();
        Program { data, ..Program::new(Origin::outside(""), modules, vec!["main".to_owned()]) }
    }

    fn compile(text: &str) -> Result<Rego, RegoProblem> {
        compile_with(text, "{}")
    }

    fn compile_with(text: &str, data: &str) -> Result<Rego, RegoProblem> {
        let program = program(&[("a.rego", text)], serde_json::from_str(data).unwrap());
        Rego::compile(&program)
    }

    fn problem(text: &str) -> String {
        let problem = compile(text).unwrap_err();
        format!("{:?} {}", problem.place, problem.message)
    }

    fn messages(text: &str, input: &str) -> Vec<String> {
        let answers = compile(text).unwrap().ask(input).unwrap();
        assert!(answers.failed.is_empty() && answers.wrong.is_empty(), "{answers:?}");
        answers
            .given
            .into_iter()
            .map(|(_, answer)| format!("{} {} {}", answer.level.name(), answer.rule, answer.message))
            .collect()
    }

    #[test]
    fn rules_in_current_and_former_syntax_are_evaluated() {
        let today = "package main\nimport rego.v1\ndeny contains msg if { input.a > 1; msg := \"too much\" }\nwarn contains {\"msg\": \"m\", \"path\": \"/a\", \"rule\": \"mine\"} if input.a\n";
        assert_eq!(messages(today, "{\"a\": 2}"), ["error rego/deny too much", "warning rego/mine m"]);
        assert_eq!(messages(today, "{\"b\": 2}"), [""; 0]);
        let before = "package main\nviolation[{\"msg\": msg}] { input.a == 2\n msg := \"two\" }\n";
        assert_eq!(messages(before, "{\"a\": 2}"), ["error rego/violation two"]);
    }

    #[test]
    fn recursive_rule_is_refused_before_it_runs() {
        assert_eq!(
            problem("package main\nf(x) := f(x + 1)\ndeny contains m if { m := f(1) }\n"),
            "Some((0, 2, 1)) `main.f` comes back to itself: main.f → main.f"
        );
        let around = "package main\nimport data.main as m\nf(x) := m.g(x)\ng(x) := data.main[\"f\"](x)\ndeny contains y if { y := f(1) }\n";
        assert_eq!(
            problem(around),
            "Some((0, 3, 1)) `main.f` comes back to itself: main.f → main.g → main.f"
        );
        let computed = "package main
f(x) := data.main[x]
deny contains y if { y := f(\"deny\") }
";
        assert!(problem(computed).contains("comes back to itself"));
        assert!(compile("package main\ntwice(x) := x * 2\nfour(x) := twice(twice(x))\ndeny contains m if { four(1) == 5; m := \"n\" }\n").is_ok());
    }

    #[test]
    fn long_chains_of_rules_and_deep_expressions_are_refused() {
        let chain = |length: usize| {
            let rules: String = (0..length).map(|rule| format!("r{rule} := r{}\n", rule + 1)).collect();
            format!("package main\n{rules}r{length} := 1\ndeny contains \"m\" if r0 == 2\n")
        };
        assert!(compile(&chain(100)).is_ok());
        assert!(problem(&chain(1_000)).contains("leads through too many rules and expressions"));
        let sum =
            |length: usize| format!("package main\ndeny contains \"m\" if 1 == {}1\n", "1 + ".repeat(length));
        assert!(compile(&sum(20)).is_ok());
        assert!(problem(&sum(60)).contains("nested too deep"));
        assert!(problem(&sum(100_000)).contains("nested too deep"));
        let many: String = (0..2_100).map(|rule| format!("r{rule} := 1\n")).collect();
        assert!(
            problem(&format!("package main\n{many}deny contains \"m\"\n")).contains("more than 2000 rules")
        );
        let asked: String = (0..101).map(|rule| format!("deny_{rule} contains \"m\"\n")).collect();
        assert!(problem(&format!("package main\n{asked}")).contains("more than 100 rules named"));
    }

    #[test]
    fn module_with_a_warning_of_the_engine_is_refused() {
        assert_eq!(
            problem(
                "package main\nimport rego.v1\nimport input # ::error::x\ndeny contains \"m\" if false\n"
            ),
            "Some((0, 3, 1)) this import has no effect: remove it"
        );
        assert!(compile("package main\nimport input as given\ndeny contains \"m\" if given.a\n").is_ok());
        assert_eq!(
            problem("package main\ndeny[m] { some m in input.a } # ::error::x\n"),
            "Some((0, 2, 18)) the keyword `in` needs `import rego.v1`"
        );
        let imported = "package main\nimport future.keywords.in\ndeny[m] { some m in input.a }\n";
        assert_eq!(messages(imported, "{\"a\": [\"x\"]}"), ["error rego/deny x"]);
    }

    #[test]
    fn function_with_input_output_or_chance_is_refused() {
        for (call, line) in [
            ("http.send({})", 2),
            ("rand.intn(\"a\", 3)", 2),
            ("opa.runtime()", 2),
            ("time.now_ns()", 2),
            ("numbers.range(1, 1000000000)", 2),
        ] {
            let text = format!("package main\ndeny contains m if {{ m := {call} }}\n");
            let problem = compile(&text).unwrap_err();
            assert_eq!(problem.place.map(|(_, found, _)| found), Some(line), "{call}: {}", problem.message);
        }
    }

    #[test]
    fn module_that_does_not_compile_or_is_never_evaluated_is_a_problem() {
        for body in ["m := nosuch(1)", "input.never; m := no.such(1)"] {
            let text = format!("package main\ndeny contains m if {{ {body} }}\n");
            assert!(problem(&text).starts_with("Some((0, 2, 1)) unknown function `no"), "{}", problem(&text));
            assert!(problem(&text).ends_with("(in rule `main.deny`)"), "{}", problem(&text));
        }
        assert!(problem("package main\ndeny contains m if {").starts_with("Some((0, 2,"));
        assert!(
            problem("package other\ndeny contains \"m\"\n")
                .contains("`deny` of package other is never evaluated")
        );
        assert!(
            problem("package main\ndenny contains \"m\"\n")
                .contains("no `deny`, `violation` or `warn` in package main")
        );
        assert_eq!(
            messages("package main\ndeny_prod contains \"m\" if true\n", "{}"),
            ["error rego/deny_prod m"]
        );
    }

    /// The first problem of rules that cannot be evaluated.
    fn failure(text: &str, input: &str) -> String {
        let answers = compile(text).unwrap().ask(input).unwrap();
        answers
            .failed
            .into_iter()
            .chain(answers.wrong.into_iter().map(|(_, message)| message))
            .next()
            .unwrap()
    }

    #[test]
    fn rule_that_fails_or_takes_too_long_is_an_error() {
        let divides = "package main\ndeny contains m if { m := sprintf(\"%v\", [1 / input.a]) }\n";
        assert_eq!(failure(divides, "{\"a\": 0}"), "a.rego:2:44: rule `main.deny`: divide by zero");
        let slow = "package main\ndeny contains m if { some a in input.x; some b in input.x; some c in input.x; a + b + c == -1; m := \"n\" }\n";
        let input = format!("{{\"x\": [{}1]}}", "1,".repeat(2_000));
        assert!(failure(slow, &input).contains("time limit"));
        assert!(failure("package main\ndeny := 5\n", "{}").contains("must be a set"));
    }

    #[test]
    fn path_to_missing_data_is_refused_with_its_place() {
        for (body, path, line) in [
            ("deny contains \"m\" if { some o in data.banned; o == 1 }", "data.banned", 2),
            ("deny contains \"m\" if data.main.is_production", "data.main.is_production", 2),
            ("import data.lib.helprs\ndeny contains \"m\" if helprs.x", "data.lib.helprs", 2),
            ("deny contains \"m\" if data.lib.helprs.banned(1)", "data.lib.helprs.banned", 2),
            ("deny contains \"m\" if\n  not data[\"allowed\"]", "data.allowed", 3),
            ("deny contains \"m\" if count(data.teams) == 0", "data.teams", 2),
            ("deny contains \"m\" if [x | x := data.teams[_]] == []", "data.teams", 2),
            ("deny contains \"m\" if { every t in data.teams { t } }", "data.teams", 2),
            ("helper(x) := data.owners[x]\ndeny contains \"m\" if helper(1)", "data.owners", 2),
            ("import data.teams as t\ndeny contains \"m\" if t.a", "data.teams", 2),
            ("deny contains \"m\" if { x := object.get(data.config, \"a\", 1); x == 1 }", "data.config", 2),
            ("default limit := data.limit\ndeny contains \"m\" if limit", "data.limit", 2),
            (
                "deny contains \"m\" if { is_prod with input.a as data.mock }\nis_prod if input.a",
                "data.mock",
                2,
            ),
        ] {
            let found = problem(&format!("package main\n{body}\n"));
            let start = format!("Some((0, {line}, 1)) `{path}` leads to no rule and no data");
            assert!(found.starts_with(&start), "{body}: {found}");
        }
        let near = problem("package main\ndeny contains \"m\" if data.main.is_prd\nis_prod if input.a\n");
        assert!(near.ends_with("(in rule `main.deny`); did you mean `data.main.is_prod`?"), "{near}");
    }

    #[test]
    fn data_of_files_is_found_and_never_hides_a_rule() {
        let text = "package main\ndeny contains o if { some o in data.banned; input.owner == o }\n";
        let rego = compile_with(text, "{\"banned\": [\"a\"]}").unwrap();
        let answers = rego.ask("{\"owner\": \"a\"}").unwrap();
        assert_eq!(answers.given.len(), 1);
        for text in [
            "package main\ndeny contains \"m\" if data.main.deny_list[input.a]\n",
            "package main\ndeny contains \"m\" if data[input.a].b\n",
            "package main\ndeny contains \"m\" if data.main.deny_list.x.y == input.b\n",
        ] {
            let found = compile_with(text, "{\"main\": {\"deny_list\": {\"x\": {\"y\": 1}}}}");
            assert!(found.is_ok() || text.contains("data["), "{text}: {found:?}");
        }
        for data in ["{\"main\": {\"deny\": []}}", "{\"main\": 1}", "{\"main\": {\"deny\": {\"a\": 1}}}"] {
            let found = compile_with("package main\ndeny contains \"m\"\n", data).unwrap_err();
            assert_eq!(found.message, "`data.main.deny` is both a rule and data of a file", "{data}");
        }
        let found = compile_with("package main\ndeny contains \"m\" if data.a.b.c\n", "{\"a\": {\"b\": 1}}");
        assert!(found.unwrap_err().message.starts_with("`data.a.b.c` leads to no rule and no data"));
    }

    #[test]
    fn functions_that_opa_has_and_this_engine_lacks_are_named_with_the_rule() {
        for call in [
            "walk(input, [p, v])",
            "v := time.parse_rfc3339_ns(\"2026-01-01T00:00:00Z\")",
            "v := time.now_ns()",
            "v := crypto.sha256(\"a\")",
            "v := http.send({})",
            "v := io.jwt.decode(\"a\")",
            "v := opa.runtime()",
            "v := json.patch({}, [])",
            "v := yaml.marshal({})",
            "v := graph.reachable({}, [])",
            "v := net.cidr_contains(\"10.0.0.0/8\", \"10.0.0.1\")",
            "v := base64.encode(\"a\")",
            "v := rego.metadata.rule()",
            "print(input); v := 1",
            "trace(\"a\"); v := 1",
        ] {
            let found = problem(&format!(
                "package main\nhelper := v if {{ {call} }}\ndeny contains \"m\" if helper\n"
            ));
            assert!(found.starts_with("Some((0, 2, 1)) "), "{call}: {found}");
            assert!(found.contains("(in rule `main.helper`)"), "{call}: {found}");
        }
    }

    #[test]
    fn exception_rules_of_conftest_are_refused() {
        let text =
            "package main\ndeny_prod contains \"m\"\nexception contains rules if { rules := [\"prod\"] }\n";
        assert!(
            problem(text).starts_with("Some((0, 3, 1)) rule `main.exception` has no effect"),
            "{}",
            problem(text)
        );
    }

    #[test]
    fn messages_of_a_wrong_form_are_refused() {
        for (message, problem) in [
            (
                "{\"msg\": \"m\", \"pth\": \"/a\"}",
                "unknown key `pth` in a message of `deny` (`msg`, `path`, `rule`, `details`); did you mean `path`?",
            ),
            ("{\"msg\": \"m\", \"severity\": \"high\"}", "unknown key `severity`"),
            ("{\"msg\": \"m\", \"path\": 5}", "`path` in a message of `deny` is not a string: 5"),
            ("{\"msg\": \"m\", \"path\": [\"a\"]}", "`path` in a message of `deny` is not a string"),
            ("{\"msg\": \"m\", \"path\": \"agent.owner\"}", "is not a JSON pointer"),
            ("{\"msg\": \"m\", \"rule\": true}", "`rule` in a message of `deny` is not a string"),
            ("{\"msg\": \"m\", \"rule\": \"a b\"}", "rule name \"a b\""),
            ("{\"msg\": [\"m\"]}", "`msg` in a message of `deny` is not a string"),
            ("{\"message\": \"m\"}", "unknown key `message`"),
            ("[\"m\"]", "has no text and no `msg`"),
            ("7", "has no text and no `msg`"),
        ] {
            let found = failure(&format!("package main\ndeny contains {message}\n"), "{}");
            assert!(found.contains(problem), "{message}: {found}");
        }
        let text = "package main\nviolation contains {\"msg\": \"m\", \"details\": {\"a\": 1}}\n";
        let answers = compile(text).unwrap().ask("{}").unwrap();
        assert_eq!(answers.given[0].1.details.as_deref(), Some("{\"a\":1}"));
    }

    #[test]
    fn messages_have_the_definition_that_they_come_from() {
        let text = "package main\n\ndeny contains \"one\" if input.a\n\nhelper if input.a\n\ndeny contains {\"msg\": \"two\"} if {\n  helper\n}\n\ndeny contains m if some m in [\"three\"]\n\nwarn contains \"four\"\n";
        let rego = compile(text).unwrap();
        let answers = rego.ask("{\"a\": 1}").unwrap();
        let lines = answers.given.iter().map(|(at, answer)| {
            let Definition { rule, origin } = &rego.definitions()[*at];
            format!("{} {rule} {}", answer.message, origin.line)
        });
        let mut lines: Vec<String> = lines.collect();
        lines.sort();
        assert_eq!(lines, ["four main.warn 13", "one main.deny 3", "three main.deny 11", "two main.deny 7"]);
        // The same in the Rego of before, and over a complete rule with a default.
        for text in [
            "package main\ndeny[m] {\n  input.b\n  m := \"no\"\n}\ndeny[m] {\n  m := \"yes\"\n}\n",
            "package main\ndefault deny := []\n\n\n\ndeny := [\"yes\"] if input.a\n",
        ] {
            let rego = compile(text).unwrap();
            let answers = rego.ask("{\"a\": 1}").unwrap();
            assert_eq!(answers.given.len(), 1, "{text}");
            assert_eq!(rego.definitions()[answers.given[0].0].origin.line, 6, "{text}");
        }
    }

    #[test]
    fn negated_expressions_with_unsafe_variables_are_refused() {
        for (variable, body) in [
            ("_", "not input[\"x-appr\"][_] == \"security\""),
            ("_", "not startswith(input[\"x-appr\"][_], \"sec\")"),
            ("_", "not input[\"x-appr\"][_]"),
            ("_", "not input.a[_].b.c"),
            ("_", "not \"s\" in input.a[_]"),
            ("_", "not [_, 1] = input.a"),
            ("_", "not input.a[input.b[_]]"),
            ("_", "not {\"k\": input.a[_]} == input.b"),
            ("_", "some x in input.a; not x == input.b[_]"),
            ("_", "not input.a[_] with input as {\"a\": [1]}"),
            ("i", "some i; not input.a[i] == \"s\""),
            ("i", "not input.a[i] == \"s\""),
            ("i", "some i; not input.a[i]; not input.b[i]"),
            ("i", "some i; count([i | input.a[i]]) > 0; not input.b[i]"),
            ("x", "not x = input.a"),
            ("i", "some i; i == 0; not input.a[i]"),
            ("deny", "some deny; not input.a[deny]"),
            ("i", "input.a[i]; count([1 | some i; not input.b[i]]) > 0"),
            ("i", "some i; i > 0; not input.a[i]"),
            ("i", "some i; i in [0]; not input.a[i]"),
            ("i", "some i; startswith(i, \"a\"); not input.a[i]"),
            ("i", "some i; some x in i; not input.a[i] == x"),
            ("i", "some i; i.x == 1; not input.a[i]"),
            ("i", "some i; true with input.a as i; not input.a[i]"),
            ("_", "count([1 | not input.a[_] == 1]) > 0"),
            ("_", "not count([1 | not input.a[_] == 1]) > 0"),
            ("_", "every x in input.a { not x == input.b[_] }"),
            ("i", "every x in input.a { x; not input.b[i] == 1 }"),
            ("_", "x := {k: [1 | not v[_]] | some k, v in input.a}; x"),
        ] {
            let found = problem(&format!("package main\ndeny contains \"m\" if {{\n{body}\n}}\n"));
            let start = format!("Some((0, 3, 1)) `{variable}` in a negated expression is unsafe");
            assert!(found.starts_with(&start), "{body}: {found}");
            assert!(found.ends_with("(in rule `main.deny`)"), "{body}: {found}");
        }
        for (line, rules) in [
            (2, "deny[\"m\"] { not input.a[_] == \"s\" }"),
            (3, "deny[m] {\n  not input.a[_] == \"s\"; m := \"m\" }"),
            (2, "deny[m] { m := \"m\"; not input.a[i] == \"s\" }"),
            (3, "deny[\"m\"] { input.b }\ndeny[\"m\"] { not input.a[_] }"),
            (2, "deny[x] { not input.a[x] }"),
            (3, "deny[\"m\"] { not has }\nhas { not input.a[_] }"),
            (3, "deny[\"m\"] { has(1) }\nhas(x) { not input.a[y] == x }"),
            (3, "deny[\"m\"] { has }\nhas { input.a[i] } { not input.b[i] }"),
            (3, "deny[\"m\"] { x == 1 }\nx = 1 { input.a[i] } else = 2 { not input.b[i] }"),
            (3, "deny[\"m\"] { x == [1] }\nx = [1 | not input.a[_]]"),
        ] {
            let found = problem(&format!("package main\n{rules}\n"));
            let start = format!("Some((0, {line}, 1)) ");
            assert!(found.starts_with(&start) && found.contains("negated expression"), "{rules}: {found}");
        }
    }

    #[test]
    fn negated_expressions_with_safe_variables_are_accepted() {
        for body in [
            "not input.a == 1",
            "some i; x := input.a[i]; not x == 1",
            "not input.a[i] == 1; some i; input.b[i]",
            "some i; not input.a[i] == 1; input.a[i] = x; x",
            "some x in input.a; not x == 1",
            "some k, v in input.a; not input.b[k] == v",
            "x := input.a[_]; not startswith(x, \"s\")",
            "[x, _] = input.a; not x",
            "{\"k\": v} = input.a; not v",
            "{\"k\": [_, {\"l\": v}]} = input.a; not v",
            "input.a = [x, y]; not x == y",
            "some helper; input.a[helper]; not input.b[helper]",
            "some i; input.a[i]; count([1 | some i; input.b[i]; not input.c[i]]) > 0",
            "some {\"k\": v} in input.a; not v",
            "some [x, y] in input.a; not x == y",
            "split(input.a, \".\", x); not x == [3]",
            "count(input.a[i]) > 1; not input.b[i]",
            "1 in input.a[i]; not input.b[i]",
            "input.a[i].x + input.b[j] > 1; not input.c[i][j]",
            "[input.a[i], 1] == [1, 1]; not input.b[i]",
            "x := {\"k\": input.a[i]}; x; not input.b[i]",
            "every x in input.a[i] { not x == i }; not input.b[i]",
            "helper with input.b as input.a[i]; not input.b[i]",
            "x := y; y := z; z := input.a; not x == y",
            "not helper",
            "not main_function(1)",
            "not data.main.helper",
            "not given.x",
            "not m.helper",
            "not input.a[helper]",
            "not count([1 | input.a[_] == 1]) > 0",
            "not count({x | some x in input.a; x > 1}) == 0",
            "not count({k: v | some k, v in input.a}) == 0",
            "some x in input.a; count([1 | not x == 1]) > 0",
            "count([y | some x in input.a; y := x; not y == x]) == 0",
            "every x in input.a { not x == 1 }",
            "every k, v in input.a { not input.b[k] == v }",
            "every x in input.a { some y in x; not y == 1; not x == y }",
            "not helper with input as {\"a\": input.b}",
            "not helper with input as input.a[_]",
            "not any_prefix(input.a, \"s\")",
            "not strings.any_prefix_match(input.a, [\"s\"])",
            "not regex.match(`^[a-z]$`, input.a)",
            "not {\"a\", \"b\"} == {x | some x in input.a}",
            "input.a[i][j]; not input.b[j][i]",
            "x := 1; y := [z | z := x; not z == x]; not y == [x]",
        ] {
            let rules = "helper := input.h\nmain_function(x) if not x == 2\nany_prefix(xs, p) if { some x in xs; not startswith(x, p) }\npattern([x, y], {\"k\": z}) if { not x == y; not z }\n";
            let text = format!(
                "package main\nimport rego.v1\nimport input as given\nimport data.main as m\n{rules}deny contains \"m\" if {{\n{body}\n}}\n"
            );
            assert!(compile(&text).is_ok(), "{body}: {}", problem(&text));
        }
        for rules in [
            "deny[m] { x := input.a[_]; not x.b; m := x.c }",
            "deny[m] { input.a[i].x; not input.b[i]; m := \"m\" }",
            "deny[m] { not has[m]; m := input.a[_] }\nhas[x] { x := input.b[_] }",
            "deny[\"m\"] { has }\nhas { x := input.a; not x } { x := input.b; not x == 1 }",
            "deny[\"m\"] { f(1, [2]) }\nf(x, [y]) { not x == y } else = y { not y == x }",
            "deny[m] { x := input.a[_]; m := [y | y := x.b; not x.c == y][_] }",
            "deny[sprintf(\"%v\", [[1 | not x == 1]])] { x := input.a[_] }",
        ] {
            let text = format!("package main\n{rules}\n");
            assert!(compile(&text).is_ok(), "{rules}: {}", problem(&text));
        }
    }

    #[test]
    fn functions_and_other_cases_of_evaluated_names_are_refused() {
        for (rules, expected) in [
            (
                "deny(x) := \"m\" if x == 1",
                "Some((0, 2, 1)) `main.deny` is a function and is never evaluated",
            ),
            ("deny[m] { m := \"m\" }\nwarn(x) = 1 { x }", "Some((0, 3, 1)) `main.warn` is a function"),
            ("deny contains \"m\"\ndeny_prod(x) if x", "`main.deny_prod` is a function"),
            ("deny contains \"m\"\nf(x) := deny_a(x)\ndeny_a(x) := x", "`main.deny_a` is a function"),
            (
                "deny contains \"m\"\nDeny contains \"n\"",
                "Some((0, 3, 1)) `main.Deny` is never evaluated: did you mean `deny`?",
            ),
            ("deny contains \"m\"\nDENY_Prod contains \"n\"", "did you mean `deny_prod`?"),
            ("deny contains \"m\"\nWarn[\"n\"] if true", "did you mean `warn`?"),
            ("warn contains \"m\"\nVIOLATION contains \"n\"", "did you mean `violation`?"),
            ("Deny contains \"n\"", "did you mean `deny`?"),
        ] {
            let found = problem(&format!("package main\n{rules}\n"));
            assert!(found.contains(expected), "{rules}: {found}");
        }
        for rules in [
            "deny contains deny_text(1) if input.a\ndeny_text(x) := sprintf(\"%v\", [x])",
            "deny contains \"m\" if input.a in DENY_LIST\nDENY_LIST := [1]",
            "deny contains \"m\"\nDenyer := 1\ndenial(x) := x",
        ] {
            let text = format!("package main\n{rules}\n");
            assert!(compile(&text).is_ok(), "{rules}: {}", problem(&text));
        }
    }

    #[test]
    fn tests_pass_fail_or_stop() {
        let rules = "package main\ndeny contains \"m\" if input.owner == data.banned\n";
        let tests = "package main_test\nimport data.main\n\ntest_banned if {\n  count(main.deny) == 1 with input as {\"owner\": \"a\"} with data.banned as \"a\"\n}\ntest_wrong if count(main.deny) == 5\ntest_stopped if 1 / input.zero == 1 with input as {\"zero\": 0}\ntodo_test_later if false\nhelper if true\n";
        let data = serde_json::json!({ "banned": "b" });
        let program = program(&[("a.rego", rules), ("a_test.rego", tests)], data);
        let found: Vec<String> = run_tests(&program)
            .unwrap()
            .into_iter()
            .map(|test| format!("{} {:?}", test.definition.shown(), test.outcome))
            .collect();
        assert_eq!(
            found,
            [
                "a_test.rego:4: rule `main_test.test_banned` Passed",
                "a_test.rego:8: rule `main_test.test_stopped` Stopped(\"a_test.rego:8:19: divide by zero\")",
                "a_test.rego:7: rule `main_test.test_wrong` Failed",
            ]
        );
    }
}
