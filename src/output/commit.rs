//! The commit: staged files become the result, all or none.
//!
//! All of it up to the last sync is renames, so a failure is undone by the inverse renames in reverse order.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::directory::{ResultDir, Stage};
use super::layout::{self, CHARTS, MANIFEST, MARKER};
use super::manifest::{FileEntry, Manifest};
use crate::error::Error;

impl ResultDir {
    /// Makes the staged files the result, all or none. `manifest.files` is filled in here.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::Usage`]; the earlier result then stands as before. (If even moving it back
    /// fails, the directory has a marker and no manifest: visibly unfinished, replaced by the next run.)
    ///
    /// # Panics
    /// If a staged file is still open.
    pub fn commit(mut self, mut manifest: Manifest) -> Result<(), Error> {
        let staged: Vec<FileEntry> = self.staged.lock().iter().map(finished).collect();
        let mut names: Vec<String> = staged.iter().map(|file| file.name.clone()).collect();
        manifest.files = self.kept.iter().cloned().chain(staged).collect();
        manifest.files.sort_by(|a, b| a.name.cmp(&b.name));
        let mut file = self.stage_any(MANIFEST, &[])?;
        file.write_all(manifest.to_json().as_bytes())?;
        file.finish()?;

        let ours: BTreeSet<String> = self.owned.iter().chain(&names).cloned().collect();
        self.write_marker(&ours)?;
        names.push(MANIFEST.into());
        let mut renames = Renames::default();
        match self.swap(&ours, &names, &mut renames) {
            Ok(()) => self.clear(&renames.parked),
            Err(error) => {
                self.undo(renames);
                Err(error)
            }
        }
    }

    /// Parks the earlier files and gives the new ones their names, the manifest first and last.
    fn swap(&self, ours: &BTreeSet<String>, names: &[String], renames: &mut Renames) -> Result<(), Error> {
        let kept = |name: &String| self.kept.iter().any(|file| file.name == *name);
        for name in std::iter::once(MANIFEST).chain(ours.iter().filter(|n| !kept(n)).map(String::as_str)) {
            let path = layout::final_path(&self.path, name);
            self.refuse_folder(&path)?;
            if self.kind(&path)?.is_some() {
                let parked = layout::parked_path(&self.path, name);
                self.rename(&path, &parked, renames)?;
                renames.parked.push(parked);
            }
        }
        self.sync()?;
        for name in names {
            if name == MANIFEST {
                self.sync()?;
            }
            let path = layout::final_path(&self.path, name);
            self.rename(&layout::staged_path(&self.path, name), &path, renames)?;
        }
        self.sync()
    }

    fn rename(&self, from: &Path, to: &Path, renames: &mut Renames) -> Result<(), Error> {
        self.disk.rename(from, to).map_err(Error::io("rename", from))?;
        renames.done.push((from.to_path_buf(), to.to_path_buf()));
        Ok(())
    }

    fn undo(&mut self, renames: Renames) {
        for (from, to) in renames.done.iter().rev() {
            if self.disk.rename(to, from).is_err() {
                self.stage = Stage::Done;
                return;
            }
        }
    }

    /// Removes the parked files and the marker; the result is whole already.
    fn clear(mut self, parked: &[PathBuf]) -> Result<(), Error> {
        self.stage = Stage::Done;
        for path in parked {
            self.remove(path)?;
        }
        let charts = self.path.join(CHARTS);
        if parked.iter().any(|path| path.parent() == Some(&charts)) {
            // Fails unless the folder is empty, which is what is wanted.
            let _ = self.disk.remove_folder(&charts);
        }
        self.remove(&self.path.join(MARKER))?;
        self.sync()
    }
}

/// Renames done, in order, and the parked files among them.
#[derive(Default)]
struct Renames {
    done: Vec<(PathBuf, PathBuf)>,
    parked: Vec<PathBuf>,
}

fn finished((name, entry): (&String, &Option<FileEntry>)) -> FileEntry {
    entry.clone().unwrap_or_else(|| panic!("{name} is still open at the commit"))
}

#[cfg(test)]
mod tests {
    use super::super::columns::RATES;
    use super::super::existing::read_result;
    use super::super::manifest::{sample, sha256};
    use super::*;
    use std::fs;

    #[test]
    fn the_manifest_describes_every_file_sorted_by_name() {
        let home = tempfile::tempdir().unwrap();
        let mut dir = ResultDir::open(home.path(), false).unwrap();
        dir.put_table("rates.csv", RATES.columns, b"time_s\n").unwrap();
        dir.put("charts/rates.svg", b"<svg/>").unwrap();
        dir.commit(sample()).unwrap();
        let files = read_result(home.path()).unwrap().manifest.files;
        let names: Vec<&str> = files.iter().map(|file| &*file.name).collect();
        assert_eq!(names, ["charts/rates.svg", "rates.csv"]);
        assert_eq!((files[1].bytes, &files[1].sha256), (7, &sha256(b"time_s\n")));
        assert_eq!((&*files[1].columns, files[0].columns.len()), (RATES.columns, 0));
    }

    #[test]
    fn redrawing_gives_the_bytes_of_a_run() {
        let home = tempfile::tempdir().unwrap();
        let mut dir = ResultDir::open(home.path(), false).unwrap();
        dir.put("charts/a.svg", b"a").unwrap();
        dir.put_table("rates.csv", RATES.columns, b"r").unwrap();
        dir.commit(sample()).unwrap();
        let manifest = fs::read(home.path().join(MANIFEST)).unwrap();
        let (mut dir, existing) = ResultDir::update(home.path()).unwrap();
        dir.put("charts/a.svg", b"a").unwrap();
        dir.commit(existing.manifest).unwrap();
        assert_eq!(fs::read(home.path().join(MANIFEST)).unwrap(), manifest);
        assert_eq!(read_result(home.path()).unwrap().read("rates.csv").unwrap().unwrap(), b"r");
    }

    #[test]
    fn a_dropped_file_or_directory_leaves_nothing() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("new");
        let mut dir = ResultDir::open(&path, false).unwrap();
        dir.put("charts/a.svg", b"a").unwrap();
        let mut file = dir.stage("attempts.csv", &[]).unwrap();
        file.write_all(b"half").unwrap();
        drop(file);
        drop(dir);
        assert!(!path.exists());
    }

    #[test]
    fn a_staged_file_may_go_to_another_thread() {
        let home = tempfile::tempdir().unwrap();
        let mut dir = ResultDir::open(home.path(), false).unwrap();
        let mut file = dir.stage("attempts.csv", &[]).unwrap();
        std::thread::spawn(move || file.write_all(b"a").and_then(|()| Ok(file.finish()?)))
            .join()
            .unwrap()
            .unwrap();
        dir.commit(sample()).unwrap();
        assert_eq!(read_result(home.path()).unwrap().read("attempts.csv").unwrap().unwrap(), b"a");
    }

    #[test]
    #[should_panic(expected = "still open")]
    fn an_open_file_at_the_commit_is_a_programmer_error() {
        let home = tempfile::tempdir().unwrap();
        let mut dir = ResultDir::open(home.path(), false).unwrap();
        let _file = dir.stage("attempts.csv", &[]).unwrap();
        let _ = dir.commit(sample());
    }
}
