//! The pipes to a process and from it. Whoever asks writes and reads by itself, without a thread between, as handing over to
//! one takes longer than all the rest; and neither pipe can hold it for longer than a look at the clock.

use crate::ready;
use crate::time::{Received, Stopwatch};
use crate::wire;
use std::io::{BufRead, ErrorKind, Read, Result, Write as _};
use std::process::{ChildStdin, ChildStdout};
use std::time::Duration;

/// The time between two looks at whether to go on.
const LOOK: Duration = Duration::from_millis(20);

/// The time that a process may take to be done with a question once it has answered it.
const TO_BE_TAKEN: Duration = Duration::from_secs(1);

/// Standard input and output of a process.
#[derive(Debug)]
pub(crate) struct Pipes {
    /// `None` once it is closed, by us or by the process.
    stdin: Option<ChildStdin>,
    stdout: ChildStdout,
    /// A message, of which the first `sent` bytes are written.
    message: Vec<u8>,
    sent: usize,
    /// What was read and not asked for yet: `start..end` of it.
    ahead: Box<[u8]>,
    start: usize,
    end: usize,
    received: Received,
}

impl Pipes {
    pub(crate) fn new(stdin: ChildStdin, stdout: ChildStdout, received: Received) -> Result<Self> {
        ready::prepare(&stdin, &stdout)?;
        let ahead = vec![0; 1 << 12].into();
        Ok(Self { stdin: Some(stdin), stdout, message: Vec::new(), sent: 0, ahead, start: 0, end: 0, received })
    }

    /// Begins to send what `write` puts into a buffer; reading goes on with it. Says whether it could be begun: the message
    /// before may still be on its way where a process answers before it has read, which is waited for, but not for long.
    pub(crate) fn send(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> bool {
        let since = Stopwatch::start();
        while self.is_sending() && since.elapsed() < TO_BE_TAKEN {
            ready::wait(self.stdin.as_ref(), None, LOOK);
            self.write();
        }
        if self.is_sending() || self.stdin.is_none() {
            return false;
        }
        wire::empty(&mut self.message);
        write(&mut self.message);
        self.sent = 0;
        self.write();
        true
    }

    /// Closes standard input.
    pub(crate) fn close(&mut self) {
        self.stdin = None;
    }

    fn is_sending(&self) -> bool {
        self.stdin.is_some() && self.sent < self.message.len()
    }

    /// Writes as much as the pipe takes.
    fn write(&mut self) {
        while let Some(stdin) = self.stdin.as_mut().filter(|_| self.sent < self.message.len()) {
            match stdin.write(&self.message[self.sent..]) {
                Ok(n_bytes) => self.sent += n_bytes,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // The end of the process, which reading shows.
                Err(_) => self.stdin = None,
            }
        }
    }

    /// Reads into `bytes` once there is something to read, and writes meanwhile; stops where `stop` is true.
    fn read(&mut self, bytes: &mut [u8], stop: &mut dyn FnMut() -> bool) -> Result<usize> {
        loop {
            match self.stdout.read(bytes) {
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
                read => {
                    self.received.again();
                    return read;
                }
            }
            if stop() {
                return Err(ErrorKind::TimedOut.into());
            }
            let unsent = self.stdin.as_ref().filter(|_| self.sent < self.message.len());
            ready::wait(unsent, Some(&self.stdout), LOOK);
            self.write();
        }
    }
}

/// What a process writes, to read as if it blocked, until `stop` says to stop.
pub(crate) struct Answering<'a> {
    pub(crate) pipes: &'a mut Pipes,
    pub(crate) stop: &'a mut dyn FnMut() -> bool,
}

impl Read for Answering<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> Result<usize> {
        if self.pipes.start == self.pipes.end && bytes.len() >= self.pipes.ahead.len() {
            return self.pipes.read(bytes, self.stop);
        }
        let read = self.fill_buf()?.read(bytes)?;
        self.consume(read);
        Ok(read)
    }
}

impl BufRead for Answering<'_> {
    fn fill_buf(&mut self) -> Result<&[u8]> {
        if self.pipes.start == self.pipes.end {
            let mut ahead = std::mem::take(&mut self.pipes.ahead);
            let read = self.pipes.read(&mut ahead, self.stop);
            self.pipes.ahead = ahead;
            (self.pipes.start, self.pipes.end) = (0, read?);
        }
        Ok(&self.pipes.ahead[self.pipes.start..self.pipes.end])
    }

    fn consume(&mut self, n_bytes: usize) {
        self.pipes.start += n_bytes;
    }
}
