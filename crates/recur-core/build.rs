//! Digests the code that results depend on, whatever the model: see `recur-code`.

fn main() {
    let parts = ["dataset", "random", "replicate", "split"];
    recur_code::Digests::of_this_crate().only(&parts).locked(&["rand_chacha"]).emit();
}
