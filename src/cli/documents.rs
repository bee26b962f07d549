//! `init`, `import` and `export`: a threat model to fill in, one from another document, and OWASP's v0.8 report.
//!
//! Existing files are not overwritten. On a terminal, `init` asks for missing answers; elsewhere they stay open.

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use crate::aivss::{CORE_RISKS, CoreRisk};
use crate::cli::common::{
    ALREADY_EXISTS, CliError, OutputArgs, error_look, print_error, print_messages, print_remarks,
    read_source, read_stdin, refuse_other_than_yaml, refuse_stdin, write_new, write_output,
};
use crate::cli::fix::change;
use crate::cli::recipes::{ProgramSource, System};
use crate::convert::data::Data;
use crate::convert::export::export;
use crate::convert::import::{Imported, import, import_in_place};
use crate::convert::scaffold::{Scaffold, ScoreForm};
use crate::likeness::nearest;
use crate::output::text::{line_width, place, wrapped};
use crate::output::{escape_line, is_steering};
use crate::policy::Scope;
use crate::report::Verdict;
use crate::source::{Language, Source};
use crate::workspace::FileTree;
use crate::workspace::candidate::{FileSearch, NamedFiles};
use crate::workspace::discover::discover;
use crate::workspace::git::run;
use crate::workspace::policies::find_policy;
use crate::workspace::repository::Repository;

pub(crate) const INIT_EXAMPLES: &str = "\
Examples:
  aivss-lint init agents/planner      write agents/planner/threat-model.yaml and aivss-policy.yaml
  aivss-lint init --name Planner --environment production --tier high
  aivss-lint init --ci github --ci pre-commit
  aivss-lint init --ci gitlab --source https://git.example.org/security/aivss-lint@COMMIT

Existing files are not overwritten.";

#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// File to write, or folder for a threat-model.yaml
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) path: PathBuf,
    /// Name of the agent (asked for on a terminal)
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Environment of the agent (asked for on a terminal)
    #[arg(long, value_name = "ENVIRONMENT", value_parser = ENVIRONMENTS)]
    environment: Option<String>,
    /// Risk tier of the agent (asked for on a terminal)
    #[arg(long, value_name = "TIER", value_parser = TIERS)]
    tier: Option<String>,
    /// Owner of the threat model
    #[arg(long, value_name = "OWNER")]
    owner: Option<String>,
    /// Also write the file for this CI system (repeatable)
    #[arg(long, value_name = "SYSTEM")]
    ci: Vec<System>,
    /// Repository and commit from which CI builds the program
    #[arg(long, value_name = "ADDRESS@COMMIT", requires = "ci", value_parser = ProgramSource::parse)]
    source: Option<ProgramSource>,
}

const ENVIRONMENTS: [&str; 4] = ["development", "testing", "staging", "production"];
const TIERS: [&str; 3] = ["low", "moderate", "high"];

const POLICY: &str = "aivss-policy.yaml";
const STARTER: &str = include_str!("../../policies/starter.yaml");
pub(crate) fn run_init(args: &InitArgs, repository: &Repository) -> Result<Verdict, CliError> {
    let model = model_file(&args.path, repository)?;
    let shown = repository.shown(&model);
    let has_model = exists(&model);
    if has_model && args.ci.is_empty() {
        return Err(CliError::about(shown, ALREADY_EXISTS));
    }
    let draft = if has_model { None } else { Some(draft(args, &shown, repository)?) };
    let mut lines = match &draft {
        None => format!("kept {}: {ALREADY_EXISTS}\n", escape_line(&shown)),
        Some(draft) => format!("wrote {}\n", write_new(&model, &draft.to_yaml(), repository)?),
    };
    if let Some(policy) = FileTree::WorkTree(repository).policies().first() {
        lines += &format!("kept {}: {ALREADY_EXISTS}\n", escape_line(&repository.shown(policy)));
    } else {
        lines += &format!("wrote {}\n", write_new(&repository.root().join(POLICY), STARTER, repository)?);
    }
    let mut verdict = Verdict::Passed;
    let source = args.source.as_ref();
    for system in &args.ci {
        let recipe = system.filled(source);
        let path = repository.root().join(system.file());
        if exists(&path) {
            verdict = Verdict::CannotCheck;
            let name = escape_line(&repository.shown(&path));
            lines += &format!("kept {name}: {ALREADY_EXISTS}; add this to it:\n\n");
            for line in recipe.lines() {
                lines += &(format!("    {line}").trim_end().to_owned() + "\n");
            }
            lines += "\n";
        } else {
            let name = write_new(&path, &recipe, repository)?;
            lines += &format!("wrote {name}: {}\n", system.next_step(source));
        }
    }
    if let Some(draft) = draft {
        let file = escape_line(&shown);
        let rest = match draft.score {
            ScoreForm::Absent => "; the policy requires no score\n".to_owned(),
            ScoreForm::Asked | ScoreForm::Offered => {
                format!("\n  3. aivss-lint fix {file}\n     writes the score, once its inputs are complete\n")
            }
        };
        lines += &format!(
            "\nnext:\n  1. Fill in {file}: the comments explain each value\n  2. aivss-lint {file}\n     lists missing \
             values{rest}"
        );
        lines += unseen(&model, repository);
    }
    print_messages(&lines)?;
    Ok(verdict)
}

fn model_file(path: &Path, repository: &Repository) -> Result<PathBuf, CliError> {
    #[expect(clippy::disallowed_methods, reason = "a folder can be named like a file")]
    let is_folder = path.is_dir();
    if path.extension().is_some() && !is_folder {
        refuse_other_than_yaml(path)?;
        return Ok(path.to_owned());
    }
    if exists(path) && !is_folder {
        return Err(CliError::about(repository.shown(path), "is a file: name a folder or a .yaml file"));
    }
    Ok(path.join("threat-model.yaml"))
}

#[expect(clippy::disallowed_methods, reason = "nothing is overwritten, not even a link that leads nowhere")]
fn exists(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok()
}

fn draft(args: &InitArgs, path: &str, repository: &Repository) -> Result<Scaffold, CliError> {
    let mut draft = Scaffold::new("A threat model to fill in. `aivss-lint` lists what is missing", "0.8");
    for (key, answer) in [
        ("name", &args.name),
        ("environment", &args.environment),
        ("tier", &args.tier),
        ("owner", &args.owner),
    ] {
        if let Some(answer) = answer.as_deref().filter(|answer| !answer.trim().is_empty()) {
            draft.model.put(&format!("agent/{key}"), answer);
        }
    }
    #[expect(clippy::disallowed_methods, reason = "the user answers there")]
    let is_terminal = io::stderr().is_terminal() && io::stdin().is_terminal();
    if is_terminal {
        let email =
            run(repository.root(), &["config", "user.email"]).map(|email| email.text().trim().to_owned());
        let email = email.ok().filter(|email| !email.is_empty() && !email.contains(is_steering));
        for (path, question, options, default) in [
            ("agent/name", "Name of the agent?", &[][..], None),
            ("agent/owner", "Owner of the threat model?", &[], email.as_deref()),
            ("agent/environment", "Environment of the agent?", &ENVIRONMENTS, None),
            ("agent/tier", "Risk tier of the agent?", &TIERS, None),
        ] {
            if draft.model.get(path).is_none()
                && let Some(answer) = ask(question, options, default)?
            {
                draft.model.put(path, &*answer);
            }
        }
    }
    if requires_score(path, &draft.model, repository) {
        draft.origin += ", `aivss-lint fix` writes the score.";
    } else {
        draft.origin += ".";
        draft.score = ScoreForm::Absent;
    }
    Ok(draft)
}

/// Whether the policy requires a score of a threat model. One that cannot be read is reported by the first run.
fn requires_score(path: &str, model: &Data, repository: &Repository) -> bool {
    let Ok(Ok((policy, _))) = find_policy(None, FileTree::WorkTree(repository)) else { return true };
    let [environment, tier] = ["agent/environment", "agent/tier"].map(|key| model.text(key));
    policy.settings_for(Scope { path, environment, tier }).0.no_score().is_none()
}

/// Asks a question until the answer is the beginning of exactly one option, if there are any. An empty answer is the
/// default, or skips it.
fn ask(question: &str, options: &[&str], default: Option<&str>) -> Result<Option<String>, CliError> {
    let enter = match default {
        Some(default) => format!("[{default}]"),
        None => "(Enter skips)".to_owned(),
    };
    let hint = if options.is_empty() { enter } else { format!("{} {enter}", options.join(", ")) };
    loop {
        let question = wrapped(&format!("{question} {hint}"), line_width(error_look()), (0, 2));
        write!(io::stderr(), "{question}\n> ")?;
        let mut answer = String::new();
        #[expect(clippy::disallowed_methods, reason = "the user answers there")]
        io::stdin().lock().read_line(&mut answer)?;
        let answer = answer.trim();
        if answer.is_empty() {
            return Ok(default.map(str::to_owned));
        }
        if options.is_empty() {
            return Ok(Some(answer.to_owned()));
        }
        match option_meant(answer, options) {
            Ok(option) => {
                if option != answer {
                    writeln!(io::stderr(), "{option}")?;
                }
                return Ok(Some(option.to_owned()));
            }
            Err(reason) => writeln!(io::stderr(), "{reason}")?,
        }
    }
}

/// The option that begins with the answer, or the reason why none or several do.
fn option_meant<'o>(answer: &str, options: &[&'o str]) -> Result<&'o str, String> {
    let meant = options.iter().copied().filter(|option| option.starts_with(&answer.to_lowercase()));
    match meant.collect::<Vec<_>>().as_slice() {
        [option] => Ok(option),
        [] => Err(format!("`{}` is not one of {}", escape_line(answer), options.join(", "))),
        several => Err(format!("`{}` can be {}", escape_line(answer), several.join(" or "))),
    }
}

/// The hint about a file that a run on its folder does not find. A policy that cannot be read is reported by that run.
pub(crate) fn unseen(model: &Path, repository: &Repository) -> &'static str {
    let Ok(Ok((policy, _))) = find_policy(None, FileTree::WorkTree(repository)) else { return "" };
    let paths = [model.to_owned()];
    let search = FileSearch { paths: &paths, policy: &policy, named: NamedFiles::Filtered, threads: 1 };
    if discover(search, repository).candidates.is_empty() {
        "\n`files.exclude` of the policy excludes this file: write it elsewhere, or change the pattern\n"
    } else {
        ""
    }
}

pub(crate) const IMPORT_EXAMPLES: &str = "\
Examples:
  aivss-lint import docs/threat-model.md --in-place    put front matter on a page and check it there
  aivss-lint import aivss-report.json > threat-model.yaml
  aivss-lint import page.md --output agents/planner/threat-model.yaml

Values without a place in a threat model are listed on standard error. Values that the source
does not contain stay empty. Existing files are not overwritten. --in-place changes no other byte.";

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// Page (Markdown or text), OWASP report, AVE records, Threat Dragon, OTM or TM-BOM file; `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Put front matter on the Markdown page itself
    #[arg(long, conflicts_with = "output")]
    in_place: bool,
    /// Also import a page of threats without layers and without a score
    #[arg(long)]
    threats: bool,
    #[command(flatten)]
    to: OutputArgs,
}

impl ImportArgs {
    pub(crate) fn targets(&self) -> Vec<PathBuf> {
        if self.in_place { vec![self.file.clone()] } else { self.to.output.iter().cloned().collect() }
    }
}

pub(crate) fn run_import(args: &ImportArgs, repository: &Repository) -> Result<(), CliError> {
    if args.in_place {
        return run_import_in_place(&args.file, args.threats, repository);
    }
    let output = args.to.output.as_deref();
    output.map_or(Ok(()), refuse_other_than_yaml)?;
    let shown = repository.shown(&args.file);
    let stdin = read_stdin(std::slice::from_ref(&args.file));
    let bytes = stdin.unwrap_or_else(|| repository.read(&args.file));
    let imported = bytes.and_then(|bytes| import(&shown, bytes, args.threats));
    let imported = imported.map_err(|message| CliError::about(&shown, message))?;
    let written = write_output(&imported.text, output, &shown, &imported.remarks, repository)?;
    if let Some((name, output)) = written.zip(output) {
        let unseen = unseen(output, repository);
        print_error(&format!("wrote {name}: run `aivss-lint {name}` to list missing values\n{unseen}"));
    }
    Ok(())
}

/// Puts front matter on a page. A link is refused: the page is named where it is.
fn run_import_in_place(file: &Path, takes_threats: bool, repository: &Repository) -> Result<(), CliError> {
    refuse_stdin(std::slice::from_ref(&file.to_owned()), "changed")?;
    let shown = repository.shown(file);
    let about = |message: String| CliError::about(&shown, message);
    if Language::of(&shown) != Language::Markdown {
        return Err(about("only a Markdown page (.md, .markdown) has front matter".to_owned()));
    }
    if repository.is_linked(file) {
        return Err(about("it is a link, or in a linked folder: name the page itself".to_owned()));
    }
    let bytes = repository.read(file).map_err(about)?;
    let Imported { text, remarks } = import_in_place(&bytes, takes_threats).map_err(about)?;
    let source = Source::decode(&*file.to_string_lossy(), bytes);
    change(&source, &text, Some(repository)).map_err(about)?;
    print_remarks(&shown, &remarks);
    let unseen = unseen(file, repository);
    let name = escape_line(&shown);
    print_error(&format!(
        "{name}: front matter added; run `aivss-lint {name}` to list missing values\n{unseen}"
    ));
    Ok(())
}

pub(crate) const EXPORT_EXAMPLES: &str = "\
Examples:
  aivss-lint export threat-model.yaml > aivss-report.json
  aivss-lint export threat-model.yaml --agent-as ASI02 --output aivss-report.json

The report contains the computed scores. Values without a place in it are listed on standard error.";

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// Threat model
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    to: OutputArgs,
    /// Export the agent's own score as a vulnerability of this category (a core risk of OWASP AIVSS, or ASI01 to ASI10)
    #[arg(long, value_name = "CATEGORY")]
    agent_as: Option<String>,
}

pub(crate) fn run_export(args: &ExportArgs, repository: &Repository) -> Result<Verdict, CliError> {
    let agent_as = args.agent_as.as_deref().map(category).transpose()?;
    let source = read_source(&args.file, repository)?;
    let exported = match export(&source, agent_as) {
        Ok(exported) => exported,
        Err(refusals) => {
            for refusal in refusals {
                let place = place(source.name(), source.position(refusal.span.start), error_look());
                print_error(&format!("{place}: {}\n", escape_line(&refusal.message)));
            }
            return Ok(Verdict::CannotCheck);
        }
    };
    let output = args.to.output.as_deref();
    if let Some(name) = write_output(&exported.text, output, source.name(), &exported.remarks, repository)? {
        print_error(&format!("wrote {name}\n"));
    }
    Ok(Verdict::Passed)
}

fn category(name: &str) -> Result<&'static str, CliError> {
    CoreRisk::of_category(name).map(|risk| risk.name).ok_or_else(|| {
        let names = CORE_RISKS.each_ref().map(|risk| risk.name);
        let help = match nearest(name, names) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("known: {}", names.join(", ")),
        };
        CliError::from(format!("unknown core risk `{name}`; {help}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answer_is_the_beginning_of_one_option_or_refused_with_the_reason() {
        let tiers = ["low", "moderate", "high"];
        assert_eq!(option_meant("Mod", &tiers), Ok("moderate"));
        assert_eq!(
            option_meant("production", &tiers).unwrap_err(),
            "`production` is not one of low, moderate, high"
        );
        assert_eq!(option_meant("p", &["prod", "pilot"]).unwrap_err(), "`p` can be prod or pilot");
    }
    use crate::policy::NoFiles;
    use crate::rego::CompiledPolicy;
    use crate::rules::NAMES;

    #[test]
    fn starter_policy_equals_recommended_with_and_without_comments() {
        let read = |text: &str| {
            CompiledPolicy::read(Source::decode(POLICY, text.as_bytes().to_vec()), &NoFiles, NAMES).unwrap()
        };
        read(STARTER);
        let uncommented = |line: &'static str| {
            let is_prose = |text: &&str| text.starts_with(char::is_uppercase);
            line.strip_prefix("# ").filter(|text| !is_prose(text)).unwrap_or(line)
        };
        let all = STARTER.lines().map(uncommented);
        let whole = read(&all.collect::<Vec<_>>().join("\n"));
        assert_eq!(whole.exceptions().len(), 1);
    }
}
