//! What all models of this crate keep to. One program, as each is linked anew when a model is touched; the count of
//! allocations needs one of its own.

mod battery;
mod cost;
mod prediction;
mod sharing;
mod variants;
