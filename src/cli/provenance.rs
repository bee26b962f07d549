//! The repository, the commit and the branch that a run is about: from options, else from the CI system, else from git.
//!
//! A job can check out other repositories than its own. The variables of a CI system therefore count only if the checkout
//! has no commit, or the same one.

use clap::Args;

use crate::cli::common::variable;
use crate::cli::help::ADVANCED;
use crate::report::Provenance;
use crate::workspace::git;
use crate::workspace::repository::Repository;

#[derive(Debug, Args)]
#[command(next_help_heading = ADVANCED)]
pub(crate) struct ProvenanceArgs {
    /// Repository in JSON, rows and the web page [default: from CI or git]
    #[arg(long, value_name = "NAME")]
    repository: Option<String>,
    /// Commit in JSON, rows and the web page [default: from CI or git]
    #[arg(long, value_name = "ID")]
    commit: Option<String>,
    /// Branch in JSON, rows and the web page [default: from CI or git]
    #[arg(long, value_name = "NAME")]
    branch: Option<String>,
}

/// The variables that CI systems document: the address of the repository in parts, the commit, and the branch, of which the
/// first that is set counts. Forgejo and Gitea set those of GitHub. Jenkins is last, because other systems pass on its names.
const SYSTEMS: [[&str; 3]; 12] = [
    ["GITHUB_SERVER_URL GITHUB_REPOSITORY", "GITHUB_SHA", "GITHUB_HEAD_REF GITHUB_REF_NAME"],
    ["CI_PROJECT_URL", "CI_COMMIT_SHA", "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME CI_COMMIT_REF_NAME"],
    ["BUILD_REPOSITORY_URI", "BUILD_SOURCEVERSION", "SYSTEM_PULLREQUEST_SOURCEBRANCH BUILD_SOURCEBRANCH"],
    ["BITBUCKET_GIT_HTTP_ORIGIN", "BITBUCKET_COMMIT", "BITBUCKET_BRANCH"],
    ["CIRCLE_REPOSITORY_URL", "CIRCLE_SHA1", "CIRCLE_BRANCH"],
    ["BUILDKITE_REPO", "BUILDKITE_COMMIT", "BUILDKITE_BRANCH"],
    ["CI_REPO_URL", "CI_COMMIT_SHA", "CI_COMMIT_BRANCH"],
    ["DRONE_REPO_LINK", "DRONE_COMMIT", "DRONE_BRANCH"],
    ["SEMAPHORE_GIT_URL", "SEMAPHORE_GIT_SHA", "SEMAPHORE_GIT_WORKING_BRANCH SEMAPHORE_GIT_BRANCH"],
    ["CODEBUILD_SOURCE_REPO_URL", "CODEBUILD_RESOLVED_SOURCE_VERSION", "CODEBUILD_WEBHOOK_HEAD_REF"],
    ["TRAVIS_REPO_SLUG", "TRAVIS_COMMIT", "TRAVIS_PULL_REQUEST_BRANCH TRAVIS_BRANCH"],
    ["GIT_URL", "GIT_COMMIT", "CHANGE_BRANCH BRANCH_NAME GIT_BRANCH"],
];

impl ProvenanceArgs {
    pub(crate) fn provenance(&self, repository: &Repository) -> Provenance {
        let git = of_git(repository);
        let ci =
            of_ci(variable).filter(|ci| git.commit.is_none() || git.commit == ci.commit).unwrap_or_default();
        Provenance {
            repository: self.repository.clone().or(ci.repository).or(git.repository),
            commit: self.commit.clone().or(ci.commit).or(git.commit),
            branch: self.branch.clone().or(ci.branch).or(git.branch),
        }
    }
}

fn of_ci(variable: impl Fn(&str) -> Option<String>) -> Option<Provenance> {
    SYSTEMS.iter().find_map(|[repository, commit, branch]| {
        let parts: Option<Vec<String>> = repository.split(' ').map(&variable).collect();
        let branch = branch.split(' ').find_map(&variable);
        Some(Provenance {
            repository: Some(plain_address(&parts?.join("/"))?),
            commit: variable(commit),
            branch: branch.map(|branch| plain_branch(&branch).to_owned()),
        })
    })
}

fn of_git(repository: &Repository) -> Provenance {
    if !repository.is_git() {
        return Provenance::default();
    }
    let run = |arguments: &[&str]| git::run(repository.root(), arguments).ok().map(|output| output.text());
    let head = run(&["rev-parse", "HEAD", "--abbrev-ref", "HEAD"]).unwrap_or_default();
    let mut head = head.lines().map(str::to_owned);
    Provenance {
        repository: run(&["config", "--get", "remote.origin.url"]).and_then(|url| plain_address(&url)),
        commit: head.next(),
        // A detached HEAD has no branch.
        branch: head.next().filter(|branch| branch != "HEAD"),
    }
}

/// The host and the path of a repository's address, without what differs between clones of it: the protocol, the user
/// with its password, and `.git`. `None` for a path on this machine.
fn plain_address(address: &str) -> Option<String> {
    let address = address.trim();
    let (protocol, rest) = address.split_once("://").unwrap_or_default();
    if protocol == "file" || (protocol.is_empty() && address.starts_with(['/', '.', '\\', '~'])) {
        return None;
    }
    let rest = if protocol.is_empty() { address } else { rest };
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let host_end = rest.find('/').unwrap_or(rest.len());
    let rest = rest[..host_end].rfind('@').map_or(rest, |at| &rest[at + 1..]);
    // `git@host:path`, and no letter of a drive.
    let rest = match rest.split_once(':') {
        Some((host, _)) if protocol.is_empty() && host.len() < 2 => return None,
        Some((host, path)) if protocol.is_empty() => format!("{host}/{}", path.trim_start_matches('/')),
        _ => rest.to_owned(),
    };
    let plain = rest.trim_end_matches('/').trim_end_matches(".git");
    plain.contains('/').then(|| plain.to_owned())
}

fn plain_branch(branch: &str) -> &str {
    ["refs/heads/", "origin/"].iter().find_map(|prefix| branch.strip_prefix(prefix)).unwrap_or(branch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_keeps_only_the_host_and_the_path() {
        for (address, plain) in [
            ("https://github.com/acme/agents.git", Some("github.com/acme/agents")),
            ("https://user:secret@github.com/acme/agents", Some("github.com/acme/agents")),
            ("https://x:a@b@gitlab.example/a/b/c/", Some("gitlab.example/a/b/c")),
            ("git@github.com:acme/agents.git", Some("github.com/acme/agents")),
            ("ssh://git@host.example:2222/a/b.git", Some("host.example:2222/a/b")),
            (
                "https://dev.azure.com/org/project/_git/agents?x=token",
                Some("dev.azure.com/org/project/_git/agents"),
            ),
            ("acme/agents", Some("acme/agents")),
            ("/srv/git/agents.git", None),
            ("../agents", None),
            ("C:\\agents", None),
            ("file:///srv/agents", None),
            ("", None),
        ] {
            assert_eq!(plain_address(address).as_deref(), plain, "{address}");
        }
    }

    #[test]
    fn each_ci_system_is_read_by_its_variables() {
        for system in &SYSTEMS {
            let [repository, commit, _] = system;
            let found = of_ci(|name| {
                let is_set = system.iter().any(|names| names.split(' ').any(|set| set == name));
                is_set.then(|| match name {
                    "GITHUB_SERVER_URL" => "https://host.example".to_owned(),
                    "GITHUB_REPOSITORY" => "a/b".to_owned(),
                    name if name == *repository => "https://t@host.example/a/b.git".to_owned(),
                    name if name == *commit => "0123".to_owned(),
                    _ => "refs/heads/main".to_owned(),
                })
            });
            let text = |text: &str| Some(text.to_owned());
            let (repository, commit, branch) = (text("host.example/a/b"), text("0123"), text("main"));
            assert_eq!(found, Some(Provenance { repository, commit, branch }), "{system:?}");
        }
        assert_eq!(of_ci(|_| None), None);
    }
}
