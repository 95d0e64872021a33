//! Opening a result directory: what may stand there, whose it is, what a killed run left.

use std::io;
use std::path::Path;

use super::directory::{ResultDir, Stage};
use super::disk::Kind;
use super::existing::{RECORD_BYTES_MAX, own_manifest, own_marker, read_regular};
use super::layout::{self, CHARTS, MANIFEST};
use super::manifest::Manifest;
use crate::error::Error;

impl ResultDir {
    /// Makes sure that the path is a directory.
    pub(super) fn enter(&mut self, force: bool) -> Result<(), Error> {
        let shown = self.path.display();
        match self.kind(&self.path)? {
            Some(Kind::Folder) => Ok(()),
            Some(Kind::Link) if force => Ok(()),
            Some(Kind::Link) => Err(Error::Usage(format!(
                "{shown} is a symbolic link; name the directory itself, or pass --force to write through the link"
            ))),
            Some(_) => Err(Error::Usage(format!("{shown} is a file; the output needs a directory"))),
            None => self.create_folders(),
        }
    }

    fn create_folders(&mut self) -> Result<(), Error> {
        let mut missing = Vec::new();
        for folder in self.path.ancestors().take_while(|folder| !folder.as_os_str().is_empty()) {
            if self.kind(folder)?.is_some() {
                break;
            }
            missing.push(folder.to_path_buf());
        }
        for folder in missing.into_iter().rev() {
            match self.disk.create_folder(&folder) {
                Ok(()) => {
                    self.created.push(folder.clone());
                    // Makes the entry durable; best effort, since the parent need not be readable.
                    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty());
                    let _ = self.disk.sync_folder(parent.unwrap_or(Path::new(".")));
                }
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                Err(e) => return Err(Error::io("create", &folder)(e)),
            }
        }
        Ok(())
    }

    /// Locks the directory and finds out whether, and which of, its files are ours.
    pub(super) fn claim(&mut self, force: bool) -> Result<(), Error> {
        self._lock = self.disk.lock(&self.path).map_err(|e| match e.kind() {
            io::ErrorKind::WouldBlock => {
                Error::Failed(format!("another ratetide is writing into {}", self.path.display()))
            }
            io::ErrorKind::NotFound => Error::Usage(format!("{} does not exist", self.path.display())),
            _ => Error::io("open", &self.path)(e),
        })?;
        let entries = self.disk.list(&self.path).map_err(|e| self.in_the_way("read", &self.path, e))?;
        let mut manifest = own_manifest(&*self.disk, &self.path)?;
        let marker = own_marker(&*self.disk, &self.path)?;
        let foreign = entries.iter().find(|entry| !layout::is_temporary(entry));
        if let (None, None, Some(entry), false) = (&manifest, &marker, foreign, force) {
            return Err(Error::Usage(format!(
                "{} was not made by ratetide (it holds {entry}); choose another directory or pass --force",
                self.path.display()
            )));
        }
        let marked = marker.is_some();
        self.own(marker.into_iter().flatten())?;
        if marked && manifest.is_none() {
            self.restore()?;
            manifest = own_manifest(&*self.disk, &self.path)?;
        }
        self.unfinished = marked && manifest.is_none();
        if let Some(Ok(manifest)) = manifest.map(|text| Manifest::from_json(&text)) {
            self.made_by = manifest.command.split(' ').nth(1).map(str::to_owned);
            self.own(manifest.files.into_iter().map(|file| file.name))?;
        }
        Ok(())
    }

    /// Notes files as ours.
    fn own(&mut self, names: impl Iterator<Item = String>) -> Result<(), Error> {
        // Through a link, names in the subfolder would reach elsewhere.
        let charts = self.kind(&self.path.join(CHARTS))? == Some(Kind::Folder);
        self.owned.extend(names.filter(|name| charts || !layout::is_in_charts(name)));
        Ok(())
    }

    /// Undoes the commit of a killed run, so that the earlier result stands again: what was parked goes back,
    /// what was new goes, the manifest comes last. Being killed in here, it can be done again.
    fn restore(&self) -> Result<(), Error> {
        let parked_manifest = layout::parked_path(&self.path, MANIFEST);
        let text = read_regular(&*self.disk, &parked_manifest, RECORD_BYTES_MAX)?.unwrap_or_default();
        let Ok(earlier) = Manifest::from_json(&String::from_utf8_lossy(&text)) else { return Ok(()) };
        let put_back =
            |parked: &Path, path: &Path| self.disk.rename(parked, path).map_err(Error::io("rename", parked));
        for name in &self.owned {
            let (parked, path) =
                (layout::parked_path(&self.path, name), layout::final_path(&self.path, name));
            if self.kind(&parked)?.is_some() {
                put_back(&parked, &path)?;
            } else if earlier.files.iter().all(|file| file.name != *name) {
                self.remove(&path)?;
            }
        }
        self.sync()?;
        put_back(&parked_manifest, &self.path.join(MANIFEST))?;
        self.sync()
    }

    /// Removes what a killed run left and writes the marker.
    pub(super) fn mark(&mut self) -> Result<(), Error> {
        let charts = self.path.join(CHARTS);
        let mut folders = vec![self.path.clone()];
        folders.extend((self.kind(&charts)? == Some(Kind::Folder)).then_some(charts));
        for folder in folders {
            for entry in self.disk.list(&folder).map_err(Error::io("read", &folder))? {
                if layout::is_temporary(&entry) {
                    self.remove(&folder.join(entry))?;
                }
            }
        }
        self.stage = Stage::Marked;
        self.write_marker(&self.owned)
    }
}

#[cfg(test)]
mod tests {
    use super::super::existing::read_result;
    use super::super::layout::{MARKER, marker_text};
    use super::super::manifest::{FileEntry, sample};
    use super::*;
    use std::fs;

    fn write(dir: &Path, force: bool, names: &[&str]) -> Result<(), Error> {
        let mut result = ResultDir::open(dir, force)?;
        for name in names {
            result.put(name, name.as_bytes())?;
        }
        result.commit(sample())
    }

    fn entries(dir: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn refusal(dir: &Path, force: bool) -> String {
        let error = ResultDir::open(dir, force).err().expect("refused");
        assert_eq!(error.exit_code(), 2, "{error}");
        error.to_string()
    }

    #[test]
    fn absent_and_empty_directories_are_used_and_results_replaced() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("deep/er");
        write(&dir, false, &["summary.csv", "attempts.csv", "charts/a.svg"]).unwrap();
        assert_eq!(entries(&dir), ["attempts.csv", "charts", MANIFEST, "summary.csv"]);
        fs::write(dir.join("notes.txt"), "mine").unwrap();
        write(&dir.join("./"), false, &["summary.csv"]).unwrap();
        assert_eq!(entries(&dir), [MANIFEST, "notes.txt", "summary.csv"]);
        write(home.path(), true, &["summary.csv"]).unwrap();
    }

    #[test]
    fn foreign_content_is_refused_and_with_force_left_alone() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join(MANIFEST), "{ \"name\": \"an extension of a browser\" }").unwrap();
        fs::write(home.path().join("thesis.tex"), "").unwrap();
        fs::create_dir(home.path().join(CHARTS)).unwrap();
        let told = refusal(home.path(), false);
        assert!(
            told.contains("was not made by ratetide (it holds charts)") && told.contains("--force"),
            "{told}"
        );
        drop(ResultDir::open(home.path(), true).unwrap());
        assert_eq!(entries(home.path()), [CHARTS, MANIFEST, "thesis.tex"]);
        write(home.path(), true, &["summary.csv"]).unwrap();
        assert_eq!(entries(home.path()), [CHARTS, MANIFEST, "summary.csv", "thesis.tex"]);
        assert!(read_result(home.path()).is_ok());
    }

    #[test]
    fn a_file_in_the_way_is_always_refused() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("file");
        fs::write(&file, "mine").unwrap();
        for force in [false, true] {
            assert!(refusal(&file, force).contains("is a file"));
            assert!(refusal(&file.join("below"), force).contains("in the way"));
            assert!(refusal(Path::new(""), force).contains("empty name"));
        }
        assert_eq!(fs::read(&file).unwrap(), b"mine");
    }

    #[test]
    fn folders_and_links_where_files_belong_are_refused_before_anything_is_touched() {
        let home = tempfile::tempdir().unwrap();
        write(home.path(), false, &["summary.csv"]).unwrap();
        fs::create_dir(home.path().join("rates.csv")).unwrap();
        let told = write(home.path(), true, &["rates.csv"]).unwrap_err();
        assert_eq!(
            (told.exit_code(), entries(home.path())),
            (2, vec![MANIFEST.into(), "rates.csv".into(), "summary.csv".into()])
        );
        fs::write(home.path().join(CHARTS), "").unwrap();
        assert_eq!(write(home.path(), true, &["charts/a.svg"]).unwrap_err().exit_code(), 2);
        assert!(read_result(home.path()).is_ok());
    }

    #[test]
    fn a_second_writer_is_kept_out() {
        let home = tempfile::tempdir().unwrap();
        let first = ResultDir::open(home.path(), false).unwrap();
        let second = ResultDir::open(home.path(), true).err().expect("refused");
        assert_eq!(second.exit_code(), 1);
        assert!(second.to_string().contains("another ratetide"), "{second}");
        first.commit(sample()).unwrap();
        assert_eq!(entries(home.path()), [MANIFEST]);
    }

    #[test]
    fn names_in_a_hostile_manifest_or_marker_reach_nothing_outside() {
        let home = tempfile::tempdir().unwrap();
        let (dir, outside) = (home.path().join("dir"), home.path().join("precious.txt"));
        fs::create_dir(&dir).unwrap();
        fs::write(&outside, "mine").unwrap();
        let mut manifest = sample();
        let entry =
            |name: &str| FileEntry { name: name.into(), bytes: 4, sha256: String::new(), columns: vec![] };
        manifest.files = vec![entry("../precious.txt"), entry(outside.to_str().unwrap())];
        fs::write(dir.join(MANIFEST), manifest.to_json()).unwrap();
        fs::write(dir.join(MARKER), marker_text(&["../precious.txt".to_owned()])).unwrap();
        write(&dir, false, &["summary.csv"]).unwrap();
        assert_eq!(fs::read(&outside).unwrap(), b"mine");
        assert_eq!(entries(&dir), [MANIFEST, "summary.csv"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed() {
        use std::os::unix::fs::symlink;
        let home = tempfile::tempdir().unwrap();
        let (dir, link, away) = (home.path().join("dir"), home.path().join("link"), home.path().join("away"));
        fs::create_dir(&away).unwrap();
        fs::write(away.join("a.svg"), "mine").unwrap();
        write(&dir, false, &["charts/a.svg", "summary.csv"]).unwrap();
        symlink(&dir, &link).unwrap();
        assert!(refusal(&link, false).contains("symbolic link"));
        assert!(refusal(&link.join(""), false).contains("symbolic link"));
        write(&link, true, &["charts/a.svg"]).unwrap();
        // A folder and a file of the result replaced by links to elsewhere.
        fs::remove_dir_all(dir.join(CHARTS)).unwrap();
        symlink(&away, dir.join(CHARTS)).unwrap();
        symlink(away.join("a.svg"), dir.join("summary.csv")).unwrap();
        assert_eq!(write(&dir, false, &["charts/a.svg"]).unwrap_err().exit_code(), 2);
        write(&dir, false, &["summary.csv"]).unwrap();
        assert_eq!(fs::read(away.join("a.svg")).unwrap(), b"mine");
        assert!(fs::symlink_metadata(dir.join("summary.csv")).unwrap().is_file());
        // A dangling link is nobody's directory.
        symlink(home.path().join("nowhere"), home.path().join("dangling")).unwrap();
        assert!(refusal(&home.path().join("dangling"), true).contains("does not exist"));
    }

    #[cfg(unix)]
    #[test]
    fn files_can_be_read_by_whom_the_mask_allows() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().unwrap();
        write(home.path(), false, &["summary.csv"]).unwrap();
        fs::write(home.path().join("plain"), "").unwrap();
        let mode = |name: &str| fs::metadata(home.path().join(name)).unwrap().permissions().mode();
        assert_eq!((mode("summary.csv"), mode(MANIFEST)), (mode("plain"), mode("plain")));
    }
}
