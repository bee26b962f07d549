//! Rules of an organisation's own, in Rego; the only file that knows the `regorus` engine.
//!
//! What conftest users write runs as it stands: `deny`, `violation` and `warn` in package `main`, as sets or partial
//! rules, with texts or objects for messages. A rule sees its input and nothing else: no disk, network, environment,
//! clock or chance. What could outgrow the process is refused before anything runs: functions that call themselves,
//! and the few built-in functions that make much out of little; the time of each evaluation is bounded.
//!
//! The engine works by recursion and prints warnings of its own, which quote the module. Modules that would exhaust
//! the stack, or cause such a warning, are refused before the engine works on them.

mod bounds;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::thread;
use std::time::Duration;

use regorus::utils::limits::ExecutionTimerConfig;
use regorus::{Engine, Value};
use serde_json::Value as JsonValue;

use super::REGO_THREAD;
use super::answer::{Answer, Fault, answers};
use crate::diagnostic::Level;

/// The longest that one rule may take over one threat model.
const TIME_LIMIT: Duration = Duration::from_millis(500);
/// The longest that all of them may take together.
const TIME_FOR_ALL: Duration = Duration::from_secs(3);
/// How many rules may be evaluated for a threat model.
const MOST_ASKED: usize = 100;
/// How many rules there may be, by their names.
const MOST_RULES: usize = 2_000;
/// How deep the evaluation may go: the sum over rules that use each other of how deep each of them nests.
const MOST_DEEP: usize = 1_500;
/// After how many steps the clock is looked at.
const STEPS: NonZeroU32 = NonZeroU32::MIN.saturating_add(255);

/// The rules that the gate asks for, by name, with the level of what they answer; `deny_prod` is asked like `deny`.
const ASKED: [(&str, Level); 3] =
    [("deny", Level::Error), ("violation", Level::Error), ("warn", Level::Warning)];

/// The level of a rule's answers, if a rule of this name is asked.
fn level_of(name: &str) -> Option<Level> {
    let begins =
        |asked: &str| name.strip_prefix(asked).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'));
    ASKED.iter().find(|(asked, _)| begins(asked)).map(|(_, level)| *level)
}

/// Built-in functions that are refused, with why.
const REFUSED: [(&str, &str); 9] = [
    ("http.send", "nothing here reaches a network"),
    ("net.lookup_ip_addr", "nothing here reaches a network"),
    ("opa.runtime", "the environment is none of a rule's business"),
    ("rand.intn", "a gate gives the same verdict twice"),
    ("uuid.rfc4122", "a gate gives the same verdict twice"),
    ("time.now_ns", "the day of the run is in `input.computed.today`"),
    ("numbers.range", "it makes much memory out of two numbers"),
    ("numbers.range_step", "it makes much memory out of two numbers"),
    ("bits.lsh", "it makes much memory out of two numbers"),
];

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

/// Compiled rules, ready to be asked.
#[derive(Clone)]
pub(super) struct Rego {
    engine: Engine,
    asked: Vec<(String, String, Level)>,
}

impl std::fmt::Debug for Rego {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.asked.iter().map(|(query, ..)| query)).finish()
    }
}

impl Rego {
    /// Compiles modules, given as name and text, of which the rules in `packages` are asked.
    ///
    /// # Errors
    /// What is wrong, with the module and the place in it where that is known.
    pub(super) fn compile(modules: &[(String, String)], packages: &[String]) -> Result<Self, Fault> {
        on_large_stack(|| Self::compile_here(modules, packages)).map_err(Fault::general)?
    }

    fn compile_here(modules: &[(String, String)], packages: &[String]) -> Result<Self, Fault> {
        let mut engine = Engine::new();
        // What rules print goes nowhere: the report is all that is written.
        engine.set_gather_prints(true);
        bounds::add_to(&mut engine).map_err(Fault::general)?;
        for (at, (name, text)) in modules.iter().enumerate() {
            if let Some((line, _)) = text::too_deep(text) {
                return Err(Fault::at(at, line, "an expression is nested too deep"));
            }
            if let Some((line, _)) = text::huge_number(text) {
                return Err(Fault::at(at, line, bounds::HUGE));
            }
            add(&mut engine, name, text).map_err(|message| Fault::of_engine(at, modules, &message))?;
        }
        let tree =
            engine.get_ast_as_json().map_err(|error| Fault::of_engine(0, modules, &error.to_string()))?;
        let tree: JsonValue =
            serde_json::from_str(&tree).map_err(|_| Fault::general("an expression is nested too deep"))?;
        check_imports(&tree)?;
        let rules = Rules::of(&tree)?;
        rules.check()?;
        let asked = rules.asked(packages)?;
        rules.check_functions()?;
        let each = TIME_FOR_ALL / u32::try_from(asked.len()).unwrap_or(u32::MAX).max(1);
        let limit = TIME_LIMIT.min(each);
        engine.set_execution_timer_config(ExecutionTimerConfig { limit, check_interval: STEPS });
        let mut rego = Self { engine, asked };
        // Some faults (a function that is not there) show at the first evaluation alone.
        rego.engine.set_input(Value::new_object());
        for (query, ..) in &rego.asked {
            if let Err(error) = rego.engine.eval_query(query.clone(), false) {
                let message = error.to_string();
                if message.contains("could not find function") || message.contains("undefined variable") {
                    return Err(Fault::of_engine(0, modules, &message));
                }
            }
        }
        Ok(rego)
    }

    /// What the rules say of an input, given as JSON.
    ///
    /// # Errors
    /// Why they could not be evaluated.
    pub(super) fn ask(&self, input: &str) -> Result<Vec<Answer>, String> {
        on_large_stack(|| self.ask_here(input))?
    }

    fn ask_here(&self, input: &str) -> Result<Vec<Answer>, String> {
        let mut engine = self.engine.clone();
        engine.set_input(Value::from_json_str(input).map_err(|error| error.to_string())?);
        let mut said = Vec::new();
        for (query, name, level) in &self.asked {
            let results =
                engine.eval_query(query.clone(), false).map_err(|error| in_a_line(&error.to_string()))?;
            let values =
                results.result.iter().flat_map(|result| &result.expressions).map(|found| &found.value);
            for value in values {
                let json = value.to_json_str().map_err(|error| error.to_string())?;
                said.extend(answers(&json, name, *level)?);
            }
        }
        Ok(said)
    }
}

/// Adds a module in the Rego of today, or else in that of before OPA 1.0 (`deny[msg] { … }`).
fn add(engine: &mut Engine, name: &str, text: &str) -> Result<(), String> {
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
fn check_imports(tree: &JsonValue) -> Result<(), Fault> {
    for (at, file) in tree.as_array().into_iter().flatten().enumerate() {
        for import in file["ast"]["imports"].as_array().into_iter().flatten() {
            if import["refr"]["Var"].is_object() && import["as"].is_null() {
                let message = "this import has no effect: remove it";
                return Err(Fault::at(at, line_of(&import["refr"]["Var"]), message));
            }
        }
    }
    Ok(())
}

fn in_a_line(message: &str) -> String {
    let place = message.lines().find_map(|line| line.trim().strip_prefix("--> "));
    let what = message.lines().find_map(|line| line.strip_prefix("error: "));
    match (place, what) {
        (Some(place), Some(what)) => format!("{place}: {what}"),
        _ => message.split_whitespace().collect::<Vec<_>>().join(" "),
    }
}

/// A rule by its place among all, in the order of their names.
type RuleId = usize;

/// The rules of all modules: where each is, and which others it mentions.
#[derive(Default)]
struct Rules {
    /// Full names, `package.rule`, in order.
    names: Vec<String>,
    /// Module and line of the first definition of each.
    places: Vec<(usize, u32)>,
    /// How deep each nests.
    depths: Vec<usize>,
    mentions: Vec<BTreeSet<RuleId>>,
    refused: Vec<(usize, u32, String, &'static str)>,
    /// Functions that are called and are no rules, with module and line.
    calls: BTreeMap<String, (usize, u32)>,
}

impl Rules {
    fn of(tree: &JsonValue) -> Result<Self, Fault> {
        let files: Vec<&JsonValue> = tree.as_array().into_iter().flatten().collect();
        let mut rules = Self::named(&files)?;
        for (at, file) in files.iter().enumerate() {
            let module = &file["ast"];
            let package = path(&module["package"]["refr"]).join(".");
            let imports = imports(module, file["source"]["contents"].as_str().unwrap_or_default());
            for rule in each_rule(module) {
                let id = full_name(module, rule).and_then(|name| rules.names.binary_search(&name).ok());
                let Some(id) = id else { continue };
                rules.depths[id] = rules.depths[id].max(depth_of(rule));
                let mut paths = Vec::new();
                collect_paths(&without_own_name(rule), line_of(rule), false, &mut paths);
                // Of what is mentioned often, the first time counts.
                paths.sort();
                paths.dedup_by(|(later, _, is_call), (first, _, is_first_call)| {
                    later == first && is_call == is_first_call
                });
                for (parts, line, is_call) in paths {
                    let parts = expanded(parts, &imports);
                    rules.add_mention(id, &parts, (at, line), (is_call, &package));
                }
            }
        }
        Ok(rules)
    }

    /// The rules by name and place alone.
    fn named(files: &[&JsonValue]) -> Result<Self, Fault> {
        let mut defined: BTreeMap<String, (usize, u32)> = BTreeMap::new();
        for (at, file) in files.iter().enumerate() {
            for rule in each_rule(&file["ast"]) {
                if let Some(name) = full_name(&file["ast"], rule) {
                    defined.entry(name).or_insert((at, line_of(rule)));
                }
            }
        }
        if defined.len() > MOST_RULES {
            return Err(Fault::general(format!("there are more than {MOST_RULES} rules in Rego")));
        }
        let (names, places): (Vec<String>, Vec<(usize, u32)>) = defined.into_iter().unzip();
        let (depths, mentions) = (vec![0; names.len()], vec![BTreeSet::new(); names.len()]);
        Ok(Self { names, places, depths, mentions, ..Self::default() })
    }

    fn add_mention(
        &mut self,
        rule: RuleId,
        parts: &[String],
        place: (usize, u32),
        (is_call, package): (bool, &str),
    ) {
        let whole = parts.join(".");
        if let Some((_, why)) = REFUSED.iter().find(|(refused, _)| *refused == whole) {
            self.refused.push((place.0, place.1, whole.clone(), why));
        }
        let mentioned = self.mentioned(parts, package);
        if is_call && mentioned.is_empty() {
            self.calls.entry(whole).or_insert(place);
        }
        self.mentions[rule].extend(mentioned);
    }

    /// The rules that a path may lead to: one of its own package by its first part, one of `data` by its parts, and
    /// all below where the path ends early or goes on with something computed.
    fn mentioned(&self, parts: &[String], package: &str) -> Vec<RuleId> {
        let Some((first, rest)) = parts.split_first() else { return Vec::new() };
        let found = |name: &str| self.names.binary_search_by(|known| known.as_str().cmp(name)).ok();
        if first != "data" {
            return found(&format!("{package}.{first}")).into_iter().collect();
        }
        let mut mentioned: Vec<RuleId> =
            (1..=rest.len()).filter_map(|length| found(&rest[..length].join("."))).collect();
        let below = if rest.is_empty() { String::new() } else { format!("{}.", rest.join(".")) };
        let start = self.names.partition_point(|name| *name < below);
        mentioned.extend((start..self.names.len()).take_while(|at| self.names[*at].starts_with(&below)));
        mentioned
    }

    /// The rules to ask: those of the packages named, each of which must have some; one that looks as if it were to be
    /// asked, in a package that is not named, is a mistake.
    fn asked(&self, packages: &[String]) -> Result<Vec<(String, String, Level)>, Fault> {
        let mut asked = Vec::new();
        for (whole, (module, line)) in self.names.iter().zip(&self.places) {
            let Some((package, name)) = whole.rsplit_once('.') else { continue };
            let Some(level) = level_of(name) else { continue };
            if !packages.iter().any(|named| named == package) {
                let message = format!(
                    "`{name}` of package {package} is never asked: name the package under `packages`"
                );
                return Err(Fault::at(*module, *line, message));
            }
            asked.push((format!("data.{whole}"), name.to_owned(), level));
        }
        let is_idle = |package: &&String| {
            let prefix = format!("data.{package}.");
            !asked
                .iter()
                .any(|(query, ..)| query.strip_prefix(&prefix).is_some_and(|rest| !rest.contains('.')))
        };
        if asked.len() > MOST_ASKED {
            let message =
                format!("there are more than {MOST_ASKED} rules named `deny`, `violation` or `warn`");
            return Err(Fault::general(message));
        }
        match packages.iter().find(is_idle) {
            // `main` may be left empty by those who name packages of their own.
            Some(package) if package != "main" || packages.len() == 1 => Err(Fault::general(format!(
                "no `deny`, `violation` or `warn` in package {package}: these rules would never be asked"
            ))),
            _ => Ok(asked),
        }
    }

    /// Refuses calls of functions that are not there, which the engine would find only on the way to them.
    fn check_functions(&self) -> Result<(), Fault> {
        for (name, (module, line)) in &self.calls {
            let mut probe = Engine::new();
            probe.set_gather_prints(true);
            let text = format!("package aivss_lint_probe\n\nfound := {name}(1)\n");
            let answer = probe
                .add_policy("probe.rego".to_owned(), text)
                .and_then(|_| probe.eval_query("data.aivss_lint_probe.found".to_owned(), false));
            if answer.is_err_and(|error| error.to_string().contains("could not find function")) {
                return Err(Fault::at(*module, *line, format!("there is no function `{name}` here")));
            }
        }
        Ok(())
    }

    /// Refuses what could not be stopped once it runs.
    fn check(&self) -> Result<(), Fault> {
        if let Some((module, line, name, why)) = self.refused.first() {
            return Err(Fault::at(*module, *line, format!("`{name}` is not to be had here: {why}")));
        }
        let order = self.order()?;
        let mut deepest = vec![0; self.names.len()];
        for rule in order {
            let below = self.mentions[rule].iter().map(|next| deepest[*next]).max().unwrap_or(0);
            deepest[rule] = self.depths[rule] + below;
            if deepest[rule] > MOST_DEEP {
                let (module, line) = self.places[rule];
                let message = format!("`{}` leads through too many rules and expressions", self.names[rule]);
                return Err(Fault::at(module, line, message));
            }
        }
        Ok(())
    }

    /// The rules in an order in which each follows those that it mentions.
    ///
    /// # Errors
    /// The first rule that is found to come back to itself.
    fn order(&self) -> Result<Vec<RuleId>, Fault> {
        let mut order = Vec::new();
        let mut is_done = vec![false; self.names.len()];
        for start in 0..self.names.len() {
            // The way to the rule at hand, each with those that it still leads to.
            let mut way = vec![(start, self.mentions[start].iter())];
            while let Some((rule, rest)) = way.last_mut() {
                let rule = *rule;
                match rest.find(|next| !is_done[**next]) {
                    _ if is_done[rule] => drop(way.pop()),
                    None => {
                        is_done[rule] = true;
                        order.push(rule);
                    }
                    Some(next) => match way.iter().position(|(known, _)| known == next) {
                        Some(at) => return Err(self.circle(way[at..].iter().map(|(rule, _)| *rule))),
                        None => way.push((*next, self.mentions[*next].iter())),
                    },
                }
            }
        }
        Ok(order)
    }

    fn circle(&self, mut rules: impl Iterator<Item = RuleId> + Clone) -> Fault {
        let chain = rules.clone().chain(rules.clone().take(1)).map(|rule| self.names[rule].as_str());
        let chain = chain.collect::<Vec<_>>().join(" → ");
        let first = rules.next().unwrap_or_default();
        let (module, line) = self.places[first];
        Fault::at(module, line, format!("`{}` comes back to itself: {chain}", self.names[first]))
    }
}

/// How deep a rule's syntax tree is, with each statement of a body as one level: the engine evaluates the later ones
/// within the earlier ones.
fn depth_of(tree: &JsonValue) -> usize {
    match tree {
        JsonValue::Object(object) => {
            let entries = object.iter().filter(|(key, _)| *key != "span");
            let depths = entries.map(|(key, value)| {
                let statements = value.as_array().filter(|_| key == "stmts").map_or(0, Vec::len);
                statements + depth_of(value)
            });
            1 + depths.max().unwrap_or(0)
        }
        JsonValue::Array(items) => items.iter().map(depth_of).max().unwrap_or(0),
        JsonValue::Null | JsonValue::Bool(_) | JsonValue::Number(_) | JsonValue::String(_) => 0,
    }
}

fn each_rule(module: &JsonValue) -> impl Iterator<Item = &JsonValue> {
    // A rule is `Spec` or `Default`, each with one entry.
    module["rules"].as_array().into_iter().flatten().filter_map(|rule| rule.as_object()?.values().next())
}

fn full_name(module: &JsonValue, rule: &JsonValue) -> Option<String> {
    let head = match rule.get("head").and_then(JsonValue::as_object) {
        Some(head) => head.values().next()?,
        None => rule,
    };
    let parts = path(&head["refr"]);
    let package = path(&module["package"]["refr"]).join(".");
    Some(format!("{package}.{}", parts.first()?))
}

/// A rule's tree without the reference that names it, which is no mention of itself.
fn without_own_name(rule: &JsonValue) -> JsonValue {
    let mut rule = rule.clone();
    let head = rule.get_mut("head").and_then(|head| head.as_object_mut()?.values_mut().next());
    if let Some(object) = head.and_then(JsonValue::as_object_mut) {
        object.remove("refr");
    } else if let Some(object) = rule.as_object_mut() {
        object.remove("refr");
    }
    rule
}

fn line_of(rule: &JsonValue) -> u32 {
    rule["span"]["line"].as_u64().and_then(|line| u32::try_from(line).ok()).unwrap_or(1)
}

/// The parts of a reference, `a.b["c"]` as a, b, c; it ends where something computed begins.
fn path(expression: &JsonValue) -> Vec<String> {
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

/// What a module imports, by the name it has there.
fn imports(module: &JsonValue, text: &str) -> BTreeMap<String, Vec<String>> {
    let imports = module["imports"].as_array().into_iter().flatten();
    imports
        .filter_map(|import| {
            let parts = path(&import["refr"]);
            // The tree has an alias by its place in the text alone.
            let offset =
                |end: &str| import["as"][end].as_u64().and_then(|offset| usize::try_from(offset).ok());
            let alias = offset("start").zip(offset("end")).and_then(|(start, end)| text.get(start..end));
            let name = alias.map(str::to_owned).or_else(|| parts.last().cloned())?;
            Some((name, parts))
        })
        .collect()
}

fn expanded(parts: Vec<String>, imports: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    match parts.first().and_then(|first| imports.get(first)) {
        Some(imported) if imported.first().is_some_and(|root| root == "data") => {
            imported.iter().chain(&parts[1..]).cloned().collect()
        }
        _ => parts,
    }
}

/// A reference, its line, and whether it is called.
type Mention = (Vec<String>, u32, bool);

/// All references within a syntax tree. The depth is that of the engine's own parser.
fn collect_paths(tree: &JsonValue, line: u32, is_call: bool, paths: &mut Vec<Mention>) {
    match tree {
        JsonValue::Object(object) => {
            let parts = path(tree);
            let is_reference = !parts.is_empty();
            if is_reference {
                paths.push((parts, line, is_call));
            }
            for (key, value) in object.iter().filter(|(key, _)| *key != "span") {
                let line =
                    value["span"]["line"].as_u64().and_then(|line| u32::try_from(line).ok()).unwrap_or(line);
                if is_reference && matches!(key.as_str(), "RefDot" | "RefBrack") {
                    // Its beginning is part of it; what is computed on the way is not.
                    collect_computed(value, line, paths);
                } else {
                    collect_paths(value, line, key == "fcn", paths);
                }
            }
        }
        JsonValue::Array(items) => items.iter().for_each(|item| collect_paths(item, line, false, paths)),
        JsonValue::Null | JsonValue::Bool(_) | JsonValue::Number(_) | JsonValue::String(_) => {}
    }
}

/// The references in the brackets of a reference, `b` of `a[b].c`.
fn collect_computed(reference: &JsonValue, line: u32, paths: &mut Vec<Mention>) {
    collect_paths(&reference["index"], line, false, paths);
    for inner in ["RefDot", "RefBrack"] {
        if reference["refr"][inner].is_object() {
            collect_computed(&reference["refr"][inner], line, paths);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compile(text: &str) -> Result<Rego, Fault> {
        Rego::compile(&[("a.rego".to_owned(), text.to_owned())], &["main".to_owned()])
    }

    fn fault(text: &str) -> String {
        let fault = compile(text).unwrap_err();
        format!("{:?} {}", fault.place, fault.message)
    }

    fn say(text: &str, input: &str) -> Vec<String> {
        let said = compile(text).unwrap().ask(input).unwrap();
        said.into_iter()
            .map(|answer| format!("{} {} {}", answer.level.name(), answer.rule, answer.message))
            .collect()
    }

    #[test]
    fn rules_of_today_and_of_before_are_asked() {
        let today = "package main\nimport rego.v1\ndeny contains msg if { input.a > 1; msg := \"too much\" }\nwarn contains {\"msg\": \"m\", \"path\": \"/a\", \"rule\": \"mine\"} if input.a\n";
        assert_eq!(say(today, "{\"a\": 2}"), ["error rego/deny too much", "warning rego/mine m"]);
        assert_eq!(say(today, "{\"b\": 2}"), [""; 0]);
        let before = "package main\nviolation[{\"msg\": msg}] { input.a == 2\n msg := \"two\" }\n";
        assert_eq!(say(before, "{\"a\": 2}"), ["error rego/violation two"]);
    }

    #[test]
    fn what_comes_back_to_itself_is_refused_before_it_runs() {
        assert_eq!(
            fault("package main\nf(x) := f(x + 1)\ndeny contains m if { m := f(1) }\n"),
            "Some((0, 2, 1)) `main.f` comes back to itself: main.f → main.f"
        );
        let around = "package main\nimport data.main as m\nf(x) := m.g(x)\ng(x) := data.main[\"f\"](x)\ndeny contains y if { y := f(1) }\n";
        assert_eq!(fault(around), "Some((0, 3, 1)) `main.f` comes back to itself: main.f → main.g → main.f");
        let computed = "package main
f(x) := data.main[x]
deny contains y if { y := f(\"deny\") }
";
        assert!(fault(computed).contains("comes back to itself"));
        assert!(compile("package main\ntwice(x) := x * 2\nfour(x) := twice(twice(x))\ndeny contains m if { four(1) == 5; m := \"n\" }\n").is_ok());
    }

    #[test]
    fn long_chains_of_rules_and_deep_expressions_are_refused() {
        let chain = |length: usize| {
            let rules: String = (0..length).map(|rule| format!("r{rule} := r{}\n", rule + 1)).collect();
            format!("package main\n{rules}r{length} := 1\ndeny contains \"m\" if r0 == 2\n")
        };
        assert!(compile(&chain(100)).is_ok());
        assert!(fault(&chain(1_000)).contains("leads through too many rules and expressions"));
        let sum =
            |length: usize| format!("package main\ndeny contains \"m\" if 1 == {}1\n", "1 + ".repeat(length));
        assert!(compile(&sum(20)).is_ok());
        assert!(fault(&sum(60)).contains("nested too deep"));
        assert!(fault(&sum(100_000)).contains("nested too deep"));
        let many: String = (0..2_100).map(|rule| format!("r{rule} := 1\n")).collect();
        assert!(
            fault(&format!("package main\n{many}deny contains \"m\"\n")).contains("more than 2000 rules")
        );
        let asked: String = (0..101).map(|rule| format!("deny_{rule} contains \"m\"\n")).collect();
        assert!(fault(&format!("package main\n{asked}")).contains("more than 100 rules named"));
    }

    #[test]
    fn what_the_engine_would_print_a_warning_about_is_refused() {
        assert_eq!(
            fault("package main\nimport rego.v1\nimport input # ::error::x\ndeny contains \"m\" if false\n"),
            "Some((0, 3, 1)) this import has no effect: remove it"
        );
        assert!(compile("package main\nimport input as given\ndeny contains \"m\" if given.a\n").is_ok());
        assert_eq!(
            fault("package main\ndeny[m] { some m in input.a } # ::error::x\n"),
            "Some((0, 2, 18)) the keyword `in` needs `import rego.v1`"
        );
        let imported = "package main\nimport future.keywords.in\ndeny[m] { some m in input.a }\n";
        assert_eq!(say(imported, "{\"a\": [\"x\"]}"), ["error rego/deny x"]);
    }

    #[test]
    fn the_world_and_chance_are_out_of_reach() {
        for (call, line) in [
            ("http.send({})", 2),
            ("rand.intn(\"a\", 3)", 2),
            ("opa.runtime()", 2),
            ("time.now_ns()", 2),
            ("numbers.range(1, 1000000000)", 2),
        ] {
            let text = format!("package main\ndeny contains m if {{ m := {call} }}\n");
            let fault = compile(&text).unwrap_err();
            assert_eq!(fault.place.map(|(_, found, _)| found), Some(line), "{call}: {}", fault.message);
        }
    }

    #[test]
    fn what_does_not_compile_or_is_never_asked_is_a_fault() {
        for body in ["m := nosuch(1)", "input.never; m := no.such(1)"] {
            let text = format!("package main\ndeny contains m if {{ {body} }}\n");
            assert!(fault(&text).starts_with("Some((0, 2, 1)) there is no function `no"), "{}", fault(&text));
        }
        assert!(fault("package main\ndeny contains m if {").starts_with("Some((0, 2,"));
        assert!(
            fault("package other\ndeny contains \"m\"\n").contains("`deny` of package other is never asked")
        );
        assert!(
            fault("package main\ndenny contains \"m\"\n")
                .contains("no `deny`, `violation` or `warn` in package main")
        );
        assert_eq!(say("package main\ndeny_prod contains \"m\" if true\n", "{}"), ["error rego/deny_prod m"]);
    }

    #[test]
    fn what_fails_or_takes_too_long_is_no_answer() {
        let rego =
            compile("package main\ndeny contains m if { m := sprintf(\"%v\", [1 / input.a]) }\n").unwrap();
        assert!(rego.ask("{\"a\": 0}").unwrap_err().contains("divide by zero"));
        let slow = "package main\ndeny contains m if { some a in input.x; some b in input.x; some c in input.x; a + b + c == -1; m := \"n\" }\n";
        let input = format!("{{\"x\": [{}1]}}", "1,".repeat(2_000));
        assert!(compile(slow).unwrap().ask(&input).unwrap_err().contains("time limit"));
        assert!(
            compile("package main\ndeny := 5\n").unwrap().ask("{}").unwrap_err().contains("must be a set")
        );
    }
}
