"""Reference values for recur-stats, computed with scipy, scikit-learn, statsmodels and baycomp.

Usage: pip install scipy scikit-learn statsmodels baycomp && python tools/stats_reference.py
Writes crates/recur-stats/tests/reference.json. Every draw is keyed, so the file comes out the same each time.
"""

import json
import math
import pathlib

import baycomp
import numpy
from scipy import optimize, stats
from sklearn import metrics
from statsmodels.formula.api import ols
from statsmodels.stats import anova, contingency_tables, multitest, power, weightstats

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


def scored_rows(n_rows, share, distance, decimals, seed):
    """Few `decimals` give ties."""
    draw = numpy.random.default_rng(seed)
    positive = draw.random(n_rows) < share
    positive[:2] = [True, False]
    score = numpy.round(draw.normal(0, 1, n_rows) + distance * positive, decimals).astype(numpy.float32)
    false_positive_rate, recall, _ = metrics.roc_curve(positive, score, drop_intermediate=False)
    precision, recall_of_precision, thresholds = metrics.precision_recall_curve(positive, score)
    f1 = [float(metrics.f1_score(positive, score >= threshold)) for threshold in thresholds]
    least = 0.7
    reached = [float(r) for p, r in zip(precision[:-1], recall_of_precision[:-1]) if p >= least]
    return {
        "positive": positive.tolist(),
        "score": [float(x) for x in score],
        "false_positive_rate": false_positive_rate[1:].tolist(),
        "recall": recall[1:].tolist(),
        "precision": precision[:-1][::-1].tolist(),
        "roc_auc": float(metrics.roc_auc_score(positive, score)),
        "average_precision": float(metrics.average_precision_score(positive, score)),
        "f1": f1[::-1],
        "least_precision": least,
        "recall_at_precision": max(reached, default=0.0),
    }


def label_probabilities(n_rows, n_classes, seed):
    draw = numpy.random.default_rng(seed)
    truth = draw.integers(0, n_classes, n_rows)
    truth[:n_classes] = range(n_classes)
    logits = draw.normal(0, 1, (n_rows, n_classes)) + 1.5 * numpy.eye(n_classes)[truth]
    logs = (logits - numpy.log(numpy.exp(logits).sum(axis=1, keepdims=True))).astype(numpy.float32)
    probabilities = numpy.exp(logs.astype(float))
    # scikit-learn takes rows that add up to 1; the division moves no row past another by more than rounding does.
    scaled = probabilities / probabilities.sum(axis=1, keepdims=True)
    truth_of = numpy.eye(n_classes)[truth]
    distance = ((probabilities - truth_of) ** 2).sum(axis=1).mean()
    if n_classes == 2:
        distance /= 2
        brier = float(metrics.brier_score_loss(truth, probabilities[:, 1]))
        auc = float(metrics.roc_auc_score(truth, logs[:, 1]))
    else:
        brier = float(metrics.brier_score_loss(truth, scaled, labels=list(range(n_classes))))
        auc = float(metrics.roc_auc_score(truth, scaled, multi_class="ovr", average="macro"))
    assert abs(brier - distance) < 2e-9, "scikit-learn has another definition"
    return {
        "n_classes": n_classes,
        "truth": truth.tolist(),
        "log_probabilities": [[float(x) for x in row] for row in logs],
        "brier": float(distance),
        "roc_auc": auc,
        "average_precision": float(metrics.average_precision_score(truth_of, logs, average="macro")),
    }


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


def correlated_t(folds, runs, shift, margin, seed):
    """Corani and Benavoli 2015, from baycomp: it takes the first model as the one that is subtracted."""
    values = numpy.random.default_rng(seed).normal(shift, 0.01, folds * runs)
    worse, equal, better = baycomp.CorrelatedTTest.probs(numpy.zeros(len(values)), values, rope=margin, runs=runs)
    return {
        "differences": values.tolist(),
        "folds": folds,
        "margin": margin,
        "better": float(better),
        "equal": float(equal),
        "worse": float(worse),
    }


def banerjee_freedom(a, b, freedom_a, freedom_b):
    """Banerjee 1960, at 5 %."""
    wanted = math.sqrt((a * stats.t.ppf(0.975, freedom_a) ** 2 + b * stats.t.ppf(0.975, freedom_b) ** 2) / (a + b))
    ends = sorted((freedom_a, freedom_b))
    if a == 0 or b == 0 or ends[0] == ends[1]:
        return freedom_a if b == 0 else freedom_b
    return optimize.brentq(lambda freedom: stats.t.ppf(0.975, freedom) - wanted, *ends, xtol=1e-12, rtol=1e-14)


def fixed_test_set(n, shift, n_train, n_held_out, deviation, n_groups, seed):
    """`deviation` is that of the mean difference over test groups."""
    values = numpy.random.default_rng(seed).normal(shift, 0.01, n)
    a, b = (1 / n + n_held_out / n_train) * values.var(ddof=1), deviation**2
    freedom = banerjee_freedom(a, b, n - 1, n_groups - 1)
    posterior = stats.t(freedom, loc=values.mean(), scale=math.sqrt(a + b))
    half = math.sqrt(a * stats.t.ppf(0.975, n - 1) ** 2 + b * stats.t.ppf(0.975, n_groups - 1) ** 2)
    lower, upper = posterior.cdf(-0.01), posterior.sf(0.01)
    return {
        "differences": values.tolist(),
        "n_train": n_train,
        "n_held_out": n_held_out,
        "test_variance": b,
        "n_groups": n_groups,
        "standard_error": math.sqrt(a + b),
        "freedom": float(freedom),
        "low": float(values.mean() - half),
        "high": float(values.mean() + half),
        "p": float(2 * stats.t.sf(abs(values.mean()) / math.sqrt(a + b), freedom)),
        "margin": 0.01,
        "tost_p": float(max(lower, upper)),
        "better": float(upper),
        "worse": float(lower),
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


def noncentral_power(r, effect, n_train, n_test, alpha, test_variance=0, n_groups=2):
    """In units of the standard deviation. Satterthwaite's degrees of freedom are rounded down, but for their own rounding."""
    a, b = 1 / r + n_test / n_train, test_variance
    freedom = math.floor((a + b) ** 2 / (a**2 / (r - 1) + b**2 / (n_groups - 1)) + 1e-9)
    shift = effect / math.sqrt(a + b)
    critical = stats.t.ppf(1 - alpha / 2, banerjee_freedom(a, b, r - 1, n_groups - 1))
    upper, lower = stats.nct.sf(critical, freedom, shift), stats.nct.cdf(-critical, freedom, shift)
    # scipy gives NaN for some lower tails that are too small to be distinguished from zero.
    return float(upper if shift > 6 and math.isnan(lower) else upper + lower)


def planned(r, effect, n_train, n_test, alpha):
    """`effect` is the difference in standard deviations. With n_test = 0 statsmodels has to agree."""
    reached = noncentral_power(r, effect, n_train, n_test, alpha)
    plain = power.TTestPower().power(effect, r, alpha, df=r - 1)
    assert n_test > 0 or math.isnan(plain) or math.isclose(plain, reached, rel_tol=1e-9)
    return {"replicates": r, "effect": effect, "n_train": n_train, "n_test": n_test, "alpha": alpha, "power": reached}


def planned_fixed(r, effect, test_variance, n_groups):
    return {
        "replicates": r,
        "effect": effect,
        "n_train": 8000,
        "n_test": 1000,
        "alpha": 0.05,
        "test_variance": test_variance,
        "n_groups": n_groups,
        "power": noncentral_power(r, effect, 8000, 1000, 0.05, test_variance, n_groups),
    }


def noncentral_f(f, numerator, denominator, noncentrality):
    below = stats.ncf.cdf(f, numerator, denominator, noncentrality) if noncentrality else stats.f.cdf(f, numerator, denominator)
    return {
        "f": f,
        "numerator": numerator,
        "denominator": denominator,
        "noncentrality": noncentrality,
        "below": float(below),
    }


def importance(n_values, replicates, effect, n_train, n_test, seed):
    """Of the first of two parameters in a complete grid; sums of squares from statsmodels' two-way analysis of variance."""
    draw = numpy.random.default_rng(seed)
    cells = [(a, b) for a in range(n_values[0]) for b in range(n_values[1])]
    blocks = draw.normal(0, 3, replicates)
    scores = numpy.array([effect * a - 0.5 * b + blocks + draw.normal(0, 1, replicates) for a, b in cells])
    rows = [(score, cell, a, r) for cell, (a, _) in enumerate(cells) for r, score in enumerate(scores[cell])]
    data = dict(zip(("score", "cell", "a", "r"), zip(*rows)))
    table = anova.anova_lm(ols("score ~ C(cell) + C(r)", data).fit())
    by_value = anova.anova_lm(ols("score ~ C(a)", data).fit())
    noise = table["mean_sq"]["Residual"] * (1 + replicates * n_test / n_train)
    squares, freedom = by_value["sum_sq"]["C(a)"], by_value["df"]["C(a)"]
    all_squares, all_freedom = table["sum_sq"]["C(cell)"], table["df"]["C(cell)"]
    share = (squares - freedom * noise) / (all_squares - all_freedom * noise)

    def limit(squares, freedom, p):
        below = lambda nc: stats.ncf.cdf(squares / freedom / noise, freedom, table["df"]["Residual"], nc) - p
        return optimize.brentq(below, 1e-12, 1e7, xtol=1e-10, rtol=1e-14) if below(1e-12) > 0 else 0.0

    low, high = (
        of_parameter / (of_parameter + limit(all_squares - squares, all_freedom - freedom, 1 - p)) if of_parameter else 0.0
        for p in (0.9875, 0.0125)
        for of_parameter in [limit(squares, freedom, p)]
    )
    return {
        "levels": [a for a, _ in cells],
        "scores": scores.tolist(),
        "n_train": n_train,
        "n_test": n_test,
        "share": float(min(max(share, 0), 1)),
        "low": float(low),
        "high": float(high),
    }


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
        "correlated_t": [
            correlated_t(folds, runs, shift, margin, 300 + folds * runs)
            for folds, runs in ((2, 1), (5, 1), (10, 1), (10, 10))
            for shift in (0.0, 0.012, -0.03)
            for margin in (0.01, 0.002)
        ],
        "fixed_test_set": [
            fixed_test_set(n, shift, 8000, n_held_out, deviation, n_groups, 310 + n)
            for n in (2, 3, 5, 30)
            for shift in (0.0, 0.02, -0.005)
            for n_held_out in (0, 1000)
            for deviation, n_groups in ((0.0, 2), (0.0005, 6000), (0.004, 40), (0.05, 700))
        ],
        "scored_rows": [
            scored_rows(n_rows, share, distance, decimals, 350 + n_rows)
            for n_rows, share, distance, decimals in (
                (2, 0.5, 0.0, 6), (40, 0.5, 1.0, 0), (300, 0.1, 1.5, 1), (300, 0.5, -1.0, 6), (500, 0.02, 3.0, 6), (60, 0.3, 9.0, 6)
            )
        ],
        "label_probabilities": [label_probabilities(n_rows, n_classes, 360 + n_classes) for n_rows, n_classes in ((80, 2), (90, 3), (60, 7))],
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
        "planned_fixed": [
            planned_fixed(r, effect, test_variance, n_groups)
            for r in (2, 5, 30)
            for effect in (0.5, 2.0)
            for test_variance, n_groups in ((0.01, 900), (0.5, 40), (4.0, 6000))
        ],
        "noncentral_f": [
            noncentral_f(f * (1 + noncentrality / numerator), numerator, denominator, noncentrality)
            for f in (0.1, 0.8, 1.0, 1.5, 6.0)
            for numerator in (1, 2, 26)
            for denominator in (1, 4, 104)
            for noncentrality in (0.0, 0.3, 7.0, 150.0, 4000.0)
        ],
        "importance": [
            importance(n_values, replicates, effect, 8000, n_test, 330 + replicates)
            for n_values, replicates in (((2, 2), 3), ((3, 4), 2), ((3, 4), 5), ((5, 2), 10))
            for effect in (0.4, 2.0, 30.0)
            for n_test in (0, 1000)
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
