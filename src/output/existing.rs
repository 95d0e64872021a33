//! Reading a result directory back: its manifest and the files it names, checked against their hashes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::disk::{Disk, Kind, RealDisk};
use super::layout::{self, MANIFEST, MANIFEST_START, MARKER};
use super::manifest::{Manifest, sha256};
use crate::error::Error;

/// More than any manifest or marker needs.
pub(super) const RECORD_BYTES_MAX: u64 = 64 << 20;

/// A whole result on disk.
pub struct Existing {
    /// Its manifest; every file name in it is safe.
    pub manifest: Manifest,
    disk: Arc<dyn Disk>,
    path: PathBuf,
}

/// Reads the result at `path`.
///
/// # Errors
/// [`Error::Usage`] if it was not made by ratetide, [`Error::Failed`] if it is unfinished or damaged,
/// [`Error::Io`].
pub fn read_result(path: &Path) -> Result<Existing, Error> {
    Existing::read_on(Arc::new(RealDisk), path)
}

impl Existing {
    pub(super) fn read_on(disk: Arc<dyn Disk>, path: &Path) -> Result<Existing, Error> {
        let shown = path.display();
        if disk.kind(path).map_err(Error::io("open", path))?.is_none() {
            return Err(Error::Usage(format!("{shown} does not exist; a result directory is needed")));
        }
        let Some(text) = own_manifest(&*disk, path)? else {
            return Err(match own_marker(&*disk, path)? {
                Some(_) => {
                    Error::Failed(format!("{shown} holds an unfinished result; run its scenario again"))
                }
                None => {
                    Error::Usage(format!("{shown} is not a result of ratetide: it has no {MANIFEST} of ours"))
                }
            });
        };
        let manifest = Manifest::from_json(&text)
            .map_err(|what| Error::Failed(format!("{} is damaged: {what}", path.join(MANIFEST).display())))?;
        Ok(Existing { manifest, disk, path: path.to_path_buf() })
    }

    /// The content of a file of the result; `None` if the manifest does not name it.
    ///
    /// # Errors
    /// [`Error::Failed`] if it is not the file that was written, [`Error::Io`].
    pub fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        let Some(entry) = self.manifest.files.iter().find(|file| file.name == name) else { return Ok(None) };
        let path = layout::final_path(&self.path, name);
        let bytes = read_regular(&*self.disk, &path, entry.bytes.saturating_add(1))?;
        match bytes {
            Some(bytes) if bytes.len() as u64 == entry.bytes && sha256(&bytes) == entry.sha256 => {
                Ok(Some(bytes))
            }
            _ => Err(Error::Failed(format!(
                "{} is not the file {MANIFEST} describes; run the scenario again",
                path.display()
            ))),
        }
    }
}

/// The text of the manifest in `dir`, if it is one of ours.
pub(super) fn own_manifest(disk: &dyn Disk, dir: &Path) -> Result<Option<String>, Error> {
    let bytes = read_regular(disk, &dir.join(MANIFEST), RECORD_BYTES_MAX)?;
    let text = bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    Ok(text.filter(|text| text.starts_with(MANIFEST_START)))
}

/// The names in the marker in `dir`, if it is one of ours.
pub(super) fn own_marker(disk: &dyn Disk, dir: &Path) -> Result<Option<Vec<String>>, Error> {
    let bytes = read_regular(disk, &dir.join(MARKER), RECORD_BYTES_MAX)?;
    Ok(bytes.and_then(|bytes| layout::marker_names(&String::from_utf8_lossy(&bytes))))
}

/// The content of a regular file: a link is not followed, a pipe not waited for.
pub(super) fn read_regular(disk: &dyn Disk, path: &Path, bytes_max: u64) -> Result<Option<Vec<u8>>, Error> {
    match disk.kind(path).map_err(Error::io("open", path))? {
        Some(Kind::File) => disk.read(path, bytes_max).map(Some).map_err(Error::io("read", path)),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::super::directory::ResultDir;
    use super::super::manifest::sample;
    use super::*;
    use std::fs;

    #[test]
    fn each_kind_of_no_result_is_told_apart() {
        let home = tempfile::tempdir().unwrap();
        let told = |path: &Path| read_result(path).err().map(|e| (e.exit_code(), e.to_string())).unwrap();
        let (code, text) = told(&home.path().join("absent"));
        assert!(code == 2 && text.contains("does not exist"), "{text}");
        let (code, text) = told(home.path());
        assert!(code == 2 && text.contains("is not a result"), "{text}");
        let open = ResultDir::open(home.path(), false).unwrap();
        let (code, text) = told(home.path());
        assert!(code == 1 && text.contains("unfinished"), "{text}");
        drop(open);
        fs::write(home.path().join(MANIFEST), format!("{MANIFEST_START}7}}")).unwrap();
        let (code, text) = told(home.path());
        assert!(code == 1 && text.contains("damaged") && text.lines().count() == 1, "{text}");
    }

    #[test]
    fn a_changed_file_is_noticed() {
        let home = tempfile::tempdir().unwrap();
        let mut dir = ResultDir::open(home.path(), false).unwrap();
        dir.put("rates.csv", b"abc").unwrap();
        dir.commit(sample()).unwrap();
        let existing = read_result(home.path()).unwrap();
        assert_eq!(existing.read("rates.csv").unwrap(), Some(b"abc".to_vec()));
        assert_eq!(existing.read("capacity.csv").unwrap(), None);
        for content in ["abd", "ab", "abcd"] {
            fs::write(home.path().join("rates.csv"), content).unwrap();
            assert_eq!(existing.read("rates.csv").unwrap_err().exit_code(), 1, "{content}");
        }
        fs::remove_file(home.path().join("rates.csv")).unwrap();
        assert!(existing.read("rates.csv").is_err());
    }
}
