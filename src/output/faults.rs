//! Every file operation of a result is made to fail, one after the other: for each, the earlier result is
//! intact or the new one whole, and the next run puts everything right.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::directory::ResultDir;
use super::disk::{Disk, DiskFile, Kind, RealDisk};
use super::existing::read_result;
use super::layout::{MANIFEST, MARKER};
use super::manifest::sample;
use crate::error::Error;
use crate::rng::Key;

/// Fails the `at`-th operation: that one alone, or it and all that follow (a dead disk; or a kill, since
/// then no clean-up reaches the disk either). Syncs are counted but not carried out, which saves seconds.
#[derive(Clone)]
struct Faulty {
    operations: Arc<AtomicU64>,
    at: u64,
    dead_from_then: bool,
}

impl Faulty {
    fn new(at: u64, dead_from_then: bool) -> Faulty {
        Faulty { operations: Arc::default(), at, dead_from_then }
    }

    fn reached(&self) -> bool {
        self.operations.load(Ordering::Relaxed) >= self.at
    }

    fn step(&self) -> io::Result<()> {
        let now = self.operations.fetch_add(1, Ordering::Relaxed) + 1;
        let fails = now == self.at || (self.dead_from_then && now > self.at);
        if fails { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }
}

fn healthy() -> Faulty {
    Faulty::new(u64::MAX, false)
}

impl Disk for Faulty {
    fn kind(&self, path: &Path) -> io::Result<Option<Kind>> {
        self.step().and_then(|()| RealDisk.kind(path))
    }
    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        self.step().and_then(|()| RealDisk.list(folder))
    }
    fn read(&self, path: &Path, bytes_max: u64) -> io::Result<Vec<u8>> {
        self.step().and_then(|()| RealDisk.read(path, bytes_max))
    }
    fn create_folder(&self, path: &Path) -> io::Result<()> {
        self.step().and_then(|()| RealDisk.create_folder(path))
    }
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        self.step()?;
        Ok(Box::new(FaultyFile { file: RealDisk.create(path)?, disk: self.clone() }))
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step().and_then(|()| RealDisk.rename(from, to))
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        self.step().and_then(|()| RealDisk.remove(path))
    }
    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        self.step().and_then(|()| RealDisk.remove_folder(path))
    }
    fn sync_folder(&self, _: &Path) -> io::Result<()> {
        self.step()
    }
    fn lock(&self, folder: &Path) -> io::Result<Option<File>> {
        self.step().and_then(|()| RealDisk.lock(folder))
    }
}

struct FaultyFile {
    file: Box<dyn DiskFile>,
    disk: Faulty,
}

impl Write for FaultyFile {
    /// A write that fails has written half.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.disk.step() {
            Ok(()) => self.file.write(bytes),
            Err(e) => self.file.write_all(&bytes[..bytes.len() / 2]).and(Err(e)),
        }
    }
    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl DiskFile for FaultyFile {
    fn sync(&mut self) -> io::Result<()> {
        self.disk.step()
    }
}

const FOREIGN: &str = "notes.txt";

/// The files of the earlier result (0), of the new one (1), of the one that puts all right (2).
fn files(version: usize) -> BTreeMap<String, Vec<u8>> {
    let names: [&[&str]; 3] = [
        &["summary.csv", "attempts.csv", "charts/rates.svg", "charts/old.svg"],
        &["summary.csv", "outcomes.csv", "charts/rates.svg", "charts/new.svg"],
        &["summary.csv"],
    ];
    let content =
        |name: &str| format!("{version} {name}\n").repeat(if name == "summary.csv" { 9_000 } else { 3 });
    names[version].iter().map(|&name| (name.to_owned(), content(name).into_bytes())).collect()
}

fn produce(disk: impl Disk + 'static, dir: &Path, version: usize) -> Result<(), Error> {
    let mut result = ResultDir::open_on(Arc::new(disk), dir, false)?;
    for (name, content) in files(version) {
        let mut file = result.stage(&name, &[])?;
        for line in content.split_inclusive(|&b| b == b'\n') {
            file.write_all(line)?;
        }
        file.finish()?;
    }
    result.commit(sample())
}

fn redraw(disk: impl Disk + 'static, dir: &Path) -> Result<(), Error> {
    let (mut result, existing) = ResultDir::update_on(Arc::new(disk), dir)?;
    assert!(existing.read("summary.csv")?.is_some());
    for (name, content) in files(1).into_iter().filter(|(name, _)| name.starts_with("charts/")) {
        result.put(&name, &content)?;
    }
    result.commit(existing.manifest)
}

/// All files, hidden ones included, by relative name.
fn tree(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for folder in ["", "charts/"] {
        for entry in fs::read_dir(dir.join(folder)).into_iter().flatten().map(|e| e.unwrap()) {
            if entry.file_type().unwrap().is_file() {
                let name = format!("{folder}{}", entry.file_name().to_str().unwrap());
                found.insert(name, fs::read(entry.path()).unwrap());
            }
        }
    }
    found
}

fn visible(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = tree(dir);
    found.retain(|name, _| !name.rsplit('/').next().unwrap().starts_with('.'));
    found.remove(FOREIGN);
    found
}

/// Which version stands whole in `dir`: manifest, every named file, and no other.
fn whole(dir: &Path, versions: &[BTreeMap<String, Vec<u8>>]) -> Option<usize> {
    let mut found = visible(dir);
    found.remove(MANIFEST)?;
    let existing = read_result(dir).unwrap();
    for name in found.keys() {
        assert!(existing.read(name).unwrap().is_some(), "{name} is not in the manifest");
    }
    assert_eq!(existing.manifest.files.len(), found.len());
    let version = versions.iter().position(|version| *version == found);
    assert!(version.is_some(), "a manifest stands over a mixture: {:?}", found.keys());
    version
}

/// Without a manifest: the marker says so, and every file is one version's, whole.
fn visibly_unfinished(dir: &Path, versions: &[BTreeMap<String, Vec<u8>>]) {
    assert!(read_result(dir).is_err());
    let found = visible(dir);
    assert!(found.is_empty() || dir.join(MARKER).exists());
    for (name, content) in found {
        assert!(versions.iter().any(|version| version.get(&name) == Some(&content)), "{name} is partial");
    }
}

fn every_fault(
    earlier: bool,
    dead: bool,
    versions: &[BTreeMap<String, Vec<u8>>],
    act: impl Fn(Faulty, &Path) -> Result<(), Error>,
) {
    let mut faults = 0;
    for at in 1.. {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("a/b");
        if earlier {
            produce(healthy(), &dir, 0).unwrap();
            fs::write(dir.join(FOREIGN), "mine").unwrap();
        }
        let disk = Faulty::new(at, dead);
        let outcome = act(disk.clone(), &dir);
        if !disk.reached() {
            outcome.unwrap();
            break;
        }
        faults += 1;
        match (whole(&dir, versions), &outcome) {
            (Some(1), _) => {}
            (_, Ok(())) => panic!("fault {at} was not reported and the new result is not whole"),
            (Some(0), Err(_)) => assert!(earlier),
            (_, Err(_)) if dead => visibly_unfinished(&dir, versions),
            (None, Err(_)) => assert!(!earlier && !home.path().join("a").exists(), "fault {at} left a ruin"),
            (Some(_), _) => unreachable!(),
        }
        if let Err(error) = outcome {
            assert_eq!(error.exit_code(), 1, "{error}");
        }
        // The next run first undoes what was half done, so that stopping it leaves the earlier result; the
        // one after, which writes fewer files, leaves exactly its own and the foreign one.
        drop(ResultDir::open_on(Arc::new(healthy()), &dir, false).unwrap());
        match whole(&dir, versions) {
            None if earlier => panic!("fault {at} lost the earlier result"),
            None => visibly_unfinished(&dir, versions),
            Some(_) => {}
        }
        produce(healthy(), &dir, 2).unwrap();
        assert_eq!(whole(&dir, &[files(2)]), Some(0));
        assert_eq!(tree(&dir).len(), 2 + usize::from(earlier), "after fault {at}: {:?}", tree(&dir).keys());
    }
    assert!(faults > 30, "{faults}");
}

#[test]
fn a_new_result_over_an_earlier_one() {
    for dead in [false, true] {
        every_fault(true, dead, &[files(0), files(1)], |disk, dir| produce(disk, dir, 1));
    }
}

#[test]
fn a_first_result() {
    for dead in [false, true] {
        every_fault(false, dead, &[files(0), files(1)], |disk, dir| produce(disk, dir, 1));
    }
}

#[test]
fn redrawn_charts() {
    let mut redrawn = files(0);
    redrawn.retain(|name, _| !name.starts_with("charts/"));
    redrawn.extend(files(1).into_iter().filter(|(name, _)| name.starts_with("charts/")));
    for dead in [false, true] {
        every_fault(true, dead, &[files(0), redrawn.clone()], redraw);
    }
}

#[test]
fn a_chain_of_faults() {
    let versions = [files(0), files(1), files(2)];
    let key = Key::new(1, 0).with("faults");
    for case in 0..100 {
        let home = tempfile::tempdir().unwrap();
        let mut ever_whole = false;
        for step in 0..4 {
            let draw = |purpose: u64, below: f64| (key.uniform(case, 3 * step + purpose) * below) as u64;
            let disk = Faulty::new(1 + draw(0, 100.0), draw(1, 2.0) == 1);
            let outcome = produce(disk, home.path(), draw(2, 3.0) as usize);
            match whole(home.path(), &versions) {
                None => visibly_unfinished(home.path(), &versions),
                Some(version) => {
                    assert!(outcome.is_err() || version as u64 == draw(2, 3.0));
                    ever_whole = true;
                }
            }
        }
        drop(ResultDir::open_on(Arc::new(healthy()), home.path(), false).unwrap());
        assert_eq!(whole(home.path(), &versions).is_some(), ever_whole, "case {case}");
        produce(healthy(), home.path(), 2).unwrap();
        assert_eq!((whole(home.path(), &versions), tree(home.path()).len()), (Some(2), 2), "case {case}");
    }
}

#[test]
fn a_file_with_a_hole_is_never_finished() {
    let mut refused = 0;
    for at in 1..40 {
        let home = tempfile::tempdir().unwrap();
        let disk = Faulty::new(at, false);
        let Ok(mut dir) = ResultDir::open_on(Arc::new(disk.clone()), home.path(), false) else { continue };
        let Ok(mut file) = dir.stage("attempts.csv", &[]) else { continue };
        // The caller does not look.
        let heard = (0..9_000).filter(|_| file.write_all(b"a line of the log\n").is_err()).count();
        let finished = file.finish();
        assert!(finished.is_err() || heard == 0);
        refused += heard;
    }
    assert!(refused > 0);
}
