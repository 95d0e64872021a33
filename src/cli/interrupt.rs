//! Signals: the first interrupt asks the run to stop and keep what is finished, the second ends it at once.

use std::ffi::c_int;
#[cfg(unix)]
use std::fs;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use crate::error::Error;

/// Watches for SIGINT, SIGTERM and, unless it is ignored (as under `nohup`), SIGHUP.
pub struct Interrupt {
    stop: Arc<AtomicBool>,
    /// The last signal; zero before the first.
    signal: Arc<AtomicUsize>,
}

impl Interrupt {
    /// Starts watching; once, at the start of the process. A second signal exits with 128 + its number; what
    /// that leaves of a result under way is hidden and removed by the next run.
    ///
    /// # Errors
    /// [`Error::Failed`] if the system refuses.
    pub fn install() -> Result<Interrupt, Error> {
        let interrupt = Interrupt { stop: Arc::default(), signal: Arc::default() };
        let register = || -> io::Result<()> {
            for signal in watched() {
                // In this order: the first signal finds the flag still unset.
                flag::register_conditional_shutdown(signal, 128 + signal, interrupt.stop.clone())?;
                flag::register_usize(signal, interrupt.signal.clone(), signal as usize)?;
                flag::register(signal, interrupt.stop.clone())?;
            }
            Ok(())
        };
        register().map_err(|e| Error::Failed(format!("cannot watch for signals: {e}")))?;
        Ok(interrupt)
    }

    /// True once the run should stop; for the run to poll.
    pub fn flag(&self) -> &AtomicBool {
        &self.stop
    }

    /// The error to end with once everything finished has been written; `kept` says whether there was anything.
    ///
    /// # Errors
    /// [`Error::Interrupted`] if a signal has come.
    pub fn check(&self, kept: bool) -> Result<(), Error> {
        match self.signal.load(Ordering::Relaxed) {
            0 => Ok(()),
            signal => Err(Error::Interrupted { signal: signal as u8, kept }),
        }
    }
}

/// Makes a write beyond the file-size limit fail like any other: SIGXFSZ would end the process without a word. For
/// every command, at the start of the process.
///
/// # Errors
/// [`Error::Failed`] if the system refuses.
pub fn outlive_size_limit() -> Result<(), Error> {
    #[cfg(unix)]
    flag::register(signal_hook::consts::SIGXFSZ, Arc::default())
        .map_err(|e| Error::Failed(format!("cannot watch for signals: {e}")))?;
    Ok(())
}

/// The signals that ask a run to stop.
fn watched() -> Vec<c_int> {
    let mut signals = vec![SIGINT, SIGTERM];
    #[cfg(unix)]
    if !is_ignored(signal_hook::consts::SIGHUP) {
        signals.push(signal_hook::consts::SIGHUP);
    }
    signals
}

/// Whether the process was started with a signal ignored. Linux says so in `SigIgn`, a mask in hexadecimal whose lowest
/// bit is signal 1 (proc_pid_status(5)); elsewhere it is not known.
#[cfg(unix)]
fn is_ignored(signal: c_int) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|text| u64::from_str_radix(text.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::output::directory::ResultDir;
    use std::path::Path;
    use std::process::Command;

    const CHILD: &str = "RATETIDE_TEST_SIGNALS";

    /// Runs the test `name` again in a process of its own, through the shell line `before`.
    fn in_child(name: &str, before: &str, dir: &Path) -> (Option<i32>, String) {
        let line = format!("{before}; exec \"$0\" --exact cli::interrupt::tests::{name} --nocapture");
        let mut shell = Command::new("sh");
        shell.args(["-c", &line]).arg(std::env::current_exe().unwrap()).env(CHILD, dir);
        let output = shell.output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    }

    #[test]
    fn the_first_signal_sets_the_flag_and_the_second_ends_the_process() {
        if std::env::var_os(CHILD).is_some() {
            let interrupt = Interrupt::install().unwrap();
            interrupt.check(true).unwrap();
            signal_hook::low_level::raise(SIGTERM).unwrap();
            assert!(interrupt.flag().load(Ordering::Relaxed));
            assert_eq!(interrupt.check(true).unwrap_err().exit_code(), 143);
            eprintln!("first survived");
            signal_hook::low_level::raise(SIGINT).unwrap();
            unreachable!("the second signal ends the process");
        }
        let name = "the_first_signal_sets_the_flag_and_the_second_ends_the_process";
        let (code, told) = in_child(name, ":", Path::new("."));
        assert!(code == Some(130) && told.contains("first survived"), "{code:?} {told}");
    }

    #[test]
    fn a_file_size_limit_is_one_clear_line() {
        if let Some(dir) = std::env::var_os(CHILD) {
            outlive_size_limit().unwrap();
            let mut dir = ResultDir::open(Path::new(&dir), false).unwrap();
            let error = dir.put("attempts.csv", &vec![b'x'; 1 << 20]).unwrap_err();
            eprintln!("told: {error}");
            std::process::exit(error.exit_code().into());
        }
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("out");
        // POSIX counts in 512 bytes, bash in 1024: either way far below what is written.
        let (code, told) = in_child("a_file_size_limit_is_one_clear_line", "ulimit -f 100", &dir);
        assert!(
            code == Some(1) && told.contains("told: cannot write ") && told.contains("attempts.csv: "),
            "{told}"
        );
    }
}
