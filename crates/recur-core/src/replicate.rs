//! A replicate: what all its trials share, computed once.

use crate::dataset::Dataset;
use crate::digest::Digest;
use crate::identity::Identity;
use crate::random::StreamPath;
use crate::settings::SplitSettings;
use crate::split::{Split, SplitError};

/// How the rows are divided on one replicate, and where its random numbers come from: the same for all configurations.
#[derive(Clone, Debug, PartialEq)]
pub struct Replicate {
    /// 0 for the first.
    pub index: u32,
    /// Which rows are trained on, chosen by, and tested on.
    pub split: Split,
    /// The digest of the split.
    pub split_digest: Digest,
    /// The random streams of training.
    pub streams: StreamPath,
}

impl Replicate {
    /// The replicate `index` of an experiment with `seed` whose rows are divided as `settings` says.
    ///
    /// # Errors
    /// If the data set cannot be divided so.
    pub fn new(dataset: &Dataset, settings: &SplitSettings, seed: u64, index: u32) -> Result<Self, SplitError> {
        let split = Split::new(dataset, settings, &StreamPath::root(seed), index)?;
        Ok(Self { index, split_digest: split.digest(), split, streams: Self::streams(seed, index) })
    }

    /// The replicate of the trial with `identity`.
    ///
    /// # Errors
    /// As [`Replicate::new`].
    pub fn of(identity: &Identity, dataset: &Dataset) -> Result<Self, SplitError> {
        Self::new(dataset, &identity.split, identity.seed, identity.replicate)
    }

    /// The random streams of training on replicate `index`.
    pub fn streams(seed: u64, index: u32) -> StreamPath {
        StreamPath::root(seed).child("replicate").child(index)
    }
}
