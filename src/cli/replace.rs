//! A file put whole where one was or none is, or not at all.

use std::io::{self, Write};
use std::path::Path;
use std::{fs, fs::Permissions};

use tempfile::NamedTempFile;

/// Puts a whole file where one was, or nothing: written beside it and renamed. Without permissions of its own it gets
/// those of any new file. What is no regular file, such as a device or a pipe, is written to.
pub(super) fn replace(file: &Path, bytes: &[u8], permissions: Option<Permissions>) -> io::Result<()> {
    #[expect(clippy::disallowed_methods, reason = "an output that is no file is written to as it is")]
    let metadata = fs::metadata(file);
    if metadata.is_ok_and(|metadata| !metadata.is_file()) {
        return fs::OpenOptions::new().write(true).open(file)?.write_all(bytes);
    }
    written_beside(file, bytes, permissions)?.persist(file).map_err(|error| error.error)?;
    Ok(())
}

/// Puts a whole file where none is, with the folders above it, or nothing.
///
/// # Errors
/// Where something stands already, were it a link that leads nowhere.
pub(super) fn create(file: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder(file))?;
    written_beside(file, bytes, None)?.persist_noclobber(file).map_err(|error| error.error)?;
    Ok(())
}

fn folder(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A finished file beside its place.
fn written_beside(file: &Path, bytes: &[u8], permissions: Option<Permissions>) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    if permissions.is_none() {
        use std::os::unix::fs::PermissionsExt;
        // As for any new file, less what the user's mask takes away; reports are no secrets.
        builder.permissions(Permissions::from_mode(0o666));
    }
    let mut temporary = builder.prefix(".aivss-lint-").tempfile_in(folder(file))?;
    temporary.write_all(bytes)?;
    if let Some(permissions) = permissions {
        temporary.as_file().set_permissions(permissions)?;
    }
    temporary.as_file().sync_all()?;
    Ok(temporary)
}
