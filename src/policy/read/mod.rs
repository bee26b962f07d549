//! Policy files to [`Policy`], by the same steps as any other file: document, schema, meaning.

mod exceptions;
mod modules;
mod settings;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;

pub use modules::{RegoTests, test_modules, test_rego};

use crate::diagnostic::{
    Diagnostic, MAX_PROBLEMS, Origin, Owner, RuleInfo, limit_problems, sort_diagnostics,
};
use crate::did_you_mean::nearest;
use crate::policy::globs::{Case, PathSet};
use crate::policy::{BuiltIn, Policy, Sourced};
use crate::schema::Schema;
use crate::source::{Source, Span};
use crate::syntax;
use crate::syntax::{List, Node, POLICY_MARKER};

/// How a policy comes by the files that it names: those it extends, and rules in Rego.
pub trait FileLoader: Sync {
    /// The bytes of a file, by its name as it is shown.
    ///
    /// # Errors
    /// Why it cannot be read, as a sentence.
    fn bytes(&self, name: &str) -> Result<Vec<u8>, String>;

    /// The names of the Rego files below a folder, those of tests too, in order.
    ///
    /// # Errors
    /// Why the folder cannot be looked through, as a sentence.
    fn rego_below(&self, folder: &str) -> Result<Vec<String>, String> {
        Err(format!("{folder} is a folder, and there are none here"))
    }

    /// Whether a file or folder exists at a path from the repository's root, for evidence that names one.
    fn exists(&self, _path: &str) -> bool {
        false
    }

    /// Whether a policy may name another policy, or a file or folder of rules, which are quoted where they are wrong: one
    /// of its own repository. All names are as they are shown.
    fn may_name(&self, _policy: &str, _path: &str) -> bool {
        true
    }

    /// Runs code of others that may print to standard error by itself. Returns what it printed, where that can be kept
    /// from getting there.
    fn muted(&self, work: &mut dyn FnMut()) -> String {
        work();
        String::new()
    }

    /// Runs code of others within the time and memory that a whole run has for it.
    ///
    /// # Errors
    /// The run has used up its time, so nothing was done.
    fn bounded(&self, work: &mut dyn FnMut()) -> Result<(), String> {
        work();
        Ok(())
    }
}

/// No files at all, for policies that name none.
#[derive(Clone, Copy, Debug)]
pub struct NoFiles;

impl FileLoader for NoFiles {
    fn bytes(&self, name: &str) -> Result<Vec<u8>, String> {
        Err(format!("{name} is not here"))
    }
}

impl<F: Fn(&str) -> Result<Vec<u8>, String> + Sync> FileLoader for F {
    fn bytes(&self, name: &str) -> Result<Vec<u8>, String> {
        self(name)
    }
}

/// The files that a policy may name.
pub type Load<'l> = &'l dyn FileLoader;

/// A policy file that cannot be used, with everything that is wrong with it.
#[derive(Debug)]
pub struct Broken {
    /// The file.
    pub source: Arc<Source>,
    /// What is wrong.
    pub diagnostics: Vec<Diagnostic>,
}

/// How many policies may extend each other in a chain.
const LONGEST_CHAIN: usize = 16;
/// How many policies may be extended in all.
const MOST_LOADED: usize = 64;
/// How many exceptions, overrides and patterns there may be in all of them.
const MOST_ENTRIES: usize = 5_000;

/// Reads a policy and those it extends.
///
/// # Errors
/// Each file that is broken, with everything that is wrong with it.
pub fn read(source: Source, load: Load<'_>) -> Result<Policy, Vec<Broken>> {
    read_as(Shape::Checked, source, load)
}

/// Reads a policy that comes with the program, whose shape a test has checked: compiling the schema would be most of
/// what a run on one file takes.
///
/// # Errors
/// As [`read`], but for what the schema would find.
pub(crate) fn read_own(source: Source) -> Result<Policy, Vec<Broken>> {
    read_as(Shape::Known, source, &NoFiles)
}

fn read_as(shape: Shape, source: Source, load: Load<'_>) -> Result<Policy, Vec<Broken>> {
    let mut broken = Vec::new();
    let policy =
        read_chained(shape, &Arc::new(source), load, &mut Vec::new(), &Loaded::default(), &mut broken);
    if broken.is_empty() { Ok(policy) } else { Err(broken) }
}

/// What a policy and those that it extends have come to so far.
#[derive(Default)]
struct Loaded {
    /// How many policies have been extended.
    policies: Cell<usize>,
    /// How many exceptions, overrides and patterns there are.
    entries: Cell<usize>,
}

/// Counts one more.
fn count(counter: &Cell<usize>) -> usize {
    counter.set(counter.get().saturating_add(1));
    counter.get()
}

/// Whether a policy is held against the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Checked,
    Known,
}

fn read_chained(
    shape: Shape,
    source: &Arc<Source>,
    load: Load<'_>,
    chain: &mut Vec<String>,
    loaded: &Loaded,
    broken: &mut Vec<Broken>,
) -> Policy {
    let document = syntax::parse(source);
    let mut faults = Faults::default();
    faults.extend(document.problems.iter().map(|problem| problem.diagnostic(Owner::Policy)));
    let mut roots = document.roots();
    let root = match (roots.next(), roots.next()) {
        (Some(root), None) if root.get(POLICY_MARKER).is_some() => Some(root),
        (Some(root), None) => {
            let message = format!("this is no policy: it lacks `{POLICY_MARKER}: 1`");
            faults.push(fault(source.first_line(root.span()), message));
            None
        }
        _ => {
            if faults.is_empty() {
                faults.push(fault(Span::new(0, 0), "a policy file holds exactly one policy"));
            }
            None
        }
    };
    let mut policy = Policy::default();
    if let Some(root) = root {
        if shape == Shape::Checked {
            let violations = Schema::Policy.violations(root).into_iter();
            faults.extend(violations.map(|violation| violation.into_diagnostic(Owner::Policy)));
        }
        chain.push(source.name().to_owned());
        let mut reader = Reader { faults, ..Reader::new(source, loaded) };
        for parent in reader.parents(root, load, chain) {
            let over = match parent {
                Parent::BuiltIn(built_in) => {
                    // A built-in policy has a level for every rule, be it the rule's own.
                    policy.settings.levels.clear();
                    built_in.policy()
                }
                Parent::File(source) => {
                    read_chained(Shape::Checked, &Arc::new(source), load, chain, loaded, broken)
                }
            };
            policy.overlay(over);
        }
        policy.overlay(reader.policy(root));
        reader.rego(root, load, &mut policy, broken);
        chain.pop();
        faults = reader.faults;
    }
    let Faults(mut faults) = faults;
    limit_problems(&mut faults, Owner::Policy, Span::new(0, 0));
    sort_diagnostics(&mut faults, |span| syntax::pointer(&document, span));
    // Aliases lead to the same mistake several times.
    faults.dedup();
    if !faults.is_empty() {
        broken.push(Broken { source: source.clone(), diagnostics: faults });
    }
    if BuiltIn::named(source.name()).is_none() {
        policy.sources.push(source.clone());
    }
    policy
}

/// The problems of a file as they are found: those that nobody reads are not kept.
#[derive(Default)]
struct Faults(Vec<Diagnostic>);

impl Faults {
    fn push(&mut self, fault: Diagnostic) {
        // One more than are reported shows that there are more.
        if self.0.len() <= MAX_PROBLEMS {
            self.0.push(fault);
        }
    }

    fn extend(&mut self, faults: impl IntoIterator<Item = Diagnostic>) {
        let room = (MAX_PROBLEMS + 1).saturating_sub(self.0.len());
        self.0.extend(faults.into_iter().take(room));
    }

    const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn fault(span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(RuleInfo::POLICY, Owner::Policy, span, message)
}

/// What a policy builds on.
enum Parent {
    BuiltIn(BuiltIn),
    File(Source),
}

struct Reader<'s> {
    source: &'s Source,
    file: Arc<str>,
    faults: Faults,
    /// What has been read, here and along the chain.
    loaded: &'s Loaded,
}

impl<'s> Reader<'s> {
    fn new(source: &'s Source, loaded: &'s Loaded) -> Self {
        Self { source, file: Arc::from(source.name()), faults: Faults::default(), loaded }
    }

    /// Adds what is wrong with the file to all that is broken.
    fn end(self, broken: &mut Vec<Broken>) {
        let Faults(diagnostics) = self.faults;
        if !diagnostics.is_empty() {
            broken.push(Broken { source: Arc::new(self.source.clone()), diagnostics });
        }
    }
}

impl Reader<'_> {
    fn parents(&mut self, root: Node<'_>, load: Load<'_>, chain: &[String]) -> Vec<Parent> {
        let mut parents = Vec::new();
        let mut seen: Vec<&str> = Vec::new();
        for item in self.entries(root, "extends") {
            let Some(name) = item.as_str() else { continue };
            if seen.contains(&name) {
                self.faults.push(fault(item.span(), format!("`{name}` stands here a second time")));
                continue;
            }
            seen.push(name);
            match self.parent(name, load, chain) {
                Ok(parent) => parents.push(parent),
                Err((message, help)) => {
                    let diagnostic = fault(item.span(), message);
                    self.faults.push(match help {
                        Some(help) => diagnostic.help(help),
                        None => diagnostic,
                    });
                }
            }
        }
        parents
    }

    fn parent(
        &self,
        name: &str,
        load: Load<'_>,
        chain: &[String],
    ) -> Result<Parent, (String, Option<String>)> {
        if let Some(built_in) = BuiltIn::named(name) {
            return Ok(Parent::BuiltIn(built_in));
        }
        let is_path =
            name.contains('/') || [".yaml", ".yml", ".json"].iter().any(|ending| name.ends_with(ending));
        if !is_path {
            let known = crate::policy::BUILT_IN.map(|built_in| built_in.name);
            let help = nearest(name, known).map(|meant| format!("did you mean `{meant}`?"));
            let message = format!("`{name}` is neither a built-in policy ({}) nor a path", known.join(", "));
            return Err((message, help));
        }
        if name.contains("://") {
            return Err((format!("`{name}` is not fetched: policies come from files alone"), None));
        }
        let path = beside(self.source.name(), name);
        if chain.contains(&path) {
            return Err((
                format!("`{name}` extends this policy in turn: {} → {path}", chain.join(" → ")),
                None,
            ));
        }
        // Before anything is read, so that the message is the same whether the file exists or not.
        if !load.may_name(self.source.name(), &path) {
            return Err((format!("`{name}` leads out of this policy's repository"), None));
        }
        if chain.len() >= LONGEST_CHAIN || count(&self.loaded.policies) > MOST_LOADED {
            let message =
                format!("more than {LONGEST_CHAIN} policies extend each other, or {MOST_LOADED} in all");
            return Err((message, None));
        }
        match load.bytes(&path) {
            Ok(bytes) => {
                let source = Source::decode(path, bytes);
                // Nothing of a file that is no policy is to be quoted.
                let is_policy = syntax::parse(&source).roots().any(|root| root.get(POLICY_MARKER).is_some());
                if is_policy {
                    Ok(Parent::File(source))
                } else {
                    Err((format!("`{name}` is no policy"), None))
                }
            }
            Err(message) => Err((format!("`{name}` cannot be read: {message}"), None)),
        }
    }

    /// What the file itself says.
    fn policy(&mut self, root: Node<'_>) -> Policy {
        let files = root.get("files");
        let include = files.and_then(|files| self.patterns(files, "include"));
        let exclude = files.and_then(|files| {
            let place = files.as_map()?.entry("exclude")?.key_span;
            Some(Sourced { value: self.patterns(files, "exclude")?, origin: self.origin(place) })
        });
        let models_in = root.get("require").and_then(|require| self.models_in(require));
        let max_term = root.as_map().and_then(|map| self.days(map, "max_term"));
        Policy {
            settings: self.settings(root),
            overrides: self
                .entries(root, "overrides")
                .into_iter()
                .filter_map(|item| self.over(item))
                .collect(),
            forced: BTreeMap::new(),
            exceptions: self.exceptions(root, max_term.as_ref()),
            rego: Vec::new(),
            modules: Vec::new(),
            data: Vec::new(),
            include,
            exclude,
            models_in,
            sources: Vec::new(),
        }
    }

    fn models_in(&mut self, require: Node<'_>) -> Option<Sourced<PathSet>> {
        let place = require.as_map()?.entry("models_in")?.key_span;
        require.get("models_in")?.as_list()?;
        let nodes = self.entries(require, "models_in");
        // Folders that differ in case alone are the same one on some systems.
        Some(Sourced { value: self.pattern_list(&nodes, Case::Any)?, origin: self.origin(place) })
    }

    /// The elements of a list of exceptions, overrides or patterns, as far as there may be more of them.
    fn entries<'t>(&mut self, node: Node<'t>, key: &str) -> Vec<Node<'t>> {
        let mut entries = Vec::new();
        for item in items(node, key) {
            if count(&self.loaded.entries) > MOST_ENTRIES {
                let message =
                    format!("there are more than {MOST_ENTRIES} exceptions, overrides and patterns");
                self.faults.push(fault(item.span(), message));
                break;
            }
            entries.push(item);
        }
        entries
    }

    fn patterns(&mut self, files: Node<'_>, key: &str) -> Option<PathSet> {
        files.get(key)?.as_list()?;
        let nodes = self.entries(files, key);
        self.pattern_list(&nodes, Case::Exact)
    }

    fn pattern_list(&mut self, nodes: &[Node<'_>], case: Case) -> Option<PathSet> {
        let nodes: Vec<Node<'_>> = nodes.iter().copied().filter(|node| node.as_str().is_some()).collect();
        for node in &nodes {
            let pattern = node.as_str().unwrap_or_default();
            if pattern.starts_with('/') || pattern.starts_with("./") || pattern.starts_with("../") {
                let message =
                    "a pattern is relative to the repository's root and begins without `/`, `./` or `../`";
                self.faults.push(fault(node.span(), message));
            }
        }
        match PathSet::new(nodes.iter().filter_map(|node| node.as_str()), case) {
            Ok(set) => Some(set),
            Err((at, message)) => {
                let span = nodes.get(at).map_or(Span::new(0, 0), |node| node.span());
                self.faults.push(fault(span, format!("this pattern cannot be read: {message}")));
                None
            }
        }
    }

    fn origin(&self, span: Span) -> Origin {
        Origin::new(self.file.clone(), self.source, span)
    }
}

const UNREAD: &str = "take it out: without this rule a score or a whole file would go unread, and pass";

fn items<'t>(node: Node<'t>, key: &str) -> impl Iterator<Item = Node<'t>> + use<'t> {
    node.get(key).and_then(Node::as_list).into_iter().flat_map(List::iter)
}

fn first_key(node: Node<'_>) -> Span {
    node.as_map().and_then(|map| map.iter().next()).map_or(node.span(), |entry| entry.key_span)
}

/// The path `relative` to the folder of the file `name`, without `.` and `..` where they can be resolved.
pub fn beside(name: &str, relative: &str) -> String {
    let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
    let whole = if relative.starts_with('/') { relative.to_owned() } else { format!("{folder}/{relative}") };
    let rooted = name.starts_with('/') || relative.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    format!("{}{}", if rooted { "/" } else { "" }, parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_to_the_policy_that_names_them() {
        assert_eq!(beside("aivss-policy.yaml", "policies/base.yaml"), "policies/base.yaml");
        assert_eq!(beside(".github/aivss-policy.yaml", "../policies/./base.yaml"), "policies/base.yaml");
        assert_eq!(beside("../a/p.yaml", "../b.yaml"), "../b.yaml");
        assert_eq!(beside("/repo/p.yaml", "b.yaml"), "/repo/b.yaml");
    }

    #[test]
    fn policies_extend_files_in_chains_and_never_in_circles() {
        let files = |path: &str| -> Result<Vec<u8>, String> {
            match path {
                "base/a.yaml" => {
                    Ok(b"aivss_policy: 1\nextends: [./b.yaml]\nlimits: { score: 7.0 }\n".to_vec())
                }
                "base/b.yaml" => {
                    Ok(b"aivss_policy: 1\nextends: [strict]\nlimits: { score: 6.0, cvss_base: 9 }\n".to_vec())
                }
                "circle.yaml" => Ok(b"aivss_policy: 1\nextends: [other.yaml]\n".to_vec()),
                "other.yaml" => Ok(b"aivss_policy: 1\nextends: [circle.yaml]\n".to_vec()),
                _ => Err("no such file".to_owned()),
            }
        };
        let source = |text: &str| Source::decode("p.yaml", text.as_bytes().to_vec());
        let policy = read(source("aivss_policy: 1\nextends: [base/a.yaml]\n"), &files).unwrap();
        let limits = policy.settings().limits();
        assert_eq!(limits.score.as_ref().unwrap().origin.to_string(), "base/a.yaml:3:11");
        assert_eq!(limits.cvss_base.as_ref().unwrap().origin.to_string(), "base/b.yaml:3:23");
        assert!(policy.settings().three_point().unwrap().to_string().starts_with("strict:"));
        let broken = |text: &str| {
            read(source(text), &files).unwrap_err().remove(0).diagnostics.remove(0).message.into_string()
        };
        assert_eq!(
            broken("aivss_policy: 1\nextends: [circle.yaml]\n"),
            "`circle.yaml` extends this policy in turn: p.yaml → circle.yaml → other.yaml → circle.yaml"
        );
        assert_eq!(
            broken("aivss_policy: 1\nextends: [nowhere.yaml]\n"),
            "`nowhere.yaml` cannot be read: no such file"
        );
        assert_eq!(
            broken("aivss_policy: 1\nextends: ['https://example.org/p.yaml']\n"),
            "`https://example.org/p.yaml` is not fetched: policies come from files alone"
        );
    }
}
