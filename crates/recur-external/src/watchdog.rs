//! A watchdog: what lets no process outlive recur, however recur ends.
//!
//! A plugin that reads its standard input sees it end with recur. One that hangs does not; so a shell of a few kilobytes
//! waits next to it on a pipe that only recur holds, and kills the plugin's process group once that pipe ends: when recur
//! drops the watchdog, and when recur is killed. It takes no unsafe code, and unlike Linux's signal at the death of a parent
//! it does not depend on the thread that started the process.

use std::io;
use std::process::Child;

/// Kills a process group when dropped.
#[derive(Debug)]
pub(crate) struct Watchdog(Option<Child>);

impl Watchdog {
    /// Ties the process group that `leader` leads. It is to be dropped before the leader is waited for, or at once after it:
    /// later its number may be another's.
    #[cfg(unix)]
    pub(crate) fn tie(leader: &Child) -> io::Result<Self> {
        use std::os::unix::process::CommandExt as _;
        use std::process::{Command, Stdio};
        const SCRIPT: &str = "read -r _; kill -s KILL -- \"-$1\"";
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", SCRIPT, "recur-watchdog"]).arg(leader.id().to_string());
        // In a group of its own, a Ctrl-C at the terminal does not take it away before it is needed.
        shell.process_group(0).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        shell.spawn().map(|shell| Self(Some(shell)))
    }

    /// Elsewhere a process ends by the end of its standard input, or by its own number.
    #[cfg(not(unix))]
    pub(crate) fn tie(_leader: &Child) -> io::Result<Self> {
        Ok(Self(None))
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        if let Some(shell) = &mut self.0 {
            drop(shell.stdin.take());
            // What cannot be waited for is gone.
            let _ = shell.wait();
        }
    }
}
