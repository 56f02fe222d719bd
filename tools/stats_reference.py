"""Reference values for recur-stats, computed with scipy, scikit-learn and statsmodels.

Usage: pip install scipy scikit-learn statsmodels && python tools/stats_reference.py
Writes crates/recur-stats/tests/reference.json. Every draw is keyed, so the file comes out the same each time.
"""

import json
import math
import pathlib

import numpy
from scipy import stats
from sklearn import metrics
from statsmodels.stats import multitest

OUT = pathlib.Path(__file__).parent.parent / "crates/recur-stats/tests/reference.json"


def classification(n_classes, n_rows, hit_rate, absent, seed):
    """`absent` labels have neither a true nor a predicted row; one label more is predicted, yet never true."""
    draw = numpy.random.default_rng(seed)
    present = n_classes - absent
    truth = draw.integers(0, max(present - 1, 1), n_rows)
    predicted = numpy.where(draw.random(n_rows) < hit_rate, truth, draw.integers(0, present, n_rows))
    labels = list(range(n_classes))
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        truth, predicted, labels=labels, zero_division=0
    )
    return {
        "n_classes": n_classes,
        "truth": truth.tolist(),
        "predicted": predicted.tolist(),
        "confusion": metrics.confusion_matrix(truth, predicted, labels=labels).ravel().tolist(),
        "accuracy": float(metrics.accuracy_score(truth, predicted)),
        "macro_f1": float(metrics.f1_score(truth, predicted, average="macro", zero_division=0)),
        "precision": precision.tolist(),
        "recall": recall.tolist(),
        "f1": f1.tolist(),
        "support": support.tolist(),
    }


def log_loss(n_rows, seed):
    draw = numpy.random.default_rng(seed)
    logs = numpy.log(draw.random(n_rows)).astype(numpy.float32)
    return {"log_probabilities": [float(x) for x in logs], "loss": -math.fsum(map(float, logs)) / n_rows}


def summary(n, confidence, seed):
    values = numpy.random.default_rng(seed).normal(0.7, 0.05, n)
    spread = stats.sem(values)
    low, high = stats.t.interval(confidence, n - 1, loc=values.mean(), scale=spread)
    return {
        "values": values.tolist(),
        "confidence": confidence,
        "mean": float(values.mean()),
        "standard_deviation": float(values.std(ddof=1)),
        "low": float(low),
        "high": float(high),
    }


def corrected_t(n, shift, n_train, n_test, seed):
    """Nadeau and Bengio 2003; with n_test = 0 it is the one-sample t-test, taken from scipy."""
    values = numpy.random.default_rng(seed).normal(shift, 0.01, n)
    spread = math.sqrt((1 / n + n_test / n_train) * values.var(ddof=1))
    t = values.mean() / spread
    p = 2 * stats.t.sf(abs(t), n - 1)
    if n_test == 0:
        t, p = stats.ttest_1samp(values, 0.0)
    half = stats.t.ppf(0.975, n - 1) * spread
    return {
        "differences": values.tolist(),
        "n_train": n_train,
        "n_test": n_test,
        "t": float(t),
        "p": float(p),
        "low": float(values.mean() - half),
        "high": float(values.mean() + half),
    }


def holm(p):
    return {"p": p, "adjusted": multitest.multipletests(p, method="holm")[1].tolist()}


def main():
    draw = numpy.random.default_rng(11)
    reference = {
        "classification": [
            classification(2, 40, 0.8, 0, 1),
            classification(5, 200, 0.6, 1, 2),
            classification(34, 900, 0.7, 3, 3),
            classification(3, 1, 0.0, 0, 4),
        ],
        "log_loss": [log_loss(1, 5), log_loss(500, 6)],
        "summary": [summary(n, confidence, n) for n in (2, 3, 5, 30) for confidence in (0.9, 0.95, 0.99)],
        "corrected_t": [
            corrected_t(n, shift, 8000, n_test, 100 + n)
            for n in (2, 3, 5, 10, 50)
            for shift in (0.0, 0.005, -0.02)
            for n_test in (0, 1000, 4000)
        ],
        "quantile": [
            {"p": p, "freedom": freedom, "t": float(stats.t.ppf(p, freedom))}
            for freedom in (1, 2, 3, 4, 9, 29, 99, 999)
            for p in (0.025, 0.3, 0.5, 0.75, 0.9, 0.95, 0.975, 0.995, 0.9999)
        ],
        "two_sided_p": [
            {"t": t, "freedom": freedom, "p": float(2 * stats.t.sf(abs(t), freedom))}
            for freedom in (1, 2, 4, 9, 99)
            for t in (0.0, 1e-6, 0.3, -1.0, 2.5, 7.0, -40.0)
        ],
        "holm": [
            holm([0.04]),
            holm([0.01, 0.04, 0.03, 0.005]),
            holm([0.5, 0.5, 0.9]),
            holm(draw.random(12).tolist()),
            holm((draw.random(9) ** 6).tolist()),
        ],
    }
    OUT.write_text(json.dumps(reference, indent=1) + "\n")


if __name__ == "__main__":
    main()
