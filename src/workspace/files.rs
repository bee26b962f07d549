//! Files on the disk: the links in a path, reading, and atomic writes.
//!
//! No link in a checkout may lead out of it, or to git's own files, because a change can contain such a link. A file is read up
//! to [`Source::MAX_BYTES`], and without waiting for a pipe. It is written as a whole, or not at all.

use std::fs::{self, Metadata};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Component, MAIN_SEPARATOR, Path, PathBuf};

use tempfile::NamedTempFile;

use crate::input_error::LINK_OUT;
use crate::source::Source;

/// The first link in a path that leads out of the checkout that contains the link, or into `.git`.
///
/// Links outside of any checkout belong to the machine and are followed. Without a checkout, `root` is the boundary.
pub(crate) fn link_out(path: &Path, root: Option<&Path>) -> Option<PathBuf> {
    let root = root.and_then(|root| root.canonicalize().ok());
    // The real path so far.
    let mut here = PathBuf::new();
    let mut passed: Option<(PathBuf, PathBuf)> = None;
    for part in std::path::absolute(path).ok()?.components() {
        match part {
            Component::Prefix(_) | Component::RootDir => here.push(part),
            Component::CurDir => {}
            Component::ParentDir => drop(here.pop()),
            Component::Normal(name) => {
                let next = here.join(name);
                if is_link(&next) {
                    let boundary = boundary(&here, root.as_deref());
                    here = target(&next, &here);
                    passed = boundary.map(|boundary| (next, boundary)).or(passed);
                } else {
                    here = next;
                }
            }
        }
        if let Some((link, boundary)) = &passed
            && here.strip_prefix(boundary).map_or(true, is_in_git)
        {
            return Some(link.clone());
        }
    }
    None
}

/// The first link in a path that a checkout contains.
pub(crate) fn link_within(path: &Path) -> Option<&Path> {
    let in_checkout = |link: &&Path| {
        let folder = link.parent().and_then(|folder| folder.canonicalize().ok());
        folder.is_some_and(|folder| checkout_above(&folder).is_some())
    };
    path.ancestors().filter(|above| is_link(above)).filter(in_checkout).last()
}

pub(crate) fn is_link(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink())
}

/// The nearest folder above a path, or the path, with a `.git`.
pub(crate) fn checkout_above(path: &Path) -> Option<&Path> {
    path.ancestors().find(|folder| is_checkout(folder))
}

pub(crate) fn is_checkout(folder: &Path) -> bool {
    fs::symlink_metadata(folder.join(".git")).is_ok()
}

/// The checkout around a folder, else the root if the folder is below it.
fn boundary(folder: &Path, root: Option<&Path>) -> Option<PathBuf> {
    checkout_above(folder).or_else(|| root.filter(|root| folder.starts_with(root))).map(Path::to_owned)
}

/// Whether a path leads into a folder of git's own files.
pub(crate) fn is_in_git(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str().eq_ignore_ascii_case(".git"))
}

/// The real path of a link's target; of a link to nothing, the path that it names.
fn target(link: &Path, folder: &Path) -> PathBuf {
    link.canonicalize().unwrap_or_else(|_| {
        let named = fs::read_link(link).unwrap_or_default();
        normalized(&folder.join(named))
    })
}

/// A path without `.` and `..`, by its text alone.
pub(crate) fn normalized(path: &Path) -> PathBuf {
    let mut whole = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(whole.pop()),
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => whole.push(part),
        }
    }
    whole
}

pub(crate) fn read(path: &Path) -> Result<Vec<u8>, String> {
    let (file, metadata) = open(path)?;
    // The size need not be right, but nearly always is: one call reads the file.
    read_into(Vec::with_capacity(size(&metadata) + 1), file)
}

/// Reads a stream to its end, or one byte past the limit, which [`Source::decode`] then reports.
pub(crate) fn read_bounded(stream: impl Read) -> Result<Vec<u8>, String> {
    read_into(Vec::new(), stream)
}

fn read_into(mut bytes: Vec<u8>, stream: impl Read) -> Result<Vec<u8>, String> {
    let limit = u64::try_from(Source::MAX_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    stream.take(limit).read_to_end(&mut bytes).map_err(|error| plain(&error))?;
    Ok(bytes)
}

/// The most bytes that [`read`] reads of a file.
pub(crate) fn size(metadata: &Metadata) -> usize {
    usize::try_from(metadata.len()).unwrap_or(0).min(Source::MAX_BYTES)
}

/// Opens a regular file to read it.
pub(crate) fn open(path: &Path) -> Result<(fs::File, Metadata), String> {
    // Opening a device can start it.
    require_regular(&fs::metadata(path).map_err(|error| plain(&error))?)?;
    let file = open_anything(path).map_err(|error| plain(&error))?;
    // Something else can have taken its place meanwhile.
    let metadata = file.metadata().map_err(|error| plain(&error))?;
    require_regular(&metadata)?;
    Ok((file, metadata))
}

fn require_regular(metadata: &Metadata) -> Result<(), String> {
    if metadata.is_file() { Ok(()) } else { Err("not a regular file".to_owned()) }
}

/// Opens a path without waiting for the writer of a pipe.
fn open_anything(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
        options.custom_flags(flags.bits().cast_signed());
    }
    options.read(true).open(path)
}

/// An I/O error without the operating system's number.
pub(crate) fn plain(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "no such file or folder".to_owned(),
        ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    }
}

/// Whether a path exists. Links to nothing exist, and so does what cannot be read.
pub(crate) fn exists(path: &Path) -> bool {
    use ErrorKind::{NotADirectory, NotFound};
    !fs::symlink_metadata(path).is_err_and(|error| matches!(error.kind(), NotFound | NotADirectory))
}

/// The names in a folder, in order, of at most `most` entries.
pub(crate) fn names_in(folder: &Path, most: usize) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().take(most).filter_map(Result::ok);
    let mut names: Vec<String> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort_unstable();
    names
}

/// The files below a folder whose names have one of these extensions, in the order of their paths. Hidden files are omitted.
pub(crate) fn files_below(folder: &Path, extensions: &[&str]) -> Result<Vec<PathBuf>, String> {
    fs::metadata(folder).map_err(|error| plain(&error))?;
    let mut files = Vec::new();
    for entry in ignore::WalkBuilder::new(folder).standard_filters(false).hidden(true).build() {
        let path = entry.map_err(|error| error.to_string())?.into_path();
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        // A link to a file counts, as in a commit.
        if path.is_file() && (extensions.is_empty() || extensions.contains(&extension)) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// A path with `/` between its parts on every platform.
pub(crate) fn slashes(path: &Path) -> String {
    with_slashes(&path.to_string_lossy(), MAIN_SEPARATOR)
}

/// A path of a platform with this separator, with `/` between its parts. If the separator is `\`, the prefix of verbatim
/// paths (`\\?\`), which other programs do not read, is removed.
fn with_slashes(path: &str, separator: char) -> String {
    if separator == '/' {
        return path.to_owned();
    }
    let path = path.replace(separator, "/");
    match path.strip_prefix("//?/UNC/") {
        Some(share) => format!("//{share}"),
        None => path.strip_prefix("//?/").unwrap_or(&path).to_owned(),
    }
}

/// A temporary file next to the one that it replaces when it is complete. An existing file keeps its mode and owner. A path
/// that is not a regular file, such as a device or a pipe, is refused.
#[derive(Debug)]
pub(crate) struct Replacement {
    target: PathBuf,
    temporary: NamedTempFile,
    old: Option<Metadata>,
}

impl Replacement {
    pub(crate) fn begin(target: &Path) -> io::Result<Self> {
        refuse_link_out(target)?;
        let old = fs::metadata(target).ok();
        if old.as_ref().is_some_and(|old| !old.is_file()) {
            return Err(io::Error::other("not a regular file"));
        }
        let temporary = temp_next_to(target, old.is_none())?;
        Ok(Self { target: target.to_owned(), temporary, old })
    }

    pub(crate) fn finish(self) -> io::Result<()> {
        if let Some(old) = &self.old {
            #[cfg(unix)]
            keep_owner(self.temporary.as_file(), old)?;
            self.temporary.as_file().set_permissions(old.permissions())?;
        }
        self.temporary.as_file().sync_all()?;
        self.temporary.persist(&self.target).map_err(|error| error.error)?;
        Ok(())
    }
}

impl Write for Replacement {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.temporary.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.temporary.flush()
    }
}

pub(crate) fn replace(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut replacement = Replacement::begin(file)?;
    replacement.write_all(bytes)?;
    replacement.finish()
}

/// Creates a file, and the folders above it. Fails if the path exists, also as a link that leads nowhere.
pub(crate) fn create(file: &Path, bytes: &[u8]) -> io::Result<()> {
    create_folder(folder(file))?;
    let mut temporary = temp_next_to(file, true)?;
    temporary.write_all(bytes)?;
    temporary.as_file().sync_all()?;
    temporary.persist_noclobber(file).map_err(|error| error.error)?;
    Ok(())
}

pub(crate) fn create_folder(folder: &Path) -> io::Result<()> {
    refuse_link_out(folder)?;
    fs::create_dir_all(folder)
}

/// Refuses a path that leads out of a checkout through a link in it.
pub(crate) fn refuse_link_out(path: &Path) -> io::Result<()> {
    match link_out(path, None) {
        Some(link) => Err(io::Error::other(format!("{}: {LINK_OUT}", link.display()))),
        None => Ok(()),
    }
}

pub(crate) fn folder(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Creates a temporary file next to a path.
fn temp_next_to(file: &Path, is_new: bool) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    if is_new {
        use std::os::unix::fs::PermissionsExt;
        // As for any new file, with the user's mask; reports are not secret.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.prefix(".aivss-lint-").tempfile_in(folder(file))
}

#[cfg(unix)]
fn keep_owner(file: &fs::File, old: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};
    let new = file.metadata()?;
    if (new.uid(), new.gid()) == (old.uid(), old.gid()) {
        return Ok(());
    }
    fchown(file, Some(old.uid()), Some(old.gid()))
        .map_err(|error| io::Error::new(error.kind(), format!("cannot keep its owner: {error}")))
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    #[test]
    fn link_out_of_its_checkout_is_found_in_any_component() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        for path in ["repo/.git", "repo/top", "repo/deep/deeper", "other/.git", "other/dir", "plain/dir"] {
            fs::create_dir_all(at(path)).unwrap();
        }
        for (target, link) in [
            (at("plain"), "repo/out"),
            (at("other"), "repo/other"),
            ("out/dir".into(), "repo/step"),
            ("../top".into(), "repo/deep/in"),
            (".git".into(), "repo/hidden"),
            ("nowhere".into(), "repo/dangling"),
            ("../nowhere".into(), "repo/dangling-out"),
            (at("repo"), "plain/repo"),
            (at("other/dir"), "plain/there"),
        ] {
            symlink(target, at(link)).unwrap();
        }
        let rows = [
            ("repo/out", Some("repo/out")),
            ("repo/out/dir/x.yaml", Some("repo/out")),
            ("repo/other/dir/x.yaml", Some("repo/other")),
            ("repo/step/x.yaml", Some("repo/step")),
            ("repo/deep/in/x.yaml", None),
            ("repo/deep/in/../../x.yaml", Some("repo/deep/in")),
            ("repo/deep/../out/../x.yaml", Some("repo/out")),
            ("repo/hidden/config", Some("repo/hidden")),
            ("repo/dangling", None),
            ("repo/dangling-out", Some("repo/dangling-out")),
            ("repo/top/../../plain/dir", None),
            ("plain/repo/top/x.yaml", None),
            ("plain/repo/out/x.yaml", Some("repo/out")),
            ("plain/there/x.yaml", None),
        ];
        let real = folder.path().canonicalize().unwrap();
        for (path, link) in rows {
            assert_eq!(link_out(&at(path), None), link.map(|link| real.join(link)), "{path}");
        }
        assert_eq!(link_out(&at("plain/there"), Some(&at("plain"))), Some(real.join("plain/there")));
    }

    #[test]
    fn path_of_windows_is_shown_with_slashes() {
        let rows = [
            (r"agents\planner\threat-model.yaml", "agents/planner/threat-model.yaml"),
            (r"C:\work\agents", "C:/work/agents"),
            (r"\\?\C:\work\agents", "C:/work/agents"),
            (r"\\?\UNC\server\share\agents", "//server/share/agents"),
            (r"\\server\share\agents", "//server/share/agents"),
            ("agents/mixed\\x.yaml", "agents/mixed/x.yaml"),
        ];
        for (path, shown) in rows {
            assert_eq!(with_slashes(path, '\\'), shown);
            // Elsewhere it is a letter of a name.
            assert_eq!(with_slashes(path, '/'), path);
        }
    }

    /// A pipe can take the place of a file between the check and the opening.
    #[test]
    fn pipe_is_opened_without_a_writer_and_is_not_regular() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("threat-model.yaml");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || {
            let _ = sender.send(open_anything(&pipe).and_then(|file| file.metadata()));
        });
        let metadata =
            receiver.recv_timeout(Duration::from_secs(10)).expect("it waits for a writer").unwrap();
        assert_eq!(require_regular(&metadata), Err("not a regular file".to_owned()));
    }
}
