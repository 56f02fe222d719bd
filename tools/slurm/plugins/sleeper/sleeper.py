"""Sleeps, and says that all labels are equally likely."""
import math
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "examples" / "plugins"))
import recur_plugin
from recur_plugin import Tensor
from array import array


class Sleeper(recur_plugin.Model):
    def __init__(self, setup):
        self.n_classes, self.seconds = setup.n_classes, setup.params["seconds"]

    def train(self, chunk):
        time.sleep(self.seconds)
        return [math.log(self.n_classes)] * len(chunk.labels)

    def predict(self, texts):
        return [-math.log(self.n_classes)] * (len(texts) * self.n_classes)

    def weights(self):
        return {"nothing": Tensor([1], array("d", [0.0]))}

    def set_weights(self, tensors):
        recur_plugin.check_like(tensors, self.weights())


recur_plugin.run(Sleeper)
