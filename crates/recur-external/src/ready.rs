//! Pipes that never block: what the standard library has no words for.

#[cfg(unix)]
pub(crate) use unix::{prepare, prepare_stderr, wait};

#[cfg(unix)]
mod unix {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use std::io::Result;
    use std::os::fd::{AsFd as _, OwnedFd};
    use std::process::{ChildStderr, ChildStdin, ChildStdout};
    use std::time::Duration;

    /// Bytes that a pipe is to hold, so that most messages are handed over at once.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    const ROOM: usize = 1 << 20;

    /// From now on, reading and writing end where they would block.
    pub(crate) fn prepare(stdin: &ChildStdin, stdout: &ChildStdout) -> Result<()> {
        rustix::io::ioctl_fionbio(stdin, true)?;
        rustix::io::ioctl_fionbio(stdout, true)?;
        #[cfg(any(target_os = "linux", target_os = "android"))]
        {
            // Where the system does not grant it, a message goes in chunks.
            let _ = rustix::pipe::fcntl_setpipe_size(stdin, ROOM);
            let _ = rustix::pipe::fcntl_setpipe_size(stdout, ROOM);
        }
        Ok(())
    }

    /// Waits for a pipe that somebody else may read meanwhile.
    #[derive(Debug)]
    pub(crate) struct Waiter(OwnedFd);

    impl Waiter {
        /// Waits until there is something to read, or the end.
        pub(crate) fn wait(&self) {
            let _ = poll(&mut [PollFd::new(&self.0, PollFlags::IN)], None);
        }
    }

    /// From now on, reading ends where it would block; what waits for it.
    pub(crate) fn prepare_stderr(stderr: &ChildStderr) -> Result<Waiter> {
        rustix::io::ioctl_fionbio(stderr, true)?;
        stderr.as_fd().try_clone_to_owned().map(Waiter)
    }

    /// Waits until one of them can be written or read, or `limit` is over. What is wrong with one shows when it is used.
    pub(crate) fn wait(stdin: Option<&ChildStdin>, stdout: Option<&ChildStdout>, limit: Duration) {
        let (write, read) =
            (stdin.map(|pipe| PollFd::new(pipe, PollFlags::OUT)), stdout.map(|pipe| PollFd::new(pipe, PollFlags::IN)));
        let limit = Timespec { tv_sec: limit.as_secs() as _, tv_nsec: limit.subsec_nanos().into() };
        let _ = match (write, read) {
            (Some(write), Some(read)) => poll(&mut [write, read], Some(&limit)),
            (Some(one), None) | (None, Some(one)) => poll(&mut [one], Some(&limit)),
            (None, None) => poll(&mut [], Some(&limit)),
        };
    }
}

/// Elsewhere no plugin starts: a pipe would hold recur for as long as the process likes.
#[cfg(not(unix))]
pub(crate) fn prepare(_: &std::process::ChildStdin, _: &std::process::ChildStdout) -> std::io::Result<()> {
    Err(std::io::Error::new(std::io::ErrorKind::Unsupported, "external plugins need a Unix system"))
}

#[cfg(not(unix))]
#[derive(Debug)]
pub(crate) struct Waiter;

#[cfg(not(unix))]
impl Waiter {
    pub(crate) fn wait(&self) {
        unreachable!("there are no pipes to wait for");
    }
}

#[cfg(not(unix))]
pub(crate) fn prepare_stderr(_: &std::process::ChildStderr) -> std::io::Result<Waiter> {
    Err(std::io::Error::new(std::io::ErrorKind::Unsupported, "external plugins need a Unix system"))
}

#[cfg(not(unix))]
pub(crate) fn wait(
    _: Option<&std::process::ChildStdin>,
    _: Option<&std::process::ChildStdout>,
    _: std::time::Duration,
) {
    unreachable!("there are no pipes to wait for");
}
