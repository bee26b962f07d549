//! `init`: a threat model to fill in, a policy to start from, and the file that starts the gate in CI.
//!
//! Nothing that stands is overwritten. What is not known is asked for on a terminal, and left open elsewhere.

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::cli::emit_to_stdout;
use crate::cli::gate::{CliError, find_policy};
use crate::cli::write_output::{refuse_other_than_yaml, write_new};
use crate::convert::scaffold::Scaffold;
use crate::output::escape_line;
use crate::report::Verdict;
use crate::workspace::discover::{Named, Repository, Search, discover};
use crate::workspace::file_tree::FileTree;

pub(crate) const EXAMPLES: &str = "\
Examples:
  aivss-lint init agents/planner      write agents/planner/threat-model.yaml and aivss-policy.yaml
  aivss-lint init --name Planner --environment production --tier high
  aivss-lint init --ci github --ci pre-commit
  aivss-lint init --ci gitlab --source https://git.example.org/security/aivss-lint@COMMIT

Nothing that stands is overwritten.

Exit codes: 0 written, 2 something that was asked for is not.";

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The file to write, or the folder for a threat-model.yaml
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) path: PathBuf,

    /// The agent's name; asked for on a terminal
    #[arg(long, value_name = "NAME")]
    name: Option<String>,

    /// Where the agent runs; asked for on a terminal
    #[arg(long, value_name = "ENVIRONMENT")]
    environment: Option<Environment>,

    /// The agent's risk tier; asked for on a terminal
    #[arg(long, value_name = "TIER")]
    tier: Option<Tier>,

    /// Who answers for the threat model
    #[arg(long, value_name = "OWNER")]
    owner: Option<String>,

    /// Also write the file that starts the gate there; may be given several times
    #[arg(long, value_name = "SYSTEM")]
    ci: Vec<System>,

    /// The repository and the commit that CI builds the program from
    #[arg(long, value_name = "ADDRESS@COMMIT", requires = "ci", value_parser = Origin::parse)]
    source: Option<Origin>,
}

/// The repository that CI builds the program from, and the full id of a commit of it.
#[derive(Clone, Debug)]
struct Origin {
    address: String,
    commit: String,
}

impl Origin {
    /// Reads `ADDRESS@COMMIT`. The recipes contain both within quotation marks of YAML, Groovy and a shell.
    fn parse(text: &str) -> Result<Self, String> {
        let (address, commit) = text.rsplit_once('@').ok_or("expected ADDRESS@COMMIT")?;
        let is_whole =
            [40, 64].contains(&commit.len()) && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_whole {
            return Err("expected the full id of a commit after the last @".to_owned());
        }
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-._~:/@+".contains(letter);
        if !address.contains("://") || !address.chars().all(is_plain) {
            return Err(
                "expected the address of a git repository, such as https://git.example.org/a/b".to_owned()
            );
        }
        Ok(Self { address: address.to_owned(), commit: commit.to_owned() })
    }

    /// The path of the repository on its server, by which a workflow there names the action.
    fn path(&self) -> &str {
        let rest = self.address.split_once("://").map_or("", |(_, rest)| rest);
        rest.split_once('/').map_or("", |(_, path)| path.trim_end_matches(".git"))
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Environment {
    Development,
    Testing,
    Production,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Tier {
    Low,
    Moderate,
    High,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum System {
    /// A workflow with the action
    Github,
    /// Jobs for merge requests and the default branch
    Gitlab,
    /// A hook
    PreCommit,
}

/// The comment after an action that no public repository contains yet.
const UNTIL_RELEASE: &str = " # after the first release; until then, a copy of your own";

const POLICY: &str = "aivss-policy.yaml";
const STARTER: &str = include_str!("../../policies/starter.yaml");
/// The address in the recipes until the project has one of its own (`explain::ADDRESS`).
const PLACEHOLDER: &str = "https://github.com/OWNER/aivss-lint";
/// Whose recipes are tried out, so that what is written here is.
const RECIPES: &str = include_str!("../../docs/ci.md");

impl System {
    const fn file(self) -> &'static str {
        match self {
            Self::Github => ".github/workflows/aivss-lint.yml",
            Self::Gitlab => ".gitlab-ci.yml",
            Self::PreCommit => ".pre-commit-config.yaml",
        }
    }

    /// The recipe for the system: of those in the documentation the first for its file that can be used as it is, or
    /// else the first.
    fn recipe(self) -> &'static str {
        let title = format!("# {}\n", self.file());
        let blocks = || RECIPES.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next());
        let recipes = || blocks().filter_map(|block| block.strip_prefix(title.as_str()));
        recipes().find(|recipe| !recipe.contains("OWNER/")).or_else(|| recipes().next()).unwrap_or_default()
    }

    /// The recipe with the source of the program filled in, as far as that is known.
    fn filled(self, source: Option<&Origin>) -> String {
        let Some(source) = source else { return self.recipe().to_owned() };
        let recipe = self.recipe().replace(PLACEHOLDER, &source.address).replace("<commit>", &source.commit);
        let lines = recipe.replace("OWNER/aivss-lint", source.path());
        // The action is that of the given source.
        lines.replace(UNTIL_RELEASE, "")
    }

    /// What is to be done with what was written.
    const fn remark(self, source: Option<&Origin>) -> &'static str {
        match self {
            Self::Github | Self::Gitlab if source.is_none() => {
                "write the repository with the program's source in place of OWNER/aivss-lint, and a commit of it in place \
                 of <commit>; `--source` does"
            }
            Self::Github | Self::Gitlab => "commit it",
            Self::PreCommit => "run `pre-commit install`, once a clone",
        }
    }
}

pub(crate) fn run(arguments: &Arguments, repository: &Repository) -> Result<Verdict, CliError> {
    let model = model_file(&arguments.path, repository)?;
    let shown = repository.shown(&model);
    // Before anything is asked.
    let has_model = is_taken(&model);
    if has_model && arguments.ci.is_empty() {
        return Err(CliError::Usage(format!("{shown}: it stands already, and nothing is overwritten")));
    }
    let mut said = String::new();
    if has_model {
        said.push_str(&format!("left {}: the threat model stands already\n", escape_line(&shown)));
    } else {
        let name = write_new(&model, &draft(arguments)?.to_yaml(), repository)?;
        said.push_str(&format!("wrote {name}\n"));
    }
    match repository.policies().as_slice() {
        [] => {
            let name = write_new(&repository.root().join(POLICY), STARTER, repository)?;
            said.push_str(&format!("wrote {name}\n"));
        }
        [policy, ..] => {
            let name = escape_line(&repository.shown(policy));
            said.push_str(&format!("left {name}: the policy stands already\n"));
        }
    }
    let mut all_written = true;
    for system in &arguments.ci {
        let source = arguments.source.as_ref();
        let (file, recipe) = (system.file(), system.filled(source));
        let path = repository.root().join(file);
        if is_taken(&path) {
            all_written = false;
            let name = escape_line(&repository.shown(&path));
            said.push_str(&format!(
                "left {name}: it stands already; add this to it:\n\n{}\n",
                indented(&recipe)
            ));
        } else {
            let name = write_new(&path, &recipe, repository)?;
            said.push_str(&format!("wrote {name}: {}\n", system.remark(source)));
        }
    }
    if !has_model {
        said.push_str(&next_steps(&shown));
        said.push_str(if is_found(&model, repository) { "" } else { UNSEEN });
    }
    emit_to_stdout(|stdout| stdout.write_all(said.as_bytes()))?;
    // Something that was asked for is not there.
    Ok(if all_written { Verdict::Passed } else { Verdict::CannotJudge })
}

fn model_file(path: &Path, repository: &Repository) -> Result<PathBuf, CliError> {
    if path.extension().is_some() && !is_folder(path) {
        refuse_other_than_yaml(path)?;
        return Ok(path.to_owned());
    }
    if is_taken(path) && !is_folder(path) {
        let shown = repository.shown(path);
        return Err(CliError::Usage(format!("{shown}: it is a file: name a folder or a .yaml file")));
    }
    Ok(path.join("threat-model.yaml"))
}

#[expect(clippy::disallowed_methods, reason = "a folder may have a name like that of a file")]
fn is_folder(path: &Path) -> bool {
    path.is_dir()
}

#[expect(
    clippy::disallowed_methods,
    reason = "what stands is not overwritten, be it a link that leads nowhere"
)]
fn is_taken(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok()
}

fn draft(arguments: &Arguments) -> Result<Scaffold, CliError> {
    let word = |value: Option<clap::builder::PossibleValue>| value.map(|value| value.get_name().to_owned());
    let origin =
        "A threat model to fill in. `aivss-lint` lists missing values, `aivss-lint fix` writes the score.";
    let mut draft = Scaffold {
        name: arguments.name.clone().filter(|name| !name.trim().is_empty()),
        environment: word(arguments.environment.and_then(|value| value.to_possible_value())),
        tier: word(arguments.tier.and_then(|value| value.to_possible_value())),
        owner: arguments.owner.clone().filter(|owner| !owner.trim().is_empty()),
        ..Scaffold::new(origin, "0.8")
    };
    if io::stderr().is_terminal() && is_asked_on_terminal() {
        let options = |values: &[&str]| format!("{} (Enter leaves it open)", values.join(", "));
        if draft.name.is_none() {
            draft.name = ask("What is the agent called?", &[])?;
        }
        if draft.environment.is_none() {
            let environments = ["development", "testing", "production"];
            draft.environment =
                ask(&format!("Where does it run? {}", options(&environments)), &environments)?;
        }
        if draft.tier.is_none() {
            let tiers = ["low", "moderate", "high"];
            draft.tier = ask(&format!("How high is its risk tier? {}", options(&tiers)), &tiers)?;
        }
    }
    Ok(draft)
}

#[expect(clippy::disallowed_methods, reason = "questions are answered there")]
fn is_asked_on_terminal() -> bool {
    io::stdin().is_terminal()
}

/// Asks a question until the answer is among the options, if there are any. No answer leaves it open.
#[expect(clippy::disallowed_methods, reason = "the answer is read from there")]
fn ask(question: &str, options: &[&str]) -> Result<Option<String>, CliError> {
    loop {
        write!(io::stderr(), "{question}\n> ")?;
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer)?;
        let answer = answer.trim();
        let named = options.iter().filter(|option| option.starts_with(&answer.to_lowercase()));
        match (answer, named.collect::<Vec<_>>().as_slice(), options) {
            ("", ..) => return Ok(None),
            (_, _, []) => return Ok(Some(answer.to_owned())),
            (_, [option], _) => return Ok(Some((**option).to_owned())),
            _ => {}
        }
    }
}

/// The hint about a file that a run on its folder will not check.
pub(crate) const UNSEEN: &str = "
`files.exclude` of the policy leaves this file out: write it elsewhere, or change the pattern
";

/// Whether a run on its folder finds a file. A policy that cannot be read says so itself.
pub(crate) fn is_found(model: &Path, repository: &Repository) -> bool {
    let side = FileTree::WorkTree(repository);
    let Ok(Ok((policy, _))) = find_policy(None, side) else { return true };
    let paths = [model.to_owned()];
    let search = Search { paths: &paths, policy: &policy, named: Named::Filtered, threads: 1 };
    !discover(search, repository).candidates.is_empty()
}

fn next_steps(shown: &str) -> String {
    let shown = escape_line(shown);
    format!(
        "\nnext:\n  fill in what is empty; the comments say what belongs there\n  aivss-lint {shown}\n      says what is \
         missing, place by place\n  aivss-lint fix {shown}\n      writes the score, once its inputs are there\n"
    )
}

fn indented(text: &str) -> String {
    text.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("    {line}\n") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy;
    use crate::policy::NoFiles;
    use crate::source::Source;
    use crate::syntax::parse;

    #[test]
    fn every_system_has_a_recipe_for_its_file() {
        for system in [System::Github, System::Gitlab, System::PreCommit] {
            let source = Source::decode("recipe.yaml", system.recipe().as_bytes().to_vec());
            let document = parse(&source);
            assert!(document.is_sound() && source.text().contains("aivss-lint"), "{system:?}");
        }
        assert!(!System::PreCommit.recipe().contains("OWNER/"));
    }

    #[test]
    fn source_replaces_every_placeholder() {
        let commit = "0123456789abcdef".repeat(4);
        let source = Origin::parse(&format!("https://git.example.org/a/b.git@{commit}")).unwrap();
        for system in [System::Github, System::Gitlab, System::PreCommit] {
            let recipe = system.filled(Some(&source));
            assert!(!recipe.contains("OWNER") && !recipe.contains("<commit>"), "{recipe}");
            assert!(!recipe.contains("release"), "{recipe}");
        }
        let uses = format!("uses: a/b@{commit}\n");
        assert!(System::Github.filled(Some(&source)).contains(&uses));
        let command = format!("--git \"https://git.example.org/a/b.git\" --rev \"{commit}\"");
        assert!(System::Gitlab.filled(Some(&source)).contains(&command));
    }

    #[test]
    fn source_that_a_shell_could_misread_is_refused() {
        let commit = "0".repeat(40);
        for address in [
            "https://x/$(id)",
            "https://x/a b",
            "https://x/a\"b",
            "git.example.org/a",
            "https://x/`id`",
            "https://x/a'b",
            "https://x/\u{202e}",
        ] {
            assert!(Origin::parse(&format!("{address}@{commit}")).is_err(), "{address}");
        }
        for text in ["https://x/a", "https://x/a@main", "https://x/a@0123456"] {
            assert!(Origin::parse(text).is_err(), "{text}");
        }
        assert!(Origin::parse(&format!("ssh://git@x:22/a/b@{commit}")).is_ok());
    }

    #[test]
    fn the_policy_to_start_from_is_the_recommended_one_with_and_without_its_comments() {
        let read =
            |text: &str| policy::read(Source::decode(POLICY, text.as_bytes().to_vec()), &NoFiles).unwrap();
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
