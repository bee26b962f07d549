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
    /// Repository in JSON reports and rows [default: from CI or git]
    #[arg(long, value_name = "NAME")]
    repository: Option<String>,
    /// Commit in JSON reports and rows [default: from CI or git]
    #[arg(long, value_name = "ID")]
    commit: Option<String>,
    /// Branch in JSON reports and rows [default: from CI or git]
    #[arg(long, value_name = "NAME")]
    branch: Option<String>,
}

/// The variables of a CI system. Of several for one value, the first that is set counts.
struct CiVariables {
    /// The address of the repository, or the server and the path of the repository on it.
    repository: &'static [&'static str],
    commit: &'static str,
    branch: &'static [&'static str],
}

/// The CI systems, each by the variables that it documents. Forgejo and Gitea set those of GitHub.
const SYSTEMS: [CiVariables; 12] = [
    CiVariables {
        repository: &["GITHUB_SERVER_URL", "GITHUB_REPOSITORY"],
        commit: "GITHUB_SHA",
        branch: &["GITHUB_HEAD_REF", "GITHUB_REF_NAME"],
    },
    CiVariables {
        repository: &["CI_PROJECT_URL"],
        commit: "CI_COMMIT_SHA",
        branch: &["CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "CI_COMMIT_REF_NAME"],
    },
    CiVariables {
        repository: &["BUILD_REPOSITORY_URI"],
        commit: "BUILD_SOURCEVERSION",
        branch: &["SYSTEM_PULLREQUEST_SOURCEBRANCH", "BUILD_SOURCEBRANCH"],
    },
    CiVariables {
        repository: &["BITBUCKET_GIT_HTTP_ORIGIN"],
        commit: "BITBUCKET_COMMIT",
        branch: &["BITBUCKET_BRANCH"],
    },
    CiVariables { repository: &["CIRCLE_REPOSITORY_URL"], commit: "CIRCLE_SHA1", branch: &["CIRCLE_BRANCH"] },
    CiVariables {
        repository: &["BUILDKITE_REPO"],
        commit: "BUILDKITE_COMMIT",
        branch: &["BUILDKITE_BRANCH"],
    },
    // Woodpecker.
    CiVariables { repository: &["CI_REPO_URL"], commit: "CI_COMMIT_SHA", branch: &["CI_COMMIT_BRANCH"] },
    CiVariables { repository: &["DRONE_REPO_LINK"], commit: "DRONE_COMMIT", branch: &["DRONE_BRANCH"] },
    CiVariables {
        repository: &["SEMAPHORE_GIT_URL"],
        commit: "SEMAPHORE_GIT_SHA",
        branch: &["SEMAPHORE_GIT_WORKING_BRANCH", "SEMAPHORE_GIT_BRANCH"],
    },
    CiVariables {
        repository: &["CODEBUILD_SOURCE_REPO_URL"],
        commit: "CODEBUILD_RESOLVED_SOURCE_VERSION",
        branch: &["CODEBUILD_WEBHOOK_HEAD_REF"],
    },
    CiVariables {
        repository: &["TRAVIS_REPO_SLUG"],
        commit: "TRAVIS_COMMIT",
        branch: &["TRAVIS_PULL_REQUEST_BRANCH", "TRAVIS_BRANCH"],
    },
    // Jenkins, last: other systems pass on variables with these names.
    CiVariables {
        repository: &["GIT_URL"],
        commit: "GIT_COMMIT",
        branch: &["CHANGE_BRANCH", "BRANCH_NAME", "GIT_BRANCH"],
    },
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
    SYSTEMS.iter().find_map(|system| {
        let parts: Option<Vec<String>> = system.repository.iter().map(|name| variable(name)).collect();
        let branch = system.branch.iter().find_map(|name| variable(name));
        Some(Provenance {
            repository: Some(plain_address(&parts?.join("/"))?),
            commit: variable(system.commit),
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
            let is_set = |name: &str| {
                let names = system.repository.iter().chain(system.branch).chain([&system.commit]);
                names.copied().any(|set| set == name)
            };
            let found = of_ci(|name| {
                is_set(name).then(|| match name {
                    "GITHUB_SERVER_URL" => "https://host.example".to_owned(),
                    "GITHUB_REPOSITORY" => "a/b".to_owned(),
                    name if system.repository.contains(&name) => "https://t@host.example/a/b.git".to_owned(),
                    name if name == system.commit => "0123".to_owned(),
                    _ => "refs/heads/main".to_owned(),
                })
            });
            let text = |text: &str| Some(text.to_owned());
            let (repository, commit, branch) = (text("host.example/a/b"), text("0123"), text("main"));
            assert_eq!(found, Some(Provenance { repository, commit, branch }), "{}", system.commit);
        }
        assert_eq!(of_ci(|_| None), None);
    }
}
