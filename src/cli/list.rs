//! `list`: the files that a check reads, those that it skips, and why.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use crate::cli::common::{CliError, PathArgs, PolicyArgs, look, print, refuse_stdin};
use crate::cli::lint_files::{RunStage, lint_discovered};
use crate::cli::run::{CheckOptions, CheckRun};
use crate::input_error::{InputError, SkipReason};
use crate::output::text::{cut_end, file_link, line_width, width, wrapped};
use crate::output::{Look, Tone, escape_line, painted};
use crate::report::{FileReport, Report, Verdict, count};
use crate::workspace::FileTree;
use crate::workspace::candidate::skipped;
use crate::workspace::discover::discover;
use crate::workspace::policies::find_policy;
use crate::workspace::repository::Repository;

pub(crate) const EXAMPLES: &str = "\
Examples:
  aivss-lint list
  aivss-lint list --format json agents

Exit status: 0 on success, 2 if a file cannot be read.";

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    pub(crate) files: PathArgs,
    #[command(flatten)]
    policy: PolicyArgs,
    /// Format of the list
    #[arg(short, long, value_name = "FORMAT", default_value = "human")]
    format: ListFormat,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ListFormat {
    /// Text
    Human,
    /// JSON for programs
    Json,
}

/// A file that is not checked, its reason, and the next step.
struct SkippedFile {
    path: String,
    kind: &'static str,
    reason: String,
    next: Option<String>,
    command: Option<String>,
}

/// The files of a run.
struct Listing<'r> {
    policy: &'r str,
    checked: Vec<&'r FileReport>,
    skipped: Vec<SkippedFile>,
    errors: Vec<&'r InputError>,
}

pub(crate) fn run(args: &ListArgs, repository: &Repository) -> Result<Verdict, CliError> {
    let paths: &[PathBuf] = &args.files.paths;
    refuse_stdin(paths, "listed")?;
    let head = FileTree::WorkTree(repository);
    let (policy, name) = find_policy(args.policy.policy.as_deref(), head)?
        .map_err(|(name, _)| format!("cannot use policy {name}: it has errors: run `aivss-lint`"))?;
    let options = CheckOptions { lists_others: true, ..CheckOptions::new(paths, args.policy.today()) };
    let discovery = discover(options.search(paths, &policy), repository);
    let left_out = skipped(&discovery, repository, &policy);
    let run = CheckRun { options: &options, head, policy: &policy, rows: None };
    let mut report = lint_discovered(run, &discovery, RunStage::Single).report;
    report.input_errors.sort();
    report.policy = name;
    let listing = Listing::of(&report, left_out);
    match args.format {
        ListFormat::Human => print(&listing.in_words(look()))?,
        ListFormat::Json => print(&format!("{:#}\n", listing.json()))?,
    }
    Ok(if listing.errors.is_empty() { Verdict::Passed } else { Verdict::CannotCheck })
}

impl<'r> Listing<'r> {
    fn of(report: &'r Report, left_out: BTreeMap<String, SkipReason>) -> Self {
        let mut others: BTreeMap<&str, _> =
            report.others.iter().map(|(path, file)| (&**path, file)).collect();
        let mut errors = Vec::new();
        for error in &report.input_errors {
            match error {
                InputError::NoModel { path, file } => drop(others.insert(path, file)),
                // The list shows it.
                InputError::EmptyFolder { .. } => {}
                error => errors.push(error),
            }
        }
        let others = others.into_iter().map(|(path, file)| SkippedFile {
            path: path.to_owned(),
            kind: file.kind.name,
            reason: file.reason().into_owned(),
            next: file.next(path),
            command: file.command(path),
        });
        let mut skipped: Vec<SkippedFile> = others.collect();
        // A link that leads out is an error, and is not found either.
        let left_out =
            left_out.into_iter().filter(|(path, _)| errors.iter().all(|error| error.path() != path));
        skipped.extend(left_out.map(|(path, reason)| SkippedFile {
            path,
            kind: if reason == SkipReason::Ignored { "ignored" } else { "excluded" },
            reason: reason.to_string(),
            next: None,
            command: None,
        }));
        skipped.sort_by(|one, other| one.path.cmp(&other.path));
        let checked = report.files.iter().filter(|file| file.is_model()).collect();
        Self { policy: &report.policy, checked, skipped, errors }
    }

    fn in_words(&self, look: Look) -> String {
        let mut text = format!("policy: {}\n", escape_line(self.policy));
        text += &heading("checked", self.checked.len(), Tone::Good, look);
        let most = line_width(look);
        let rows = self.checked.iter().map(|file| (escape_line(file.name()), escape_line(&contents(file))));
        let rows: Vec<(String, String)> = rows.collect();
        let column = rows.iter().map(|(name, _)| width(name)).max().unwrap_or(0);
        let longest = rows.iter().map(|(_, contents)| width(contents)).max().unwrap_or(0);
        // Rows that have no room for columns are as short as they can be.
        let has_columns = column.saturating_add(longest + 4) <= most;
        for (file, (name, contents)) in self.checked.iter().zip(rows) {
            let gap = match width(&name) {
                own if has_columns => " ".repeat(column - own + 2),
                own if own + width(&contents) + 4 <= most => "  ".to_owned(),
                _ => "\n      ".to_owned(),
            };
            let contents = cut_end(&contents, most.saturating_sub(6));
            let name = file_link(&name, file.name(), look);
            text += &format!("  {name}{gap}{}\n", painted(&contents, Tone::Dim, look));
        }
        if self.checked.is_empty() && self.skipped.iter().all(|file| file.next.is_none()) {
            text += &format!(
                "  next: {}\n",
                painted("`aivss-lint init` writes a threat model", Tone::Action, look)
            );
        }
        if !self.skipped.is_empty() {
            text += &heading("skipped", self.skipped.len(), Tone::Caution, look);
        }
        for SkippedFile { path, reason, next, .. } in &self.skipped {
            text += &format!("  {}\n", file_link(&escape_line(path), path, look));
            let next = next.as_ref().map(|next| format!("next: {next}"));
            for (line, tone) in [(Some(reason), Tone::Dim), (next.as_ref(), Tone::Action)] {
                let Some(line) = line else { continue };
                let line = wrapped(&escape_line(line), line_width(look), (6, 8));
                text += &format!("      {}\n", painted(&line, tone, look));
            }
        }
        if !self.errors.is_empty() {
            text += &heading("cannot check", self.errors.len(), Tone::Bad, look);
        }
        for error in &self.errors {
            let line = format!("{}: {error}", error.path());
            text += &format!("  {}\n", wrapped(&escape_line(&line), line_width(look), (2, 6)));
        }
        text
    }

    fn json(&self) -> Value {
        let checked = self.checked.iter().map(|file| {
            let models = file
                .models
                .iter()
                .map(|model| json!({ "agent": model.name(), "format": model.model.format.name() }));
            json!({ "path": file.name(), "models": models.collect::<Vec<_>>() })
        });
        let skipped = self.skipped.iter().map(|SkippedFile { path, kind, reason, next, command }| {
            json!({ "path": path, "kind": kind, "reason": reason, "next": next, "command": command })
        });
        json!({
            "aivss_list": 1,
            "policy": self.policy,
            "checked": checked.collect::<Vec<_>>(),
            "skipped": skipped.collect::<Vec<_>>(),
            "errors": self.errors,
        })
    }
}

fn heading(word: &str, number: usize, tone: Tone, look: Look) -> String {
    format!("\n{}: {}\n", painted(word, tone, look), count(number, "file"))
}

/// The agents of a file, or their number.
fn contents(file: &FileReport) -> String {
    match &*file.models {
        [] => "no readable threat model".to_owned(),
        [model] => match model.name() {
            Some(name) => format!("{name} ({})", model.model.format.name()),
            None => format!("unnamed agent ({})", model.model.format.name()),
        },
        models => count(models.len(), "threat model"),
    }
}
