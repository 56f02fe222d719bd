//! From a text as it is in a file to the text that a model sees, and which texts are variants.
//!
//! [`normalise`] brings a text into the form that a spec's `data.text` asks for; the same settings are in the card of
//! trained weights, so whoever predicts prepares texts as whoever trained did. [`groups`] finds the texts that must stay on
//! one side of a split. Both are pure functions of text: this crate reads no files, and knows neither polars nor models.
//!
//! The alphabet and its tokens are in `recur_core::dataset`, as a data set and every model speak of tokens.
//!
//! No digest covers this code, as the rows that it makes are in the digest of the data set, and so in each trial's id.

mod fold;
mod group;
mod normalise;

pub use fold::FOLDED;
pub use group::groups;
pub use normalise::normalise;
