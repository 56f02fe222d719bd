//! Signals: the first one asks running trials to stop, the second ends the process.

use recur_core::model::Cancel;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

/// Raised when the process is asked to stop, once [`cancel_on_interrupt`] was called.
pub static CANCEL: Cancel = Cancel::new();

/// The first Ctrl-C, or the first signal that asks to end, asks running trials to stop; the second ends the process.
pub fn cancel_on_interrupt() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if let Err(error) = ctrlc::set_handler(interrupted) {
            tracing::warn!("Ctrl-C will end recur at once: {error}");
        }
        #[cfg(unix)]
        if let Err(error) = stop_on_termination() {
            tracing::warn!("SIGTERM and SIGHUP will end recur at once: {error}");
        }
    });
}

static WAS_INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Whether the user pressed Ctrl-C.
pub fn was_interrupted() -> bool {
    WAS_INTERRUPTED.load(Ordering::SeqCst)
}

fn interrupted() {
    WAS_INTERRUPTED.store(true, Ordering::SeqCst);
    stop();
}

fn stop() {
    if CANCEL.is_cancelled() {
        recur_files::remove_all();
        std::process::exit(130);
    }
    CANCEL.cancel();
    tracing::warn!("stopping; press Ctrl-C again to stop at once");
}

/// A batch system ends a process by SIGTERM, a terminal that is closed by SIGHUP. Who ignores the latter (`nohup`) wants it
/// ignored.
#[cfg(unix)]
fn stop_on_termination() -> std::io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGTERM};
    let mut signals = signal_hook::iterator::Signals::new([SIGTERM])?;
    if is_hangup_heeded() {
        signals.add_signal(SIGHUP)?;
    }
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || signals.forever().for_each(|_| stop()))?;
    Ok(())
}

static TIME_IS_OVER: AtomicBool = AtomicBool::new(false);

/// Has running trials stop at SIGUSR2, which a batch system sends some time before it ends a process.
pub fn cancel_when_time_is_over() {
    #[cfg(unix)]
    {
        let wait = |mut signals: signal_hook::iterator::Signals| {
            signals.forever().for_each(|_| {
                TIME_IS_OVER.store(true, Ordering::SeqCst);
                CANCEL.cancel();
                tracing::warn!("the time of this task is nearly over: its trials stop");
            });
        };
        let started = signal_hook::iterator::Signals::new([signal_hook::consts::SIGUSR2])
            .and_then(|signals| std::thread::Builder::new().name("time".to_owned()).spawn(move || wait(signals)));
        if let Err(error) = started {
            tracing::warn!("SIGUSR2 will end recur at once: {error}");
        }
    }
}

/// Whether SIGUSR2 came.
pub fn is_time_over() -> bool {
    TIME_IS_OVER.load(Ordering::SeqCst)
}

/// Whether SIGHUP is known not to be ignored: Linux lists what is.
#[cfg(unix)]
fn is_hangup_heeded() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| u64::from_str_radix(line.strip_prefix("SigIgn:")?.trim(), 16).ok());
    ignored.is_some_and(|signals| signals & 1 << (signal_hook::consts::SIGHUP - 1) == 0)
}
