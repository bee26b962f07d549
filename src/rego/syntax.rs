//! The engine's syntax tree of a module, as JSON: its rules, their names and places, what they mention, and variables that
//! nothing gives a value.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as JsonValue;

/// A reference in a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mention {
    pub(crate) parts: Vec<String>,
    pub(crate) line: u32,
    pub(crate) kind: MentionKind,
}

/// The use that a rule makes of a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum MentionKind {
    Value,
    Call,
    /// `with … as`: something else takes its place, so it need not exist.
    Replaced,
}

/// The depth of a rule's syntax tree, with each statement of a body as one level: the engine evaluates the later ones
/// within the earlier ones.
pub(crate) fn depth_of(tree: &JsonValue) -> usize {
    match tree {
        JsonValue::Object(object) => {
            let entries = object.iter().filter(|(key, _)| *key != "span");
            let depths = entries.map(|(key, value)| {
                let statements = value.as_array().filter(|_| key == "stmts").map_or(0, Vec::len);
                statements + depth_of(value)
            });
            1 + depths.max().unwrap_or(0)
        }
        _ => children(tree).into_iter().map(depth_of).max().unwrap_or(0),
    }
}

/// The nodes directly below a node.
pub(crate) fn children(node: &JsonValue) -> Vec<&JsonValue> {
    match node {
        JsonValue::Object(object) => object.values().collect(),
        JsonValue::Array(items) => items.iter().collect(),
        JsonValue::Null | JsonValue::Bool(_) | JsonValue::Number(_) | JsonValue::String(_) => Vec::new(),
    }
}

/// The rules of a module.
pub(crate) fn each_rule(module: &JsonValue) -> impl Iterator<Item = &JsonValue> {
    // A rule is `Spec` or `Default`, each with one entry.
    module["rules"].as_array().into_iter().flatten().filter_map(|rule| rule.as_object()?.values().next())
}

/// The name of a module's package.
pub(crate) fn package_of(module: &JsonValue) -> String {
    path(&module["package"]["refr"]).join(".")
}

/// A rule's name with that of its package.
pub(crate) fn full_name(module: &JsonValue, rule: &JsonValue) -> Option<String> {
    let head = match rule.get("head").and_then(JsonValue::as_object) {
        Some(head) => head.values().next()?,
        None => rule,
    };
    let parts = path(&head["refr"]);
    Some(format!("{}.{}", package_of(module), parts.first()?))
}

/// Whether a definition is one of a function.
pub(crate) fn is_function(rule: &JsonValue) -> bool {
    let has_arguments = rule["args"].as_array().is_some_and(|arguments| !arguments.is_empty());
    has_arguments || rule["head"]["Func"].is_object()
}

/// A rule's tree without the reference that names it, which is no mention of itself.
pub(crate) fn without_own_name(rule: &JsonValue) -> JsonValue {
    let mut rule = rule.clone();
    let holder = match rule.get_mut("head").and_then(|head| head.as_object_mut()?.values_mut().next()) {
        Some(head) => head.as_object_mut(),
        None => rule.as_object_mut(),
    };
    if let Some(object) = holder {
        object.remove("refr");
    }
    rule
}

/// The line at which a node begins.
pub(crate) fn line_of(node: &JsonValue) -> u32 {
    node["span"]["line"].as_u64().and_then(|line| u32::try_from(line).ok()).unwrap_or(1)
}

/// The bytes of a span.
pub(crate) fn bytes_of(span: &JsonValue) -> Option<std::ops::Range<usize>> {
    let offset = |end: &str| span[end].as_u64().and_then(|offset| usize::try_from(offset).ok());
    Some(offset("start")?..offset("end")?)
}

/// The parts of a reference, `a.b["c"]` as a, b, c; it ends where something computed begins.
pub(crate) fn path(expression: &JsonValue) -> Vec<String> {
    fn whole(expression: &JsonValue) -> (Vec<String>, bool) {
        if let Some(name) = expression["Var"]["value"].as_str() {
            return (vec![name.to_owned()], true);
        }
        let (reference, part) = match (&expression["RefDot"], &expression["RefBrack"]) {
            (dot @ JsonValue::Object(_), _) => (&dot["refr"], dot["field"][1].as_str()),
            (_, bracket @ JsonValue::Object(_)) => {
                (&bracket["refr"], bracket["index"]["String"]["value"].as_str())
            }
            _ => return (Vec::new(), false),
        };
        let (mut parts, is_whole) = whole(reference);
        match part.filter(|_| is_whole) {
            Some(part) => parts.push(part.to_owned()),
            None => return (parts, false),
        }
        (parts, true)
    }
    whole(expression).0
}

/// The imports of a module, by the names that they have there.
pub(crate) fn imports(module: &JsonValue, text: &str) -> BTreeMap<String, Vec<String>> {
    let imports = module["imports"].as_array().into_iter().flatten();
    imports
        .filter_map(|import| {
            let parts = path(&import["refr"]);
            // The tree has an alias by its place in the text alone.
            let alias = bytes_of(&import["as"]).and_then(|bytes| text.get(bytes));
            let name = alias.map(str::to_owned).or_else(|| parts.last().cloned())?;
            Some((name, parts))
        })
        .collect()
}

/// A reference with an import's whole path in place of its name.
pub(crate) fn expanded(parts: Vec<String>, imports: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    match parts.first().and_then(|first| imports.get(first)) {
        Some(imported) if imported.first().is_some_and(|root| root == "data") => {
            imported.iter().chain(&parts[1..]).cloned().collect()
        }
        _ => parts,
    }
}

/// All references of a rule. Of what it mentions often, the first time counts.
pub(crate) fn mentions_of(rule: &JsonValue) -> Vec<Mention> {
    let mut found = Vec::new();
    collect(&without_own_name(rule), line_of(rule), MentionKind::Value, &mut found);
    found.sort();
    found.dedup_by(|later, first| later.parts == first.parts && later.kind == first.kind);
    found
}

/// All references within a syntax tree. The depth is that of the engine's own parser.
fn collect(tree: &JsonValue, line: u32, kind: MentionKind, found: &mut Vec<Mention>) {
    let JsonValue::Object(object) = tree else {
        for child in children(tree) {
            collect(child, line, MentionKind::Value, found);
        }
        return;
    };
    let parts = path(tree);
    let is_reference = !parts.is_empty();
    if is_reference {
        found.push(Mention { parts, line, kind });
    }
    for (key, value) in object.iter().filter(|(key, _)| *key != "span") {
        let line = if value["span"]["line"].is_u64() { line_of(value) } else { line };
        match key.as_str() {
            // Its beginning is part of it; the computed parts are not.
            "RefDot" | "RefBrack" if is_reference => collect_computed(value, line, found),
            "with_mods" => {
                for replacement in value.as_array().into_iter().flatten() {
                    collect(&replacement["refr"], line, MentionKind::Replaced, found);
                    collect(&replacement["as"], line, MentionKind::Value, found);
                }
            }
            "fcn" => collect(value, line, MentionKind::Call, found),
            _ => collect(value, line, MentionKind::Value, found),
        }
    }
}

/// The references in the brackets of a reference, `b` of `a[b].c`.
fn collect_computed(reference: &JsonValue, line: u32, found: &mut Vec<Mention>) {
    collect(&reference["index"], line, MentionKind::Value, found);
    for inner in ["RefDot", "RefBrack"] {
        if reference["refr"][inner].is_object() {
            collect_computed(&reference["refr"][inner], line, found);
        }
    }
}

// OPA refuses variables in negated expressions that nothing gives a value (`rego_unsafe_var_error`); the engine takes a list
// that is empty or absent for one in which the negated expression holds nowhere.

/// The variables of a body, within the bodies around it.
#[derive(Default)]
struct Bindings<'s> {
    /// Those that the body gives a value.
    bound: BTreeSet<&'s str>,
    /// Those that it declares with `some`, which hide others of the same name.
    declared: BTreeSet<&'s str>,
    outer: Option<&'s Bindings<'s>>,
}

impl Bindings<'_> {
    /// Whether a variable has a value, if a body has it at all.
    fn has_value(&self, name: &str) -> Option<bool> {
        if self.bound.contains(name) {
            Some(true)
        } else if self.declared.contains(name) {
            Some(false)
        } else {
            self.outer.and_then(|outer| outer.has_value(name))
        }
    }
}

/// A module, for the search in one of its rules.
pub(crate) struct SafetySearch<'t> {
    pub(crate) text: &'t str,
    /// Whether a name is known in the whole module: a rule, an import, `input` or `data`.
    pub(crate) is_global: &'t dyn Fn(&str) -> bool,
}

impl SafetySearch<'_> {
    /// The first variable of a rule that a negated expression leaves without a value, with its line.
    pub(crate) fn first_unsafe(&self, rule: &JsonValue) -> Option<(String, u32)> {
        let arguments = Bindings { bound: names_of(&rule["head"]["Func"]["args"]), ..Bindings::default() };
        let bodies = || rule["bodies"].as_array().into_iter().flatten();
        let in_body = |body: &JsonValue| {
            let scope = self.scope(&body["query"], &arguments);
            self.in_query(&body["query"], &scope).or_else(|| self.in_closures(&body["assign"], &scope))
        };
        bodies().find_map(in_body).or_else(|| {
            let bound = bodies().flat_map(|body| bound_in(&body["query"])).collect();
            self.in_closures(
                &rule["head"],
                &Bindings { bound, outer: Some(&arguments), ..Bindings::default() },
            )
        })
    }

    fn scope<'s>(&'s self, query: &'s JsonValue, outer: &'s Bindings<'s>) -> Bindings<'s> {
        let declared = statements(query)
            .flat_map(|statement| statement["literal"]["SomeVars"]["vars"].as_array().into_iter().flatten());
        let declared = declared.filter_map(|span| self.text.get(bytes_of(span)?)).collect();
        Bindings { bound: bound_in(query), declared, outer: Some(outer) }
    }

    fn in_query(&self, query: &JsonValue, scope: &Bindings<'_>) -> Option<(String, u32)> {
        let is_unsafe =
            |name: &str| name == "_" || !scope.has_value(name).unwrap_or_else(|| (self.is_global)(name));
        statements(query).find_map(|statement| {
            let mut variables = Vec::new();
            collect_variables(&statement["literal"]["NotExpr"]["expr"], &mut variables);
            let first = variables.into_iter().find(|(name, _)| is_unsafe(name));
            let first = first.map(|(name, line)| (name.to_owned(), line));
            first.or_else(|| self.in_closures(statement, scope))
        })
    }

    /// The first unsafe variable in the comprehensions and `every` bodies below a node.
    fn in_closures(&self, node: &JsonValue, outer: &Bindings<'_>) -> Option<(String, u32)> {
        let mut closures = Vec::new();
        collect_closures(node, &mut closures);
        closures.into_iter().find_map(|closure| {
            let mut scope = self.scope(&closure["query"], outer);
            scope
                .bound
                .extend(["key", "value"].into_iter().filter_map(|of| self.text.get(bytes_of(&closure[of])?)));
            let in_terms =
                || ["term", "key", "value"].into_iter().find_map(|of| self.in_closures(&closure[of], &scope));
            self.in_query(&closure["query"], &scope).or_else(in_terms)
        })
    }
}

fn statements(query: &JsonValue) -> impl Iterator<Item = &JsonValue> {
    query["stmts"].as_array().into_iter().flatten()
}

/// The variables that the expressions of a body give a value, as far as they are not negated.
fn bound_in(query: &JsonValue) -> BTreeSet<&str> {
    let mut found = Vec::new();
    for statement in statements(query) {
        if statement["literal"]["NotExpr"].is_null() {
            collect_bound(&statement["literal"], &mut found);
        }
        collect_bound(&statement["with_mods"], &mut found);
    }
    found.into_iter().collect()
}

/// The variables in brackets, on a side of `=` or `:=`, before the `in` of `some`, or last in a call, which is where a call
/// with one argument more than its function has puts its result.
fn collect_bound<'t>(node: &'t JsonValue, found: &mut Vec<&'t str>) {
    if node.get("query").is_some() {
        return collect_bound(&node["domain"], found);
    }
    collect_pattern(&node["RefBrack"]["index"], found);
    for (kind, parts) in [("AssignExpr", ["lhs", "rhs"]), ("SomeIn", ["key", "value"])] {
        for part in parts {
            collect_pattern(&node[kind][part], found);
        }
    }
    if let Some([_, .., last]) = node["Call"]["params"].as_array().map(Vec::as_slice) {
        collect_pattern(last, found);
    }
    for child in children(node) {
        collect_bound(child, found);
    }
}

/// The variables of a pattern: itself, the items of an array, and the values of an object.
fn collect_pattern<'t>(node: &'t JsonValue, found: &mut Vec<&'t str>) {
    found.extend(node["Var"]["value"].as_str());
    for item in node["Array"]["items"].as_array().into_iter().flatten() {
        collect_pattern(item, found);
    }
    for field in node["Object"]["fields"].as_array().into_iter().flatten() {
        collect_pattern(&field[2], found);
    }
}

fn names_of(node: &JsonValue) -> BTreeSet<&str> {
    let mut found = Vec::new();
    collect_variables(node, &mut found);
    found.into_iter().map(|(name, _)| name).collect()
}

/// The variables below a node with their lines, except names of functions and parts of other bodies.
fn collect_variables<'t>(node: &'t JsonValue, found: &mut Vec<(&'t str, u32)>) {
    if let Some(name) = node["Var"]["value"].as_str() {
        found.push((name, line_of(&node["Var"])));
    } else if node.get("query").is_some() {
        collect_variables(&node["domain"], found);
    } else if let Some(object) = node.as_object() {
        for (_, part) in object.iter().filter(|(key, _)| !["span", "fcn"].contains(&key.as_str())) {
            collect_variables(part, found);
        }
    } else {
        for child in children(node) {
            collect_variables(child, found);
        }
    }
}

/// The outermost comprehensions and `every` below a node.
fn collect_closures<'t>(node: &'t JsonValue, found: &mut Vec<&'t JsonValue>) {
    if node.get("query").is_some() {
        found.push(node);
        collect_closures(&node["domain"], found);
    } else {
        for child in children(node) {
            collect_closures(child, found);
        }
    }
}
