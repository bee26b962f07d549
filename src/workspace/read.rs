//! Reads files: never more than [`Source::MAX_BYTES`], and without waiting for a pipe.

use std::fs;
use std::io::{self, ErrorKind, Read};
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use crate::source::Source;

/// Reads one file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, String> {
    let (file, size) = open(path)?;
    // The size need not be right, but nearly always is: one call reads the file.
    read_into(Vec::with_capacity(size.min(Source::MAX_BYTES) + 1), file)
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
pub(crate) fn size(path: &Path) -> usize {
    fs::metadata(path).map_or(0, |metadata| length(&metadata)).min(Source::MAX_BYTES)
}

fn length(metadata: &fs::Metadata) -> usize {
    usize::try_from(metadata.len()).unwrap_or(0)
}

/// Opens a regular file to read it; returns its size in bytes as well.
pub(crate) fn open(path: &Path) -> Result<(fs::File, usize), String> {
    // Opening a device can start it.
    require_regular(&fs::metadata(path).map_err(|error| plain(&error))?)?;
    let file = open_anything(path).map_err(|error| plain(&error))?;
    // Something else can have taken its place meanwhile.
    let metadata = file.metadata().map_err(|error| plain(&error))?;
    require_regular(&metadata)?;
    Ok((file, length(&metadata)))
}

fn require_regular(metadata: &fs::Metadata) -> Result<(), String> {
    if metadata.is_file() { Ok(()) } else { Err("not a regular file".to_owned()) }
}

/// Opens a path without waiting for the writer of a pipe.
#[cfg(unix)]
fn open_anything(path: &Path) -> io::Result<fs::File> {
    use std::os::unix::fs::OpenOptionsExt;
    let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
    fs::OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)
}

#[cfg(not(unix))]
fn open_anything(path: &Path) -> io::Result<fs::File> {
    fs::File::open(path)
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

#[cfg(all(test, unix))]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

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
