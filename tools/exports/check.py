#!/usr/bin/env python3
"""Opens what `recur export` writes in the tools that it is for, and runs the snippets of docs/python.md.

Run through `just check-exports [--torch] [--keep DIR]`. The tools are set up in a virtual environment on first use. With `--torch` the
snippets that need PyTorch run as well (a download of some gigabytes); `--keep` leaves what was written in DIR.
"""
import argparse
import csv
import os
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent / "peers"))
from compare import environment  # noqa: E402

TOOLS = ["tensorboard==2.21.0", "mlflow==3.17.2", "optuna==5.0.0", "optuna-dashboard==0.21.0", "onnxruntime==1.32.0",
         "onnx==1.23.2", "pandas==3.1.1", "polars==2.1.0", "pyarrow==25.0.1", "safetensors==0.8.0", "numpy==2.4.6"]

# A race, so that configurations are stopped, and one that diverges.
STUDY = """\
# Which network predicts the language of a name best?
recur: 1
name: study
data: {source: names.csv, columns: {label: language}, split: {train: 0.6, validation: 0.2, test: 0.2}}
training: {epochs: 3, batch_size: 32, optimizer: {name: sgd}}
models:
  - {use: manual_rnn, params: {activation: none}, sweep: {learning_rate: [0.01, 0.1, 10]}}
  - {use: stacked_rnn, sweep: {layers: [1, 2], learning_rate: [0.01, 0.1]}}
  - use: ngram_bayes
sweep: {hidden_size: [16]}
race: {replicates: [1, 3], keep: 0.5}
replicates: 3
"""

# Every form of a recurrent network.
NETWORKS = """\
recur: 1
name: names
data: {source: names.csv, columns: {label: language}}
training: {epochs: 2, batch_size: 32, optimizer: {name: adam}}
models:
  - {use: manual_rnn}
  - {use: manual_rnn, as: manual_tanh, params: {activation: tanh}}
  - {use: stacked_rnn}
  - {use: stacked_rnn, as: rnn_relu, params: {layers: 2, nonlinearity: relu, dropout: 0.2}}
  - {use: stacked_rnn, as: rnn_both, params: {layers: 2, bidirectional: true, pooling: mean, embedding: 8}}
  - {use: gru}
  - {use: gru, as: gru_both, params: {layers: 3, bidirectional: true, pooling: last}}
  - {use: gru, as: gru_max, params: {embedding: 8, pooling: max}}
  - {use: lstm}
  - {use: lstm, as: lstm_both, params: {layers: 2, bidirectional: true, pooling: max}}
  - {use: lstm, as: lstm_mean, params: {embedding: 8, pooling: mean}}
  - {use: char_cnn}
sweep: {hidden_size: [24]}
replicates: 1
"""

NOT_RECURRENT = "char_cnn"


def program():
    """The program `recur`, built; or the one that RECUR names."""
    if named := os.environ.get("RECUR"):
        return Path(named).resolve()
    subprocess.run(["cargo", "build", "--quiet", "--release", "--bin", "recur"], check=True, cwd=ROOT)
    return (ROOT / os.environ.get("CARGO_TARGET_DIR", "target") / "release" / "recur").resolve()


def write_names(path, n):
    """A sample of the shipped names, always the same, and of labels with enough of them."""
    with open(ROOT / "data" / "names.csv", encoding="utf8", newline="") as file:
        rows = list(csv.DictReader(file))
    random.Random(1).shuffle(rows)
    labels = sorted({row["language"] for row in rows})[:8]
    with open(path, "w", encoding="utf8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["name", "language"])
        writer.writerows([row["name"], row["language"]] for row in [row for row in rows if row["language"] in labels][:n])


def blocks(page):
    """The blocks of code of a page, each with its language and its first line's number."""
    lines = page.read_text("utf8").splitlines()
    language, start, code = None, 0, []
    for number, line in enumerate(lines, 1):
        if language is None and (fence := re.fullmatch(r"```(\w+)", line)):
            language, start, code = fence[1], number, []
        elif language is not None and line == "```":
            yield language, start, "\n".join(code) + "\n"
            language = None
        elif language is not None:
            code.append(line)


def run_page(folder, python, torch, env):
    """Runs every block of docs/python.md in `folder`, in order."""
    page = ROOT / "docs" / "python.md"
    for language, line, code in blocks(page):
        where = f"docs/python.md:{line}"
        if language == "sh":
            command, own = ["bash", "-euc", code], env
        elif "import torch" in code or "safetensors.torch" in code:
            if not torch:
                print(f"{where}: not run without --torch")
                continue
            site = next((python.parent.parent / "lib").glob("python3*/site-packages"))
            command, own = [torch, "-c", code], {**env, "PYTHONPATH": str(site)}
        else:
            command, own = [python, "-c", code], env
        done = subprocess.run(command, cwd=folder, env=own, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{where} fails:\n{done.stdout}{done.stderr}")
        print(f"{where}: runs")


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--torch", action="store_true", help="run the snippets that need PyTorch")
    arguments.add_argument("--keep", metavar="DIR", help="a new folder for all that is written")
    arguments = arguments.parse_args()
    python = environment("exports", TOOLS).absolute()
    torch = environment("torch", ["torch", "numpy"]).absolute() if arguments.torch else None
    recur = program()
    env = {**os.environ, "PATH": f"{recur.parent}{os.pathsep}{os.environ['PATH']}", "PYTHONDONTWRITEBYTECODE": "1"}
    with tempfile.TemporaryDirectory(prefix="recur-exports-") as temporary:
        folder = Path(arguments.keep or temporary)
        folder.mkdir(parents=True, exist_ok=True)
        write_names(folder / "names.csv", 2000)
        (folder / "study.yaml").write_text(STUDY)
        (folder / "names.yaml").write_text(NETWORKS)

        def call(*words, codes=(0,), **options):
            done = subprocess.run([recur, *words], cwd=folder, env=env, capture_output=True, text=True, **options)
            if done.returncode not in codes:
                sys.exit(f"recur {' '.join(map(str, words))} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
            return done
        # 3: the configuration that diverges.
        call("experiment", "study.yaml", "--tensorboard", "live", "--log-level", "warn", codes=(0, 3))
        call("experiment", "names.yaml", "--log-level", "warn")
        call("export", "study", "--tensorboard", "tensorboard", "--mlflow", "mlruns", "--optuna", "study.log",
             "--records", "records.csv", "--analysis", "analysis.json")
        call("export", "study.yaml", "--tensorboard", "times", "--times")
        models = re.findall(r"use: (\w+)(?:, as: (\w+))?", NETWORKS)
        models = [alias or used for used, alias in models]
        for model in models:
            refused = model == NOT_RECURRENT
            done = call("export", "names", "--model", model, "--onnx", f"{model}.onnx", codes=(1,) if refused else (0,))
            assert not refused or "is not a recurrent network" in done.stderr, done.stderr
        texts = texts_of(folder / "names.csv")
        (folder / "texts.txt").write_text("".join(f"{text}\n" for text in texts), "utf8")
        for model in models:
            if model != NOT_RECURRENT:
                done = call("predict", "--model", f"names/{model}", "--input", "texts.txt", "--log-probs", "--format", "ndjson")
                (folder / f"{model}.ndjson").write_text(done.stdout, "utf8")
        for check in ["tensorboard", "mlflow", "optuna", "onnx"]:
            done = subprocess.run([python, HERE / "opened.py", check], cwd=folder, env=env)
            if done.returncode:
                sys.exit(f"{check} does not read what recur wrote")
        run_page(folder, python, torch, env)


def texts_of(path):
    """1,000 names of many lengths, some with characters that the networks never saw."""
    with open(path, encoding="utf8", newline="") as file:
        names = [row["name"] for row in csv.DictReader(file)]
    texts = names[:980] + ["a", "é", "李小龍", "Ångström-Œuvre", "x" * 90] * 4
    assert len(texts) == 1000
    return texts


if __name__ == "__main__":
    main()
