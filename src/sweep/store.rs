//! The folder of a plan and its finished points.
//!
//! ```text
//! plan.json                  the plan
//! scenario/spike.toml        the scenario, and the files that it reads at their places beside it
//! points/000042.json         a finished point
//! points/.000042.json.ratetide-new     a point under way
//! ```
//!
//! Nothing else is needed, and no process has to be alive: what is finished is what is there. Whoever computes a point
//! holds a lock on the file that it is written to, takes its final name with a rename, and looks again whether it is
//! there before it starts. So no finished point is lost or computed twice, and a process that is killed leaves no lock
//! behind. Where the file system knows no locks, two may compute the same point, and write the same bytes.
//!
//! A point's file is not synced: it carries the hash of its content, and one that a power cut left torn is computed again.

use super::plan::{Plan, id};
use super::point::Record;
use crate::digest::sha256;
use crate::error::{Error, one_line};
use crate::output::disk::{Disk, Kind, RealDisk};
use crate::output::layout::{is_temporary, staged_path};
use crate::scenario::loading::Source;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

const PLAN: &str = "plan.json";
const SCENARIO: &str = "scenario";
const POINTS: &str = "points";
/// Where the merged result goes unless told otherwise.
pub const RESULT: &str = "result";
/// More than any plan or point needs.
const BYTES_MAX: u64 = 256 << 20;

/// The folder of a plan.
pub struct Store {
    /// Where it is, as it was given.
    pub path: PathBuf,
    /// Its plan.
    pub plan: Plan,
    /// The plan's name: the first digits of its fingerprint.
    pub id: String,
    /// The frozen scenario.
    pub source: Source,
}

/// What is known of a point.
#[derive(Debug)]
pub enum State {
    /// Nothing is there.
    Missing,
    /// A file is there, and not whole.
    Torn,
    /// It is finished.
    Done(Box<Record>),
}

/// The right to compute a point.
pub enum Claim {
    /// It is yours.
    Mine(Claimed),
    /// Another process is at it.
    Theirs,
    /// It is finished.
    Done(Box<Record>),
}

/// A point that is yours; dropped, it may be claimed again.
pub struct Claimed {
    file: File,
    staged: PathBuf,
    path: PathBuf,
}

impl Store {
    /// Make the store of a plan. One that is there already with the same plan is opened as it is.
    ///
    /// # Errors
    /// [`Error::Invalid`] if there is another plan, [`Error::Usage`] if something else is in the way, [`Error::Io`].
    pub fn create(path: &Path, plan: &Plan, source: &Source) -> Result<Store, Error> {
        let text = plan.to_json();
        let disk = RealDisk;
        match disk.kind(path).map_err(Error::io("open", path))? {
            None | Some(Kind::Folder) => {}
            Some(_) => return Err(Error::Usage(format!("{} is no folder: name another", path.display()))),
        }
        fs::create_dir_all(path).map_err(Error::io("create", path))?;
        if path.join(PLAN).exists() {
            let store = Store::open(path)?;
            if store.plan == *plan {
                return Ok(store);
            }
            let message =
                format!("{} holds another plan ({})", one_line(&path.display().to_string()), store.id);
            return Err(Error::invalid(&message, "name another store, or remove this one"));
        }
        let entries = disk.list(path).map_err(Error::io("read", path))?;
        let is_ours = |name: &&String| is_temporary(name) || [SCENARIO, POINTS].contains(&name.as_str());
        if let Some(foreign) = entries.iter().find(|name| !is_ours(name)) {
            let shown = one_line(foreign);
            let message =
                format!("{} was not made by ratetide (it holds {shown}): name another", path.display());
            return Err(Error::Usage(message));
        }
        let folder = path.join(SCENARIO);
        own_folder(&folder)?;
        own_folder(&path.join(POINTS))?;
        write(&folder, &plan.scenario, source.text().1)?;
        for input in &plan.inputs {
            let bytes =
                fs::read(source.folder().join(&input.name)).ok().filter(|b| sha256(b) == input.sha256);
            let Some(bytes) = bytes.filter(|_| is_below(&input.name)) else {
                let message = format!("{} is outside of the scenario's folder", one_line(&input.name));
                return Err(Error::invalid(
                    &message,
                    "a plan takes copies: put it there, named relative to the scenario",
                ));
            };
            write(&folder, &input.name, &bytes)?;
        }
        fs::create_dir_all(path.join(POINTS)).map_err(Error::io("create", &path.join(POINTS)))?;
        write(path, PLAN, text.as_bytes())?;
        Store::open(path)
    }

    /// Open a store; every file that its plan is made of is checked.
    ///
    /// # Errors
    /// [`Error::Usage`] if there is none, [`Error::Invalid`] if its plan or scenario is damaged or of another version.
    pub fn open(path: &Path) -> Result<Store, Error> {
        let file = path.join(PLAN);
        let shown = one_line(&file.display().to_string());
        let text = match RealDisk.read(&file, BYTES_MAX) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                let message = format!("{} is not the store of a sweep: it has no {PLAN}", path.display());
                return Err(Error::Usage(message));
            }
            Err(e) => return Err(Error::io("read", &file)(e)),
        };
        let help = "restore it, or plan the sweep anew into another folder";
        let plan =
            Plan::from_json(&text).map_err(|what| Error::invalid(&format!("{shown}: {what}"), help))?;
        let version = env!("CARGO_PKG_VERSION");
        if plan.ratetide_plan != version {
            let message =
                format!("{shown} was made by ratetide {}, and this is {version}", plan.ratetide_plan);
            return Err(Error::invalid(
                &message,
                "use that version, or plan the sweep anew into another folder",
            ));
        }
        let folder = path.join(SCENARIO);
        let scenario = [(plan.scenario.as_str(), plan.scenario_sha256.as_str())];
        let inputs = plan.inputs.iter().map(|input| (input.name.as_str(), input.sha256.as_str()));
        for (name, hash) in scenario.into_iter().chain(inputs) {
            let file = folder.join(name);
            let is_whole = is_below(name) && fs::read(&file).is_ok_and(|bytes| sha256(&bytes) == hash);
            if !is_whole {
                let shown = one_line(&file.display().to_string());
                return Err(Error::invalid(&format!("{shown} is not the file that was planned"), help));
            }
        }
        let source = Source::open(&folder.join(&plan.scenario))?;
        Ok(Store { path: path.to_path_buf(), id: id(&text), plan, source })
    }

    /// Check that nothing foreign is among the points, and tell which ones are there, under way or finished.
    ///
    /// # Errors
    /// [`Error::Invalid`] that names the file.
    pub fn listed(&self) -> Result<Listed, Error> {
        let folder = self.path.join(POINTS);
        own_folder(&folder)?;
        let names = RealDisk.list(&folder).map_err(Error::io("read", &folder))?;
        let mut listed = Listed { there: vec![false; self.plan.len()], staged: Vec::new() };
        for name in names {
            let number = |name: &str| {
                let digits = name.strip_suffix(".json")?;
                let number: usize = digits.parse().ok()?;
                (file_name(number) == name && number < self.plan.len()).then_some(number)
            };
            let under_way = name.strip_prefix('.').and_then(|rest| rest.strip_suffix(".ratetide-new"));
            match (number(&name), under_way.and_then(number)) {
                (Some(number), _) => listed.there[number] = true,
                (None, Some(number)) => listed.staged.push(number),
                // Other hidden files are the file system's.
                (None, None) if name.starts_with('.') => {}
                (None, None) => {
                    let shown = one_line(&folder.join(&name).display().to_string());
                    let message = format!("{shown} is no point of this plan ({})", self.id);
                    return Err(Error::invalid(&message, "move it away; the points themselves are safe"));
                }
            }
        }
        Ok(listed)
    }

    /// What is known of a point.
    ///
    /// # Errors
    /// [`Error::Invalid`] if its file is of another plan or another point, [`Error::Io`].
    pub fn state(&self, number: usize) -> Result<State, Error> {
        let path = self.file(number);
        let bytes = match RealDisk.read(&path, BYTES_MAX) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(State::Missing),
            Err(e) => return Err(Error::io("read", &path)(e)),
        };
        let Some(record) = Record::from_text(&bytes) else { return Ok(State::Torn) };
        if record.plan == self.id && record.point == Some(number) {
            let is_whole = record.axes.keys().eq(self.plan.axes.iter().map(|axis| &axis.name));
            return Ok(if is_whole { State::Done(Box::new(record)) } else { State::Torn });
        }
        let shown = one_line(&path.display().to_string());
        let which = record.point.map_or("no".to_owned(), |n| n.to_string());
        let message =
            format!("{shown} is point {which} of plan {}, not {number} of {}", record.plan, self.id);
        Err(Error::invalid(&message, "move it away, and run the sweep again to compute what is missing"))
    }

    /// Claim a point. With `again`, one that failed counts as not finished.
    ///
    /// # Errors
    /// As [`state`](Store::state).
    pub fn claim(&self, number: usize, again: bool) -> Result<Claim, Error> {
        let finished = || {
            Ok::<_, Error>(match self.state(number)? {
                State::Done(record) if !(again && record.error.is_some()) => Some(record),
                _ => None,
            })
        };
        if let Some(record) = finished()? {
            return Ok(Claim::Done(record));
        }
        let path = self.file(number);
        let staged = staged_path(&self.path.join(POINTS), &file_name(number));
        // A link in its place would be written through.
        if matches!(RealDisk.kind(&staged), Ok(Some(Kind::Link | Kind::Other))) {
            fs::remove_file(&staged).map_err(Error::io("remove", &staged))?;
        }
        let file = File::options().read(true).write(true).create(true).truncate(false).open(&staged);
        let file = file.map_err(Error::io("create", &staged))?;
        match file.try_lock() {
            Ok(()) | Err(TryLockError::Error(_)) => {}
            Err(TryLockError::WouldBlock) => return Ok(Claim::Theirs),
        }
        // Between the look and the lock somebody may have finished it, and the file just made be a second one.
        if let Some(record) = finished()? {
            let _ = fs::remove_file(&staged);
            return Ok(Claim::Done(record));
        }
        Ok(Claim::Mine(Claimed { file, staged, path }))
    }

    /// Whether somebody is computing a point, whose temporary file is there.
    pub fn is_under_way(&self, number: usize) -> bool {
        let staged = staged_path(&self.path.join(POINTS), &file_name(number));
        File::open(staged).is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
    }

    fn file(&self, number: usize) -> PathBuf {
        self.path.join(POINTS).join(file_name(number))
    }
}

/// What is in the folder of points.
#[derive(Debug)]
pub struct Listed {
    /// Per point: whether there is a file of it.
    pub there: Vec<bool>,
    /// Points with a temporary file.
    pub staged: Vec<usize>,
}

impl Claimed {
    /// Write the point: it is finished once this returns.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn finish(mut self, record: &Record) -> Result<(), Error> {
        let text = record.to_text();
        // Written, then cut: never shorter than it was if another wrote the same before.
        let written =
            self.file.write_all(text.as_bytes()).and_then(|()| self.file.set_len(text.len() as u64));
        written.map_err(Error::io("write", &self.path))?;
        fs::rename(&self.staged, &self.path).map_err(Error::io("write", &self.path))
    }
}

/// Refuse a folder of a store that is a link, or something else, to elsewhere.
fn own_folder(path: &Path) -> Result<(), Error> {
    match RealDisk.kind(path).map_err(Error::io("open", path))? {
        None | Some(Kind::Folder) => Ok(()),
        Some(Kind::Link) => Err(Error::Usage(format!("{} is a symbolic link: remove it", path.display()))),
        Some(_) => Err(Error::Usage(format!("{} is in the way: a folder belongs there", path.display()))),
    }
}

fn file_name(number: usize) -> String {
    format!("{number:06}.json")
}

/// Whether a name stays in its folder.
fn is_below(name: &str) -> bool {
    !name.is_empty() && Path::new(name).components().all(|part| matches!(part, Component::Normal(_)))
}

/// Write a file as a whole, with the folders on its way.
fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), Error> {
    let path = folder.join(name);
    let parent = path.parent().unwrap_or(folder);
    let last = path.file_name().unwrap_or_default().to_string_lossy();
    let staged = staged_path(parent, &last);
    let put = || {
        fs::create_dir_all(parent)?;
        let _ = fs::remove_file(&staged);
        let mut file = RealDisk.create(&staged)?;
        file.write_all(bytes)?;
        file.sync()?;
        RealDisk.rename(&staged, &path)?;
        RealDisk.sync_folder(parent)
    };
    put().map_err(Error::io("write", &path))
}
