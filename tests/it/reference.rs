//! The pages of the book that are generated: the keys of both files, from their schemas, and the command line.
//! `UPDATE=1 cargo test --locked --test it reference::` writes them.

use std::fs;
use std::path::Path;

use aivss_lint::rules;
use serde_json::Value;

use crate::program::program;

fn assert_page(page: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference").join(page);
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, text).unwrap();
    }
    let written = fs::read_to_string(path).unwrap_or_default();
    assert!(written == text, "{page}: UPDATE=1 cargo test --locked --test it reference:: writes it");
}

#[test]
fn threat_model_page_lists_every_key_of_the_schema() {
    let start = "# Threat-model file\n\nYAML, JSON, or a block or front matter of a Markdown page. The [schema](../schemas/threat-model.json) \
                 serves editors. Keys of your own begin with `x-`. The last column names the rule that checks a key first.\n";
    let names = [
        ("assessment", "A score: `aivss`, and `aivss` of a finding"),
        ("factor", "A factor"),
        ("layer", "A layer"),
        ("threat", "A threat of a layer"),
        ("shared_threat", "A threat of `cross_layer`"),
        ("finding", "A finding"),
    ];
    let text = Reference::of("threat-model", &names).page(start);
    assert!(
        ["`factor-range`", "`data_operations`", "`mitigation_evidence`"].iter().all(|key| text.contains(key))
    );
    assert_page("threat-model.md", &text);
}

#[test]
fn policy_page_lists_every_key_of_the_schema() {
    let start = "# Policy file\n\nEvery key of `aivss-policy.yaml`. [Policy](policy.md) explains how they work together, and the \
                 [schema](../schemas/policy.json) serves editors. Keys of your own begin with `x-`.\n";
    let names = [("limits", "`limits`"), ("require", "`require`")];
    let text = Reference::of("policy", &names).page(start);
    assert!(["`extends`", "`open_threats`", "`models_in`"].iter().all(|key| text.contains(key)));
    assert_page("policy-file.md", &text);
}

/// The tables of a schema: one for each object.
struct Reference<'s> {
    schema: Value,
    /// The titles of the definitions that are sections of their own.
    names: &'s [(&'s str, &'s str)],
}

impl<'s> Reference<'s> {
    fn of(schema: &str, names: &'s [(&'s str, &'s str)]) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schemas/{schema}.json"));
        Self { schema: serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap(), names }
    }

    fn page(&self, start: &str) -> String {
        let mut text = start.to_owned();
        self.table("Top level", &self.schema, &mut text);
        for (name, title) in self.names {
            self.table(title, &self.schema["$defs"][name], &mut text);
        }
        text
    }

    fn table(&self, title: &str, object: &Value, text: &mut String) {
        text.push_str(&format!(
            "\n## {title}\n\n| key | type | default | meaning | rule |\n|---|---|---|---|---|\n"
        ));
        let mut inner = Vec::new();
        for (key, node) in object["properties"].as_object().unwrap() {
            let node = self.resolved(node);
            let is_required =
                object["required"].as_array().is_some_and(|keys| keys.iter().any(|required| required == key));
            let meaning = cell(node["description"].as_str().unwrap_or_default());
            text.push_str(&format!(
                "| `{key}` | {} | {} | {meaning} | {} |\n",
                self.kind(&node),
                default(&node, is_required),
                rule(title, key, &node, object, is_required)
            ));
            let content = if node["items"].is_object() { &node["items"] } else { &node };
            if content["properties"].is_object() && content["definition"].is_null() {
                inner.push((format!("{}`{key}`", title_prefix(title)), content.clone()));
            }
        }
        for (title, node) in inner {
            self.table(&title, &node, text);
        }
    }

    /// The node with what it refers to; `definition` is the name of a section of its own.
    fn resolved(&self, node: &Value) -> Value {
        let mut node = node.clone();
        if let Some(name) =
            node["$ref"].as_str().and_then(|path| path.strip_prefix("#/$defs/")).map(str::to_owned)
        {
            let mut target = self.schema["$defs"][&name].clone();
            if let Some(description) = node.get("description") {
                target["description"] = description.clone();
            }
            if self.names.iter().any(|(named, _)| *named == name) {
                target["definition"] = name.into();
            }
            node = target;
        }
        if node["items"].is_object() {
            node["items"] = self.resolved(&node["items"]);
        }
        node
    }

    fn kind(&self, node: &Value) -> String {
        if let Some(name) = node["definition"].as_str() {
            let (_, title) = self.names.iter().find(|(named, _)| *named == name).unwrap();
            return format!("[{}](#{})", title.to_lowercase(), anchor(title));
        }
        if node["items"].is_object() {
            return format!("list of {}", self.kind(&node["items"]));
        }
        let words = |values: &[Value]| {
            let mut words: Vec<String> = Vec::new();
            for word in values.iter().map(|value| format!("`{}`", value.to_string().trim_matches('"'))) {
                if !words.contains(&word) {
                    words.push(word);
                }
            }
            words.join(", ")
        };
        if let Some(values) = node["enum"].as_array() {
            return words(values);
        }
        if !node["const"].is_null() {
            return words(std::slice::from_ref(&node["const"]));
        }
        for either in ["anyOf", "oneOf"] {
            if let (Some(nodes), true) = (node[either].as_array(), node["type"].is_null()) {
                let kinds: Vec<String> = nodes.iter().map(|node| self.kind(&self.resolved(node))).collect();
                return kinds.join(" or ");
            }
        }
        let types: Vec<&str> = match &node["type"] {
            Value::String(name) => vec![name],
            Value::Array(names) => {
                names.iter().filter_map(Value::as_str).filter(|name| *name != "null").collect()
            }
            _ => Vec::new(),
        };
        let range = match (node["minimum"].as_f64(), node["maximum"].as_f64()) {
            (Some(least), Some(most)) => format!(" from {least} to {most}"),
            (Some(least), None) => format!(" from {least}"),
            (None, Some(most)) => format!(" up to {most}"),
            (None, None) => String::new(),
        };
        let types = types
            .join(" or ")
            .replace("object", "mapping")
            .replace("string", "text")
            .replace("array", "list");
        if types.is_empty() { "any".to_owned() } else { types + &range }
    }
}

/// The rule that reports a missing or wrong value: what the schema names, or a rule that is named like the key.
fn rule(title: &str, key: &str, node: &Value, object: &Value, is_required: bool) -> String {
    let missing = &object["x-rules"]["required"];
    let missing =
        missing.as_str().or_else(|| missing[key].as_str()).filter(|_| is_required || missing.is_object());
    let own =
        node["x-rules"].as_object().into_iter().flat_map(|rules| rules.values()).filter_map(Value::as_str);
    let ends: &[&str] = match (title, key) {
        ("`limits`", _) => &["-exceeded"],
        ("`require`", "score") => &[],
        ("`require`", _) => &["-missing", "-overdue"],
        _ if node["definition"] == "layer" => &["-blank"],
        _ => &["-mismatch", "-missing", "-overdue"],
    };
    let subject = key.trim_end_matches("_from").trim_end_matches("_within").replace('_', "-");
    let subject = if node["definition"] == "layer" { "layer".to_owned() } else { subject };
    let named: Vec<String> = ends.iter().map(|end| format!("{subject}{end}")).collect();
    let named = named.iter().map(String::as_str).filter(|name| rules::named(name).is_some());
    let mut found: Vec<&str> = missing.into_iter().chain(own).chain(named).collect();
    found.sort_unstable();
    found.dedup();
    if found.is_empty() {
        found.push("schema");
    }
    found.iter().map(|name| format!("[`{name}`](../rules/{name}.md)")).collect::<Vec<_>>().join(", ")
}

fn default(node: &Value, is_required: bool) -> String {
    match &node["default"] {
        Value::Null if is_required => "required".to_owned(),
        Value::Null => String::new(),
        value => format!("`{}`", value.to_string().trim_matches('"')),
    }
}

fn title_prefix(title: &str) -> String {
    if title == "Top level" { String::new() } else { format!("{title}: ") }
}

fn anchor(title: &str) -> String {
    let kept = title.to_lowercase();
    kept.chars()
        .filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter))
        .collect::<String>()
        .replace(' ', "-")
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;")
}

#[test]
fn command_line_page_has_the_help_of_every_command() {
    let help = |command: &str| {
        let mut run = program();
        run.args(command.split_whitespace()).arg("--help");
        let text = String::from_utf8(run.output().expect("the program starts").stdout).unwrap();
        text.lines().map(|line| format!("{}\n", line.trim_end())).collect::<String>()
    };
    let top = help("");
    let is_command = |line: &&str| {
        line.starts_with("  ")
            && line.as_bytes().get(2).is_some_and(u8::is_ascii_lowercase)
            && !line.contains("aivss-lint")
    };
    let commands = top.split("\nExamples:").next().unwrap().lines().filter(is_command);
    let commands: Vec<&str> =
        commands.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help").collect();
    assert!(commands.contains(&"check") && commands.contains(&"man"), "{commands:?}");
    let mut text =
        format!("# Command line\n\nThe help of the program and of each command.\n\n```text\n{top}```\n");
    for command in commands {
        text.push_str(&format!("\n## {command}\n\n```text\n{}```\n", help(command)));
    }
    assert_page("command-line.md", &text);
}
