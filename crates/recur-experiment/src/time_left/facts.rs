//! What an estimate is made from, and what it is.

use recur_core::trial::TrialId;

/// A trial, as far as its time depends on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrialWork {
    /// Its name.
    pub id: TrialId,
    /// The model: trials of one model that cost as much take about as long.
    pub model: String,
    /// Trials of one configuration differ in the replicate only.
    pub configuration: String,
    /// Trials of one training go on from each other: halving stops it at several lengths.
    pub training: String,
    /// What it costs from its start to its end, in multiplications; `None` where that is unknown.
    pub cost: Option<u64>,
    /// What is counted as its cost.
    pub kind: WorkKind,
    /// Epochs that it has at most.
    pub epochs: u32,
    /// Epochs of the training that it is a part of, where it stops before the end; else the same.
    pub full_epochs: u32,
    /// Threads that it keeps busy.
    pub threads: usize,
    /// Trials of its model that may run at once.
    pub at_once: usize,
    /// Whether threads without a trial can help it.
    pub shares_work: bool,
}

impl TrialWork {
    /// The kind of its cost; `None` where the cost is unknown.
    pub(super) fn known_kind(&self) -> Option<WorkKind> {
        self.cost.map(|_| self.kind)
    }

    /// What an epoch costs, at least 1; 1 where it is unknown.
    pub(super) fn cost_of_epoch(&self) -> f64 {
        self.cost.map_or(1.0, |cost| (cost as f64 / f64::from(self.epochs.max(1))).max(1.0))
    }
}

/// What a trial spends its time on. Equal costs take about as long within a kind, and not across kinds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WorkKind {
    /// Passes through a network, text by text.
    #[default]
    Network,
    /// Iterations of a solver over all rows and parameters.
    Solver,
}

impl WorkKind {
    /// The other kind.
    pub(super) fn other(self) -> Self {
        match self {
            Self::Network => Self::Solver,
            Self::Solver => Self::Network,
        }
    }
}

/// Trials that results decide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct More {
    /// How many there can be, trained to the end.
    pub n: usize,
    /// Whether it is certain that there are as many.
    pub is_certain: bool,
}

/// What is kept of a trial that another process trained.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ended {
    /// Its seconds, as [`recur_store::Environment::seconds`]; `None` where they are not known.
    pub seconds: Option<f64>,
    /// The share of its epochs that it used, below 1 where training stopped early; 1 where that is not known.
    pub share: f64,
    /// Whether it went on from a checkpoint.
    pub is_resumed: bool,
}

/// An estimate of the time that is left.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Left {
    /// Seconds until all trials have ended: those that are known, and those of which it is certain that results decide them.
    pub seconds: f64,
    /// Where it is not certain how many there are: seconds with as many as there can be.
    pub at_most: Option<f64>,
    /// Seconds until the trials have ended that are known now.
    pub known: f64,
}
