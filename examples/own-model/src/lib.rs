//! The models of this program: a `mod` line and a folder each. The build script makes `PLUGINS` of them. The program itself is
//! `main.rs`, which no model's digest covers: another model leaves the trials of this one as they are.

mod letter_attention;
mod letter_bayes;
mod letter_net;

include!(concat!(env!("OUT_DIR"), "/plugins.rs"));
