//! Atomic writes: a file is written as a whole, or not at all.
//!
//! A path below a checkout must not lead out of it through a link in the checkout: a change would choose the file that is
//! written.

#[cfg(unix)]
use std::fs::Permissions;
use std::fs::{self, Metadata};
use std::io::{self, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use crate::input_error::LINK_OUT;
use crate::workspace::links::link_out;

/// Writes a temporary file next to the path and renames it. An existing file keeps its mode and owner. A path that is not a
/// regular file, such as a device or a pipe, is refused.
pub(crate) fn replace(file: &Path, bytes: &[u8]) -> io::Result<()> {
    refuse_link_out(file)?;
    let old = fs::metadata(file).ok();
    if old.as_ref().is_some_and(|old| !old.is_file()) {
        return Err(io::Error::other("not a regular file"));
    }
    write_temp(file, bytes, old.as_ref())?.persist(file).map_err(|error| error.error)?;
    Ok(())
}

/// Creates a file, and the folders above it. Fails if the path exists, also as a link that leads nowhere.
pub(crate) fn create(file: &Path, bytes: &[u8]) -> io::Result<()> {
    create_folder(folder(file))?;
    write_temp(file, bytes, None)?.persist_noclobber(file).map_err(|error| error.error)?;
    Ok(())
}

/// Creates a folder, and the folders above it.
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

/// The folder of a file.
pub(crate) fn folder(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Writes a temporary file next to a path, with the mode and owner of an old file.
fn write_temp(file: &Path, bytes: &[u8], old: Option<&Metadata>) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    if old.is_none() {
        use std::os::unix::fs::PermissionsExt;
        // As for any new file, with the user's mask; reports are not secret.
        builder.permissions(Permissions::from_mode(0o666));
    }
    let mut temporary = builder.prefix(".aivss-lint-").tempfile_in(folder(file))?;
    temporary.write_all(bytes)?;
    if let Some(old) = old {
        keep_owner(temporary.as_file(), old)?;
        temporary.as_file().set_permissions(old.permissions())?;
    }
    temporary.as_file().sync_all()?;
    Ok(temporary)
}

/// Gives a file the owner and the group of an old one.
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

#[cfg(not(unix))]
fn keep_owner(_file: &fs::File, _old: &Metadata) -> io::Result<()> {
    Ok(())
}
