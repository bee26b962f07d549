//! The action on every event and in every kind of checkout: which commit it checks, what it compares that with, and whose
//! policy it uses.

use std::fs;
use std::path::Path;

use crate::git::{commit, git, write};
use crate::runner::{Job, Ran};
use serde_json::{Value, json};

const GOOD: &str = include_str!("../../examples/smolagents/threat-model.yaml");
const WRONG: &str = include_str!("../../examples/owasp-0.5/01-tool-misuse.threat-model.yaml");

/// The subject of the event.
#[derive(Clone, Copy, PartialEq)]
enum Change {
    /// A correct threat model.
    Good,
    /// A wrong threat model, and a policy that permits it.
    Wrong,
}

/// An origin with a main branch that went on after a feature branch left it, and the merge of both.
struct Origin {
    first: String,
    main: String,
    feature: String,
    merge: String,
}

fn origin(job: &Job, change: Change) -> Origin {
    let work = job.folder.join("work");
    fs::create_dir_all(&work).unwrap();
    git(&work, &["init", "--quiet"]);
    write(&work, "agents/threat-model.yaml", GOOD);
    write(&work, "other/threat-model.yaml", GOOD.replace("Smolagents AI Agent", "Another agent"));
    write(&work, "docs/guide.md", "A guide.\n");
    let first = commit(&work, "first");
    git(&work, &["switch", "--quiet", "--create", "feature"]);
    if change == Change::Wrong {
        write(&work, "agents/threat-model.yaml", WRONG);
        write(
            &work,
            "aivss-policy.yaml",
            "aivss_policy: 1\nextends: [permissive]\nrules: { score-mismatch: off, uplift-mismatch: off }\n",
        );
    } else {
        write(&work, "agents/threat-model.yaml", GOOD.replace("Smolagents AI Agent", "Smolagents"));
    }
    let feature = commit(&work, "feature");
    git(&work, &["switch", "--quiet", "main"]);
    write(&work, "README.md", "Agents.\n");
    let main = commit(&work, "main");
    git(&work, &["switch", "--quiet", "--detach"]);
    git(&work, &["merge", "--quiet", "--no-ff", "--message", "merge", "feature"]);
    let merge = git(&work, &["rev-parse", "HEAD"]);
    git(&work, &["update-ref", "refs/pull/7/merge", &merge]);
    git(&work, &["update-ref", "refs/pull/7/head", &feature]);
    git(&job.folder, &["clone", "--quiet", "--mirror", "work", "origin.git"]);
    git(&job.folder.join("origin.git"), &["config", "uploadpack.allowFilter", "true"]);
    Origin { first, main, feature, merge }
}

/// The checkout of the workflow.
#[derive(Clone, Copy)]
struct Checkout<'c> {
    /// Below the workspace.
    path: &'c str,
    depth: &'c str,
    filter: &'c str,
    /// Folders of a sparse checkout.
    sparse: &'c [&'c str],
}

const SHALLOW: Checkout<'_> = Checkout { path: ".", depth: "--depth=1", filter: "", sparse: &[] };
const WHOLE: Checkout<'_> = Checkout { depth: "--no-tags", ..SHALLOW };

impl Checkout<'_> {
    /// Does what `actions/checkout` does.
    fn run(&self, job: &Job, revision: &str) {
        fs::create_dir_all(job.workspace()).unwrap();
        let folder = job.workspace().join(self.path);
        fs::create_dir_all(&folder).unwrap();
        let origin = format!("file://{}", job.folder.join("origin.git").display());
        git(&folder, &["init", "--quiet"]);
        git(&folder, &["remote", "add", "origin", &origin]);
        // The origin belongs to the same user in every kind of checkout.
        let upload = "env -u GIT_TEST_ASSUME_DIFFERENT_OWNER git-upload-pack";
        git(&folder, &["config", "remote.origin.uploadpack", upload]);
        if !self.sparse.is_empty() {
            git(&folder, &[&["sparse-checkout", "set"], self.sparse].concat());
        }
        let mut fetch = vec!["fetch", "--quiet", self.depth];
        if !self.filter.is_empty() {
            fetch.push(self.filter);
        }
        git(&folder, &[fetch.as_slice(), &["origin", revision]].concat());
        git(&folder, &["checkout", "--quiet", "--detach", revision]);
    }
}

fn pull_request(origin: &Origin, repository: &str) -> Value {
    json!({ "pull_request": {
        "number": 7,
        "base": { "sha": origin.main },
        "head": { "sha": origin.feature, "repo": { "full_name": repository } },
    } })
}

/// A job for an event, as it is before its checkout.
fn job(test: &str, change: Change) -> (Job, Origin) {
    let job = Job::new(&format!("events-{test}"));
    let origin = origin(&job, change);
    (job, origin)
}

/// Sets the event with the commit and the ref that GitHub sets for it.
fn on(job: Job, name: &str, event: Value, (sha, reference): (&str, &str)) -> Job {
    job.on(name, event).variable("GITHUB_SHA", sha).variable("GITHUB_REF", reference)
}

fn base(ran: &Ran) -> &str {
    ran.steps.get("base.base").map_or("", String::as_str)
}

fn policy(ran: &Ran) -> &str {
    ran.steps.get("base.policy-from").map_or("", String::as_str)
}

fn assert_verdict(ran: &Ran, change: Change, name: &str) {
    let verdict = if change == Change::Good { (0, "passed") } else { (1, "failed") };
    assert_eq!((ran.code, ran.output("verdict")), verdict, "{name}: {}", ran.log);
}

fn assert_refused(job: &Job, ran: &Ran, texts: &[&str]) {
    assert_eq!((ran.code, ran.output("verdict")), (2, "cannot-judge"), "{}", ran.log);
    for text in texts {
        assert!(ran.log.contains(text), "{text} is not in:\n{}", ran.log);
    }
    assert_eq!(job.calls().len(), 0, "{}", ran.log);
}

#[test]
fn every_event_checks_the_change_by_the_policy_of_its_base() {
    for change in [Change::Good, Change::Wrong] {
        let rows =
            ["pull_request", "fork", "pull_request_target", "merge_group", "workflow_run", "issue_comment"];
        for name in rows {
            let (job, origin) = job(&format!("{name}-policy"), change);
            let merge = (origin.merge.as_str(), "refs/pull/7/merge");
            let default = (origin.main.as_str(), "refs/heads/main");
            let (revision, job) = match name {
                "pull_request" => {
                    (&origin.merge, on(job, name, pull_request(&origin, "owner/agents"), merge))
                }
                "fork" => {
                    (&origin.merge, on(job, "pull_request", pull_request(&origin, "stranger/agents"), merge))
                }
                "pull_request_target" => {
                    (&origin.merge, on(job, name, pull_request(&origin, "stranger/agents"), default))
                }
                "merge_group" => {
                    let event =
                        json!({ "merge_group": { "base_sha": origin.main, "head_sha": origin.merge } });
                    (
                        &origin.merge,
                        on(job, name, event, (&origin.merge, "refs/heads/gh-readonly-queue/main/7")),
                    )
                }
                "workflow_run" => {
                    let event = json!({ "workflow_run": { "head_sha": origin.feature } });
                    (&origin.feature, on(job, name, event, default).with("base", "main"))
                }
                _ => {
                    let event = json!({ "issue": { "number": 7, "pull_request": { "url": "x" } } });
                    (&origin.merge, on(job, name, event, default).with("base", "main"))
                }
            };
            SHALLOW.run(&job, revision);
            let ran = job.run();
            assert_verdict(&ran, change, name);
            assert_eq!((base(&ran), policy(&ran)), (&*origin.main, &*origin.main), "{name}");
        }
    }
}

#[test]
fn checkout_without_the_change_is_refused_with_the_step_to_write() {
    let comment = json!({ "issue": { "number": 7, "pull_request": { "url": "x" } } });
    for name in ["pull_request_target", "issue_comment", "workflow_run", "check_run", "check_suite"] {
        let (job, origin) = job(&format!("{name}-default"), Change::Wrong);
        let (event, step) = match name {
            "pull_request_target" => (
                pull_request(&origin, "stranger/agents"),
                "ref: refs/pull/${{ github.event.pull_request.number }}/merge".to_owned(),
            ),
            "issue_comment" => {
                (comment.clone(), "ref: refs/pull/${{ github.event.issue.number }}/merge".to_owned())
            }
            _ => (
                json!({ name: { "head_sha": origin.feature } }),
                format!("ref: ${{{{ github.event.{name}.head_sha }}}}"),
            ),
        };
        let job = on(job, name, event, (&origin.main, "refs/heads/main"));
        // The base, an older commit of its branch, or a newer one: none contains the change.
        for revision in [&origin.main, &origin.first] {
            let job = job.again();
            let _ = fs::remove_dir_all(job.workspace());
            SHALLOW.run(&job, revision);
            for base in ["", "main", "feature"] {
                let job = job.again().with("base", base);
                assert_refused(&job, &job.run(), &["does not contain", &step, "your secrets"]);
            }
        }
    }
}

#[test]
fn checkout_of_another_branch_is_refused() {
    for name in ["pull_request", "merge_group", "push"] {
        let (job, origin) = job(&format!("{name}-elsewhere"), Change::Wrong);
        let event = match name {
            "pull_request" => pull_request(&origin, "owner/agents"),
            "merge_group" => json!({ "merge_group": { "base_sha": origin.main, "head_sha": origin.merge } }),
            _ => json!({ "before": origin.first }),
        };
        let job = on(job, name, event, (&origin.merge, "refs/heads/feature"));
        SHALLOW.run(&job, &origin.main);
        assert_refused(&job, &job.run(), &["does not contain", "remove ref"]);
    }
}

#[test]
fn events_that_only_know_the_change_need_a_base() {
    let (job, origin) = job("no-base", Change::Wrong);
    let event = json!({ "workflow_run": { "head_sha": origin.feature } });
    let job = on(job, "workflow_run", event, (&origin.main, "refs/heads/main"));
    SHALLOW.run(&job, &origin.feature);
    assert_refused(&job, &job.run(), &["set the input base"]);
}

#[test]
fn run_after_a_push_to_the_default_branch_checks_that_branch() {
    let (job, origin) = job("workflow-run-push", Change::Good);
    let event = json!({ "workflow_run": { "head_sha": origin.first } });
    let job = on(job, "workflow_run", event, (&origin.main, "refs/heads/main"));
    WHOLE.run(&job, &origin.main);
    let ran = job.run();
    assert_verdict(&ran, Change::Good, "workflow_run");
    assert_eq!((base(&ran), policy(&ran)), ("", ""));
}

#[test]
fn comment_on_an_issue_checks_the_default_branch() {
    let (job, origin) = job("comment-issue", Change::Good);
    let event = json!({ "issue": { "number": 3 } });
    let job = on(job, "issue_comment", event, (&origin.main, "refs/heads/main"));
    SHALLOW.run(&job, &origin.main);
    assert_verdict(&job.run(), Change::Good, "issue_comment");
}

#[test]
fn push_is_compared_with_what_the_branch_was() {
    let zeros = "0".repeat(40);
    let gone = "1234567890".repeat(4);
    for change in [Change::Good, Change::Wrong] {
        let (job, origin) = job("push", change);
        // The previous commit, the commit to compare with, and a text of the log.
        let rows = [
            ("first", &zeros, "", "first push to the branch. There is no base, and every problem counts"),
            ("force, gone", &gone, "", "There is no base, and every problem counts"),
            ("force, kept", &origin.main, &*origin.main, "Base: "),
            ("ordinary", &origin.first, &*origin.first, "Base: "),
        ];
        for (name, before, expected, expected_log) in rows {
            let job =
                on(job.again(), "push", json!({ "before": before }), (&origin.feature, "refs/heads/feature"));
            let _ = fs::remove_dir_all(job.workspace());
            SHALLOW.run(&job, &origin.feature);
            let job = job.with("policy", "recommended");
            let ran = job.run();
            assert_verdict(&ran, change, name);
            assert_eq!((base(&ran), policy(&ran)), (expected, ""), "{name}");
            assert!(ran.log.contains(expected_log), "{name}: {}", ran.log);
        }
    }
}

#[test]
fn every_kind_of_checkout_gives_the_same_verdict() {
    let partial = Checkout { filter: "--filter=blob:none", ..SHALLOW };
    let rows = [
        ("whole", WHOLE),
        ("shallow", SHALLOW),
        ("two commits", Checkout { depth: "--depth=2", ..SHALLOW }),
        ("partial", partial),
        ("partial, whole history", Checkout { filter: "--filter=blob:none", ..WHOLE }),
        ("without trees", Checkout { filter: "--filter=tree:0", ..SHALLOW }),
        ("sparse", Checkout { sparse: &["agents"], ..SHALLOW }),
        ("sparse and partial", Checkout { sparse: &["agents"], ..partial }),
        ("path", Checkout { path: "src", ..SHALLOW }),
        ("path, partial", Checkout { path: "src/deep", ..partial }),
    ];
    for change in [Change::Good, Change::Wrong] {
        for (name, checkout) in rows {
            let owners = if ["shallow", "partial", "path"].contains(&name) {
                &["own", "another"][..]
            } else {
                &["own"]
            };
            for owner in owners {
                let (mut job, origin) = job("checkout", change);
                let merge = (origin.merge.as_str(), "refs/pull/7/merge");
                job = on(job, "pull_request", pull_request(&origin, "owner/agents"), merge);
                checkout.run(&job, &origin.merge);
                if *owner == "another" {
                    crate::action::of_another_user(&job);
                }
                let below = Path::new(checkout.path).join("agents").display().to_string();
                // The checkout itself, and a folder of it.
                let folder = if checkout.sparse.is_empty() { checkout.path } else { &below };
                for folder in [folder, &below] {
                    let job = job.again().with("working-directory", folder);
                    let ran = job.run();
                    assert_verdict(&ran, change, &format!("{name}, {owner}, {folder}"));
                    assert_eq!((base(&ran), policy(&ran)), (&*origin.main, &*origin.main), "{name}");
                }
            }
        }
    }
}

#[test]
fn content_that_cannot_be_fetched_is_named() {
    let rows = [
        ("--filter=blob:none", "agents/threat-model.yaml: in the base: its content is not in this clone"),
        ("--filter=tree:0", "its content is not in this clone"),
    ];
    for (filter, message) in rows {
        let (job, origin) = job("partial-offline", Change::Good);
        let merge = (origin.merge.as_str(), "refs/pull/7/merge");
        let job = on(job, "pull_request", pull_request(&origin, "owner/agents"), merge);
        Checkout { filter, ..WHOLE }.run(&job, &origin.merge);
        fs::rename(job.folder.join("origin.git"), job.folder.join("gone.git")).unwrap();
        let ran = job.run();
        assert_eq!((ran.code, ran.output("verdict")), (2, "cannot-judge"), "{}", ran.log);
        assert!(ran.log.contains(message), "{}", ran.log);
        assert!(ran.log.contains("git fetch --refetch --no-filter origin"), "{}", ran.log);
    }
}

/// A second checkout in the workspace, of the repository with the organization's policies.
#[test]
fn policy_of_an_organization_is_that_of_its_own_checkout() {
    // The change at the root of the workspace, and next to the policies.
    for path in [".", "change"] {
        for change in [Change::Good, Change::Wrong] {
            let (job, origin) = job("organization", change);
            let merge = (origin.merge.as_str(), "refs/pull/7/merge");
            let job = on(job, "pull_request", pull_request(&origin, "owner/agents"), merge);
            Checkout { path, ..SHALLOW }.run(&job, &origin.merge);
            let policies = job.workspace().join("org-policies");
            write(&policies, "aivss-policy.yaml", "aivss_policy: 1\nextends: [shared/strict.yaml]\n");
            write(&policies, "shared/strict.yaml", "aivss_policy: 1\nextends: [recommended]\n");
            write(&policies, "example.threat-model.yaml", WRONG);
            git(&policies, &["init", "--quiet"]);
            commit(&policies, "policies");
            crate::action::of_another_user(&job);
            let policy = if path == "." { "org-policies" } else { "../org-policies" };
            let job =
                job.with("policy", &format!("{policy}/aivss-policy.yaml")).with("working-directory", path);
            let ran = job.run();
            assert_verdict(&ran, change, path);
            assert_eq!(policy_name(&ran), format!("{policy}/aivss-policy.yaml"));
            assert!(!ran.log.contains("example.threat-model.yaml"), "{}", ran.log);
        }
    }
}

fn policy_name(ran: &Ran) -> String {
    let report: Value = serde_json::from_slice(&fs::read(ran.output("report-json")).unwrap()).unwrap();
    report["policy"].as_str().unwrap().to_owned()
}
