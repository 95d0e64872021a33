//! One staged file: written under a temporary name beside its final one, hashed and counted on the way.

use std::collections::BTreeMap;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};

use sha2::{Digest, Sha256};

use super::disk::{Disk, DiskFile};
use super::manifest::FileEntry;
use crate::digest::hex;
use crate::error::Error;

/// The files of one result being staged, by final name: `None` while still open.
#[derive(Clone, Default)]
pub(super) struct Staged(Arc<Mutex<BTreeMap<String, Option<FileEntry>>>>);

impl Staged {
    pub(super) fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Option<FileEntry>>> {
        // Poison would mean a panic between two lines of map bookkeeping; the map is whole in any case.
        self.0.lock().unwrap_or_else(|poison| poison.into_inner())
    }
}

/// A file of a result under way. Write to it (buffered), then [`finish`](StagedFile::finish); dropped
/// unfinished, it leaves nothing behind. It may be handed to another thread.
pub struct StagedFile {
    file: BufWriter<Hashed>,
    disk: Arc<dyn Disk>,
    staged: Staged,
    entry: FileEntry,
    /// The temporary path.
    path: PathBuf,
    /// The final path, for messages.
    shown: PathBuf,
    failed: bool,
    finished: bool,
}

impl StagedFile {
    pub(super) fn create(
        disk: Arc<dyn Disk>,
        staged: Staged,
        entry: FileEntry,
        path: PathBuf,
        shown: PathBuf,
    ) -> Result<StagedFile, Error> {
        assert!(!staged.lock().contains_key(&entry.name), "{} is staged twice", entry.name);
        let file = disk.create(&path).map_err(Error::io("create", &shown))?;
        let file = BufWriter::with_capacity(1 << 16, Hashed { file, sha256: Sha256::new(), bytes: 0 });
        staged.lock().insert(entry.name.clone(), None);
        Ok(StagedFile { file, disk, staged, entry, path, shown, failed: false, finished: false })
    }

    /// Flushes and syncs the file and counts it among the result's files.
    ///
    /// # Errors
    /// [`Error::Io`] if the system refuses, or if an earlier write had failed.
    pub fn finish(mut self) -> Result<(), Error> {
        self.flush()?;
        if self.failed {
            return Err(Error::Failed(format!("{} was not written whole", self.shown.display())));
        }
        let hashed = self.file.get_mut();
        hashed.file.sync().map_err(Error::io("write", &self.shown))?;
        self.entry.bytes = hashed.bytes;
        self.entry.sha256 = hex(&hashed.sha256.finalize_reset());
        self.staged.lock().insert(self.entry.name.clone(), Some(self.entry.clone()));
        self.finished = true;
        Ok(())
    }

    /// The error with its path, remembered so that a file with a hole can never be finished.
    fn fail(&mut self, cause: io::Error) -> io::Error {
        self.failed = true;
        Error::io("write", &self.shown)(cause).into()
    }
}

impl Write for StagedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes).map_err(|e| self.fail(e))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush().map_err(|e| self.fail(e))
    }
}

impl Drop for StagedFile {
    fn drop(&mut self) {
        if !self.finished {
            self.staged.lock().remove(&self.entry.name);
            // Best effort: the next run removes what stays.
            let _ = self.disk.remove(&self.path);
        }
    }
}

/// Hashes and counts what has really been written.
struct Hashed {
    file: Box<dyn DiskFile>,
    sha256: Sha256,
    bytes: u64,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.sha256.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
