//! The rules of all modules, and what is checked of them before any runs: where each is, what it mentions, and which
//! ones the gate evaluates.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use regorus::Engine;
use serde_json::Value as JsonValue;

use crate::diagnostic::Level;
use crate::likeness::nearest;
use crate::policy::{Program, is_test};
use crate::rego::answer::RegoProblem;
use crate::rego::syntax::{
    Mention, MentionKind, SafetySearch, bytes_of, depth_of, each_rule, expanded, full_name, imports,
    is_function, line_of, mentions_of, package_of, path,
};

/// The most rules that are evaluated for a threat model.
const MAX_ASKED: usize = 100;
/// The most rules of a program, by their names.
const MAX_RULES: usize = 2_000;
/// The depth of an evaluation: the sum of the depths of rules that use each other.
const MAX_DEEP: usize = 1_500;

/// The rules that the gate asks for, by name, with the level of what they answer; `deny_prod` is asked like `deny`.
const ASKED: [(&str, Level); 3] =
    [("deny", Level::Error), ("violation", Level::Error), ("warn", Level::Warning)];

/// The level of a rule's answers, if a rule of this name is asked.
fn level_of(name: &str) -> Option<Level> {
    let asked = ASKED.iter().find(|(asked, _)| {
        name.strip_prefix(asked).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
    });
    asked.map(|(_, level)| *level)
}

/// Built-in functions that are refused, with why.
const REFUSED: [(&str, &str); 11] = [
    ("http.send", "rules have no network"),
    ("net.lookup_ip_addr", "rules have no network"),
    ("opa.runtime", "rules have no environment"),
    ("rand.intn", "a gate gives the same verdict twice"),
    ("uuid.rfc4122", "a gate gives the same verdict twice"),
    ("time.now_ns", "the day of the run is in `input.computed.today`"),
    ("numbers.range", "it makes much memory out of two numbers"),
    ("numbers.range_step", "it makes much memory out of two numbers"),
    ("bits.lsh", "it makes much memory out of two numbers"),
    ("print", "nothing is printed, so remove it"),
    ("trace", "nothing is printed, so remove it"),
];

/// The beginnings of the names of OPA's functions that the engine lacks.
const ONLY_IN_OPA: &str = "base64. base64url. crypto. graph. graphql. hex. http. internal. io.jwt. json. net. object. opa. \
    providers. rego. time. urlquery. uuid. walk yaml.";

/// A rule by its place among all, in the order of their names.
pub(crate) type RuleId = usize;

/// Module and line.
type Place = (usize, u32);

#[derive(Clone, Debug)]
pub(crate) struct DefinitionSite {
    pub(crate) rule: RuleId,
    pub(crate) place: Place,
    /// The bytes of it in its module, up to the next definition: the engine's span ends before a closing quote.
    pub(crate) bytes: Range<usize>,
}

#[derive(Clone, Debug)]
pub(crate) struct EvaluatedRule {
    rule: RuleId,
    /// Its name with that of its package.
    pub(crate) whole: String,
    pub(crate) level: Level,
    /// Its definitions, by their places in [`Rules::definitions`]; there is at least one.
    pub(crate) definitions: Vec<usize>,
}

impl EvaluatedRule {
    pub(crate) fn name(&self) -> &str {
        split_name(&self.whole).1
    }
}

#[derive(Default)]
pub(crate) struct Rules {
    /// Full names, `package.rule`, in order.
    pub(crate) names: Vec<String>,
    /// The first definition of each.
    places: Vec<Place>,
    /// All definitions, in the order of the modules and their texts.
    pub(crate) definitions: Vec<DefinitionSite>,
    depths: Vec<usize>,
    mentions: Vec<BTreeSet<RuleId>>,
    packages: BTreeSet<String>,
    /// Functions that are called and are no rules.
    calls: BTreeMap<String, (Place, RuleId)>,
    /// The first use of a function that is refused.
    refused: Option<RegoProblem>,
    /// Paths that lead to no rule and no data.
    astray: Vec<(Place, Option<RuleId>, String)>,
    /// The first variable that a negated expression leaves without a value.
    without_value: Option<RegoProblem>,
    functions: BTreeSet<RuleId>,
}

fn split_name(whole: &str) -> (&str, &str) {
    whole.rsplit_once('.').unwrap_or(("", whole))
}

fn text_of(file: &JsonValue) -> &str {
    file["source"]["contents"].as_str().unwrap_or_default()
}

impl Rules {
    pub(crate) fn of(tree: &JsonValue, data: &JsonValue) -> Result<Self, RegoProblem> {
        let files: Vec<&JsonValue> = tree.as_array().into_iter().flatten().collect();
        let mut rules = Self::named(&files)?;
        rules.check_data(data)?;
        for (at, file) in files.iter().enumerate() {
            let module = &file["ast"];
            let package = package_of(module);
            for import in module["imports"].as_array().into_iter().flatten() {
                let parts = path(&import["refr"]);
                if rules.is_astray(&parts, data) {
                    rules.astray.push(((at, line_of(import)), None, parts.join(".")));
                }
            }
            let text = text_of(file);
            let imports = imports(module, text);
            for rule in each_rule(module) {
                let id = full_name(module, rule).and_then(|name| rules.id_of(&name));
                let Some(id) = id else { continue };
                rules.depths[id] = rules.depths[id].max(depth_of(rule));
                if is_function(rule) {
                    rules.functions.insert(id);
                }
                let search = SafetySearch {
                    text,
                    is_global: &|name| {
                        ["input", "data"].contains(&name)
                            || imports.contains_key(name)
                            || rules.id_of(&format!("{package}.{name}")).is_some()
                    },
                };
                let found = search.first_unsafe(rule);
                let found = found.map(|(name, line)| RegoProblem::at((at, line), format!(
                    "`{name}` in a negated expression is unsafe, because nothing else in the body gives it a value; write a rule with this expression and negate that rule (in rule `{}`)",
                    rules.names[id]
                )));
                rules.without_value = rules.without_value.or(found);
                for mut mention in mentions_of(rule) {
                    mention.parts = expanded(mention.parts, &imports);
                    rules.add_mention(id, &mention, (at, &package), data);
                }
            }
        }
        Ok(rules)
    }

    /// The rules by name and place alone.
    fn named(files: &[&JsonValue]) -> Result<Self, RegoProblem> {
        let mut defined: BTreeMap<String, Place> = BTreeMap::new();
        let mut found = Vec::new();
        for (at, file) in files.iter().enumerate() {
            for rule in each_rule(&file["ast"]) {
                let Some(name) = full_name(&file["ast"], rule) else { continue };
                let place = (at, line_of(rule));
                let start = bytes_of(&rule["span"]).map_or(0, |bytes| bytes.start);
                found.push((name.clone(), place, start));
                defined.entry(name).or_insert(place);
            }
        }
        if defined.len() > MAX_RULES {
            return Err(RegoProblem::general(format!("there are more than {MAX_RULES} rules in Rego")));
        }
        let (names, places): (Vec<String>, Vec<Place>) = defined.into_iter().unzip();
        let mut definitions = Vec::new();
        for (at, (name, place, start)) in found.iter().enumerate() {
            let end = match found.get(at + 1) {
                Some((_, next, end)) if next.0 == place.0 => *end,
                _ => text_of(files[place.0]).len(),
            };
            let Ok(rule) = names.binary_search(name) else { continue };
            definitions.push(DefinitionSite { rule, place: *place, bytes: *start..end });
        }
        let (depths, mentions) = (vec![0; names.len()], vec![BTreeSet::new(); names.len()]);
        let packages = files.iter().map(|file| package_of(&file["ast"])).collect();
        Ok(Self { names, places, definitions, depths, mentions, packages, ..Self::default() })
    }

    /// The text before the first rule of a module: the package and the imports.
    pub(crate) fn preamble<'t>(&self, module: usize, text: &'t str) -> &'t str {
        let of_module = self.definitions.iter().filter(|definition| definition.place.0 == module);
        let first = of_module.map(|definition| definition.bytes.start).min().unwrap_or_default();
        text.get(..first).unwrap_or_default()
    }

    /// Rules with a plain value in place of all others of a rule's package.
    pub(crate) fn stubs(&self, rule: &str) -> String {
        let (package, own) = split_name(rule);
        let all = self.names.iter().map(|whole| split_name(whole));
        let others = all.filter(|(whole, name)| *whole == package && *name != own);
        others.map(|(_, name)| format!("{name} = 1\n")).collect()
    }

    /// The rule that is defined around a line of a module.
    pub(crate) fn at(&self, (module, line): Place) -> Option<&str> {
        let of_module = self.definitions.iter().filter(|definition| definition.place.0 == module);
        let before = of_module.filter(|definition| definition.place.1 <= line);
        Some(&self.names[before.max_by_key(|definition| definition.place.1)?.rule])
    }

    fn id_of(&self, name: &str) -> Option<RuleId> {
        self.names.binary_search_by(|known| known.as_str().cmp(name)).ok()
    }

    /// Refuses data in the place of a rule: the engine would hide one of them.
    fn check_data(&self, data: &JsonValue) -> Result<(), RegoProblem> {
        for (name, place) in self.names.iter().zip(&self.places) {
            let value = name.split('.').try_fold(data, |value, part| match value {
                JsonValue::Object(object) => object.get(part),
                _ => Some(value),
            });
            if value.is_some() {
                let message = format!("`data.{name}` is both a rule and data of a file");
                return Err(RegoProblem::at(*place, message));
            }
        }
        Ok(())
    }

    fn add_mention(
        &mut self,
        rule: RuleId,
        mention: &Mention,
        (module, package): (usize, &str),
        data: &JsonValue,
    ) {
        let Mention { parts, line, kind } = mention;
        let place = (module, *line);
        let whole = parts.join(".");
        let mentioned = self.mentioned(parts, package);
        // A rule of that name is meant where there is one.
        if mentioned.is_empty()
            && self.refused.is_none()
            && let Some((name, why)) = REFUSED.iter().find(|(refused, _)| *refused == whole)
        {
            let message = format!("`{name}` is not supported (in rule `{}`): {why}", self.names[rule]);
            self.refused = Some(RegoProblem::at(place, message));
        }
        if *kind != MentionKind::Replaced && self.is_astray(parts, data) {
            self.astray.push((place, Some(rule), whole));
        } else if *kind == MentionKind::Call && mentioned.is_empty() {
            self.calls.entry(whole).or_insert((place, rule));
        }
        self.mentions[rule].extend(mentioned);
    }

    /// The rules that a path may lead to: one of its own package by its first part, one of `data` by its parts, and
    /// all below where the path ends early or goes on with something computed.
    fn mentioned(&self, parts: &[String], package: &str) -> Vec<RuleId> {
        let Some((first, rest)) = parts.split_first() else { return Vec::new() };
        if first != "data" {
            return self.id_of(&format!("{package}.{first}")).into_iter().collect();
        }
        let mut mentioned: Vec<RuleId> =
            (1..=rest.len()).filter_map(|length| self.id_of(&rest[..length].join("."))).collect();
        let below = if rest.is_empty() { String::new() } else { format!("{}.", rest.join(".")) };
        let start = self.names.partition_point(|name| *name < below);
        mentioned.extend((start..self.names.len()).take_while(|at| self.names[*at].starts_with(&below)));
        mentioned
    }

    /// Whether a path begins at `data` and leads to no rule, no package and no data.
    fn is_astray(&self, parts: &[String], data: &JsonValue) -> bool {
        let Some((first, rest)) = parts.split_first() else { return false };
        if first != "data" || rest.is_empty() || !self.mentioned(parts, "").is_empty() {
            return false;
        }
        let whole = rest.join(".");
        let found = rest.iter().try_fold(data, |value, part| value.as_object()?.get(part));
        let mut below = self.packages.iter().filter_map(|package| package.strip_prefix(&whole));
        found.is_none() && !below.any(|below| below.is_empty() || below.starts_with('.'))
    }

    /// The rules to evaluate: those of the packages named, each of which must have some. A rule with such a name in another
    /// package is a mistake.
    pub(crate) fn asked(&self, packages: &[String]) -> Result<Vec<EvaluatedRule>, RegoProblem> {
        let mut asked: Vec<EvaluatedRule> = Vec::new();
        for (rule, whole) in self.names.iter().enumerate() {
            let (package, name) = split_name(whole);
            let is_named = packages.iter().any(|named| named == package);
            if name == "exception" && is_named {
                let message = format!(
                    "rule `{whole}` has no effect: conftest's `exception` rules are not supported, write `exceptions` in the policy"
                );
                return Err(RegoProblem::at(self.places[rule], message));
            }
            let Some(level) = level_of(name).filter(|_| !self.functions.contains(&rule)) else { continue };
            if !is_named {
                let message = format!(
                    "`{name}` of package {package} is never evaluated: name the package under `packages`"
                );
                return Err(RegoProblem::at(self.places[rule], message));
            }
            let of_rule = self.definitions.iter().enumerate().filter(|(_, one)| one.rule == rule);
            let definitions = of_rule.map(|(at, _)| at).collect();
            asked.push(EvaluatedRule { rule, whole: whole.clone(), level, definitions });
        }
        if asked.len() > MAX_ASKED {
            let message = format!("more than {MAX_ASKED} rules named `deny`, `violation` or `warn`");
            return Err(RegoProblem::general(message));
        }
        self.check_never_asked(&asked)?;
        let idle = packages
            .iter()
            .find(|package| asked.iter().all(|asked| split_name(&asked.whole).0 != package.as_str()));
        match idle {
            // Those who name packages of their own may leave `main` empty.
            Some(package) if package != "main" || packages.len() == 1 => Err(RegoProblem::general(format!(
                "no `deny`, `violation` or `warn` in package {package}: these rules would never be evaluated"
            ))),
            _ => Ok(asked),
        }
    }

    /// Refuses functions, and names in another case, that look as if they were asked and that no asked rule uses.
    fn check_never_asked(&self, asked: &[EvaluatedRule]) -> Result<(), RegoProblem> {
        let mut used = BTreeSet::new();
        let mut next: Vec<RuleId> = asked.iter().map(|asked| asked.rule).collect();
        while let Some(rule) = next.pop() {
            if used.insert(rule) {
                next.extend(&self.mentions[rule]);
            }
        }
        for (rule, whole) in self.names.iter().enumerate().filter(|(rule, _)| !used.contains(rule)) {
            let (_, name) = split_name(whole);
            let right = name.to_ascii_lowercase();
            if level_of(&right).is_none() {
                continue;
            }
            let problem = if self.functions.contains(&rule) {
                format!("`{whole}` is a function and is never evaluated: an evaluated rule has no arguments")
            } else {
                format!("`{whole}` is never evaluated: did you mean `{right}`?")
            };
            return Err(RegoProblem::at(self.places[rule], problem));
        }
        Ok(())
    }

    /// The tests: rules whose names begin with `test_`, in modules of tests.
    pub(crate) fn tests(&self, program: &Program) -> Vec<RuleId> {
        let tests = (0..self.names.len()).filter(|rule| {
            split_name(&self.names[*rule]).1.starts_with("test_")
                && program.modules.get(self.places[*rule].0).is_some_and(|file| is_test(&file.name))
        });
        tests.collect()
    }

    /// Refuses calls of functions that do not exist, which the engine would find only on the way to them.
    pub(crate) fn check_functions(&self) -> Result<(), RegoProblem> {
        for (name, (place, rule)) in &self.calls {
            let mut probe = Engine::new();
            probe.set_gather_prints(true);
            let text = format!("package aivss_lint_probe\n\nfound := {name}(1)\n");
            let answer = probe
                .add_policy("probe.rego".to_owned(), text)
                .and_then(|_| probe.eval_query("data.aivss_lint_probe.found".to_owned(), false));
            if answer.is_err_and(|error| error.to_string().contains("could not find function")) {
                let is_of_opa = ONLY_IN_OPA
                    .split(' ')
                    .any(|start| name == start || (start.ends_with('.') && name.starts_with(start)));
                let kind = if is_of_opa { "unsupported built-in function" } else { "unknown function" };
                let message = format!("{kind} `{name}` (in rule `{}`)", self.names[*rule]);
                return Err(RegoProblem::at(*place, message));
            }
        }
        Ok(())
    }

    /// Refuses what could not be stopped once it runs, and what leads nowhere.
    pub(crate) fn check(&self) -> Result<(), RegoProblem> {
        if let Some(problem) = &self.refused {
            return Err(problem.clone());
        }
        if let Some((place, rule, path)) = self.astray.iter().min_by_key(|(place, ..)| *place) {
            let rule = rule.map(|rule| format!(" (in rule `{}`)", self.names[rule])).unwrap_or_default();
            let known = self.names.iter().chain(&self.packages).map(String::as_str);
            let near = nearest(path.strip_prefix("data.").unwrap_or(path), known);
            let hint = near.map(|near| format!("; did you mean `data.{near}`?")).unwrap_or_default();
            let message = format!("`{path}` leads to no rule and no data{rule}{hint}");
            return Err(RegoProblem::at(*place, message));
        }
        if let Some(problem) = &self.without_value {
            return Err(problem.clone());
        }
        let mut deepest = vec![0; self.names.len()];
        for rule in self.order()? {
            let below = self.mentions[rule].iter().map(|next| deepest[*next]).max().unwrap_or(0);
            deepest[rule] = self.depths[rule] + below;
            if deepest[rule] > MAX_DEEP {
                let message = format!("`{}` leads through too many rules and expressions", self.names[rule]);
                return Err(RegoProblem::at(self.places[rule], message));
            }
        }
        Ok(())
    }

    /// The rules in an order in which each follows those that it mentions.
    ///
    /// # Errors
    /// The first rule that is found to come back to itself.
    fn order(&self) -> Result<Vec<RuleId>, RegoProblem> {
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
                        Some(at) => {
                            let names =
                                way[at..].iter().chain(&way[at..=at]).map(|(rule, _)| &*self.names[*rule]);
                            let chain = names.collect::<Vec<_>>().join(" → ");
                            let message = format!("`{}` comes back to itself: {chain}", self.names[*next]);
                            return Err(RegoProblem::at(self.places[*next], message));
                        }
                        None => way.push((*next, self.mentions[*next].iter())),
                    },
                }
            }
        }
        Ok(order)
    }
}
