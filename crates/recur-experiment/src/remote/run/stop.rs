//! The end of a run: what becomes of its tasks, and of what was written for them.

use super::{AGAIN, HEAR, Run};
use crate::error::with_causes;
use crate::remote::journal;
use crate::remote::sent::Sent;
use recur_cluster::{Job, State};
use recur_train::Source as _;
use std::time::Duration;

impl Run<'_, '_> {
    /// Tasks that wait or run.
    pub(in crate::remote) fn n_live(&self) -> usize {
        self.sent.iter().map(Sent::n_live).sum()
    }

    /// The run is interrupted: the tasks are cancelled if the user wants that, or left to themselves. How many are.
    pub(in crate::remote) fn stop(&mut self) -> usize {
        let n_live = self.n_live();
        if n_live == 0 {
            return 0;
        }
        if self.engine.outlives_us() && !(self.options.cancels)(n_live) {
            tracing::info!("{n_live} tasks go on; the same command finds them");
            return n_live;
        }
        let jobs: Vec<&Job> = self.sent.iter().flat_map(|sent| &sent.jobs).collect();
        match self.engine.cancel(&jobs) {
            Ok(()) => tracing::info!("{n_live} tasks are cancelled; their trials go on from their checkpoints"),
            Err(error) => {
                tracing::error!("the tasks could not be cancelled: {}", with_causes(&error));
                return n_live;
            }
        }
        self.wait_for_the_end();
        0
    }

    /// Waits for cancelled tasks to save what they have.
    fn wait_for_the_end(&mut self) {
        let mut waited = Duration::ZERO;
        while waited < AGAIN {
            let jobs: Vec<&Job> = self.sent.iter().flat_map(|sent| &sent.jobs).collect();
            let Ok(seen) = self.engine.look(&jobs) else { return };
            if !seen.iter().any(|seen| matches!(seen.state, State::Running { .. })) {
                return;
            }
            self.queue.wait(HEAR);
            waited += HEAR;
        }
    }

    /// Removes the folder of a run that sent nothing.
    pub(in crate::remote) fn remove_if_unused(&self) {
        if self.journal.is_empty() {
            journal::remove(&self.program.folder);
        }
    }

    /// Removes what was written for tasks, where all ended well.
    pub(in crate::remote) fn tidy(&mut self) {
        if self.n_given_up > 0 {
            return;
        }
        journal::remove(&self.program.folder);
        self.sent[1..].iter().filter(|sent| sent.n_live() == 0).for_each(journal::remove_dead);
        // Only an empty folder can be removed so.
        if let Some(parent) = self.program.folder.parent() {
            let _ = std::fs::remove_dir(parent);
        }
    }
}
