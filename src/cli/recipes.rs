//! The files with which CI systems run the gate, which `init --ci` writes: recipes of the documentation.

use clap::ValueEnum;

/// The repository from which CI builds the program, and the full id of one of its commits.
#[derive(Clone, Debug)]
pub(crate) struct ProgramSource {
    address: String,
    commit: String,
}

impl ProgramSource {
    /// Parses `ADDRESS@COMMIT`. The recipes contain both within quotation marks of YAML, Groovy and a shell.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let (address, commit) = text.rsplit_once('@').ok_or("expected ADDRESS@COMMIT")?;
        if ![40, 64].contains(&commit.len()) || !commit.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err("expected the full id of a commit after the last @");
        }
        let mut letters = address.chars();
        let is_plain = letters.all(|letter| letter.is_ascii_alphanumeric() || "-._~:/@+".contains(letter));
        if !address.contains("://") || !is_plain {
            return Err("expected the address of a git repository, such as https://git.example.org/a/b");
        }
        Ok(Self { address: address.to_owned(), commit: commit.to_owned() })
    }

    /// The path of the repository on its server, by which a workflow there names the action.
    fn path(&self) -> &str {
        let rest = self.address.split_once("://").map_or("", |(_, rest)| rest);
        rest.split_once('/').map_or("", |(_, path)| path.trim_end_matches(".git"))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum System {
    /// Workflow with the action
    Github,
    /// Jobs for merge requests and the default branch
    Gitlab,
    /// Hook
    PreCommit,
}

/// The comment after an action that no public repository contains yet.
const UNTIL_RELEASE: &str = " # your organization's copy of this repository";

/// The address in the recipes until the project has one of its own (`explain::ADDRESS`).
const PLACEHOLDER: &str = "https://github.com/OWNER/aivss-lint";
/// The documentation, whose recipes are tested.
const RECIPES: &str = concat!(
    include_str!("../../docs/ci/github.md"),
    include_str!("../../docs/ci/gitlab.md"),
    include_str!("../../docs/ci/pre-commit.md")
);

impl System {
    pub(crate) const fn file(self) -> &'static str {
        match self {
            Self::Github => ".github/workflows/aivss-lint.yml",
            Self::Gitlab => ".gitlab-ci.yml",
            Self::PreCommit => ".pre-commit-config.yaml",
        }
    }

    /// The first recipe for the file in the documentation that needs no changes, or else the first one.
    fn recipe(self) -> &'static str {
        let title = format!("# {}\n", self.file());
        let mut recipes = Vec::new();
        for rest in RECIPES.split("```yaml\n").skip(1) {
            let block = rest.split("```").next().unwrap_or_default();
            recipes.extend(block.strip_prefix(title.as_str()));
        }
        let complete = recipes.iter().find(|recipe| !recipe.contains("OWNER/"));
        complete.or(recipes.first()).copied().unwrap_or_default()
    }

    pub(crate) fn filled(self, source: Option<&ProgramSource>) -> String {
        let Some(source) = source else { return self.recipe().to_owned() };
        let recipe = self.recipe().replace(PLACEHOLDER, &source.address).replace("<commit>", &source.commit);
        recipe.replace("OWNER/aivss-lint", source.path()).replace(UNTIL_RELEASE, "")
    }

    pub(crate) const fn next_step(self, source: Option<&ProgramSource>) -> &'static str {
        match self {
            Self::Github | Self::Gitlab if source.is_none() => {
                "replace OWNER/aivss-lint by the program's repository and <commit> by one of its commits, or use `--source`"
            }
            Self::Github | Self::Gitlab => "commit it",
            Self::PreCommit => "run `pre-commit install` in each clone",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::parse;
    use crate::source::Source;

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
        let source = ProgramSource::parse(&format!("https://git.example.org/a/b.git@{commit}")).unwrap();
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
            assert!(ProgramSource::parse(&format!("{address}@{commit}")).is_err(), "{address}");
        }
        for text in ["https://x/a", "https://x/a@main", "https://x/a@0123456"] {
            assert!(ProgramSource::parse(text).is_err(), "{text}");
        }
        assert!(ProgramSource::parse(&format!("ssh://git@x:22/a/b@{commit}")).is_ok());
    }
}
