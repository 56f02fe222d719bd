//! Records and weights on disk: plain files, each written whole or not at all.
//!
//! ```text
//! STORE/store.json                            the format's version
//! STORE/trials/AB/ABCD…/record.json           how a trial ended, epoch by epoch
//!                      /weights.safetensors   the weights that a finished trial keeps, with their card
//!                      /environment.json      machine, threads and times: never compared
//!                      /test.json             figures and predictions on the test rows, if it was chosen
//! STORE/experiments/NAME/…                    resolved spec, log and rejects of an experiment
//! ```
//! A trial's folder is made under a temporary name and renamed into place, so a reader never sees half of one. This
//! crate trains nothing and computes no figure.

mod error;
mod files;
mod store;
mod weights;

pub use error::{StoreError, WeightsProblem};
pub use files::write_atomically;
pub use store::{Environment, Found, Store};
pub use weights::{read_weights, write_weights};
