//! External plugins as they are used: their manifests, the examples, and what becomes of those that do wrong.

mod battery;
mod frozen;
mod manifests;
#[cfg(unix)]
mod misbehaving;
#[cfg(unix)]
mod odd;
mod python;
#[cfg(unix)]
mod reuse;
#[cfg(unix)]
mod seen;
mod served;
#[path = "../../../../tools/skip.rs"]
mod skip;
#[cfg(unix)]
mod stderr;
