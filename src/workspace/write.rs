//! A file put whole where one was or none is, or not at all.
//!
//! A path below a checkout must not lead out of it through a link that the checkout contains: whoever wrote a change would
//! choose what is written to.

#[cfg(unix)]
use std::fs::Permissions;
use std::fs::{self, Metadata};
use std::io::{self, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use crate::input_error::LINK_OUT;
use crate::workspace::links::link_out;

/// Puts a whole file where one was, or nothing: written beside it and renamed. The file keeps the mode and owner that it
/// had; a new one gets those of any new file. What is no regular file, such as a device or a pipe, is refused.
pub(crate) fn replace(file: &Path, bytes: &[u8]) -> io::Result<()> {
    refuse_link_out(file)?;
    #[expect(clippy::disallowed_methods, reason = "the new file is to be like the old one")]
    let old = fs::metadata(file).ok();
    if old.as_ref().is_some_and(|old| !old.is_file()) {
        return Err(io::Error::other("not a regular file"));
    }
    written_beside(file, bytes, old.as_ref())?.persist(file).map_err(|error| error.error)?;
    Ok(())
}

/// Puts a whole file where none is, with the folders above it, or nothing.
///
/// # Errors
/// Where something stands already, were it a link that leads nowhere.
pub(crate) fn create(file: &Path, bytes: &[u8]) -> io::Result<()> {
    refuse_link_out(folder(file))?;
    fs::create_dir_all(folder(file))?;
    written_beside(file, bytes, None)?.persist_noclobber(file).map_err(|error| error.error)?;
    Ok(())
}

/// Refuses a path that leads out of a checkout through one of its links.
pub(crate) fn refuse_link_out(path: &Path) -> io::Result<()> {
    match link_out(path, None) {
        Some(link) => Err(io::Error::other(format!("{}: {LINK_OUT}", link.display()))),
        None => Ok(()),
    }
}

/// The folder that a file is in, or is to be.
pub(crate) fn folder(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A finished file beside its place, as open to others as an old one.
fn written_beside(file: &Path, bytes: &[u8], old: Option<&Metadata>) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    if old.is_none() {
        use std::os::unix::fs::PermissionsExt;
        // As for any new file, less what the user's mask takes away; reports are no secrets.
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
        .map_err(|error| io::Error::new(error.kind(), format!("its owner cannot be kept: {error}")))
}

#[cfg(not(unix))]
fn keep_owner(_file: &fs::File, _old: &Metadata) -> io::Result<()> {
    Ok(())
}
