//! The folders `trials/AB`, worked on by a few threads and passed on in order.

use crate::error::StoreError;
use crate::files::Entry;
use crate::store::Store;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::thread::Builder;

/// More threads than this wait for the disk and for the thread that takes the results.
const MAX_THREADS: usize = 4;

impl Store {
    /// What is in the folder of all trials.
    pub(crate) fn shards(&self) -> Result<Vec<Entry>, StoreError> {
        self.entries(&self.root().join("trials"))
    }
}

/// Does `work` on each of `folders`, a few at a time, and passes on each result in the order of `folders`, until it is to stop.
///
/// Thread t of T takes the folders t, t + T, …, and waits while its last result has not been passed on: memory stays small. The
/// folders of a thread that the system does not grant are taken by the calling one.
pub(crate) fn in_order<T: Send>(
    folders: &[Entry],
    work: impl Fn(&Path) -> T + Sync,
    mut tell: impl FnMut(T) -> ControlFlow<()>,
) {
    let n_threads = std::thread::available_parallelism().map_or(1, usize::from).clamp(1, MAX_THREADS);
    std::thread::scope(|scope| {
        let work = &work;
        let start = |first: usize| {
            let (sender, receiver) = sync_channel(1);
            let started = Builder::new().spawn_scoped(scope, move || {
                let mine = folders.iter().skip(first).step_by(n_threads);
                // Nobody listens any more: the end.
                let _ = mine.map(|folder| sender.send(work(&folder.path))).find(Result::is_err);
            });
            started.ok().map(|_| receiver)
        };
        let receivers: Vec<_> = (0..n_threads).map(start).collect();
        for (index, folder) in folders.iter().enumerate() {
            let result = match &receivers[index % n_threads] {
                Some(receiver) => receiver.recv(),
                None => Ok(work(&folder.path)),
            };
            // A thread that panicked sends nothing: the scope passes its panic on.
            let Ok(result) = result else { break };
            if tell(result).is_break() {
                break;
            }
        }
        drop(receivers);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folders() -> Vec<Entry> {
        (0..100)
            .map(|n| Entry { name: String::new(), path: n.to_string().into(), is_folder: true, is_file: false })
            .collect()
    }

    fn reported(stop_at: usize) -> Vec<String> {
        let mut reported = Vec::new();
        let work = |path: &Path| path.display().to_string();
        in_order(&folders(), work, |name| {
            reported.push(name);
            if reported.len() == stop_at { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        reported
    }

    #[test]
    fn results_come_in_order_and_stop_when_asked() {
        let all: Vec<String> = (0..100).map(|n| n.to_string()).collect();
        assert_eq!(reported(usize::MAX), all);
        assert_eq!(reported(7), all[..7]);
    }
}
