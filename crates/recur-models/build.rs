//! Digests the code and makes the list of models: see `recur-code`.

fn main() {
    recur_code::emit_models();
}
