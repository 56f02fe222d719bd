//! A plugin's process: started, asked, and ended.

use crate::error::Problem;
use crate::leash::Leash;
use crate::manifest::Manifest;
use crate::stderr::Stderr;
use crate::time::{Heard, Stopwatch};
use crate::wire::{self, Head};
use std::io::{BufReader, Read, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::sleep;
use std::time::Duration;

/// An answer, or why there is none; the last is `Ok(None)` or an error.
pub(crate) type Answer = Result<Option<(Head, Vec<u8>)>, Problem>;

/// The time that a process may take to end by itself once its standard input has ended.
const GRACE: Duration = Duration::from_secs(2);

/// The time that a process may take to be done with a question once it has answered it.
const TO_BE_TAKEN: Duration = Duration::from_secs(1);

/// A running process with the threads that write to it and read from it. Ends with this value.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    leash: Option<Leash>,
    questions: Option<SyncSender<Vec<u8>>>,
    pub(crate) answers: Receiver<Answer>,
    pub(crate) stderr: Stderr,
    pub(crate) heard: Heard,
}

/// Notes each sign of life.
struct Listening<R> {
    from: R,
    heard: Heard,
}

impl<R: Read> Read for Listening<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.from.read(buffer)?;
        self.heard.again();
        Ok(read)
    }
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
        let leash = match Leash::tie(&child) {
            Ok(leash) => leash,
            Err(error) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(failed(error));
            }
        };
        let heard = Heard::now();
        let (Some(stdin), Some(stdout), Some(stderr)) = (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            unreachable!("all three are piped");
        };
        let threads = || {
            let stderr = Stderr::read(plugin, stderr, heard.clone())?;
            Ok((writer(plugin, stdin)?, reader(plugin, stdout, heard.clone(), manifest.limits.message_bytes)?, stderr))
        };
        let (questions, answers, stderr) = threads().map_err(failed)?;
        Ok(Self { child, leash: Some(leash), questions: Some(questions), answers, stderr, heard })
    }

    /// Sends a message; says whether it could be taken. The one before may still be on its way where a plugin answers
    /// before it has read: that is waited for, but not for long.
    pub(crate) fn send(&self, mut message: Vec<u8>) -> bool {
        let Some(questions) = &self.questions else { return false };
        let since = Stopwatch::start();
        loop {
            match questions.try_send(message) {
                Ok(()) => return true,
                Err(TrySendError::Full(unsent)) if since.elapsed() < TO_BE_TAKEN => message = unsent,
                Err(_) => return false,
            }
            sleep(Duration::from_millis(1));
        }
    }

    /// How it ended, after its standard output did.
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
        // The writer lets go of standard input when it has nothing left to write.
        drop(self.questions.take());
        if is_well {
            self.exit_within(GRACE);
        }
        // Whatever is left of its process group.
        drop(self.leash.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.stderr.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.leash.is_some() {
            self.end(false);
        }
    }
}

/// A thread that writes what it is handed: a process that does not read blocks it, and nobody else.
fn writer(plugin: &str, mut stdin: ChildStdin) -> std::io::Result<SyncSender<Vec<u8>>> {
    let (sender, messages) = sync_channel::<Vec<u8>>(1);
    let work = move || {
        // An error is the end of the process, which the reader tells.
        while let Ok(message) = messages.recv() {
            if stdin.write_all(&message).and_then(|()| stdin.flush()).is_err() {
                return;
            }
        }
    };
    std::thread::Builder::new().name(format!("{plugin}-stdin")).spawn(work)?;
    Ok(sender)
}

/// A thread that reads answers, one ahead at most.
fn reader(plugin: &str, stdout: ChildStdout, heard: Heard, max_bytes: u64) -> std::io::Result<Receiver<Answer>> {
    let (sender, answers) = sync_channel(1);
    let work = move || {
        let mut from = BufReader::with_capacity(1 << 16, Listening { from: stdout, heard });
        loop {
            let answer = wire::read(&mut from, max_bytes, |head: &Head| head.bytes);
            let is_last = !matches!(answer, Ok(Some(_)));
            if sender.send(answer).is_err() || is_last {
                return;
            }
        }
    };
    std::thread::Builder::new().name(format!("{plugin}-stdout")).spawn(work)?;
    Ok(answers)
}
