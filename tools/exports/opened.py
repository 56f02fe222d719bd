"""Opens one export in its tool, in the working folder, and compares what the tool reads with what recur says of it. See check.py."""
import csv
import json
import math
import os
import shutil
import socket
import subprocess
import sys
import time
import unicodedata
import urllib.error
import urllib.request
from pathlib import Path


def records():
    """Rows of `recur export --records` by trial; those of the store have every epoch."""
    trials = {}
    for row in csv.DictReader(open("records.csv", encoding="utf8")):
        trial = trials.setdefault(row["trial"], {"row": row, "values": {}})
        if row["value"]:
            trial["values"][f"{row['split']}_{row['metric']}"] = float(row["value"])
    return trials


def curves(trial):
    """Every epoch of a trial in the store: a list of {column: value}."""
    path = Path("runs/trials") / trial[:2] / trial / "curves.csv"
    return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(open(path))]


def close(a, b, tolerance=1e-6):
    return math.isclose(a, b, rel_tol=tolerance, abs_tol=tolerance) or (math.isnan(a) and math.isnan(b))


def folder_of(row, root):
    return Path(root) / "study" / row["configuration"].replace(", ", ",") / f"replicate-{row['replicate']}"


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def asked(url, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def hparams(logdir, n_runs):
    """What the HParams page of a TensorBoard shows: its experiment and its groups of sessions."""
    port = free_port()
    command = [Path(sys.executable).with_name("tensorboard"), "--logdir", logdir, "--port", str(port), "--host", "127.0.0.1"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    base = f"http://127.0.0.1:{port}/data"
    try:
        for _ in range(240):
            try:
                if len(asked(f"{base}/runs")) == n_runs:
                    break
            except (urllib.error.URLError, ConnectionError):
                pass
            time.sleep(0.5)
        about = asked(f"{base}/plugin/hparams/experiment", {"experimentName": ""})
        groups = asked(f"{base}/plugin/hparams/session_groups", {
            "allowedStatuses": ["STATUS_UNKNOWN", "STATUS_SUCCESS", "STATUS_FAILURE", "STATUS_RUNNING"],
            "colParams": [{"metric": metric["name"]} for metric in about["metricInfos"]],
            "aggregationType": "AGGREGATION_AVG", "startIndex": 0, "sliceSize": 1000,
        })
        return about, groups["sessionGroups"]
    finally:
        server.terminate()
        server.wait()


def tensorboard():
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    trials, n = records(), 0
    for trial, record in trials.items():
        epochs = curves(trial)
        for root in ["tensorboard", "times", "live"]:
            read = EventAccumulator(str(folder_of(record["row"], root)))
            read.Reload()
            tags = set(read.Tags()["scalars"])
            for tag, column in [("train/loss", "train_loss"), ("validation/macro_f1", "validation_macro_f1"),
                                ("validation/loss", "validation_loss")]:
                points = read.Scalars(tag) if epochs else []
                assert [point.step for point in points] == list(range(1, len(epochs) + 1)), (root, trial, tag)
                assert all(close(point.value, epoch[column]) for point, epoch in zip(points, epochs)), (root, trial, tag)
                n += len(points)
            for name, value in record["values"].items() if root != "live" else []:
                tag = name.replace("_", "/", 1) if name.startswith("test") else f"kept/{name}"
                (point,) = read.Scalars(tag)
                assert close(point.value, value), (trial, tag)
            has_test = any(tag.startswith("test/") for tag in tags)
            assert has_test == (record["row"]["chosen"] == "true" and root != "live"), (trial, tags)
    about, groups = hparams("tensorboard", len(trials))
    configurations = {record["row"]["configuration"] for record in trials.values()}
    assert {group["name"] for group in groups} == {f"study/{title}" for title in configurations}, groups
    for group in groups:
        own = [record for record in trials.values() if f"study/{record['row']['configuration']}" == group["name"]]
        assert len(group["sessions"]) == len(own), group
        statuses = sorted(session["status"] for session in group["sessions"])
        ends = {"finished": "STATUS_SUCCESS", "diverged": "STATUS_FAILURE", "failed": "STATUS_FAILURE"}
        assert statuses == sorted(ends[record["row"]["outcome"]] for record in own), group
        metrics = {metric["name"].get("tag"): metric["value"] for metric in group["metricValues"]}
        values = [record["values"]["validation_macro_f1"] for record in own if "validation_macro_f1" in record["values"]]
        if len(values) == len(own):
            assert close(metrics["kept/validation_macro_f1"], sum(values) / len(values)), (group["name"], metrics)
    names = {info["name"] for info in about["hparamInfos"]}
    assert {"model", "learning_rate", "layers"} <= names, names
    print(f"TensorBoard: {n} points of {len(trials)} trials are right; HParams shows {len(groups)} groups with replicates as sessions")


def mlflow():
    shutil.rmtree("mlruns-copy", ignore_errors=True)
    Path("mlflow.db").unlink(missing_ok=True)
    command = [Path(sys.executable).with_name("mlflow"), "migrate-filestore", "--source", "mlruns", "--target", "sqlite:///mlflow.db"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    from mlflow.tracking import MlflowClient
    client = MlflowClient("sqlite:///mlflow.db")
    (experiment,) = [own for own in client.search_experiments() if own.name == "study"]
    runs = client.search_runs([experiment.experiment_id], max_results=1000)
    trials, n = records(), 0
    assert len(runs) == len(trials), (len(runs), len(trials))
    for run in runs:
        record = trials[run.data.tags["recur.trial"]]
        row, epochs = record["row"], curves(run.data.tags["recur.trial"])
        assert run.info.status == ("FINISHED" if row["outcome"] == "finished" else "FAILED"), run.info
        assert run.data.params["model"] == row["model"] and run.data.params["replicate"] == row["replicate"]
        for key, value in row.items():
            if key.startswith("param_") and value:
                assert run.data.params[key.removeprefix("param_")] == value, (key, run.data.params)
        for name, value in record["values"].items():
            key = name if name.startswith("test") else f"kept_{name}"
            assert close(run.data.metrics[key], value, 1e-12), (key, value)
        history = client.get_metric_history(run.info.run_id, "validation_macro_f1") if epochs else []
        assert [(point.step, point.value) for point in sorted(history, key=lambda point: point.step)] == [
            (step, epoch["validation_macro_f1"]) for step, epoch in enumerate(epochs, 1)]
        has_test = any(name.startswith("test_") for name in run.data.metrics)
        assert has_test == (row["chosen"] == "true"), run.data.metrics
        n += len(history)
    print(f"MLflow: {len(runs)} runs are right after migrate-filestore, {n} points of one metric")


def optuna():
    import optuna as tool
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend
    from optuna.trial import TrialState
    study = tool.load_study(study_name="study", storage=JournalStorage(JournalFileBackend("study.log")))
    analysis = json.load(open("analysis.json"))
    own = {configuration["title"]: configuration for configuration in analysis["configurations"]}
    assert len(study.trials) == len(own)
    expected = {}
    for title, configuration in own.items():
        counts = configuration["trials"]
        failed = counts["diverged"] + counts["failed"] > 0
        expected[title] = TrialState.FAIL if failed else (
            TrialState.PRUNED if configuration.get("eliminated_after") else TrialState.COMPLETE)
    states = {trial.user_attrs["configuration"]: trial.state for trial in study.trials}
    assert states == expected, (states, expected)
    assert {TrialState.FAIL, TrialState.PRUNED, TrialState.COMPLETE} <= set(states.values()), states
    for trial in study.trials:
        configuration = own[trial.user_attrs["configuration"]]
        if trial.state == TrialState.COMPLETE:
            assert trial.value == configuration["validation"]["macro_f1"]["mean"]
        for name, value in trial.params.items():
            assert value == (configuration["model"] if name == "model" else configuration["params"][name]), (name, value)
        tested = any(name.startswith("test_") for name in trial.user_attrs)
        assert tested == (configuration["times_chosen"] > 0), trial.user_attrs
    complete = [own[title] for title, state in states.items() if state == TrialState.COMPLETE]
    best = max(complete, key=lambda configuration: configuration["validation"]["macro_f1"]["mean"])
    assert study.best_trial.user_attrs["configuration"] == best["title"]
    assert tool.importance.get_param_importances(study) is not None
    print(f"Optuna: {len(study.trials)} trials, the best is {best['title']} with {study.best_value:.4f}")


def tokens(text, metadata):
    """A text as a network reads it, by what the file says of it."""
    settings, characters = json.loads(metadata["text"]), metadata["characters"]
    assert settings["fold"] == "none"
    if settings["unicode"] != "none":
        text = unicodedata.normalize(settings["unicode"].upper(), text.strip())
    token = {character: place for place, character in enumerate(characters)}
    if metadata["has_unknown"] == "true":
        return [token.get(character, len(characters)) for character in text.strip()]
    return [token[character] for character in text.strip() if character in token]


def onnx():
    import numpy
    import onnx as format_
    import onnxruntime
    texts = Path("texts.txt").read_text("utf8").splitlines()
    for path in sorted(Path().glob("*.onnx")):
        format_.checker.check_model(format_.load(path), full_check=True)
        session = onnxruntime.InferenceSession(path)
        metadata = session.get_modelmeta().custom_metadata_map
        expected = [json.loads(line) for line in path.with_suffix(".ndjson").read_text("utf8").splitlines()]
        assert [row["text"] for row in expected] == texts
        read = [tokens(text, metadata) for text in texts]
        worst = 0.0
        # Batches of mixed lengths, filled up with a token that is ignored.
        for start in range(0, len(read), 100):
            batch = read[start:start + 100]
            padded = numpy.full((len(batch), max(map(len, batch))), 1, numpy.int64)
            for row, own in zip(padded, batch):
                row[:len(own)] = own
            lengths = numpy.array([len(own) for own in batch], numpy.int64)
            (found,) = session.run(None, {"tokens": padded, "lengths": lengths})
            labels = json.loads(metadata["labels"])
            right = numpy.array([[row[label] for label in labels] for row in expected[start:start + 100]])
            # Numbers of 32 bits have no smaller difference: a log-probability of -300 is exact to 2e-5.
            worst = max(worst, float((numpy.abs(found - right) / numpy.maximum(1, numpy.abs(right))).max()))
            assert (found.argmax(axis=1) == right.argmax(axis=1)).all(), path
        assert worst < 1e-5, (path, worst)
        print(f"ONNX: {path} equals `recur predict` on {len(texts)} names to {worst:.1e} ({os.path.getsize(path):,} bytes)")


if __name__ == "__main__":
    {"tensorboard": tensorboard, "mlflow": mlflow, "optuna": optuna, "onnx": onnx}[sys.argv[1]]()
