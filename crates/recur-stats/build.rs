//! Digests the code of the metrics that trials are scored by: see `recur-code`.

fn main() {
    recur_code::Digests::of_this_crate().only(&["confusion", "label_counts", "summary"]).emit();
}
