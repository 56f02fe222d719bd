//! Digests the code that orders, trains and scores, whatever the model: see `recur-code`.

fn main() {
    recur_code::Digests::of_this_crate().only(&["build", "examples", "order", "scores", "trial"]).emit();
}
