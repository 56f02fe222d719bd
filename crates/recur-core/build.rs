//! Digests the code that results depend on, whatever the model: see `recur-code`.

fn main() {
    // The kernels are handed to models; what results they give is in the digests of the models that use them.
    let parts = ["dataset", "random", "replicate", "split"];
    recur_code::Digests::of_this_crate().on_its_own().only(&parts).locked(&["rand_chacha"]).emit();
}
