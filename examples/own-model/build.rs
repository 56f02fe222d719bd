//! Digests the code of each model, so that an edited one makes other trials, and makes the list of models.

fn main() {
    recur_code::emit_models();
}
