# recur: machine-learning experiments that come out the same every time.

set positional-arguments := true

# List the recipes
_default:
    @just --list --unsorted

# Run an experiment and write its report (--jobs N, --store DIR, --reports DIR, --set path=value)
[group('experiments')]
experiment SPEC *OPTIONS:
    @cargo run --release --bin recur -- experiment "$@"

# Show an experiment's trials, their ids, and how long the missing ones may take (--json)
[group('experiments')]
plan SPEC *OPTIONS:
    @cargo run --release --bin recur -- plan "$@"

# Show how far experiments are: what is done, runs and waits, and the best so far (--watch, --json)
[group('experiments')]
status *WHAT:
    @cargo run --release --bin recur -- status "$@"

# Print the log of a trial, also of one that is being trained (--follow, --json)
[group('experiments')]
logs TRIAL *OPTIONS:
    @cargo run --release --bin recur -- logs "$@"

# Write an experiment's report again from its stored records (--check: compare it with them)
[group('experiments')]
report SPEC *OPTIONS:
    @cargo run --release --bin recur -- report "$@"

# Compare experiments on the same test rows, or single trials example by example (--markdown, --json, --write FILE)
[group('experiments')]
compare *THINGS:
    @cargo run --release --bin recur -- compare "$@"

# Write an experiment's figures for other programs (--records F.parquet, --leaderboard F.tex, --tensorboard DIR, --mlflow DIR, --optuna F.log, --onnx F.onnx)
[group('experiments')]
export SPEC *OPTIONS:
    @cargo run --release --bin recur -- export "$@"

# Execute a report, an experiment or a trial again, and compare every byte (--sample N)
[group('experiments')]
verify WHAT *OPTIONS:
    @cargo run --release --bin recur -- verify "$@"

# Re-run a stored trial into a store of its own, and compare the results byte for byte (--to DIR)
[group('experiments')]
reproduce TRIAL *OPTIONS:
    @cargo run --release --bin recur -- reproduce "$@"

# Say which trials have a record, and what differs from the nearest for the others
[group('experiments')]
why SPEC *OPTIONS:
    @cargo run --release --bin recur -- why "$@"

# Check, list, clean (gc) or copy (export) the store
[group('experiments')]
store *COMMAND:
    @cargo run --release --bin recur -- store "$@"

# List the models, or show all about one (--json)
[group('experiments')]
models *ID:
    @cargo run --release --bin recur -- models "$@"

# Make a model of a template that works: a folder in crates/recur-models/src, a line in its lib.rs, a smoke spec
[group('models')]
new-model NAME:
    @cargo run --quiet -p recur-scaffold -- "$@"

# Run the battery of checks on a model (--set param=value, --json)
[group('models')]
check-model ID *OPTIONS:
    @cargo run --release --bin recur -- check-model "$@"

# Predict the labels of texts (--model EXPERIMENT, trial id or FILE; --input FILE, --top N, --all, --output FILE)
[group('experiments')]
predict *OPTIONS:
    @cargo run --release --bin recur -- predict "$@"

# List the reports of a folder with their questions and answers (--write: its README.md)
[group('experiments')]
reports *OPTIONS:
    @cargo run --release --bin recur -- reports "$@"

# Print the JSON schema of specs, for editors (--write FILE)
[group('experiments')]
schema *OPTIONS:
    @cargo run --release --bin recur -- schema "$@"

# Report CPU, instruction sets, measured peak, memory, and the store's free space
[group('experiments')]
doctor *OPTIONS:
    @cargo run --release --bin recur -- doctor "$@"

# Run the tests (with cargo-nextest where it is installed), and list those that were skipped (RECUR_NO_SKIPS=1: a skip fails)
[group('checks')]
test *OPTIONS:
    @tools/run-tests "$@"

# Build, test and run the programs in examples/, which are another workspace
[group('checks')]
test-examples:
    tools/examples

# Run the examples in the documentation
[group('checks')]
test-docs:
    cargo test --workspace --doc --quiet

# Check the error bounds of exp, tanh and ln on every f32 (minutes)
[group('checks')]
test-math:
    cargo test --release -p recur-kernels --lib -- --ignored --nocapture bounds_hold_for_every_input

# Compare every record and the report of runs with 1 and with 2 jobs, byte for byte
[group('checks')]
test-jobs SPEC="experiments/quickstart.yaml":
    tools/compare-runs "1 2" "$1"

# Compare them for each instruction set of this machine, too (minutes; the scalar form on a smaller sweep)
[group('checks')]
test-isa SPEC="experiments/quickstart.yaml":
    tools/compare-runs "1:avx512 2:avx512 1:avx2 2:avx2 1:neon 2:neon" "$1"
    tools/compare-runs "2: 1:scalar 2:scalar" "$1" --set training.epochs=1 --set replicates=1

# Compare them for each instruction set on a few names and one epoch (half a minute)
[group('checks')]
test-isa-briefly SPEC="experiments/quickstart.yaml":
    tools/compare-runs "1:scalar 2:scalar 1:avx2 2:avx512 1:neon" "$1" --set training.epochs=1 --set replicates=1 --set 'data.split={train: 0.06, validation: 0.04, test: 0.9}'

# Use the reports' HTML page in headless Chromium: clicks, keys, pointer, phone, dark (pictures go to target/tmp/html)
[group('checks')]
test-html:
    cargo test --workspace --test report --test it -- --ignored browser

# Execute the committed quickstart report again, and compare every byte
[group('checks')]
test-report REPORT="reports/quickstart.md":
    cargo run --release --bin recur -- verify "$1" --log-level warn
# Kill runs of a spec at hundreds of moments, and compare each end with that of a run that nobody killed (minutes)
[group('checks')]
chaos KILLS="200" SPEC="experiments/quickstart.yaml" *OPTIONS:
    tools/chaos "$@"

# Write what is generated and committed anew: the schema of specs, the page of all models, the list of reports
[group('checks')]
generate:
    cargo run --release --bin recur -- schema --plugins examples/plugins --write experiments/schema.json --replace
    cargo run --release --bin recur -- models --write docs/model-reference.md --replace
    cargo run --release --bin recur -- reports --write

# Check that what is generated and committed is up to date
[group('checks')]
check-generated:
    cargo run --release --bin recur -- schema --plugins examples/plugins --check experiments/schema.json
    cargo run --release --bin recur -- models --check docs/model-reference.md
    cargo run --release --bin recur -- reports --check

# Open exports in TensorBoard, MLflow, Optuna and onnxruntime, and run docs/python.md (sets the tools up; minutes; --torch)
[group('checks')]
check-exports *OPTIONS:
    python3 tools/exports/check.py "$@"

# Take the pictures of docs/exports.md of what `just check-exports --keep DIR` left (needs Chromium)
[group('checks')]
export-pictures DIR *NAMES:
    python3 tools/exports/pictures.py "$@"

# Format the code
[group('checks')]
fmt:
    cargo fmt --all

# Check formatting and lints
[group('checks')]
lint:
    cargo fmt --all --check
    cargo tree --locked --depth 0 --manifest-path examples/Cargo.toml
    cargo clippy --workspace --all-targets --locked -- -D warnings

# Build the API documentation, warnings denied
[group('checks')]
docs:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked

# All checks, the cheapest first
[group('checks')]
ci: lint docs test-docs check-generated test-jobs test-isa-briefly test-report test-html test test-examples

# Measure the kernels and training steps, in examples per second and as a fraction of the measured peak
[group('measurements')]
bench *OPTIONS:
    cargo bench -p recur-bench --bench kernels --bench training -- "$@"
    cargo run --release --bin recur-bench -- --fractions

# Measure how long recur takes to start, without and with a thousand external plugins
[group('measurements')]
bench-startup:
    cargo build --release --bin recur
    tools/startup target/release/recur

# Measure training and prediction beside PyTorch and JAX (sets them up in virtual environments)
[group('measurements')]
bench-peers *NAMES:
    python3 tools/peers/compare.py "$@"

# Measure ngram_logistic beside scikit-learn and fastText (sets them up in virtual environments; 5 minutes)
[group('measurements')]
bench-ngrams *NAMES:
    python3 tools/peers/ngrams.py "$@"

# Measure the reports of synthetic experiments of 100 and 1,000 trials: seconds and memory
[group('measurements')]
bench-report:
    cargo run --release -p recur-report --example measure

# Measure when reports' HTML pages are interactive in headless Chromium (--most MILLISECONDS)
[group('measurements')]
bench-page *PAGES="reports/quickstart.html reports/names.html":
    tools/page-time {{PAGES}}

# Measure searches and races on recorded results, beside Optuna (sets it up in a virtual environment; 10 minutes)
[group('measurements')]
bench-search *REPEATS:
    python3 tools/search/compare.py "$@"

# Measure what the protocol of external plugins costs, beside the same model within the process
[group('measurements')]
bench-external *OPTIONS:
    cargo run --release -p recur-bench -- --external "$@"

# Measure 2,000 short trials on a Slurm cluster of two nodes, beside two threads, and how long 10,000 take to send (needs Slurm; 35 minutes)
[group('measurements')]
bench-slurm *TRIALS:
    cargo build --release --bin recur
    tools/slurm/many target/release/recur "$@"

# Put PyTorch itself into a report of recur, beside the same network (sets it up in a virtual environment; minutes)
[group('measurements')]
peers *OPTIONS:
    PATH="$(python3 tools/peers/environment.py):$PATH" cargo run --release --bin recur -- experiment experiments/peers.yaml --plugins examples/plugins "$@"
