//! Digests the code: see `recur-code`.

fn main() {
    recur_code::emit();
}
