//! Who watches trials while they are trained, and keeps what comes of them.

use crate::result::TrialResult;
use recur_core::checkpoint::Checkpoint;
use recur_core::event::Event;
use recur_core::record::TrialRecord;
use recur_core::trial::Trial;

/// Watches a sweep and keeps what comes out of it. Called from the sweep's threads.
pub trait Observer: Sync {
    /// Something happened.
    fn event(&self, event: Event<'_>);

    /// `trial` is about to take memory; its model is built next. [`Observer::ends`] follows.
    fn begins(&self, _trial: &Trial) {}

    /// `trial` has given its memory back, however it ended.
    fn ends(&self, _trial: &Trial) {}

    /// Where `trial` goes on: the checkpoint of an earlier run, if there is one, or of a trial that stopped before the end of
    /// the same training.
    fn resume(&self, _trial: &Trial) -> Option<Checkpoint> {
        None
    }

    /// Whether to call [`Observer::checkpoint`] now. Asked between chunks of an epoch (`examples` of them are done) and after
    /// each epoch but the last (`examples` is 0).
    fn checkpoint_due(&self, _trial: &Trial, _epochs: u32, _texts: u64) -> bool {
        false
    }

    /// The whole state of a running trial, to go on from. It is handed over when it is due, and where `training.stop_after` stops
    /// a trial; what cannot be kept is the observer's to tell, and the trial goes on.
    fn checkpoint(&self, _trial: &Trial, _checkpoint: &Checkpoint) {}

    /// Bytes of memory that trials may use now, besides what they use already. A trial that needs more becomes a failed
    /// record; `None` is not to look.
    fn available_memory(&self) -> Option<u64> {
        None
    }

    /// A trial ended: keep its record and weights. Returns the record that counts, where that is another one: of a result that
    /// was kept before, or of a trial that failed since this result cannot be kept.
    ///
    /// # Errors
    /// If they cannot be kept; the sweep then stops.
    fn keep(
        &self,
        trial: &Trial,
        result: &TrialResult,
    ) -> Result<Option<TrialRecord>, Box<dyn std::error::Error + Send + Sync>>;
}
