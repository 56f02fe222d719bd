"""The fit of scikit-learn's LogisticRegression on the n-grams of ngram_logistic."""
import json
import sys
import time
import warnings

from common import ALPHABET, read_names
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

L2 = 0.1


def main():
    # That it used all its iterations is a warning, and is printed as a number.
    warnings.filterwarnings("ignore")
    names, _ = read_names(sys.argv[1])
    texts = ["\x02" + "".join(ALPHABET[token] for token in tokens) + "\x03" for tokens, _ in names]
    labels = [label for _, label in names]
    start = time.perf_counter()
    vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(1, 5), min_df=2, sublinear_tf=True, lowercase=False)
    rows = vectorizer.fit_transform(texts)
    model = LogisticRegression(C=1 / L2, max_iter=100).fit(rows, labels)
    seconds = time.perf_counter() - start
    losses = -model.predict_log_proba(rows)[range(len(labels)), labels]
    objective = losses.sum() + L2 / 2 * (model.coef_ ** 2).sum()
    print(json.dumps({"workload": "fit", "seconds": seconds, "objective": float(objective),
                      "iterations": int(max(model.n_iter_))}))


if __name__ == "__main__":
    main()
