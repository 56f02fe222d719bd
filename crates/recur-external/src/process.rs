//! A plugin's process: started, asked, and ended.
//!
//! `process-wrap` 10 was considered for the process group. Its `ProcessGroup` would replace one line here, the call of
//! `process_group`, and bring `nix`. What kills the group is the watchdog, as it must do so when recur itself is killed, and
//! no wrapper of a `Child` can. Its job objects would serve Windows, where plugins do not start for another reason: the
//! pipes must not block (see `ready`).

use crate::error::Problem;
use crate::manifest::Manifest;
use crate::pipes::Pipes;
use crate::stderr::Stderr;
use crate::time::{Received, Stopwatch};
use crate::watchdog::Watchdog;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::Duration;

/// The time that a process may take to end by itself once its standard input has ended.
const GRACE: Duration = Duration::from_secs(2);

/// A running process with the pipes to it. Ends with this value.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) child: Child,
    watchdog: Option<Watchdog>,
    pub(crate) pipes: Pipes,
    pub(crate) stderr: Stderr,
    pub(crate) received: Received,
}

impl Process {
    /// Starts the command of `manifest` in its folder, in a process group of its own.
    pub(crate) fn start(plugin: &'static str, manifest: &Manifest) -> Result<Self, Problem> {
        let failed = |source| Problem::Start { command: manifest.command[0].clone(), source };
        let mut command = Command::new(manifest.program());
        command.args(&manifest.command[1..]).current_dir(&manifest.folder).envs(&manifest.environment);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn().map_err(failed)?;
        let watchdog = match Watchdog::tie(&child) {
            Ok(watchdog) => watchdog,
            Err(error) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(failed(error));
            }
        };
        let received = Received::now();
        let (Some(stdin), Some(stdout), Some(stderr)) = (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            unreachable!("all three are piped");
        };
        let pipes = Pipes::new(stdin, stdout, received.clone()).map_err(failed)?;
        let stderr = Stderr::read(plugin, stderr, received.clone()).map_err(failed)?;
        Ok(Self { child, watchdog: Some(watchdog), pipes, stderr, received })
    }

    /// How it ended, after it or its standard output did.
    pub(crate) fn how_it_ended(&mut self) -> String {
        match self.exit_within(Duration::from_secs(1)) {
            Some(status) => format!("ended ({status})"),
            None => "closed its standard output".to_owned(),
        }
    }

    /// Polls for its end.
    fn exit_within(&mut self, limit: Duration) -> Option<ExitStatus> {
        let since = Stopwatch::start();
        let mut pause = Duration::from_micros(200);
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return Some(status),
                Ok(None) if since.elapsed() < limit => sleep(pause),
                _ => return None,
            }
            pause = (2 * pause).min(Duration::from_millis(10));
        }
    }

    /// Ends it: by itself if it is well, at once otherwise.
    pub(crate) fn end(&mut self, is_well: bool) {
        self.pipes.close();
        if is_well {
            self.exit_within(GRACE);
        }
        // Whatever is left of its process group.
        drop(self.watchdog.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.stderr.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.watchdog.is_some() {
            self.end(false);
        }
    }
}
