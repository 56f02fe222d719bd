"""What the peers' measures share: names folded to the tutorial's 58 letters, medians, one JSON line a workload."""
import csv
import json
import random
import statistics
import string
import time
import unicodedata
from pathlib import Path

ALPHABET = string.ascii_lowercase + string.ascii_uppercase + " .,;'-"
TOKEN = {letter: token for token, letter in enumerate(ALPHABET)}
HIDDEN, RATE, REPEATS = 128, 0.005, 5


def encode(name):
    decomposed = unicodedata.normalize("NFD", name.strip())
    return [TOKEN[letter] for letter in decomposed if letter in TOKEN]


def read_names(source):
    """Rows of (tokens, label) in a fixed random order, and the number of labels; from a CSV file or a folder of LABEL.txt."""
    path = Path(source)
    if path.is_dir():
        rows = [(line, file.stem) for file in sorted(path.glob("*.txt")) for line in file.read_text("utf8").splitlines()]
    else:
        with path.open(encoding="utf8", newline="") as file:
            rows = [(row["name"], row["language"]) for row in csv.DictReader(file)]
    labels = {label: index for index, label in enumerate(sorted({label for _, label in rows}))}
    names = [(tokens, labels[label]) for name, label in rows if (tokens := encode(name))]
    random.Random(1).shuffle(names)
    return names, len(labels)


def of_length(names, length):
    return [name for name in names if len(name[0]) == length]


def equal_lengths(names, size):
    """Batches of `size` names of one length; what fills no batch is left out."""
    by_length = {}
    for name in names:
        by_length.setdefault(len(name[0]), []).append(name)
    groups = [by_length[length] for length in sorted(by_length)]
    return [group[at:at + size] for group in groups for at in range(0, len(group) - size + 1, size)]


def measure(workload, count, work):
    """Prints the median rate of `work`, which handles `count` names, after one run to warm up."""
    work()
    seconds = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    print(json.dumps({"workload": workload, "names_per_second": round(count / statistics.median(seconds))}), flush=True)
