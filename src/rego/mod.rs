//! Policies with their rules in Rego compiled, and the tests of such rules. Only the files that exist with the feature
//! `rego` know the engine.

mod answer;
#[cfg(feature = "rego")]
mod builtins;
#[cfg(feature = "rego")]
mod engine;
#[cfg(feature = "rego")]
mod mirror;
#[cfg(feature = "rego")]
mod rules;
#[cfg(feature = "rego")]
mod syntax;
#[cfg(feature = "rego")]
mod text;

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

pub(crate) use crate::rego::answer::{Definition, RegoAnswer, Test, TestOutcome, rego_input};

use crate::diagnostic::{Diagnostic, Origin, Owner, RuleInfo, RuleNames, sort_diagnostics};
use crate::page::parse;
use crate::policy::{Broken, BuiltIn, Load, Policy, Program, TextFile, is_test, program_with_tests, read};
use crate::rego::answer::{RegoProblem, first_line};
#[cfg(feature = "rego")]
use crate::rego::engine::{Rego, problem_of_warning, run_tests};
#[cfg(not(feature = "rego"))]
use crate::rego::no_engine::{NoRules as Rego, problem_of_warning, run_tests};
use crate::source::{Source, Span};
use crate::syntax::pointer;

/// The engine of a build without it: it refuses all rules, so that none is skipped.
#[cfg(not(feature = "rego"))]
mod no_engine {
    use crate::policy::{Load, Program};
    use crate::rego::answer::{Answers, Definition, RegoProblem, Test};

    const MISSING: &str = "this build of aivss-lint has no Rego engine (Cargo feature `rego`)";

    #[derive(Clone, Copy, Debug)]
    pub(crate) enum NoRules {}

    impl NoRules {
        pub(crate) fn compile(_program: &Program) -> Result<Self, RegoProblem> {
            Err(RegoProblem::general(MISSING))
        }

        pub(crate) const fn ask(self, _input: &str) -> Result<Answers, String> {
            match self {}
        }

        pub(crate) const fn definitions(&self) -> &[Definition] {
            match *self {}
        }
    }

    pub(crate) fn run_tests(_program: &Program) -> Result<Vec<Test>, RegoProblem> {
        Err(RegoProblem::general(MISSING))
    }

    pub(crate) fn problem_of_warning(_program: &Program, _load: Load<'_>) -> Option<RegoProblem> {
        None
    }
}

/// A policy that can be applied: its rules in Rego are compiled.
#[derive(Clone, Debug)]
pub struct CompiledPolicy {
    policy: Policy,
    programs: Vec<Arc<Rego>>,
}

impl Deref for CompiledPolicy {
    type Target = Policy;

    fn deref(&self) -> &Policy {
        &self.policy
    }
}

impl DerefMut for CompiledPolicy {
    fn deref_mut(&mut self) -> &mut Policy {
        &mut self.policy
    }
}

/// The answers of the rules in Rego for one threat model.
#[derive(Clone, Debug, Default)]
pub(crate) struct RegoAnswers<'p> {
    /// Problems, each with the definition of the rule that reports it.
    pub(crate) given: Vec<(RegoAnswer, &'p Definition)>,
    /// The reasons why rules have no answer, each with the file, the line and the rule.
    pub(crate) failed: Vec<String>,
}

impl CompiledPolicy {
    /// Reads a policy and everything that it names.
    ///
    /// # Errors
    /// Each file with problems.
    pub fn read(source: Source, load: Load<'_>, rules: RuleNames) -> Result<Self, Vec<Broken>> {
        let policy = read(source, load, rules)?;
        let mut programs = Vec::new();
        for program in policy.rego.iter().filter(|_| load.runs_rego()) {
            match checked(program, load, || Rego::compile(program)) {
                Ok(rego) => programs.push(Arc::new(rego)),
                Err(problem) => return Err(vec![broken(problem, program, policy.sources())]),
            }
        }
        Ok(Self { policy, programs })
    }

    /// A policy that comes with the program, which has no rules in Rego.
    pub fn built_in(built_in: BuiltIn, rules: RuleNames) -> Self {
        Self { policy: built_in.policy(rules), programs: Vec::new() }
    }

    /// The policy without its compiled rules.
    pub fn into_policy(self) -> Policy {
        self.policy
    }

    pub(crate) const fn has_rego(&self) -> bool {
        !self.programs.is_empty()
    }

    /// Evaluates the rules in Rego for an input, given as JSON.
    ///
    /// # Errors
    /// The reason why none could be evaluated.
    pub(crate) fn evaluate(&self, input: &str) -> Result<RegoAnswers<'_>, String> {
        let mut all = RegoAnswers::default();
        for rego in &self.programs {
            let answers = rego.ask(input)?;
            let definitions = rego.definitions();
            for (at, answer) in answers.given {
                all.given.extend(definitions.get(at).map(|definition| (answer, definition)));
            }
            all.failed.extend(answers.failed);
            for (at, message) in answers.wrong {
                all.failed.extend(
                    definitions.get(at).map(|definition| format!("{}: {message}", definition.shown())),
                );
            }
        }
        Ok(all)
    }
}

/// The tests of rules in Rego with their results, and their files.
#[derive(Debug, Default)]
pub(crate) struct RegoTests {
    pub(crate) files: Vec<String>,
    pub(crate) tests: Vec<Test>,
}

/// Runs the tests of the rules in Rego that a policy names, in the files that are wanted.
///
/// # Errors
/// Each file with problems.
pub(crate) fn test_policy(
    source: &Arc<Source>,
    load: Load<'_>,
    rules: RuleNames,
    is_wanted: impl Fn(&str) -> bool,
) -> Result<RegoTests, Vec<Broken>> {
    match program_with_tests(source, load, rules)? {
        Some(program) => run(&program, load, is_wanted)
            .map_err(|problem| vec![broken(problem, &program, std::slice::from_ref(source))]),
        None => Ok(RegoTests::default()),
    }
}

/// Runs the tests in modules that no policy names.
///
/// # Errors
/// The file with the problem.
pub(crate) fn test_modules(modules: Vec<TextFile>, load: Load<'_>) -> Result<RegoTests, Vec<Broken>> {
    let program = Program::new(Origin::outside(""), modules, Vec::new());
    run(&program, load, |_| true).map_err(|problem| {
        let problem = RegoProblem { place: Some(problem.place.unwrap_or((0, 1, 1))), ..problem };
        vec![broken(problem, &program, &[])]
    })
}

fn run(
    program: &Program,
    load: Load<'_>,
    is_wanted: impl Fn(&str) -> bool,
) -> Result<RegoTests, RegoProblem> {
    let names = program.modules.iter().map(|file| &file.name);
    let files: Vec<String> = names.filter(|name| is_test(name) && is_wanted(name)).cloned().collect();
    if files.is_empty() {
        return Ok(RegoTests::default());
    }
    let mut tests = Ok(Vec::new());
    let bounded = load.bounded(&mut || tests = checked(program, load, || run_tests(program)));
    bounded.map_err(RegoProblem::general)?;
    let mut tests = tests?;
    tests.retain(|test| is_wanted(&test.definition.origin.file));
    Ok(RegoTests { files, tests })
}

/// Runs the engine on a program. A warning that the engine prints is an error: the engine reads something otherwise than
/// its author meant it.
fn checked<T>(
    program: &Program,
    load: Load<'_>,
    mut work: impl FnMut() -> Result<T, RegoProblem>,
) -> Result<T, RegoProblem> {
    let mut result = Err(RegoProblem::general("the Rego engine did not run"));
    let printed = load.muted(&mut || result = work());
    match first_line(&printed) {
        Some(warning) if result.is_ok() => {
            // The engine does not print the place.
            let placed = problem_of_warning(program, load);
            Err(placed.unwrap_or_else(|| RegoProblem::general(format!("the Rego engine warns: {warning}"))))
        }
        _ => result,
    }
}

/// A problem of a program, in its module if the place is known, else in the policy that names it.
fn broken(problem: RegoProblem, program: &Program, sources: &[Arc<Source>]) -> Broken {
    let message = problem.message;
    if let Some((at, line, column)) = problem.place
        && let Some(TextFile { name, text }) = program.modules.get(at)
    {
        let source = Source::decode(name.clone(), text.as_bytes().to_vec());
        let span = source.first_line(Span::new(source.offset(line, column), source.text().len()));
        let diagnostic = Diagnostic::new(RuleInfo::POLICY, Owner::Policy, span, message)
            .help("see docs/guides/rego.md for the limits of rules in Rego");
        return Broken { source: Arc::new(source), diagnostics: vec![diagnostic] };
    }
    let source = sources.iter().find(|source| source.name() == &*program.origin.file).cloned();
    let source = source.unwrap_or_else(|| Arc::new(Source::decode(&*program.origin.file, Vec::new())));
    let mut diagnostics =
        vec![Diagnostic::new(RuleInfo::POLICY, Owner::Policy, program.origin.span, message)];
    let document = parse(&source);
    sort_diagnostics(&mut diagnostics, |span| pointer(&document, span));
    drop(document);
    Broken { source, diagnostics }
}
