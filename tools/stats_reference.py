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
from statsmodels.stats import contingency_tables, multitest, power, weightstats

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
        "balanced_accuracy": float(metrics.balanced_accuracy_score(truth, predicted)),
        "cohen_kappa": float(metrics.cohen_kappa_score(truth, predicted)),
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


def top_k(n_classes, n_rows, k, tied, seed):
    """With `tied`, scores are so coarse that many are equal."""
    draw = numpy.random.default_rng(seed)
    scores = draw.normal(0, 1, (n_rows, n_classes)).astype(numpy.float32)
    scores = numpy.round(scores) + numpy.float32(0) if tied else scores
    truth = draw.integers(0, n_classes, n_rows)
    share = metrics.top_k_accuracy_score(truth, scores, k=k, labels=list(range(n_classes)))
    return {"k": k, "truth": truth.tolist(), "scores": scores.tolist(), "share": float(share)}


def calibration(n_rows, n_bins, seed):
    """Guo and others 2017, with numpy: no library at hand has it. The first row is as sure as can be."""
    draw = numpy.random.default_rng(seed)
    logs = numpy.log(draw.random(n_rows)).astype(numpy.float32)
    logs[0] = 0.0
    confidence = numpy.exp(logs.astype(numpy.float64))
    right = draw.random(n_rows) < confidence**0.7
    edges = [bin / n_bins for bin in range(n_bins + 1)]
    error = 0.0
    for low, high in zip(edges, edges[1:]):
        inside = (confidence > low) & (confidence <= high)
        if inside.any():
            error += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    return {
        "n_bins": n_bins,
        "log_probabilities": [float(x) for x in logs],
        "right": right.tolist(),
        "error": float(error),
    }


def paired_t(n, shift, seed):
    first, second = numpy.random.default_rng(seed).normal(shift, 0.01, (2, n)) - [[0.0], [shift]]
    result = stats.ttest_rel(first, second)
    low, high = result.confidence_interval(0.95)
    return {"differences": (first - second).tolist(), "p": float(result.pvalue), "low": float(low), "high": float(high)}


def tost(n, shift, margin, n_train, n_test, seed):
    """With n_test = 0 it is the plain paired test, taken from statsmodels."""
    values = numpy.random.default_rng(seed).normal(shift, 0.01, n)
    spread = math.sqrt((1 / n + n_test / n_train) * values.var(ddof=1))
    lower, upper = (float(stats.t.sf((margin + sign * values.mean()) / spread, n - 1)) for sign in (1, -1))
    if n_test == 0:
        _, (_, lower, _), (_, upper, _) = weightstats.ttost_paired(values, numpy.zeros(n), -margin, margin)
    half = stats.t.ppf(0.95, n - 1) * spread
    return {
        "differences": values.tolist(),
        "margin": margin,
        "n_train": n_train,
        "n_test": n_test,
        "p_lower": float(lower),
        "p_upper": float(upper),
        "low": float(values.mean() - half),
        "high": float(values.mean() + half),
    }


def wilcoxon(n, decimals, shift, seed):
    """Few decimals make ties and zeros. The exact distribution with ties is scipy's permutation of all signs."""
    values = numpy.round(numpy.random.default_rng(seed).normal(shift, 1, n), decimals) + 0.0
    others = values[values != 0]
    ties = len(numpy.unique(abs(others))) < len(others)
    if len(others) > 50:
        method = "asymptotic"
    else:
        method = stats.PermutationMethod(n_resamples=2**18) if ties else "exact"
    result = stats.wilcoxon(others, method=method)
    return {
        "differences": values.tolist(),
        "n": len(others),
        "w": float(result.statistic),
        "p": float(result.pvalue),
        "exact": method != "asymptotic",
    }


def mcnemar(first, second):
    table = [[500, first], [second, 77]]
    return {"only_first": first, "only_second": second, "p": float(contingency_tables.mcnemar(table, exact=True).pvalue)}


def splitmix(state):
    """Steele and others 2014: the test draws the same numbers."""
    while True:
        state = (state + 0x9E3779B97F4A7C15) % 2**64
        z = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) % 2**64
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) % 2**64
        yield z ^ (z >> 31)


def resampled(data, figure, n_resamples, confidence, seed):
    """scipy's intervals, of resamples drawn here."""
    n, numbers = len(data[0]), splitmix(seed)
    drawn = [[((next(numbers) >> 32) * n) >> 32 for _ in range(n)] for _ in range(n_resamples)]
    values = numpy.array([figure(*(part[rows] for part in data)) for rows in drawn])
    result = stats._resampling.BootstrapResult(None, values, values.std(ddof=1))
    method = {"paired": True, "vectorized": False, "n_resamples": 0, "bootstrap_result": result}
    bca, percentile = (
        stats.bootstrap(data, figure, confidence_level=confidence, method=name, **method).confidence_interval
        for name in ("BCa", "percentile")
    )
    return {
        "seed": seed,
        "n_resamples": n_resamples,
        "confidence": confidence,
        "estimate": float(figure(*data)),
        "standard_error": float(values.std(ddof=1)),
        "bca": [float(end) for end in bca],
        "percentile": [float(end) for end in percentile],
    }


def label_bootstrap(name, figure, n_classes, n_rows, n_resamples, confidence, seed):
    draw = numpy.random.default_rng(seed)
    truth = draw.integers(0, n_classes, n_rows)
    first, second = (
        numpy.where(draw.random(n_rows) < hit_rate, truth, draw.integers(0, n_classes, n_rows)) for hit_rate in (0.7, 0.5)
    )
    difference = lambda truth, first, second: figure(truth, first) - figure(truth, second)
    return {
        "figure": name,
        "n_classes": n_classes,
        "truth": truth.tolist(),
        "first": first.tolist(),
        "second": second.tolist(),
    } | resampled((truth, first, second), difference, n_resamples, confidence, seed)


def mean_bootstrap(n_rows, n_resamples, confidence, seed):
    """Of values so skewed that the acceleration matters."""
    values = numpy.random.default_rng(seed).lognormal(0, 1.2, n_rows) - 1.5
    return {"values": values.tolist()} | resampled((values,), numpy.mean, n_resamples, confidence, seed)


def macro_f1(truth, predicted):
    return metrics.f1_score(truth, predicted, average="macro", zero_division=0)


def noncentral_power(r, effect, n_train, n_test, alpha):
    shift, critical = effect / math.sqrt(1 / r + n_test / n_train), stats.t.ppf(1 - alpha / 2, r - 1)
    upper, lower = stats.nct.sf(critical, r - 1, shift), stats.nct.cdf(-critical, r - 1, shift)
    # scipy gives NaN for some lower tails that are too small to be told from zero.
    return float(upper if shift > 6 and math.isnan(lower) else upper + lower)


def planned(r, effect, n_train, n_test, alpha):
    """`effect` is the difference in standard deviations. With n_test = 0 statsmodels has to agree."""
    reached = noncentral_power(r, effect, n_train, n_test, alpha)
    plain = power.TTestPower().power(effect, r, alpha, df=r - 1)
    assert n_test > 0 or math.isnan(plain) or math.isclose(plain, reached, rel_tol=1e-9)
    return {"replicates": r, "effect": effect, "n_train": n_train, "n_test": n_test, "alpha": alpha, "power": reached}


def needed(effect, n_train, n_test, alpha, target):
    enough = (r for r in range(2, 400) if noncentral_power(r, effect, n_train, n_test, alpha) >= target)
    return {
        "effect": effect,
        "n_train": n_train,
        "n_test": n_test,
        "alpha": alpha,
        "power": target,
        "replicates": next(enough, None),
    }


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
        "top_k": [
            top_k(n_classes, 40, k, tied, 200 + k) for n_classes in (3, 7) for k in (1, 2, 3) for tied in (False, True)
        ],
        "calibration": [calibration(1, 15, 210), calibration(300, 15, 211), calibration(90, 7, 212)],
        "paired_t": [paired_t(n, shift, 220 + n) for n in (2, 5, 40) for shift in (0.0, 0.01)],
        "tost": [
            tost(n, shift, 0.01, 8000, n_test, 230 + n)
            for n in (2, 5, 20)
            for shift in (0.0, 0.008, -0.02)
            for n_test in (0, 1000)
        ],
        "wilcoxon": [
            wilcoxon(n, decimals, shift, 240 + n)
            for n, decimals in [
                *((n, 12) for n in (1, 2, 5, 10, 13, 30, 50, 51, 200)),
                *((n, 1) for n in (5, 8, 12, 18, 60, 200)),
                (6, 0),
            ]
            for shift in (0.0, 0.4)
        ],
        "mcnemar": [
            mcnemar(*counts)
            for counts in [(0, 0), (1, 0), (0, 7), (5, 5), (3, 14), (40, 61), (310, 262), (1200, 1203), (900, 1300)]
        ],
        "label_bootstrap": [
            label_bootstrap("macro_f1", macro_f1, 4, 60, 200, 0.95, 251),
            label_bootstrap("macro_f1", macro_f1, 9, 25, 300, 0.8, 252),
            label_bootstrap("accuracy", metrics.accuracy_score, 3, 50, 300, 0.95, 253),
            label_bootstrap("cohen_kappa", metrics.cohen_kappa_score, 3, 40, 200, 0.9, 254),
        ],
        "mean_bootstrap": [mean_bootstrap(n, 500, confidence, 260 + n) for n in (5, 30) for confidence in (0.8, 0.95)],
        "power": [
            planned(r, effect, 8000, n_test, alpha)
            for r in (2, 3, 5, 10, 30, 200, 2000)
            for effect in (0.1, 0.6, 2.0)
            for n_test, alpha in ((0, 0.05), (1000, 0.05), (1000, 0.0125))
        ],
        "needed": [
            needed(effect, 8000, n_test, alpha, target)
            for effect in (0.2, 0.9, 1.5, 4.0)
            for n_test in (0, 1000)
            for alpha, target in ((0.05, 0.8), (0.0125, 0.9))
        ],
    }
    OUT.write_text(json.dumps(reference, indent=1, allow_nan=False) + "\n")


if __name__ == "__main__":
    main()
