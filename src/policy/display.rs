//! A policy in text, as `policy show` prints it: the settings for one threat model, each with its origin.

use crate::diagnostic::Origin;
use crate::escape::escape_line;
use crate::policy::attribute::{Attribute, level_name};
use crate::policy::{Exception, Policy, Settings};

/// A line of YAML, and the origin in its comment.
struct CommentedLine {
    text: String,
    origin: Option<String>,
}

impl Policy {
    /// The settings for a threat model at a path as a policy file, with the origin of each value in a comment, the level
    /// of every rule, and a comment for everything else that applies.
    pub fn written(&self, settings: &Settings, path: &str) -> String {
        let lines = self.lines(settings);
        let width = lines.iter().map(|line| line.text.chars().count()).max().unwrap_or(0);
        let written = lines.iter().map(|CommentedLine { text, origin }| match origin {
            None => format!("{text}\n"),
            Some(origin) => format!("{text:width$}  # {}\n", escape_line(origin)),
        });
        written.chain(self.comments(path).map(|line| format!("# {}\n", escape_line(&line)))).collect()
    }

    fn lines(&self, settings: &Settings) -> Vec<CommentedLine> {
        let own = Origin::outside("the rule's own");
        let mut entries: Vec<(Vec<&str>, String, &Origin)> = Vec::new();
        if let Some(required) = &self.required_version {
            entries.push((vec!["required_version"], format!("\"{}\"", required.value), &required.origin));
        }
        for entry in settings.entries() {
            entries.push((entry.path(), entry.value.value.to_string(), &entry.value.origin));
        }
        for rule in self.rules.rules {
            let origin = settings.levels().get(rule.name).map_or(&own, |set| &set.origin);
            entries.push((vec!["rules", rule.name], level_name(settings.level(*rule)).to_owned(), origin));
        }
        let mut lines = vec![CommentedLine { text: "aivss_policy: 1".to_owned(), origin: None }];
        let mut above: Vec<&str> = Vec::new();
        for (path, value, origin) in entries {
            let shared = path.iter().zip(&above).take_while(|(one, other)| one == other).count();
            for (depth, key) in path.iter().enumerate().skip(shared) {
                let (indent, is_last) = ("  ".repeat(depth), depth + 1 == path.len());
                let text =
                    if is_last { format!("{indent}{key}: {value}") } else { format!("{indent}{key}:") };
                lines.push(CommentedLine { text, origin: is_last.then(|| origin.to_string()) });
            }
            above = path;
        }
        lines
    }

    fn comments(&self, path: &str) -> impl Iterator<Item = String> {
        let models_in = self
            .models_in
            .iter()
            .map(|set| format!("require.models_in: [{}]  # {}", set.value.patterns().join(", "), set.origin));
        let modules = self.rego.iter().flat_map(|program| &program.modules);
        let data = self.rego.iter().flat_map(|program| &program.data_files);
        let exceptions = self.exceptions.iter().filter(move |exception| exception.is_for(path));
        models_in
            .chain(modules.map(|file| format!("rego: {}", file.name)))
            .chain(data.map(|file| format!("data: {}", file.name)))
            .chain(exceptions.map(|exception| {
                let Attribute { what, value, .. } = Attribute::of_exception(exception);
                format!("{what}, {value}  # {}", exception.origin)
            }))
    }
}

impl Exception {
    /// The rule, the files and the finding that it is for.
    pub(crate) fn title(&self) -> String {
        let finding = self.finding.as_ref().map(|id| format!(" (finding {id})")).unwrap_or_default();
        format!("exception for {} in {}{finding}", self.rule, self.pattern)
    }
}
