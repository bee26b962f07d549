//! The rules in Rego that a policy file names, with their data and their tests, as texts.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::diagnostic::{Origin, Owner, RuleNames};
use crate::page;
use crate::policy::read::{Chain, PolicyReader, beside, items, problem};
use crate::policy::{Broken, DATA_EXTENSIONS, Load};
use crate::source::Source;
use crate::syntax::{Node, POLICY_MARKER};

/// The most modules that a policy may name, and the most files of data.
const MAX_MODULES: usize = 500;
/// The most bytes that they may have together.
const MAX_BYTES: usize = 2 * 1024 * 1024;

/// The texts of the rules in Rego that one policy file names.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    /// The first entry of the policy that names one.
    pub(crate) origin: Origin,
    pub(crate) modules: Vec<TextFile>,
    /// The packages of which `deny`, `violation` and `warn` are evaluated.
    pub(crate) packages: Vec<String>,
    /// The documents below `data`, an object.
    pub(crate) data: Value,
    pub(crate) data_files: Vec<TextFile>,
}

#[derive(Clone, Debug)]
pub(crate) struct TextFile {
    /// Its name as it is shown.
    pub(crate) name: String,
    pub(crate) text: Arc<str>,
}

/// The modules of a folder that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Modules {
    Rules,
    RulesAndTests,
}

impl Program {
    /// A program without data.
    pub(crate) fn new(origin: Origin, modules: Vec<TextFile>, packages: Vec<String>) -> Self {
        Self { origin, modules, packages, data: Value::Object(Map::new()), data_files: Vec::new() }
    }
}

/// Whether a file in Rego contains tests, by OPA's convention.
pub(crate) fn is_test(name: &str) -> bool {
    name.ends_with("_test.rego")
}

/// Reads the rules in Rego that a policy file names, with the tests next to them. Other parts of the file are not read.
///
/// # Errors
/// Each file with problems.
pub(crate) fn program_with_tests(
    source: &Arc<Source>,
    load: Load<'_>,
    rules: RuleNames,
) -> Result<Option<Program>, Vec<Broken>> {
    let document = page::parse(source);
    let Some(root) = document.roots().find(|root| root.get(POLICY_MARKER).is_some()) else { return Ok(None) };
    let mut chain = Chain::new(load, rules);
    let mut reader = PolicyReader::new(source, &mut chain);
    let program = reader.program(root, Modules::RulesAndTests);
    let problems = reader.problems;
    if !problems.is_empty() {
        chain.broken.push(Broken { source: source.clone(), diagnostics: problems });
    }
    if chain.broken.is_empty() { Ok(program) } else { Err(chain.broken) }
}

impl PolicyReader<'_, '_, '_> {
    /// Reads the rules in Rego that the file names.
    pub(crate) fn program(&mut self, root: Node<'_>, which: Modules) -> Option<Program> {
        let mut program: Option<Program> = None;
        for item in self.entries(root, "rego") {
            let node = item.get("path").unwrap_or(item);
            let Some(path) = node.as_str() else { continue };
            let program = program.get_or_insert_with(|| {
                Program::new(self.origin(node.span()), Vec::new(), vec!["main".to_owned()])
            });
            program.packages.extend(items(item, "packages").filter_map(Node::as_str).map(str::to_owned));
            if let Err(message) = self.add_modules(path, which, program) {
                self.report(problem(node.span(), message));
            }
        }
        for item in self.entries(root, "data") {
            let Some(path) = item.as_str() else { continue };
            let added = match &mut program {
                Some(program) => self.add_data(path, program),
                None => Err("data has no effect without rules in Rego: add `rego`".to_owned()),
            };
            if let Err(message) = added {
                self.report(problem(item.span(), message));
            }
        }
        if let Some(program) = &mut program {
            program.packages.dedup();
        }
        program
    }

    /// Adds the modules of a file, or of a folder.
    fn add_modules(&self, path: &str, which: Modules, program: &mut Program) -> Result<(), String> {
        let name = beside(self.source.name(), path);
        self.check_reach(&name)?;
        let with_tests = which == Modules::RulesAndTests;
        let mut files = if has_extension(path, &["rego"]) {
            if is_test(path) {
                return Err(format!(
                    "{name} contains tests, which `aivss-lint policy test` runs: name the rules"
                ));
            }
            let tests = if with_tests { self.tests_next_to(&name) } else { Vec::new() };
            [vec![name], tests].concat()
        } else {
            let files = self.chain.load.rego_below(&name).map_err(|message| format!("{name}: {message}"))?;
            if files.iter().all(|file| is_test(file)) {
                return Err(format!("no .rego file below {name}"));
            }
            files
        };
        files.retain(|file| with_tests || !is_test(file));
        for name in files {
            if with_tests && program.modules.iter().any(|known| known.name == name) {
                continue;
            }
            let text = Arc::from(self.text(&name, program)?);
            program.modules.push(TextFile { name, text });
        }
        Ok(())
    }

    /// The tests in the folder of a file of rules.
    fn tests_next_to(&self, file: &str) -> Vec<String> {
        let own = folder_of(file);
        let mut names =
            self.chain.load.rego_below(if own.is_empty() { "." } else { own }).unwrap_or_default();
        names.retain(|name| is_test(name) && folder_of(name) == own);
        names
    }

    /// Adds a file of data. Documents are merged at the root of `data`.
    fn add_data(&mut self, path: &str, program: &mut Program) -> Result<(), String> {
        let name = beside(self.source.name(), path);
        if !has_extension(path, &DATA_EXTENSIONS) {
            return Err(format!("{name} is not a file of data (.json, .yaml, .yml)"));
        }
        let text = self.text(&name, program)?;
        let source = Source::decode(name.clone(), text.clone().into_bytes());
        let document = page::parse(&source);
        if !document.problems.is_empty() {
            let diagnostics = document.problems.iter().map(|problem| problem.diagnostic(Owner::Policy));
            let diagnostics = diagnostics.collect();
            self.chain.broken.push(Broken { source: Arc::new(source.clone()), diagnostics });
            return Ok(());
        }
        let mut roots = document.roots();
        let root = match (roots.next(), roots.next()) {
            (Some(root), None) if root.as_map().is_some() => root.to_json(),
            _ => return Err(format!("{name} is not a single mapping")),
        };
        merge(&mut program.data, root, "data").map_err(|place| {
            format!("{name} defines `{place}`, which another file of data defines with another value")
        })?;
        program.data_files.push(TextFile { name, text: Arc::from(text) });
        Ok(())
    }

    /// Refuses files outside of the policy's repository: a change of the policy could name any file, and problems in it
    /// are quoted.
    fn check_reach(&self, name: &str) -> Result<(), String> {
        if self.chain.load.may_name(self.source.name(), name) {
            return Ok(());
        }
        Err(format!("{name} is outside of this policy's repository"))
    }

    fn text(&self, name: &str, program: &Program) -> Result<String, String> {
        self.check_reach(name)?;
        let bytes = self.chain.load.bytes(name).map_err(|message| format!("{name}: {message}"))?;
        let Program { modules, data_files, .. } = program;
        let size: usize = modules.iter().chain(data_files).map(|file| file.text.len()).sum();
        if modules.len().max(data_files.len()) >= MAX_MODULES || size + bytes.len() > MAX_BYTES {
            return Err(format!(
                "more than {MAX_MODULES} modules or files of data, or {MAX_BYTES} bytes of them"
            ));
        }
        String::from_utf8(bytes).map_err(|_| format!("{name} is not UTF-8"))
    }
}

fn folder_of(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn has_extension(path: &str, extensions: &[&str]) -> bool {
    let extension = Path::new(path).extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| extensions.contains(&extension))
}

/// Merges mappings, all the way down.
///
/// # Errors
/// The path of a value that both have, where one of them is not a mapping.
fn merge(into: &mut Value, from: Value, path: &str) -> Result<(), String> {
    let (Value::Object(into), Value::Object(from)) = (into, from) else { return Err(path.to_owned()) };
    for (key, value) in from {
        match into.get_mut(&key) {
            Some(known) if *known == value => {}
            Some(known) => merge(known, value, &format!("{path}.{key}"))?,
            None => drop(into.insert(key, value)),
        }
    }
    Ok(())
}
