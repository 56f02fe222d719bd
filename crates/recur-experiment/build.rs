//! What built this program: `RECUR_RUSTC`, the compiler, and `RECUR_CARGO_LOCK`, the digest of the locked dependencies.

fn main() {
    recur_code::emit_build_facts();
}
