//! Variables in negated expressions that nothing gives a value. OPA refuses them (`rego_unsafe_var_error`); the engine
//! takes a list that is empty or absent for one in which the negated expression holds nowhere.

use std::collections::BTreeSet;

use serde_json::Value as JsonValue;

use crate::rego::syntax::{bytes_of, children, line_of};

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
