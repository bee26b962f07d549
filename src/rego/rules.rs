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
use crate::rego::engine::{MOST_ASKED, MOST_DEEP, MOST_RULES, level_of};
use crate::rego::safety::SafetySearch;
use crate::rego::syntax::{
    Mention, MentionKind, bytes_of, depth_of, each_rule, expanded, full_name, imports, is_function, line_of,
    mentions_of, package_of, path,
};

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

/// One of the definitions of a rule.
#[derive(Clone, Debug)]
pub(crate) struct DefinitionSite {
    pub(crate) rule: RuleId,
    pub(crate) place: Place,
    /// The bytes of it in its module, up to the next definition: the engine's span ends before a closing quote.
    pub(crate) bytes: Range<usize>,
}

/// A rule that the gate evaluates.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) rule: RuleId,
    pub(crate) level: Level,
}

/// The rules of all modules: where each is, and which others it mentions.
#[derive(Default)]
pub(crate) struct Rules {
    /// Full names, `package.rule`, in order.
    pub(crate) names: Vec<String>,
    /// The first definition of each.
    places: Vec<Place>,
    /// All definitions, in the order of the modules and their texts.
    pub(crate) definitions: Vec<DefinitionSite>,
    /// The depth of each.
    depths: Vec<usize>,
    mentions: Vec<BTreeSet<RuleId>>,
    packages: BTreeSet<String>,
    refused: Vec<(Place, RuleId, &'static str, &'static str)>,
    /// Functions that are called and are no rules.
    calls: BTreeMap<String, (Place, RuleId)>,
    /// Paths that lead to no rule and no data.
    astray: Vec<(Place, Option<RuleId>, String)>,
    /// Variables that a negated expression leaves without a value.
    without_value: Vec<(Place, RuleId, String)>,
    functions: BTreeSet<RuleId>,
}

/// The package and the name in a full name.
fn split_name(whole: &str) -> (&str, &str) {
    whole.rsplit_once('.').unwrap_or(("", whole))
}

/// The length of a module's text, in bytes.
fn length(file: &JsonValue) -> usize {
    file["source"]["contents"].as_str().map_or(0, str::len)
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
            let text = file["source"]["contents"].as_str().unwrap_or_default();
            let imports = imports(module, text);
            for rule in each_rule(module) {
                let id = full_name(module, rule).and_then(|name| rules.id_of(&name));
                let Some(id) = id else { continue };
                rules.depths[id] = rules.depths[id].max(depth_of(rule));
                if is_function(rule) {
                    rules.functions.insert(id);
                }
                let is_global = |name: &str| {
                    let is_rule = || rules.id_of(&format!("{package}.{name}")).is_some();
                    ["input", "data"].contains(&name) || imports.contains_key(name) || is_rule()
                };
                let found = SafetySearch { text, is_global: &is_global }.first_unsafe(rule);
                rules.without_value.extend(found.map(|(name, line)| ((at, line), id, name)));
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
        if defined.len() > MOST_RULES {
            return Err(RegoProblem::general(format!("there are more than {MOST_RULES} rules in Rego")));
        }
        let (names, places): (Vec<String>, Vec<Place>) = defined.into_iter().unzip();
        let ends = found.iter().skip(1).map(|(_, place, start)| (place.0, *start)).chain([(usize::MAX, 0)]);
        let ends: Vec<(usize, usize)> = ends.collect();
        let definitions = found.into_iter().zip(ends).filter_map(|((name, place, start), (module, next))| {
            let end = if module == place.0 { next } else { length(files.get(place.0)?) };
            Some(DefinitionSite { rule: names.binary_search(&name).ok()?, place, bytes: start..end })
        });
        let definitions = definitions.collect();
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
        let before =
            |definition: &&DefinitionSite| definition.place.0 == module && definition.place.1 <= line;
        let definition =
            self.definitions.iter().filter(before).max_by_key(|definition| definition.place.1)?;
        Some(&self.names[definition.rule])
    }

    fn id_of(&self, name: &str) -> Option<RuleId> {
        self.names.binary_search_by(|known| known.as_str().cmp(name)).ok()
    }

    /// Refuses data in the place of a rule: the engine would hide one of them.
    fn check_data(&self, data: &JsonValue) -> Result<(), RegoProblem> {
        for (name, place) in self.names.iter().zip(&self.places) {
            let mut value = Some(data);
            for part in name.split('.') {
                value =
                    value.and_then(|value| value.as_object().map_or(Some(value), |object| object.get(part)));
            }
            if value.is_some() {
                return Err(RegoProblem::at(
                    *place,
                    format!("`data.{name}` is both a rule and data of a file"),
                ));
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
        if let Some((name, why)) = REFUSED.iter().find(|(refused, _)| *refused == whole) {
            // A rule of that name is meant where there is one.
            if mentioned.is_empty() {
                self.refused.push((place, rule, name, why));
            }
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
        let is_package = |package: &String| {
            package.strip_prefix(&whole).is_some_and(|below| below.is_empty() || below.starts_with('.'))
        };
        let found = rest.iter().try_fold(data, |value, part| value.as_object()?.get(part));
        found.is_none() && !self.packages.iter().any(is_package)
    }

    /// The rules to evaluate: those of the packages named, each of which must have some. A rule with such a name in another
    /// package is a mistake.
    pub(crate) fn asked(&self, packages: &[String]) -> Result<Vec<Asked>, RegoProblem> {
        let mut asked = Vec::new();
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
            asked.push(Asked { rule, level });
        }
        if asked.len() > MOST_ASKED {
            let message = format!("more than {MOST_ASKED} rules named `deny`, `violation` or `warn`");
            return Err(RegoProblem::general(message));
        }
        self.check_never_asked(&asked)?;
        let is_idle =
            |package: &str| asked.iter().all(|asked| split_name(&self.names[asked.rule]).0 != package);
        match packages.iter().find(|package| is_idle(package)) {
            // Those who name packages of their own may leave `main` empty.
            Some(package) if package != "main" || packages.len() == 1 => Err(RegoProblem::general(format!(
                "no `deny`, `violation` or `warn` in package {package}: these rules would never be evaluated"
            ))),
            _ => Ok(asked),
        }
    }

    /// Refuses functions, and names in another case, that look as if they were asked and that no asked rule uses.
    fn check_never_asked(&self, asked: &[Asked]) -> Result<(), RegoProblem> {
        let used = self.used_by(asked);
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

    /// The asked rules and all that they lead to.
    fn used_by(&self, asked: &[Asked]) -> BTreeSet<RuleId> {
        let mut used = BTreeSet::new();
        let mut next: Vec<RuleId> = asked.iter().map(|asked| asked.rule).collect();
        while let Some(rule) = next.pop() {
            if used.insert(rule) {
                next.extend(&self.mentions[rule]);
            }
        }
        used
    }

    /// The tests: rules whose names begin with `test_`, in modules of tests.
    pub(crate) fn tests(&self, program: &Program) -> Vec<RuleId> {
        let is_asked = |rule: &RuleId| {
            let (_, name) = split_name(&self.names[*rule]);
            name.starts_with("test_")
                && program.modules.get(self.places[*rule].0).is_some_and(|file| is_test(&file.name))
        };
        (0..self.names.len()).filter(is_asked).collect()
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
                let what = if is_of_opa { "unsupported built-in function" } else { "unknown function" };
                return Err(RegoProblem::at(
                    *place,
                    format!("{what} `{name}` (in rule `{}`)", self.names[*rule]),
                ));
            }
        }
        Ok(())
    }

    /// Refuses what could not be stopped once it runs, and what leads nowhere.
    pub(crate) fn check(&self) -> Result<(), RegoProblem> {
        if let Some((place, rule, name, why)) = self.refused.first() {
            let message = format!("`{name}` is not supported (in rule `{}`): {why}", self.names[*rule]);
            return Err(RegoProblem::at(*place, message));
        }
        if let Some((place, rule, path)) = self.astray.iter().min_by_key(|(place, ..)| *place) {
            let rule = rule.map(|rule| format!(" (in rule `{}`)", self.names[rule])).unwrap_or_default();
            let message = format!("`{path}` leads to no rule and no data{rule}{}", self.hint(path));
            return Err(RegoProblem::at(*place, message));
        }
        if let Some((place, rule, name)) = self.without_value.first() {
            let message = format!(
                "`{name}` in a negated expression is unsafe, because nothing else in the body gives it a value; write a rule with this expression and negate that rule (in rule `{}`)",
                self.names[*rule]
            );
            return Err(RegoProblem::at(*place, message));
        }
        let order = self.order()?;
        let mut deepest = vec![0; self.names.len()];
        for rule in order {
            let below = self.mentions[rule].iter().map(|next| deepest[*next]).max().unwrap_or(0);
            deepest[rule] = self.depths[rule] + below;
            if deepest[rule] > MOST_DEEP {
                let message = format!("`{}` leads through too many rules and expressions", self.names[rule]);
                return Err(RegoProblem::at(self.places[rule], message));
            }
        }
        Ok(())
    }

    /// The rule or package that a path is nearly the name of, as the end of a message.
    fn hint(&self, path: &str) -> String {
        let path = path.strip_prefix("data.").unwrap_or(path);
        let known = self.names.iter().chain(&self.packages).map(String::as_str);
        nearest(path, known).map(|near| format!("; did you mean `data.{near}`?")).unwrap_or_default()
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
                        Some(at) => return Err(self.circle(way[at..].iter().map(|(rule, _)| *rule))),
                        None => way.push((*next, self.mentions[*next].iter())),
                    },
                }
            }
        }
        Ok(order)
    }

    fn circle(&self, mut rules: impl Iterator<Item = RuleId> + Clone) -> RegoProblem {
        let chain = rules.clone().chain(rules.clone().take(1)).map(|rule| self.names[rule].as_str());
        let chain = chain.collect::<Vec<_>>().join(" → ");
        let first = rules.next().unwrap_or_default();
        RegoProblem::at(self.places[first], format!("`{}` comes back to itself: {chain}", self.names[first]))
    }
}
