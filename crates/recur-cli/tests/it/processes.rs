//! Runs of `recur` that are watched, killed, and run within limits.

#![cfg(unix)]

use crate::common::{Lab, Ran};
use crate::skip::skip;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::Duration;

const POLL: Duration = Duration::from_millis(1);

/// Polls until `ready`, for a minute at most.
#[track_caller]
pub fn wait_until(what: &str, mut ready: impl FnMut() -> bool) {
    let ready = (0..60_000).any(|_| {
        let now = ready();
        if !now {
            sleep(POLL);
        }
        now
    });
    assert!(ready, "{what} never came");
}

/// A run under way.
pub struct Running(Child);

impl Running {
    /// Starts `recur` with `arguments`.
    pub fn start(lab: &Lab, arguments: &[&str]) -> Self {
        Self::of(&mut lab.command(arguments))
    }

    /// Starts `command`.
    pub fn of(command: &mut Command) -> Self {
        Self(command.spawn().unwrap())
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// Whether it has ended.
    pub fn has_ended(&mut self) -> bool {
        self.0.try_wait().unwrap().is_some()
    }

    /// Waits for its end.
    pub fn end(self) -> Ran {
        self.0.wait_with_output().unwrap().into()
    }

    /// Ends it by SIGKILL; says whether it was not over by then.
    pub fn kill(mut self) -> bool {
        self.0.kill().unwrap();
        self.0.wait().unwrap().signal() == Some(9)
    }
}

/// `recur` with `arguments`, started by a shell's `script`, in which it is called `"$@"`.
pub fn within(script: &str, lab: &Lab, arguments: &[&str]) -> Command {
    let mut shell = lab.program("sh");
    shell.args(["-c", script, "sh", env!("CARGO_BIN_EXE_recur")]).args(arguments);
    shell
}

/// The same in a space of mounts of its own, where `script` may mount; none where the system does not allow it: the test is
/// skipped.
pub fn with_mounts(script: &str, lab: &Lab, arguments: &[&str]) -> Option<Ran> {
    can_mount().then(|| {
        within(&format!("exec unshare -rm sh -c '{script}' sh \"$@\""), lab, arguments).output().unwrap().into()
    })
}

fn can_mount() -> bool {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new("unshare").args(["-rm", "mount", "-t", "tmpfs", "none"]).arg(folder.path()).output();
    let can = output.is_ok_and(|output| output.status.success());
    if !can {
        skip("mounts", "no file system can be mounted here (unshare -rm mount)");
    }
    can
}
