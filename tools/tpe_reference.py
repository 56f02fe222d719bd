"""Reference values for the Parzen estimator of recur-search, computed with Optuna 5.0.0.

Usage: pip install optuna==5.0.0 && python tools/tpe_reference.py
Writes crates/recur-search/src/tpe/reference.json. Every draw is keyed, so the file comes out the same each time.
"""

import functools
import json
import pathlib

import numpy
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers._tpe.parzen_estimator import _ParzenEstimator, _ParzenEstimatorParameters
from optuna.samplers._tpe.sampler import default_weights

OUT = pathlib.Path(__file__).parent.parent / "crates/recur-search/src/tpe/reference.json"
DEFAULTS = _ParzenEstimatorParameters(1.0, True, False, default_weights, True)
SPACE = {
    "cell": CategoricalDistribution(["gru", "lstm", "rnn"]),
    "dropout": FloatDistribution(0.0, 0.5),
    "hidden_size": IntDistribution(16, 512, log=True),
    "layers": IntDistribution(1, 4),
    "learning_rate": FloatDistribution(1e-4, 0.1, log=True),
}


# The width of a kernel depends on its place among equal values. numpy's quicksort leaves that open, and recur has them in
# the order of proposals.
numpy.argsort = functools.partial(numpy.argsort, kind="stable")


def points(n, draw):
    """`n` points of the space, in the order of its names."""
    rows = zip(
        draw.integers(0, 3, n),
        draw.uniform(0, 0.5, n).round(3),
        numpy.exp(draw.uniform(numpy.log(16), numpy.log(512), n)).round(),
        draw.integers(1, 5, n),
        numpy.exp(draw.uniform(numpy.log(1e-4), numpy.log(0.1), n)).round(6),
    )
    return [[float(value) for value in row] for row in rows]


def case(observations, at):
    columns = lambda rows: {name: numpy.array([row[i] for row in rows]) for i, name in enumerate(SPACE)}
    estimator = _ParzenEstimator(columns(observations), SPACE, DEFAULTS)
    return {"observations": observations, "points": at, "log_density": estimator.log_pdf(columns(at)).tolist()}


def main():
    draw = numpy.random.default_rng(3)
    ends = [[0.0, 0.0, 16.0, 1.0, 1e-4], [2.0, 0.5, 512.0, 4.0, 0.1]]
    cases = [case(points(n, draw), points(3, draw) + ends) for n in (0, 1, 2, 7, 40)]
    # Equal points have narrow kernels, so the ends are far out in the tails of all but one.
    cases.append(case([[1.0, 0.25, 100.0, 2.0, 0.01]] * 30, ends))
    OUT.write_text(json.dumps(cases) + "\n")


if __name__ == "__main__":
    main()
