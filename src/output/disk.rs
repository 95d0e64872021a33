//! The file operations a result directory needs, behind one trait so that a test can make each one fail.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

/// What a path is, links not followed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link, to whatever.
    Link,
    /// A device, pipe or socket.
    Other,
}

/// A file being written.
pub trait DiskFile: Write + Send {
    /// Waits until the content is on the medium.
    fn sync(&mut self) -> io::Result<()>;
}

/// The operations. Every method is one step that either happens or fails.
pub trait Disk: Send + Sync {
    /// What the path is; `None` if there is nothing.
    fn kind(&self, path: &Path) -> io::Result<Option<Kind>>;
    /// The names in a folder, sorted; names that are not UTF-8 are given lossily (none of ours is such).
    fn list(&self, folder: &Path) -> io::Result<Vec<String>>;
    /// At most the first `bytes_max` bytes of a file.
    fn read(&self, path: &Path, bytes_max: u64) -> io::Result<Vec<u8>>;
    /// Creates a folder whose parent exists.
    fn create_folder(&self, path: &Path) -> io::Result<()>;
    /// Creates a file that must not exist yet (a link in its place is refused, not followed).
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;
    /// Renames, replacing a file of the new name.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file or a link.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Removes an empty folder.
    fn remove_folder(&self, path: &Path) -> io::Result<()>;
    /// Waits until the folder's entries are on the medium.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;
    /// Locks a folder against another process of ours, until the handle is dropped or the process ends;
    /// `WouldBlock` if another holds it. `None` where the file system knows no such lock.
    fn lock(&self, folder: &Path) -> io::Result<Option<File>>;
}

/// The operating system's disk.
pub struct RealDisk;

impl DiskFile for File {
    fn sync(&mut self) -> io::Result<()> {
        self.sync_all()
    }
}

impl Disk for RealDisk {
    fn kind(&self, path: &Path) -> io::Result<Option<Kind>> {
        let kind = match fs::symlink_metadata(path) {
            Ok(metadata) => metadata.file_type(),
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(e),
        };
        Ok(Some(match kind {
            k if k.is_symlink() => Kind::Link,
            k if k.is_dir() => Kind::Folder,
            k if k.is_file() => Kind::File,
            _ => Kind::Other,
        }))
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        let mut names = fs::read_dir(folder)?
            .map(|entry| entry.map(|e| e.file_name().to_string_lossy().into_owned()))
            .collect::<io::Result<Vec<_>>>()?;
        names.sort();
        Ok(names)
    }

    fn read(&self, path: &Path, bytes_max: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        File::open(path)?.take(bytes_max).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        fs::create_dir(path)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(File::create_new(path)?))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir(path)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        // A folder can be opened as a file on Unix only; elsewhere the system orders its own entries.
        if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
    }

    fn lock(&self, folder: &Path) -> io::Result<Option<File>> {
        // Elsewhere a folder cannot be opened as a file.
        let Some(handle) = cfg!(unix).then(|| File::open(folder)).transpose()? else { return Ok(None) };
        match handle.try_lock() {
            Err(fs::TryLockError::WouldBlock) => Err(io::ErrorKind::WouldBlock.into()),
            // Some file systems know no locks.
            locked => Ok(locked.is_ok().then_some(handle)),
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_told_from_the_others() {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        fs::write(at("file"), "").unwrap();
        std::os::unix::fs::symlink("nowhere", at("link")).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
        let kinds = ["file", ".", "link", "socket", "nothing"].map(|name| RealDisk.kind(&at(name)).unwrap());
        let wanted = [Kind::File, Kind::Folder, Kind::Link, Kind::Other].map(Some);
        assert_eq!((&kinds[..4], kinds[4]), (&wanted[..], None));
        assert!(RealDisk.kind(&at("file/below")).is_err());
    }

    #[test]
    fn a_lock_keeps_others_out_until_it_is_dropped() {
        let home = tempfile::tempdir().unwrap();
        let held = RealDisk.lock(home.path()).unwrap().expect("temporary files are where locks are known");
        assert_eq!(RealDisk.lock(home.path()).unwrap_err().kind(), io::ErrorKind::WouldBlock);
        drop(held);
        assert!(RealDisk.lock(home.path()).is_ok());
        assert_eq!(RealDisk.lock(&home.path().join("nothing")).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
