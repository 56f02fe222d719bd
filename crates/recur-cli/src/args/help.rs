//! What the help of a command shows after its options.

pub(super) const RECUR_HELP: &str = "\
Exit codes: 0 done, 1 error, 2 wrong arguments, 3 trials failed or diverged, 4 different or damaged, 5 a check of a model
failed, 6 nothing compared, 7 a part is done, 130 interrupted. docs/exit-codes.md describes each.";

pub(super) const INIT_HELP: &str = "\
Examples:
  recur init names                               a project in the folder names, with a sample of data
  recur init --from reviews.csv                  a spec for this data, in a project in the working folder
  recur init --from mails.parquet --text body --label kind

It asks nothing, and no file that is there is written over. docs/own-data.md goes on from here.";

pub(super) const COMPLETIONS_HELP: &str = "\
Where a shell looks for them:
  bash  recur completions bash > ~/.local/share/bash-completion/completions/recur
  zsh   recur completions zsh > a folder of $fpath/_recur
  fish  recur completions fish > ~/.config/fish/completions/recur.fish";

pub(super) const STATUS_HELP: &str = "\
Examples:
  recur status                                   all experiments of the store, a line each
  recur status experiments/names.yaml            one, with what runs and the best so far of each model
  recur status names --watch                     the same, again and again until all trials are done
  recur status names --json                      for other programs; docs/long-runs.md describes the fields

It reads the store, and no data. What is best so far is so by validation results only; the experiment decides at its end.";

pub(super) const LOGS_HELP: &str = "\
Examples:
  recur logs 3f09a1c2d4                          what is logged of this trial so far
  recur logs 3f09 --follow                       and what comes, until it ends

Log lines, recur status, recur plan and recur store list show ids. Times are seconds since the first line.";

pub(super) const COMPARE_HELP: &str = "\
Examples:
  recur compare experiments/narrow.yaml experiments/wide.yaml
  recur compare narrow wide --markdown           by their names in the store
  recur compare old/names.md reports/names.md    by their reports: the specs within them
  recur compare 3f09a1c2d4 81be77f0aa            two trials, example by example

The first is what the others are compared with. Nothing is trained or scored: run the experiments first. docs/comparing.md
says what can be compared.";

pub(super) const EXPORT_HELP: &str = "\
Examples:
  recur export experiments/quickstart.yaml --records records.parquet
  recur export experiments/names.yaml --leaderboard table.tex --analysis names.json
  recur export names --tensorboard tb --mlflow mlruns --optuna names.log    by the name of an experiment of the store
  recur export names --model gru --onnx gru.onnx

The ending of a file's name says its format. Equal records give equal bytes. docs/exports.md describes the fields.";

pub(super) const VERIFY_HELP: &str = "\
Examples:
  recur verify reports/quickstart.md             the spec within the report is executed again
  recur verify experiments/names.yaml --sample 5 five trials of the store are executed again
  recur verify 3f09a1c2d4                        one trial of the store

Exit codes:
  0  trials were executed again, and every compared byte is the same; the first line says whether all trials were
  4  a byte differs; the first difference is reported with its place
  6  nothing was compared: no trial could be executed again whose bytes are promised to be equal
docs/reproducibility.md says what is proven.

A report, or a stored trial, starts plugins only from a folder that you name (--allow-plugins DIR, or --plugins DIR).";

pub(super) const CHECK_MODEL_HELP: &str = "\
Examples:
  recur check-model manual_rnn
  recur check-model stacked_rnn --set layers=2 --set dropout=0.2
  recur check-model my_model --json > checks.json

Each check passes, passes in part, is skipped with its reason, or fails. Ends with 0 where none failed, and with 5 where
one did. docs/battery.md lists the checks with the mistakes that they catch.";

pub(super) const PREDICT_HELP: &str = "\
Examples:
  recur predict --model names/gru Satoshi \"O'Neill\"         the best trial of a model of an experiment
  recur predict --model 3f09a1c2d4 --top 3 names.txt         a trial, by the first digits of its id; one text per line
  recur predict --model names --input customers.csv --column surname --all --output labels.parquet
  cut -d, -f2 customers.csv | tail -n +2 | recur predict --model names --input -

On a terminal the answer is a table, elsewhere CSV. A text that the model cannot read has no label. An argument that is, or
looks like, a file is never taken for a text; --literal takes it for one. docs/weights.md explains the columns.";
