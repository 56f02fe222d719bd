//! Digests the code, and the versions of the libraries that do the arithmetic, and makes the list of models: see `recur-code`.

fn main() {
    let libraries = [
        "argmin",
        "argmin-math",
        "libm",
        "linfa",
        "linfa-bayes",
        "linfa-logistic",
        "matrixmultiply",
        "ndarray",
        "sprs",
    ];
    recur_code::Digests::of_this_crate().locked(&libraries).emit_models();
}
