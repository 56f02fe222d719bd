//! External plugins as they are used: their manifests, the examples, and what becomes of those that do wrong.

mod battery;
mod manifests;
#[cfg(unix)]
mod misbehaving;
#[cfg(unix)]
mod odd;
mod python;
#[path = "../../../../tools/skip.rs"]
mod skip;
