//! The folders of the editor: the repository and the policy of each document, and its check by the same steps as on the
//! command line. Open documents take the place of their files.
//!
//! Rules in Rego in an opened folder are somebody's code. They are neither compiled nor run here: see
//! [`crate::server::trusted`].

use std::collections::BTreeMap;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};

use crate::date::Date;
use crate::diagnostic::{Diagnostic, Owner, RuleInfo};
use crate::lint::{Content, LintContext, LintResult, lint};
use crate::policy::{FileLoader, PolicyUsage, Sought, recommended};
use crate::policy_audit::AuditedRun;
use crate::policy_test;
use crate::rego::CompiledPolicy;
use crate::rules;
use crate::score::ScoredModel;
use crate::server::View;
use crate::server::documents::{OpenDocument, OpenDocuments};
use crate::source::{Language, Source, Span};
use crate::syntax::{POLICY_MARKER, POLICY_TEST_MARKER};
use crate::workspace::FileTree;
use crate::workspace::candidate::{Candidate, FileSearch, NamedFiles, has_marker};
use crate::workspace::discover::discover;
use crate::workspace::policies::find_policy_with;
use crate::workspace::process::say;
use crate::workspace::recognize::{may_be_other, other_file};
use crate::workspace::repository::{POLICY_NAMES, Repository};

/// The choices of the client.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct ServerOptions {
    /// Whether the folders are trusted, so that their rules in Rego may run.
    pub(crate) trusted: bool,
    /// A policy file or the name of a built-in policy, in place of the repository's own.
    pub(crate) policy: Option<PathBuf>,
    /// The day of all checks, for tests and replays.
    today: Option<String>,
}

impl ServerOptions {
    pub(crate) fn today(&self) -> Date {
        self.today.as_deref().and_then(Date::parse).unwrap_or_else(Date::today)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DocumentKind {
    Model,
    Policy,
    PolicyTests,
    /// Not one of this program's files, so nothing is reported about it.
    Other,
}

/// The result for one document.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) kind: DocumentKind,
    pub(crate) models: Vec<ScoredModel>,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// The root of its repository.
    pub(crate) root: PathBuf,
    /// Its path from there.
    pub(crate) path: String,
    /// Whether this program failed on it.
    pub(crate) is_failed: bool,
    used: PolicyUsage,
}

/// A repository with the policy in force in it.
#[derive(Debug)]
pub(crate) struct Project {
    pub(crate) repository: Repository,
    /// The last policy without errors, with its name.
    pub(crate) policy: Option<(CompiledPolicy, String)>,
    /// The reason why the present policy cannot be used.
    pub(crate) unusable: Option<String>,
    is_stale: bool,
    lint: Lint,
}

/// The check of one text, for which tests have one that fails.
pub(crate) type Lint = fn(&Project, &Path, &Source, &EditedFiles<'_>, Date) -> Option<LintResult>;

/// The files of a repository, with the open documents in the place of theirs.
pub(crate) struct EditedFiles<'e> {
    tree: FileTree<'e>,
    open: &'e OpenDocuments,
}

impl FileLoader for EditedFiles<'_> {
    fn bytes(&self, name: &str) -> Result<Vec<u8>, String> {
        let path = self.tree.repository().whole(Path::new(name));
        match self.open.at(&path) {
            Some(document) => Ok(document.text.text().as_bytes().to_vec()),
            // The process can be in any folder.
            None => self.tree.bytes(&path.to_string_lossy()),
        }
    }

    fn rego_below(&self, folder: &str) -> Result<Vec<String>, String> {
        self.tree.rego_below(folder)
    }

    fn exists(&self, path: &str) -> bool {
        self.tree.exists(path)
    }

    fn may_name(&self, policy: &str, path: &str) -> bool {
        self.tree.may_name(policy, path)
    }

    fn runs_rego(&self) -> bool {
        false
    }

    fn offers_questions(&self) -> bool {
        true
    }
}

impl Project {
    fn load(&mut self, options: &ServerOptions, open: &OpenDocuments) {
        self.is_stale = false;
        let tree = FileTree::WorkTree(&self.repository);
        match find_policy_with(options.policy.as_deref(), tree, &EditedFiles { tree, open }) {
            Ok(Ok(found)) => {
                self.policy = Some(found);
                self.unusable = None;
            }
            Ok(Err((name, _))) => self.unusable = Some(format!("policy {name} has errors")),
            Err(message) => self.unusable = Some(message),
        }
    }

    pub(crate) fn policy_files(&self) -> impl Iterator<Item = PathBuf> + '_ {
        let sources = self.policy.iter().flat_map(|(policy, _)| policy.sources());
        sources.map(|source| self.repository.whole(Path::new(source.name())))
    }

    /// The names of the policy's files with rules in Rego, which are not checked here.
    pub(crate) fn has_rego(&self) -> bool {
        self.policy.as_ref().is_some_and(|(policy, _)| !policy.rego.is_empty())
    }

    fn decides(&self, path: &Path) -> bool {
        let matched = self.repository.matched(path);
        POLICY_NAMES.contains(&&*matched) || self.policy_files().any(|file| file == path)
    }

    /// Lints a file as a run over its folder would; `None` if it is not one of this program's files.
    pub(crate) fn lint(
        &self,
        path: &Path,
        source: &Source,
        load: &EditedFiles<'_>,
        today: Date,
    ) -> Option<LintResult> {
        let fallback;
        let policy = match &self.policy {
            Some((policy, _)) => policy,
            // A policy is checked without another one.
            None if self.decides(path) => {
                fallback = CompiledPolicy::built_in(recommended(), rules::NAMES);
                &fallback
            }
            None => return None,
        };
        let (text, matched) = (source.text(), self.repository.matched(path));
        let is_marked = has_marker(text.as_bytes(), Language::of(source.name()));
        let by_marker = match policy.sought(&matched)? {
            Sought::ByName => false,
            Sought::ByMarker => true,
        };
        let is_about_policy = text.contains(POLICY_MARKER);
        if by_marker && !is_marked && !is_about_policy {
            return None;
        }
        let candidate =
            Candidate { name: matched.clone(), matched, path: path.to_owned(), named: false, by_marker };
        let context = LintContext { policy, today, load, before: None };
        let may_be_other = may_be_other(&candidate, text.as_bytes(), context);
        let mut result = lint(source, &candidate.matched, context);
        if other_file(&candidate, source, &result, may_be_other).is_none() {
            return Some(result);
        }
        if !text.contains(POLICY_TEST_MARKER) || !policy_test::is_tests(source) {
            return None;
        }
        result.content = Content::Other;
        let broken = policy_test::read(source.clone()).err();
        result.diagnostics = broken.map(|broken| broken.diagnostics).unwrap_or_default();
        Some(result)
    }
}

/// All folders with their projects.
#[derive(Debug)]
pub(crate) struct Workspace {
    pub(crate) folders: Vec<PathBuf>,
    pub(crate) options: ServerOptions,
    /// By the roots of their repositories.
    projects: BTreeMap<PathBuf, Project>,
    lint: Lint,
}

impl Workspace {
    pub(crate) const fn new(folders: Vec<PathBuf>, options: ServerOptions, lint: Lint) -> Self {
        Self { folders, options, projects: BTreeMap::new(), lint }
    }

    pub(crate) fn project(&self, checked: &Checked) -> Option<&Project> {
        self.projects.get(&checked.root)
    }

    /// Reads all policies again before the next check.
    pub(crate) fn forget_policies(&mut self) {
        for project in self.projects.values_mut() {
            project.is_stale = true;
        }
    }

    /// Whether a file decides how others are checked.
    pub(crate) fn is_policy(&self, path: &Path) -> bool {
        let mut projects = self.projects.values();
        projects.any(|project| project.decides(path))
            || path.extension().is_some_and(|extension| extension == "rego")
    }

    /// The project of a path: that of the repository around it, else of the editor's folder, else of its own folder.
    fn open_project(&mut self, path: &Path, open: &OpenDocuments) -> &Project {
        let folders = self.folders.iter().filter(|folder| path.starts_with(folder));
        let own = path.parent().unwrap_or(path).to_owned();
        let folder = folders.max_by_key(|folder| folder.as_os_str().len()).unwrap_or(&own).clone();
        let repository = Repository::of(folder, &[path.to_owned()]).map(|found| found.root().to_owned());
        let root = repository.unwrap_or(own);
        let project = self.projects.entry(root.clone()).or_insert_with(|| Project {
            repository: Repository::around(root),
            policy: None,
            unusable: None,
            is_stale: true,
            lint: self.lint,
        });
        if project.is_stale {
            project.load(&self.options, open);
        }
        project
    }

    /// The path of a document that is not a file, in the first folder.
    fn path_of(&self, document: &OpenDocument) -> PathBuf {
        document.path.clone().unwrap_or_else(|| {
            self.folders.first().cloned().unwrap_or_default().join(document.text.source.name())
        })
    }

    pub(crate) fn check(&mut self, document: &OpenDocument, open: &OpenDocuments) -> Checked {
        let path = self.path_of(document);
        let today = self.options.today();
        let project = self.open_project(&path, open);
        let mut checked = guarded(project, &path, &document.text.source, open, today);
        if checked.kind == DocumentKind::Policy && document.is_saved && checked.diagnostics.is_empty() {
            checked.diagnostics = self.audit(&path, open);
        }
        checked
    }

    /// The problems of the policy in force that a check of all files shows, if a file is part of it.
    fn audit(&mut self, path: &Path, open: &OpenDocuments) -> Vec<Diagnostic> {
        let today = self.options.today();
        let project = self.open_project(path, open);
        if !project.policy_files().any(|file| file == path) {
            return Vec::new();
        }
        let (policy, _) = match &project.policy {
            Some(policy) if project.unusable.is_none() => policy,
            _ => return Vec::new(),
        };
        let mut used = PolicyUsage::default();
        for (_, _, checked) in check_all(project, open, today) {
            used.extend(checked.used);
        }
        // Rules in Rego did not run, so nothing is known about their exceptions.
        let whole = [String::new()];
        let searched = if project.has_rego() { &[][..] } else { &whole[..] };
        let run = AuditedRun { today, searched, compared: false, expiring_within: None };
        let mut problems = policy.review(&used, run, policy);
        problems.retain(|(source, _)| project.repository.whole(Path::new(source.name())) == *path);
        problems.pop().map(|(_, problems)| problems).unwrap_or_default()
    }

    /// Checks all threat models of all folders, with the texts of those that have problems.
    pub(crate) fn check_folders(&mut self, open: &OpenDocuments) -> Vec<(PathBuf, Source, Checked)> {
        let mut all = Vec::new();
        for folder in self.folders.clone() {
            let today = self.options.today();
            let project = self.open_project(&folder.join("threat-model.yaml"), open);
            all.extend(check_all(project, open, today));
        }
        all.sort_by(|(one, ..), (other, ..)| one.cmp(other));
        all.dedup_by(|(one, ..), (other, ..)| one == other);
        all
    }
}

/// The results for all candidates of a project.
fn check_all(project: &Project, open: &OpenDocuments, today: Date) -> Vec<(PathBuf, Source, Checked)> {
    let Some((policy, _)) = &project.policy else { return Vec::new() };
    let paths = [project.repository.root().to_owned()];
    let search = FileSearch { paths: &paths, policy, named: NamedFiles::Checked, threads: 0 };
    let discovery = discover(search, &project.repository);
    let mut all = Vec::new();
    for candidate in discovery.candidates {
        let path = project.repository.whole(&candidate.path);
        let bytes = match open.at(&path) {
            Some(document) => Ok(document.text.text().as_bytes().to_vec()),
            None => project.repository.read(&path),
        };
        let Ok(bytes) = bytes else { continue };
        let source = Source::decode(path.to_string_lossy(), bytes);
        let checked = guarded(project, &path, &source, open, today);
        all.push((path, source, checked));
    }
    all
}

/// The problems of another text of a document.
pub(crate) fn relint(view: &View<'_>, text: &str) -> Vec<Diagnostic> {
    let path = view.workspace.path_of(view.document);
    let source = Source::decode(view.text().source.name(), text.as_bytes().to_vec());
    guarded(view.project, &path, &source, view.open, view.workspace.options.today()).diagnostics
}

/// Checks one text. After a panic of this program the file counts as not checked.
fn guarded(project: &Project, path: &Path, source: &Source, open: &OpenDocuments, today: Date) -> Checked {
    let load = EditedFiles { tree: FileTree::WorkTree(&project.repository), open };
    let mut checked = Checked {
        kind: DocumentKind::Other,
        models: Vec::new(),
        diagnostics: Vec::new(),
        root: project.repository.root().to_owned(),
        path: project.repository.matched(path),
        is_failed: false,
        used: PolicyUsage::default(),
    };
    let linted =
        panic::catch_unwind(AssertUnwindSafe(|| (project.lint)(project, path, source, &load, today)));
    match linted {
        Ok(None) if project.policy.is_none() && is_meant(path, source, project) => {
            // Without a policy nothing can be checked, and a threat model must not look as if it passed.
            let reason = project.unusable.as_deref().unwrap_or("no policy");
            checked.kind = DocumentKind::Model;
            checked.diagnostics.push(not_checked(source, reason));
        }
        Ok(None) => {}
        Ok(Some(result)) => {
            checked.kind = match result.content {
                Content::Policy | Content::BrokenPolicy => DocumentKind::Policy,
                Content::Other | Content::Unmarked => DocumentKind::PolicyTests,
                Content::Model | Content::LfsPointer | Content::Missing => DocumentKind::Model,
            };
            (checked.models, checked.diagnostics, checked.used) =
                (result.models, result.diagnostics, result.used);
        }
        Err(_) => {
            say(&format!("error: {}: not checked\n", crate::escape::line(&checked.path)));
            (checked.kind, checked.is_failed) = (DocumentKind::Model, true);
            checked.diagnostics.push(not_checked(source, "this program failed on it"));
        }
    }
    checked
}

/// Whether a file has the marker of a threat model, or is a policy, if no policy is in force to decide it.
fn is_meant(path: &Path, source: &Source, project: &Project) -> bool {
    has_marker(source.text().as_bytes(), Language::of(source.name())) || project.decides(path)
}

fn not_checked(source: &Source, reason: &str) -> Diagnostic {
    let line = source.first_line(Span::new(0, source.text().len()));
    Diagnostic::new(RuleInfo::POLICY, Owner::File, line, format!("cannot check: {reason}"))
}
