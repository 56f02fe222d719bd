"""Predictions of a fastText classifier with n-grams of 1 to 5 characters."""
import json
import statistics
import sys
import tempfile
import time

import fasttext
from common import ALPHABET, REPEATS, read_names


def main():
    names, _ = read_names(sys.argv[1])
    # One word a name.
    texts = ["".join(ALPHABET[token] for token in tokens).replace(" ", "_") for tokens, _ in names]
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.writelines(f"__label__{label} {text}\n" for text, (_, label) in zip(texts, names))
        file.flush()
        model = fasttext.train_supervised(file.name, minn=1, maxn=5, dim=100, epoch=5, lr=0.5, thread=1, verbose=0)
    lines = [text + "\n" for text in texts]
    seconds = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        model.f.multilinePredict(lines, 1, 0.0, "strict")
        seconds.append(time.perf_counter() - start)
    rate = len(lines) / statistics.median(seconds)
    print(json.dumps({"workload": "prediction", "texts_per_second": rate}))


if __name__ == "__main__":
    main()
