//! A result directory: opened under rules, staged file by file, then committed as a whole.
//!
//! **Opening.** Absent: created, with its parents. Empty: used. Made by ratetide (its manifest, or the
//! marker of a run that was killed): replaced. Anything else is refused without `force`, and even then only
//! files of our names are replaced. A lock keeps a second process out.
//!
//! **The protocol.** The order is what makes it safe; a kill between any two steps leaves a state that is
//! either a whole result or visibly none:
//!
//! 1. remove temporary files of a killed run; write the marker, which lists every file here that is ours;
//! 2. stage every file, the new manifest included, under a temporary name, flushed and synced;
//! 3. add the new names to the marker;
//! 4. park the earlier manifest, then the earlier files, under other temporary names;
//! 5. rename the new files to their final names; sync; rename the new manifest; sync;
//! 6. remove what was parked, then the marker.
//!
//! A failure in 1–3 only removes temporary files. Steps 4 and 5 are renames alone, so a failure there is
//! undone by the inverse renames in reverse order, and a kill there by the next opening, which finds in the
//! marker and the parked manifest what to put back: the earlier result stands again.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::columns::Column;
use super::disk::{Disk, Kind, RealDisk};
use super::existing::Existing;
use super::layout::{self, CHARTS, MARKER};
use super::manifest::FileEntry;
use super::writer::{Staged, StagedFile};
use crate::error::Error;

/// A result directory being written. Dropped without [`commit`](ResultDir::commit), it leaves everything as
/// it was.
pub struct ResultDir {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) path: PathBuf,
    pub(super) staged: Staged,
    /// Files of the earlier result that stay (when only its charts are redrawn).
    pub(super) kept: Vec<FileEntry>,
    /// Names of the files found here that are ours.
    pub(super) owned: BTreeSet<String>,
    /// The command that made what was found here, if that is known.
    pub(super) made_by: Option<String>,
    /// What was found here is a killed run's: a marker and no manifest.
    pub(super) unfinished: bool,
    /// Folders made by us, outermost first.
    pub(super) created: Vec<PathBuf>,
    /// What a drop must clean up.
    pub(super) stage: Stage,
    /// Held, never read.
    pub(super) _lock: Option<File>,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Stage {
    /// Nothing of ours is here yet.
    Entering,
    /// The marker and temporary files are here.
    Marked,
    /// Nothing to clean up: the result is whole, or the marker must stay.
    Done,
}

impl ResultDir {
    /// Opens `path` for a new result. With `force`, a directory of other content and a link to a directory
    /// are accepted.
    ///
    /// # Errors
    /// [`Error::Usage`] if something is in the way, [`Error::Failed`] if another process is writing there,
    /// [`Error::Io`].
    pub fn open(path: &Path, force: bool) -> Result<ResultDir, Error> {
        ResultDir::open_on(Arc::new(RealDisk), path, force)
    }

    /// Opens `path` for a new result of a command: as [`open`](ResultDir::open), but without `force` a result that
    /// another command made is not replaced either.
    ///
    /// # Errors
    /// As [`open`](ResultDir::open).
    pub fn open_for(command: &str, path: &Path, force: bool) -> Result<ResultDir, Error> {
        let dir = ResultDir::open(path, force)?;
        match &dir.made_by {
            Some(other) if other != command && !force => Err(Error::Usage(format!(
                "{} holds a result of `ratetide {other}`, not of `{command}`; choose another directory or pass --force",
                path.display()
            ))),
            _ => Ok(dir),
        }
    }

    pub(super) fn open_on(disk: Arc<dyn Disk>, path: &Path, force: bool) -> Result<ResultDir, Error> {
        let mut dir = ResultDir::at(disk, path)?;
        dir.enter(force)?;
        dir.claim(force)?;
        dir.mark()?;
        Ok(dir)
    }

    /// Opens the result at `path` to redraw its charts: every other file stays, and
    /// [`commit`](ResultDir::commit) takes the manifest of the [`Existing`] result given back.
    ///
    /// # Errors
    /// As [`open`](ResultDir::open) and [`read_result`](super::existing::read_result).
    pub fn update(path: &Path) -> Result<(ResultDir, Existing), Error> {
        ResultDir::update_on(Arc::new(RealDisk), path)
    }

    pub(super) fn update_on(disk: Arc<dyn Disk>, path: &Path) -> Result<(ResultDir, Existing), Error> {
        let mut dir = ResultDir::at(disk.clone(), path)?;
        dir.claim(true)?;
        let existing = Existing::read_on(disk, path)?;
        dir.kept.clone_from(&existing.manifest.files);
        dir.kept.retain(|file| !layout::is_in_charts(&file.name));
        dir.mark()?;
        Ok((dir, existing))
    }

    fn at(disk: Arc<dyn Disk>, path: &Path) -> Result<ResultDir, Error> {
        // Without a trailing slash, so that a link is seen as one.
        let path: PathBuf = path.components().collect();
        if path.as_os_str().is_empty() {
            return Err(Error::Usage("the output directory has an empty name".into()));
        }
        Ok(ResultDir {
            disk,
            path,
            staged: Staged::default(),
            kept: Vec::new(),
            owned: BTreeSet::new(),
            made_by: None,
            unfinished: false,
            created: Vec::new(),
            stage: Stage::Entering,
            _lock: None,
        })
    }

    /// Where the result goes, as the user gave it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn write_marker(&self, names: &BTreeSet<String>) -> Result<(), Error> {
        let (staged, marker) = (layout::staged_path(&self.path, MARKER), self.path.join(MARKER));
        let write = || {
            let mut file = self.disk.create(&staged)?;
            file.write_all(layout::marker_text(names).as_bytes())?;
            file.sync()?;
            self.disk.rename(&staged, &marker)?;
            self.disk.sync_folder(&self.path)
        };
        write().map_err(|e| {
            // Best effort: the next run removes what stays.
            let _ = self.disk.remove(&staged);
            Error::io("write", &marker)(e)
        })
    }

    /// Opens a new file of the result for streaming; `columns` describe it if it is a table.
    ///
    /// # Errors
    /// [`Error::Usage`] if a folder or link is in the way, [`Error::Io`].
    ///
    /// # Panics
    /// If the name is no final name (see [`layout::is_final_name`]), is staged twice, or belongs to a file
    /// that an [`update`](ResultDir::update) keeps.
    pub fn stage(&mut self, name: &str, columns: &[Column]) -> Result<StagedFile, Error> {
        assert!(layout::is_final_name(name), "{name:?} cannot be a file of a result");
        assert!(self.kept.iter().all(|file| file.name != name), "{name} stays as it is in an update");
        if layout::is_in_charts(name) {
            self.create_charts()?;
        }
        self.stage_any(name, columns)
    }

    pub(super) fn stage_any(&self, name: &str, columns: &[Column]) -> Result<StagedFile, Error> {
        let shown = layout::final_path(&self.path, name);
        self.refuse_folder(&shown)?;
        let entry =
            FileEntry { name: name.into(), bytes: 0, sha256: String::new(), columns: columns.to_vec() };
        let path = layout::staged_path(&self.path, name);
        StagedFile::create(self.disk.clone(), self.staged.clone(), entry, path, shown)
    }

    /// Stages a whole file at once.
    ///
    /// # Errors
    /// As [`stage`](ResultDir::stage).
    pub fn put(&mut self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        self.put_table(name, &[], bytes)
    }

    /// Stages a whole table at once.
    ///
    /// # Errors
    /// As [`stage`](ResultDir::stage).
    pub fn put_table(&mut self, name: &str, columns: &[Column], bytes: &[u8]) -> Result<(), Error> {
        let mut file = self.stage(name, columns)?;
        file.write_all(bytes)?;
        file.finish()
    }

    fn create_charts(&mut self) -> Result<(), Error> {
        let charts = self.path.join(CHARTS);
        match self.kind(&charts)? {
            Some(Kind::Folder) => Ok(()),
            Some(_) => Err(Error::Usage(format!(
                "{} is in the way: the charts need a folder there",
                charts.display()
            ))),
            None => {
                self.disk.create_folder(&charts).map_err(Error::io("create", &charts))?;
                self.created.push(charts);
                Ok(())
            }
        }
    }

    pub(super) fn sync(&self) -> Result<(), Error> {
        let charts = self.path.join(CHARTS);
        if self.kind(&charts)? == Some(Kind::Folder) {
            self.disk.sync_folder(&charts).map_err(Error::io("sync", &charts))?;
        }
        self.disk.sync_folder(&self.path).map_err(Error::io("sync", &self.path))
    }

    pub(super) fn remove(&self, path: &Path) -> Result<(), Error> {
        match self.disk.remove(path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(Error::io("remove", path)(e)),
            _ => Ok(()),
        }
    }

    pub(super) fn kind(&self, path: &Path) -> Result<Option<Kind>, Error> {
        self.disk.kind(path).map_err(|e| self.in_the_way("open", path, e))
    }

    pub(super) fn refuse_folder(&self, path: &Path) -> Result<(), Error> {
        match self.kind(path)? {
            Some(Kind::Folder) => {
                Err(Error::Usage(format!("{} is a folder; the result needs a file there", path.display())))
            }
            _ => Ok(()),
        }
    }

    /// The error of an operation on a path that should lead through directories.
    pub(super) fn in_the_way(&self, doing: &'static str, path: &Path, cause: io::Error) -> Error {
        match cause.kind() {
            io::ErrorKind::NotADirectory => Error::Usage(format!(
                "a file is in the way of {}; the output needs a directory",
                path.display()
            )),
            _ => Error::io(doing, path)(cause),
        }
    }
}

impl Drop for ResultDir {
    /// Best effort throughout: what stays is hidden, recognised and removed by the next run.
    fn drop(&mut self) {
        if self.stage == Stage::Done {
            return;
        }
        for name in self.staged.lock().keys() {
            let _ = self.disk.remove(&layout::staged_path(&self.path, name));
        }
        // A killed run's marker stays: what it left is still no result.
        if self.stage == Stage::Marked && !self.unfinished {
            let _ = self.disk.remove(&self.path.join(MARKER));
        }
        for folder in self.created.iter().rev() {
            let _ = self.disk.remove_folder(folder);
        }
    }
}
