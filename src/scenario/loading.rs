//! A scenario from disk: its file, and the traces it names. The only place below the command line that reads
//! files of the user's choosing.

use super::Scenario;
use super::limits::Limits;
use super::reading;
use crate::digest::{Input, sha256};
use crate::error::Error;
use crate::read::{FILE_BYTES_MAX, Problems, Resolved, portable};
use crate::traffic::arrivals::Recordings;
use crate::traffic::trace::{self, Dropped, Trace};
use crate::traffic::windows::{self, Windows};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A scenario as loaded.
#[derive(Debug)]
pub struct Loaded {
    /// The validated scenario.
    pub scenario: Scenario,
    /// Every value with its origin.
    pub resolved: Resolved,
    /// The stem of its file: the name of its result.
    pub stem: String,
    /// The last part of its path, for the command that makes a result again.
    pub file_name: String,
    /// The traces it reads, by the name it gives them.
    pub inputs: Vec<Input>,
    /// What is worth saying: of its traces, rows dropped, sorted or raised; of its keys, those without effect.
    pub notes: Vec<String>,
}

/// Why a scenario was not loaded.
#[derive(Debug)]
pub enum LoadError {
    /// The file could not be read.
    File(Error),
    /// Its text is wrong.
    Problems(Box<Problems>),
}

/// Load a scenario from a path, or from standard input for `-`.
///
/// # Errors
/// The file cannot be read, or its text is wrong.
pub fn load(path: &Path, sets: &[(String, String)], limits: impl Into<Limits>) -> Result<Loaded, LoadError> {
    Source::open(path).map_err(LoadError::File)?.load(sets, limits)
}

/// The file of a scenario, read once to be loaded in several variants.
pub struct Source {
    shown: String,
    bytes: Vec<u8>,
    folder: PathBuf,
    file_name: String,
}

impl Source {
    /// Open a path, or standard input for `-`.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn open(path: &Path) -> Result<Source, Error> {
        let (bytes, folder, file_name) = read_file(path)?;
        let shown = path.to_string_lossy();
        let shown = if shown == "-" { "<stdin>".into() } else { shown };
        Ok(Source { shown: shown.into_owned(), bytes, folder, file_name })
    }

    /// The folder its traces are relative to.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The file as errors name it, and its bytes.
    pub fn text(&self) -> (&str, &[u8]) {
        (&self.shown, &self.bytes)
    }

    /// The stem of its name.
    pub fn stem(&self) -> String {
        Path::new(&self.file_name).file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The scenario with these `--set`s.
    ///
    /// # Errors
    /// Its text is wrong.
    pub fn load(&self, sets: &[(String, String)], limits: impl Into<Limits>) -> Result<Loaded, LoadError> {
        let mut files = Files {
            folder: self.folder.clone(),
            traces: BTreeMap::new(),
            windows: BTreeMap::new(),
            inputs: Vec::new(),
            notes: Vec::new(),
        };
        let read = reading::read(&self.shown, &self.bytes, sets, &mut files, limits);
        let (scenario, resolved) = read.map_err(|problems| LoadError::Problems(Box::new(problems)))?;
        let file_name = self.file_name.clone();
        let stem = self.stem();
        files.notes.extend(too_large(&scenario));
        files.notes.extend(resolved.notes().iter().cloned());
        files.inputs.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Loaded { scenario, resolved, stem, file_name, inputs: files.inputs, notes: files.notes })
    }
}

/// Workloads whose mean request fits no replica: such a request is refused whatever is free.
fn too_large(scenario: &Scenario) -> Vec<String> {
    let note = |w: &super::Workload| {
        let engine = scenario.models[w.pool as usize].engine.batching()?;
        let most = engine.kv_tokens.filter(|&most| w.mean_prompt + w.mean_output > most as f64)?;
        let (org, tokens) = (&scenario.orgs[w.org as usize].name, (w.mean_prompt + w.mean_output).round());
        let name = &w.name;
        Some(format!(
            "{org}/{name}: a mean request of {tokens} tokens fits no replica of {most} (`kv_tokens`)"
        ))
    };
    scenario.workloads.iter().filter_map(note).collect()
}

/// The bytes of a scenario file, the folder its traces are relative to, and its name.
fn read_file(path: &Path) -> Result<(Vec<u8>, PathBuf, String), Error> {
    use std::io::Read;
    let limit = FILE_BYTES_MAX as u64 + 1;
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        std::io::stdin().lock().take(limit).read_to_end(&mut bytes).map_err(Error::io("read", path))?;
        return Ok((bytes, PathBuf::new(), "scenario.toml".into()));
    }
    let file = std::fs::File::open(path).map_err(Error::io("open", path))?;
    file.take(limit).read_to_end(&mut bytes).map_err(Error::io("read", path))?;
    let folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok((bytes, folder, name))
}

/// The recordings beside a scenario, each read once, however many workloads use it.
struct Files {
    folder: PathBuf,
    traces: BTreeMap<String, Arc<Trace>>,
    windows: BTreeMap<String, Arc<Windows>>,
    inputs: Vec<Input>,
    notes: Vec<String>,
}

impl Files {
    /// The bytes of a file, which is `what` to a reader of messages.
    fn bytes(&mut self, name: &str, what: &str) -> Result<Vec<u8>, String> {
        let path = self.folder.join(name);
        let metadata = std::fs::metadata(&path).map_err(|e| format!("the {what} cannot be read: {e}"))?;
        if !metadata.is_file() {
            return Err(format!("the {what} is not a file"));
        }
        std::fs::read(&path).map_err(|e| format!("the {what} cannot be read: {e}"))
    }

    /// Note what was read, once, and what was dropped from it.
    fn note(&mut self, name: &str, bytes: &[u8], dropped: u64, first: &[Dropped]) {
        let shown = portable(name);
        if dropped > 0 {
            let named: Vec<String> = first.iter().map(Dropped::to_string).collect();
            let more = dropped - named.len() as u64;
            let more = if more > 0 { format!("; and {more} more") } else { String::new() };
            self.notes.push(format!("{shown}: {dropped} rows dropped ({}{more})", named.join("; ")));
        }
        let input = Input { name: shown.to_owned(), sha256: sha256(bytes) };
        // A file may hold both a trace and windows.
        if !self.inputs.iter().any(|known| (&known.name, &known.sha256) == (&input.name, &input.sha256)) {
            self.inputs.push(input);
        }
    }
}

impl Recordings for Files {
    fn trace(&mut self, name: &str) -> Result<Arc<Trace>, String> {
        if let Some(trace) = self.traces.get(name) {
            return Ok(trace.clone());
        }
        let bytes = self.bytes(name, "trace")?;
        let trace = trace::parse(&bytes).map_err(|e| e.to_string())?;
        self.note(name, &bytes, trace.dropped, &trace.dropped_first);
        let shown = portable(name);
        if trace.out_of_order > 0 {
            self.notes.push(format!("{shown}: {} rows were out of order and sorted in", trace.out_of_order));
        }
        if trace.raised > 0 {
            self.notes.push(format!("{shown}: {} rows without tokens were given one", trace.raised));
        }
        let trace = Arc::new(trace);
        self.traces.insert(name.to_owned(), trace.clone());
        Ok(trace)
    }

    fn windows(&mut self, name: &str) -> Result<Arc<Windows>, String> {
        if let Some(windows) = self.windows.get(name) {
            return Ok(windows.clone());
        }
        let bytes = self.bytes(name, "file of windows")?;
        let windows = windows::parse(&bytes).map_err(|e| e.to_string())?;
        self.note(name, &bytes, windows.dropped, &windows.dropped_first);
        let windows = Arc::new(windows);
        self.windows.insert(name.to_owned(), windows.clone());
        Ok(windows)
    }
}
