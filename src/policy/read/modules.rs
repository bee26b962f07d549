//! The rules in Rego that a policy file names, with their data and their tests: found, loaded, compiled.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::diagnostic::{Diagnostic, Owner};
use crate::policy::read::{Broken, Load, Loaded, Reader, beside, fault, items};
use crate::policy::{DATA_EXTENSIONS, Policy};
use crate::rego::answer::{Fault, Program, Test, is_test};
use crate::rego::engine::{Alone, Rego, run_tests};
use crate::source::{Source, Span};
use crate::syntax;
use crate::syntax::{Node, POLICY_MARKER};

/// The most modules that a policy may name, and the most files of data.
const MOST_MODULES: usize = 500;
/// The most bytes that they may have together.
const MOST_BYTES: usize = 2 * 1024 * 1024;

/// Everything that a policy file names for its rules in Rego.
struct Named {
    /// The place of the first entry.
    span: Span,
    modules: Vec<(String, String)>,
    packages: Vec<String>,
    data: Value,
    data_files: Vec<(String, Arc<str>)>,
}

impl Named {
    fn program(&self) -> Program<'_> {
        Program { modules: &self.modules, packages: &self.packages, data: &self.data }
    }

    fn bytes(&self) -> usize {
        let modules = self.modules.iter().map(|(_, text)| text.len());
        modules.chain(self.data_files.iter().map(|(_, text)| text.len())).sum()
    }
}

/// The modules of a folder that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Modules {
    Rules,
    RulesAndTests,
}

/// The tests of the rules that a policy names.
#[derive(Debug, Default)]
pub struct RegoTests {
    /// The files of the tests.
    pub files: Vec<String>,
    /// The tests with their results.
    pub tests: Vec<Test>,
}

/// Runs the tests of the rules in Rego that a policy names, if any of their files is wanted.
///
/// # Errors
/// Each file that is broken, with everything that is wrong with it.
pub fn test_rego(
    source: &Arc<Source>,
    load: Load<'_>,
    is_wanted: &dyn Fn(&str) -> bool,
) -> Result<RegoTests, Vec<Broken>> {
    let document = syntax::parse(source);
    let Some(root) = document.roots().find(|root| root.get(POLICY_MARKER).is_some()) else {
        return Ok(RegoTests::default());
    };
    let loaded = Loaded::default();
    let mut broken = Vec::new();
    let mut reader = Reader::new(source, &loaded);
    let named = reader.named(root, load, Modules::RulesAndTests, &mut broken);
    let tested = named.filter(|_| reader.faults.is_empty() && broken.is_empty()).map(|named| {
        let tested = tested(&named, load, is_wanted);
        tested.map_err(|fault| reader.report(fault, named.span, named.modules, &mut broken))
    });
    reader.end(&mut broken);
    match tested {
        Some(Ok(tests)) if broken.is_empty() => Ok(tests),
        None if broken.is_empty() => Ok(RegoTests::default()),
        _ => Err(broken),
    }
}

/// Runs the tests in modules that no policy names.
///
/// # Errors
/// The file that is broken, with what is wrong with it.
pub fn test_modules(modules: Vec<(String, String)>, load: Load<'_>) -> Result<RegoTests, Vec<Broken>> {
    let named = Named {
        span: Span::new(0, 0),
        modules,
        packages: Vec::new(),
        data: Value::Object(Map::new()),
        data_files: Vec::new(),
    };
    tested(&named, load, &|_| true).map_err(|fault| {
        let Fault { place, message } = fault;
        let (at, line, column) = place.unwrap_or((0, 1, 1));
        named
            .modules
            .into_iter()
            .nth(at)
            .map(|module| in_module(module, (line, column), message))
            .into_iter()
            .collect()
    })
}

fn tested(named: &Named, load: Load<'_>, is_wanted: &dyn Fn(&str) -> bool) -> Result<RegoTests, Fault> {
    let files = named.modules.iter().map(|(name, _)| name).filter(|name| is_test(name) && is_wanted(name));
    let files: Vec<String> = files.cloned().collect();
    if files.is_empty() {
        return Ok(RegoTests::default());
    }
    let mut tests = Err(Fault::general("the Rego engine did not run"));
    let mut printed = String::new();
    let bounded = load.bounded(&mut || printed = load.muted(&mut || tests = run_tests(named.program())));
    bounded.map_err(Fault::general)?;
    let mut tests = unless_printed(tests, &printed, named, load)?;
    tests.retain(|test| is_wanted(&test.definition.origin.file));
    Ok(RegoTests { files, tests })
}

impl Reader<'_> {
    /// Compiles the rules in Rego that the file names.
    pub(crate) fn rego(
        &mut self,
        root: Node<'_>,
        load: Load<'_>,
        policy: &mut Policy,
        broken: &mut Vec<Broken>,
    ) {
        let Some(named) = self.named(root, load, Modules::Rules, broken) else { return };
        if !self.faults.is_empty() || !broken.is_empty() {
            return;
        }
        match compile(&named, load) {
            Ok(rego) => {
                policy.rego.push((Arc::new(rego), self.origin(named.span)));
                let modules = named.modules.into_iter().map(|(name, text)| (name, Arc::from(text)));
                policy.modules.extend(modules);
                policy.data.extend(named.data_files);
            }
            Err(fault) => self.report(fault, named.span, named.modules, broken),
        }
    }

    /// Loads the modules and the data that the file names, if it names some.
    fn named(
        &mut self,
        root: Node<'_>,
        load: Load<'_>,
        which: Modules,
        broken: &mut Vec<Broken>,
    ) -> Option<Named> {
        let mut named: Option<Named> = None;
        for item in self.entries(root, "rego") {
            let path = item.as_str().map(|path| (path, item)).or_else(|| {
                let node = item.get("path")?;
                Some((node.as_str()?, node))
            });
            let Some((path, node)) = path else { continue };
            let named = named.get_or_insert_with(|| Named {
                span: node.span(),
                modules: Vec::new(),
                packages: vec!["main".to_owned()],
                data: Value::Object(Map::new()),
                data_files: Vec::new(),
            });
            let packages = items(item, "packages").filter_map(|package| package.as_str().map(str::to_owned));
            named.packages.extend(packages);
            if let Err(message) = self.modules(path, load, which, named) {
                self.faults.push(fault(node.span(), message));
            }
        }
        for item in self.entries(root, "data") {
            let Some(path) = item.as_str() else { continue };
            let read = match &mut named {
                Some(named) => self.data(path, load, named, broken),
                None => Err("data has no effect without rules in Rego: add `rego`".to_owned()),
            };
            if let Err(message) = read {
                self.faults.push(fault(item.span(), message));
            }
        }
        if let Some(named) = &mut named {
            named.packages.dedup();
        }
        named
    }

    /// Adds the modules of a file, or of a folder, of rules in Rego.
    fn modules(&self, path: &str, load: Load<'_>, which: Modules, named: &mut Named) -> Result<(), String> {
        let whole = beside(self.source.name(), path);
        self.check_reach(&whole, load)?;
        let files = if has_extension(path, &["rego"]) {
            if is_test(path) {
                return Err(format!(
                    "{whole} contains tests, which `aivss-lint policy test` runs: name the rules"
                ));
            }
            let mut files = vec![whole.clone()];
            if which == Modules::RulesAndTests {
                files.extend(tests_next_to(&whole, load));
            }
            files
        } else {
            let mut files = load.rego_below(&whole).map_err(|message| format!("{whole}: {message}"))?;
            if files.iter().all(|name| is_test(name)) {
                return Err(format!("there is no .rego file below {whole}"));
            }
            files.retain(|name| which == Modules::RulesAndTests || !is_test(name));
            files
        };
        for name in files {
            if which == Modules::RulesAndTests && named.modules.iter().any(|(known, _)| *known == name) {
                continue;
            }
            let text = self.text(&name, load, named)?;
            named.modules.push((name, text));
        }
        Ok(())
    }

    /// Adds a file of data. Documents are merged at the root of `data`.
    fn data(
        &self,
        path: &str,
        load: Load<'_>,
        named: &mut Named,
        broken: &mut Vec<Broken>,
    ) -> Result<(), String> {
        let name = beside(self.source.name(), path);
        if !has_extension(path, &DATA_EXTENSIONS) {
            return Err(format!("{name} is not a file of data: .json, .yaml and .yml are read"));
        }
        let text = self.text(&name, load, named)?;
        let source = Source::decode(name.clone(), text.clone().into_bytes());
        let document = syntax::parse(&source);
        let problems: Vec<Diagnostic> =
            document.problems.iter().map(|problem| problem.diagnostic(Owner::Policy)).collect();
        if !problems.is_empty() {
            broken.push(Broken { source: Arc::new(source.clone()), diagnostics: problems });
            return Ok(());
        }
        let mut roots = document.roots();
        let root = match (roots.next(), roots.next()) {
            (Some(root), None) if root.as_map().is_some() => root.to_json(),
            _ => return Err(format!("{name} is not a single mapping")),
        };
        merge(&mut named.data, root, "data").map_err(|place| {
            format!("{name} defines `{place}`, which another file of data defines with another value")
        })?;
        named.data_files.push((name, Arc::from(text)));
        Ok(())
    }

    /// Refuses what is not in the policy's repository: a change of the policy could name anything, and what is wrong
    /// is quoted.
    fn check_reach(&self, name: &str, load: Load<'_>) -> Result<(), String> {
        let may_name = load.may_name(self.source.name(), name);
        may_name.then_some(()).ok_or_else(|| format!("{name} leads out of this policy's repository"))
    }

    fn text(&self, name: &str, load: Load<'_>, named: &Named) -> Result<String, String> {
        self.check_reach(name, load)?;
        let bytes = load.bytes(name).map_err(|message| format!("{name}: {message}"))?;
        let is_full = named.modules.len().max(named.data_files.len()) >= MOST_MODULES;
        if is_full || named.bytes() + bytes.len() > MOST_BYTES {
            return Err(format!(
                "there are more than {MOST_MODULES} modules or files of data, or {MOST_BYTES} bytes of them"
            ));
        }
        String::from_utf8(bytes).map_err(|_| format!("{name} is not UTF-8"))
    }

    /// Reports what is wrong with modules, in the module if the place is known.
    fn report(
        &mut self,
        Fault { place, message }: Fault,
        span: Span,
        modules: Vec<(String, String)>,
        broken: &mut Vec<Broken>,
    ) {
        match place.and_then(|(at, line, column)| Some((modules.into_iter().nth(at)?, (line, column)))) {
            None => self.faults.push(fault(span, message)),
            Some((module, place)) => broken.push(in_module(module, place, message)),
        }
    }
}

/// The tests in the folder of a file of rules.
fn tests_next_to(file: &str, load: Load<'_>) -> Vec<String> {
    let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
    let shown = if folder.is_empty() { "." } else { folder };
    let names = load.rego_below(shown).unwrap_or_default().into_iter();
    let is_in = |name: &String| name.rsplit_once('/').map_or("", |(folder, _)| folder) == folder;
    names.filter(|name| is_test(name) && is_in(name)).collect()
}

fn in_module((name, text): (String, String), (line, column): (u32, u32), message: String) -> Broken {
    let source = Source::decode(name, text.into_bytes());
    let start = source.offset(line, column);
    let place = source.first_line(Span::new(start, source.text().len()));
    let mut diagnostic = fault(place, message);
    diagnostic.help = Some("see docs/policy.md for what rules in Rego may do".into());
    Broken { source: Arc::new(source), diagnostics: vec![diagnostic] }
}

fn has_extension(path: &str, extensions: &[&str]) -> bool {
    let extension = Path::new(path).extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| extensions.contains(&extension))
}

/// Merges mappings, all the way down.
///
/// # Errors
/// The place of a value that both have, where one of them is not a mapping.
fn merge(into: &mut Value, from: Value, place: &str) -> Result<(), String> {
    let (Value::Object(into), Value::Object(from)) = (into, from) else { return Err(place.to_owned()) };
    for (key, value) in from {
        match into.get_mut(&key) {
            Some(known) if *known == value => {}
            Some(known) => merge(known, value, &format!("{place}.{key}"))?,
            None => drop(into.insert(key, value)),
        }
    }
    Ok(())
}

/// Compiles modules. What the engine warns of is an error: it has understood something otherwise than it was meant.
fn compile(named: &Named, load: Load<'_>) -> Result<Rego, Fault> {
    let mut compiled = Err(Fault::general("the Rego engine did not run"));
    let printed = load.muted(&mut || compiled = Rego::compile(named.program()));
    unless_printed(compiled, &printed, named, load)
}

fn unless_printed<T>(
    result: Result<T, Fault>,
    printed: &str,
    named: &Named,
    load: Load<'_>,
) -> Result<T, Fault> {
    if result.is_err() || printed.trim().is_empty() {
        return result;
    }
    // The engine does not print where.
    for alone in Alone::each(named.program()) {
        let printed = load.muted(&mut || alone.prepare());
        if let Some(warning) = printed.lines().find(|line| !line.trim().is_empty()) {
            return Err(alone.problem(warning));
        }
    }
    match printed.lines().find(|line| !line.trim().is_empty()) {
        Some(warning) if result.is_ok() => Err(Fault::general(format!("the Rego engine warns: {warning}"))),
        _ => result,
    }
}
