//! Reads policy files by the same steps as any other file: tree, schema, values.

use std::sync::Arc;

use crate::diagnostic::{
    Diagnostic, Level, MAX_PROBLEMS, Origin, Owner, RuleInfo, RuleNames, limit_problems, sort_diagnostics,
};
use crate::likeness::nearest;
use crate::page;
use crate::policy::globs::{LetterCase, PathSet};
use crate::policy::modules::Modules;
use crate::policy::{Broken, Load, NoFiles, Override, Policy, ProgramVersion, Settings, Sourced};
use crate::schema::Schema;
use crate::source::{Source, Span};
use crate::syntax::{self, Document, List, Map, Node, POLICY_MARKER};

/// The longest chain of policies that extend each other.
const MAX_CHAIN_LENGTH: usize = 16;
/// The most policies that are extended in all.
const MAX_LOADED: usize = 64;
/// The most exceptions, overrides and patterns in all of them.
const MAX_ENTRIES: usize = 5_000;

pub(crate) const UNREAD: &str = "remove it: without this rule a score or a whole file would pass unread";

/// Reads a policy and those it extends. Rules in Rego are loaded, but not compiled.
///
/// # Errors
/// Each file with problems.
pub(crate) fn read(source: Source, load: Load<'_>, rules: RuleNames) -> Result<Policy, Vec<Broken>> {
    read_as(Shape::Unchecked, source, load, rules)
}

fn read_as(shape: Shape, source: Source, load: Load<'_>, rules: RuleNames) -> Result<Policy, Vec<Broken>> {
    let mut chain = Chain::new(load, rules);
    let policy = chain.read(shape, &Arc::new(source));
    if chain.broken.is_empty() { Ok(policy) } else { Err(chain.broken) }
}

/// Whether a policy has already been checked against the schema. A test checks those that come with the program: compiling
/// the schema would take most of the time of a run on one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Checked,
    Unchecked,
}

/// A policy that is being read, with those that it extends.
pub(crate) struct Chain<'l> {
    pub(crate) load: Load<'l>,
    pub(crate) rules: RuleNames,
    /// The policies from the outermost one to the one at hand.
    names: Vec<String>,
    /// The number of policies that have been extended.
    loaded: usize,
    /// The number of exceptions, overrides and patterns.
    entries: usize,
    pub(crate) broken: Vec<Broken>,
}

impl<'l> Chain<'l> {
    pub(crate) const fn new(load: Load<'l>, rules: RuleNames) -> Self {
        Self { load, rules, names: Vec::new(), loaded: 0, entries: 0, broken: Vec::new() }
    }

    fn read(&mut self, shape: Shape, source: &Arc<Source>) -> Policy {
        let document = page::parse(source);
        let mut policy = Policy { rules: self.rules, ..Policy::default() };
        let mut reader = PolicyReader::new(source, self);
        reader.extend(document.problems.iter().map(|problem| problem.diagnostic(Owner::Policy)));
        if let Some(root) = reader.root(&document) {
            reader.policy(root, shape, &mut policy);
        }
        let mut problems = reader.problems;
        limit_problems(&mut problems, Owner::Policy, Span::new(0, 0));
        sort_diagnostics(&mut problems, |span| syntax::pointer(&document, span));
        // An alias repeats the problems of its anchor.
        problems.dedup();
        if !problems.is_empty() {
            self.broken.push(Broken { source: source.clone(), diagnostics: problems });
        }
        if BuiltIn::named(source.name()).is_none() {
            policy.sources.push(source.clone());
        }
        policy
    }
}

pub(crate) fn problem(span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(RuleInfo::POLICY, Owner::Policy, span, message)
}

/// One policy file that is being read.
pub(crate) struct PolicyReader<'s, 'c, 'l> {
    pub(crate) source: &'s Arc<Source>,
    file: Arc<str>,
    pub(crate) problems: Vec<Diagnostic>,
    /// Former names of rules, with a note on each.
    renamed: Vec<(Origin, String)>,
    pub(crate) chain: &'c mut Chain<'l>,
}

impl<'s, 'c, 'l> PolicyReader<'s, 'c, 'l> {
    pub(crate) fn new(source: &'s Arc<Source>, chain: &'c mut Chain<'l>) -> Self {
        Self { source, file: Arc::from(source.name()), problems: Vec::new(), renamed: Vec::new(), chain }
    }

    /// Adds problems. One more than are reported shows that there are more.
    fn extend(&mut self, problems: impl IntoIterator<Item = Diagnostic>) {
        let room = (MAX_PROBLEMS + 1).saturating_sub(self.problems.len());
        self.problems.extend(problems.into_iter().take(room));
    }

    pub(crate) fn report(&mut self, problem: Diagnostic) {
        self.extend([problem]);
    }

    pub(crate) fn origin(&self, span: Span) -> Origin {
        Origin::new(self.file.clone(), self.source, span)
    }

    fn root<'t>(&mut self, document: &'t Document<'_>) -> Option<Node<'t>> {
        let mut roots = document.roots();
        match (roots.next(), roots.next()) {
            (Some(root), None) if root.get(POLICY_MARKER).is_some() => return Some(root),
            (Some(root), None) => {
                let message = format!("this is not a policy: `{POLICY_MARKER}: 1` is missing");
                self.report(problem(self.source.first_line(root.span()), message));
            }
            _ if self.problems.is_empty() => {
                self.report(problem(Span::new(0, 0), "a policy file must contain exactly one policy"));
            }
            _ => {}
        }
        None
    }

    /// Reads the policy at a root, on top of those that it extends.
    fn policy(&mut self, root: Node<'_>, shape: Shape, policy: &mut Policy) {
        let Some(map) = root.as_map() else { return };
        let required_version = self.required_version(map);
        let this = env!("CARGO_PKG_VERSION");
        if let Some(Sourced { value, origin }) = &required_version
            && ProgramVersion::parse(this) < Some(*value)
        {
            // The problems of an old program in a newer policy explain nothing.
            let message = format!("this policy requires aivss-lint {value} or newer, not {this}");
            self.report(problem(origin.span, message).help("update aivss-lint"));
            return;
        }
        if shape == Shape::Unchecked {
            let violations = Schema::Policy.violations(root).into_iter();
            self.extend(violations.map(|violation| violation.into_diagnostic(Owner::Policy)));
        }
        self.chain.names.push(self.source.name().to_owned());
        let mut seen: Vec<&str> = Vec::new();
        for item in self.entries(root, "extends") {
            let Some(name) = item.as_str() else { continue };
            if seen.contains(&name) {
                self.report(problem(item.span(), format!("duplicate entry `{name}`")));
                continue;
            }
            seen.push(name);
            if let Some(built_in) = BuiltIn::named(name) {
                // A built-in policy sets the level of every rule, if only to the rule's own.
                policy.settings.levels.clear();
                policy.overlay(built_in.policy(self.chain.rules));
                continue;
            }
            match self.parent(name) {
                Ok(source) => policy.overlay(self.chain.read(Shape::Unchecked, &source)),
                Err(message) => {
                    let known = BUILT_IN.map(|built_in| built_in.name);
                    let meant = nearest(name, known).filter(|_| !is_path(name));
                    let mut problem = problem(item.span(), message);
                    problem.help = meant.map(|meant| format!("did you mean `{meant}`?").into());
                    self.report(problem);
                }
            }
        }
        policy.overlay(Policy { required_version, ..self.own(root, map) });
        self.chain.names.pop();
    }

    fn required_version(&self, map: Map<'_>) -> Option<Sourced<ProgramVersion>> {
        let entry = map.entry("required_version")?;
        let value = ProgramVersion::parse(entry.value.as_str()?)?;
        Some(Sourced { value, origin: self.origin(entry.span()) })
    }

    /// A policy file that this one extends.
    fn parent(&mut self, name: &str) -> Result<Arc<Source>, String> {
        if !is_path(name) {
            let known = BUILT_IN.map(|built_in| built_in.name).join(", ");
            return Err(format!("`{name}` is neither a built-in policy ({known}) nor a path"));
        }
        if name.contains("://") {
            return Err(format!("`{name}` is an address: only files can be extended"));
        }
        let path = beside(self.source.name(), name);
        let Chain { load, names, loaded, .. } = &mut *self.chain;
        if names.contains(&path) {
            return Err(format!("`{name}` extends this policy in turn: {} → {path}", names.join(" → ")));
        }
        // Before anything is read, so that the message is the same whether the file exists or not.
        if !load.may_name(self.source.name(), &path) {
            return Err(format!("`{name}` is outside of this policy's repository"));
        }
        *loaded += 1;
        if names.len() >= MAX_CHAIN_LENGTH || *loaded > MAX_LOADED {
            return Err(format!(
                "more than {MAX_CHAIN_LENGTH} policies extend each other, or {MAX_LOADED} in all"
            ));
        }
        let bytes = load.bytes(&path).map_err(|message| format!("`{name}` cannot be read: {message}"))?;
        let source = Source::decode(path, bytes);
        // Nothing of a file that is not a policy is to be quoted.
        let is_policy = page::parse(&source).roots().any(|root| root.get(POLICY_MARKER).is_some());
        if is_policy { Ok(Arc::new(source)) } else { Err(format!("`{name}` is not a policy")) }
    }

    /// The values of the file itself.
    fn own(&mut self, root: Node<'_>, map: Map<'_>) -> Policy {
        let mut own = Policy { rules: self.chain.rules, ..Policy::default() };
        if let Some(files) = root.get("files") {
            own.include = self.patterns(files, "include", LetterCase::Exact).map(|set| set.value);
            own.exclude = self.patterns(files, "exclude", LetterCase::Exact);
        }
        // Folders that differ in case alone are the same one on some systems.
        let require = root.get("require");
        own.models_in = require.and_then(|require| self.patterns(require, "models_in", LetterCase::Any));
        own.settings = self.settings(map);
        let overrides = self.entries(root, "overrides");
        own.overrides = overrides.into_iter().filter_map(|item| self.over(item)).collect();
        own.exceptions = self.exceptions(root, map);
        own.rego.extend(self.program(root, Modules::Rules));
        own.renamed = std::mem::take(&mut self.renamed);
        own
    }

    fn settings(&mut self, map: Map<'_>) -> Settings {
        let mut settings = Settings::read(map, |span| self.origin(span));
        let Some(rules) = map.get("rules").and_then(Node::as_map) else { return settings };
        for entry in rules.iter() {
            let rule = self.rule(entry.key, entry.key_span);
            let (Some(rule), Some(word)) = (rule, entry.value.as_str()) else { continue };
            let level = Level::named(word);
            if rule.mandatory && level != Some(Level::Error) {
                let message = format!("`{}` cannot be set to {word}", rule.name);
                self.report(problem(entry.span(), message).help(UNREAD));
                continue;
            }
            let level = Sourced { value: level, origin: self.origin(entry.key_span) };
            if settings.levels.insert(rule.name, level).is_some() {
                let message =
                    format!("level of `{}` is set twice: by its name and its former name", rule.name);
                self.report(problem(entry.key_span, message).help("keep the current name"));
            }
        }
        settings
    }

    /// The rule with a current or former name.
    pub(crate) fn rule(&mut self, name: &str, span: Span) -> Option<RuleInfo> {
        let note = self.chain.rules.renamed(name).map(|note| (self.origin(span), note));
        self.renamed.extend(note);
        self.chain.rules.resolve(name)
    }

    fn over(&mut self, node: Node<'_>) -> Option<Override> {
        let map = node.as_map()?;
        let matcher = map.get("match")?;
        let path = matcher.as_map()?.entry("path");
        let require = map.get("require").and_then(Node::as_map);
        if let Some(entry) = require.and_then(|require| require.entry("models_in")) {
            let message = "`models_in` is not allowed in an override";
            self.report(
                problem(entry.key_span, message).help("move it to the `require` of the whole policy"),
            );
        }
        Some(Override {
            path: path.and_then(|entry| self.path_set(&[entry.value], LetterCase::Exact)),
            environment: text(matcher, "environment").map(str::to_owned),
            tier: text(matcher, "tier").map(str::to_owned),
            settings: self.settings(map),
            origin: self.origin(map.iter().next()?.key_span),
        })
    }

    /// The elements of a list of exceptions, overrides or patterns, up to the number that is allowed in all.
    pub(crate) fn entries<'t>(&mut self, node: Node<'t>, key: &str) -> Vec<Node<'t>> {
        let mut entries = Vec::new();
        for item in items(node, key) {
            self.chain.entries += 1;
            if self.chain.entries > MAX_ENTRIES {
                let message = format!("more than {MAX_ENTRIES} exceptions, overrides and patterns");
                self.report(problem(item.span(), message));
                break;
            }
            entries.push(item);
        }
        entries
    }

    fn patterns(&mut self, node: Node<'_>, key: &str, case: LetterCase) -> Option<Sourced<PathSet>> {
        let entry = node.as_map()?.entry(key)?;
        entry.value.as_list()?;
        let nodes = self.entries(node, key);
        Some(Sourced { value: self.path_set(&nodes, case)?, origin: self.origin(entry.key_span) })
    }

    pub(crate) fn path_set(&mut self, nodes: &[Node<'_>], case: LetterCase) -> Option<PathSet> {
        let mut spans = Vec::new();
        let mut patterns = Vec::new();
        for node in nodes {
            let Some(pattern) = node.as_str() else { continue };
            if ["/", "./", "../"].iter().any(|start| pattern.starts_with(start)) {
                let message = "a pattern is relative to the repository's root and must not begin with `/`, `./` or `../`";
                self.report(problem(node.span(), message));
            }
            spans.push(node.span());
            patterns.push(pattern);
        }
        match PathSet::new(patterns, case) {
            Ok(set) => Some(set),
            Err((at, message)) => {
                let span = spans.get(at).copied().unwrap_or(Span::new(0, 0));
                self.report(problem(span, format!("pattern cannot be read: {message}")));
                None
            }
        }
    }
}

/// Whether an entry of `extends` is a path, not the name of a built-in policy.
fn is_path(name: &str) -> bool {
    name.contains('/') || [".yaml", ".yml", ".json"].iter().any(|extension| name.ends_with(extension))
}

pub(crate) fn text<'t>(node: Node<'t>, key: &str) -> Option<&'t str> {
    node.get(key).and_then(Node::as_str)
}

pub(crate) fn items<'t>(node: Node<'t>, key: &str) -> impl Iterator<Item = Node<'t>> + use<'t> {
    node.get(key).and_then(Node::as_list).into_iter().flat_map(List::iter)
}

/// The path `relative` to the folder of the file `name`, without `.` and `..` where they can be resolved.
pub(crate) fn beside(name: &str, relative: &str) -> String {
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

/// A policy that comes with the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuiltIn {
    /// The name to extend it by.
    pub(crate) name: &'static str,
    text: &'static str,
}

/// The built-in policies, the mildest first.
pub(crate) const BUILT_IN: [BuiltIn; 4] = [
    BuiltIn { name: "layers-only", text: include_str!("../../policies/layers-only.yaml") },
    BuiltIn { name: "permissive", text: include_str!("../../policies/permissive.yaml") },
    BuiltIn { name: "recommended", text: include_str!("../../policies/recommended.yaml") },
    BuiltIn { name: "strict", text: include_str!("../../policies/strict.yaml") },
];

/// The policy that is in force where a repository has none.
pub fn recommended() -> BuiltIn {
    BUILT_IN[2]
}

impl BuiltIn {
    /// The built-in policy with this name.
    pub fn named(name: &str) -> Option<Self> {
        BUILT_IN.into_iter().find(|policy| policy.name == name)
    }

    /// The policy's text, in the form of any other.
    pub(crate) fn source(self) -> Source {
        Source::decode(self.name, self.text.as_bytes().to_vec())
    }

    #[expect(clippy::panic, reason = "the embedded policies are read in every test run")]
    pub(crate) fn policy(self, rules: RuleNames) -> Policy {
        read_as(Shape::Checked, self.source(), &NoFiles, rules)
            .unwrap_or_else(|problems| panic!("built-in policy {}: {problems:?}", self.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::settings;
    use crate::rules::NAMES;

    #[test]
    fn path_is_relative_to_the_policy_that_names_it() {
        assert_eq!(beside("aivss-policy.yaml", "policies/base.yaml"), "policies/base.yaml");
        assert_eq!(beside(".github/aivss-policy.yaml", "../policies/./base.yaml"), "policies/base.yaml");
        assert_eq!(beside("../a/p.yaml", "../b.yaml"), "../b.yaml");
        assert_eq!(beside("/repo/p.yaml", "b.yaml"), "/repo/b.yaml");
    }

    #[test]
    fn policy_extends_chain_but_not_circle() {
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
        let policy = read(source("aivss_policy: 1\nextends: [base/a.yaml]\n"), &files, NAMES).unwrap();
        let score = policy.settings.get(&settings::SCORE);
        let cvss_base = policy.settings.get(&settings::CVSS_BASE);
        assert_eq!(score.unwrap().origin.to_string(), "base/a.yaml:3:11");
        assert_eq!(cvss_base.unwrap().origin.to_string(), "base/b.yaml:3:23");
        assert!(policy.settings.three_point().unwrap().to_string().starts_with("strict:"));
        let broken = |text: &str| {
            read(source(text), &files, NAMES)
                .unwrap_err()
                .remove(0)
                .diagnostics
                .remove(0)
                .message
                .into_string()
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
            "`https://example.org/p.yaml` is an address: only files can be extended"
        );
    }

    #[test]
    fn built_in_policies_are_valid() {
        for policy in BUILT_IN {
            read(policy.source(), &NoFiles, NAMES).unwrap();
            policy.policy(NAMES);
        }
    }
}
