//! A box in the HTML page that predicts what its reader types: the network of a trial as a document for the page's script, and why
//! there may be none.

mod document;

use crate::html;
use crate::sections::try_text::BOX;
use recur_core::recurrent::{NoRecurrentNetwork, RecurrentNetwork};
use recur_core::trial::TrialId;
use recur_core::weights::WeightsFile;

/// The most bytes that the box takes of a page: network, script, style and all.
pub const MOST_BYTES: usize = 1_000_000;

/// What the HTML page of a report says of trying a text. By default nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TryText {
    /// The network that the page runs; `None` where there is none.
    pub tried: Option<Tried>,
    /// Models that were to be tried before it and could not, the first one first.
    pub passed: Vec<Passed>,
}

/// The network of a trial, for the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// What reports call the model.
    pub model: String,
    /// The trial whose weights these are.
    pub trial: TrialId,
    /// The network.
    pub network: TryNetwork,
}

/// A model that cannot be tried, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passed {
    /// What reports call the model.
    pub model: String,
    /// Why it cannot.
    pub reason: NotTried,
}

/// Why a model cannot be tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotTried {
    /// The box would have more bytes than [`MOST_BYTES`].
    TooLarge {
        /// Its bytes.
        bytes: usize,
    },
    /// The file of weights holds no network that a page can run.
    NoNetwork(NoRecurrentNetwork),
    /// No trial of the model finished.
    NothingFinished,
}

/// A network as the page's script reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TryNetwork {
    document: String,
}

impl TryNetwork {
    /// The network of `file`.
    ///
    /// # Errors
    /// If the file holds no recurrent network, or one that is too large for a page.
    pub fn of(file: &WeightsFile) -> Result<Self, NotTried> {
        let network = RecurrentNetwork::of(file).map_err(NotTried::NoNetwork)?;
        let bytes = document::n_bytes_of_weights(&network.form) + html::n_bytes_of_try() + BOX.len();
        if bytes > MOST_BYTES {
            return Err(NotTried::TooLarge { bytes });
        }
        let own = Self { document: document::document(&network) };
        match own.n_bytes() {
            bytes if bytes > MOST_BYTES => Err(NotTried::TooLarge { bytes }),
            _ => Ok(own),
        }
    }

    /// The bytes that the box takes of a page.
    pub fn n_bytes(&self) -> usize {
        self.document.len() + html::n_bytes_of_try() + BOX.len()
    }

    /// JSON that may stand in an element of HTML: it has no character of markup.
    pub(crate) fn document(&self) -> &str {
        &self.document
    }
}
