#!/usr/bin/env python3
"""Runs ngram_logistic, scikit-learn and fastText in turn on one core, and prints one table.

scikit-learn fits its LogisticRegression (lbfgs, 100 iterations at most) to the same n-grams with the same penalty on the coefficients;
recur penalises the intercept as well. The penalised loss that each reaches is in the table, as only a fit that is at least as good
counts as faster. Both times include the counting of n-grams. fastText predicts with n-grams of the same lengths and vectors of
100 numbers. It reads texts, and recur's texts are token ids already. Run through `just bench-ngrams [NAMES]`.
"""
import sys
from compare import HERE, ROUNDS, environment, printed, recur_bench


def main():
    names = sys.argv[1] if len(sys.argv) > 1 else "data/names.csv"
    sklearn = environment("sklearn", ["scikit-learn", "numpy", "scipy"])
    fasttext = environment("fasttext", ["fasttext-wheel", "numpy"])
    recur = recur_bench()
    commands = {"recur": [recur, names, "--ngrams", "--repeats", 3], "scikit-learn": [sklearn, HERE / "sklearn_peer.py", names],
                "fastText": [fasttext, HERE / "fasttext_peer.py", names]}
    rounds = {who: [] for who in commands}
    for number in range(ROUNDS):
        for who, command in commands.items():
            print(f"round {number + 1} of {ROUNDS}: {who}", file=sys.stderr)
            rounds[who].append(printed(command))

    def median(who, workload, metric):
        return sorted(found[workload][metric] for found in rounds[who])[ROUNDS // 2]

    print(f"names: {names}; one core, medians of {ROUNDS} rounds\n")
    print("| what | peer | recur | ratio |")
    print("|---|--:|--:|--:|")
    ours, theirs = (median(who, "fit", "seconds") for who in ("recur", "scikit-learn"))
    print(f"| fit, seconds (scikit-learn) | {theirs:.1f} | {ours:.2f} | {ours / theirs:.3f} |")
    ours, theirs = (median(who, "fit", "objective") for who in ("recur", "scikit-learn"))
    print(f"| penalised loss, nats (scikit-learn) | {theirs:,.0f} | {ours:,.0f} | {ours / theirs:.4f} |")
    print(f"| iterations (scikit-learn) | {median('scikit-learn', 'fit', 'iterations'):.0f} | | |")
    ours, theirs = (median(who, "prediction", "texts_per_second") for who in ("recur", "fastText"))
    print(f"| predictions, texts/s (fastText) | {theirs:,.0f} | {ours:,.0f} | {ours / theirs:.2f} |")


if __name__ == "__main__":
    main()
