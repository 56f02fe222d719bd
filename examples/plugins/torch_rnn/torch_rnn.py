"""torch.nn.RNN with a linear map of its last state: the network of recur's stacked_rnn, trained by PyTorch."""
import copy
import math
import sys
from array import array
from pathlib import Path

import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import recur_plugin
from recur_plugin import Tensor

PREDICTED_AT_ONCE = 1024


class Network(nn.Module):
    def __init__(self, tokens, hidden, layers, classes):
        super().__init__()
        self.rnn = nn.RNN(tokens, hidden, layers)
        self.fc = nn.Linear(hidden, classes)

    def forward(self, characters):
        return torch.log_softmax(self.fc(self.rnn(characters)[1][-1]), 1)


def to_tensor(values):
    values = values.detach().contiguous()
    return Tensor(values.shape, array("f", values.numpy().tobytes()))


def to_torch(tensor):
    return torch.tensor(tensor.data, dtype=torch.float32).reshape(tensor.shape)


class TorchRnn(recur_plugin.Model):
    def __init__(self, setup):
        torch.set_num_threads(1)
        torch.use_deterministic_algorithms(True)
        torch.manual_seed(setup.seed)
        params, self.training = setup.params, setup.training
        self.network = Network(setup.n_tokens, params["hidden_size"], params["layers"], setup.n_classes)
        self.weight_of_class = torch.tensor(setup.class_weights)
        self.one_hot = torch.eye(setup.n_tokens)
        self.rate = params["learning_rate"]
        # There are no training settings where the model is only to predict.
        self.optimizer_name, self.moments = None, []
        if self.training:
            self.make_optimizer()

    def make_optimizer(self):
        (self.optimizer_name, options), = self.training["optimizer"].items()
        if self.optimizer_name == "sgd":
            self.optimizer = torch.optim.SGD(self.network.parameters(), self.rate, momentum=options["momentum"])
            self.moments = ["momentum_buffer"] if options["momentum"] else []
        else:
            betas = (options["beta1"], options["beta2"])
            self.optimizer = torch.optim.Adam(self.network.parameters(), self.rate, betas, options["epsilon"])
            self.moments = ["exp_avg", "exp_avg_sq"]

    def packed(self, texts, one_hot):
        return nn.utils.rnn.pack_sequence([one_hot[text] for text in texts], enforce_sorted=False)

    def train(self, chunk):
        all_losses = []
        for step, texts, labels in chunk.batches(self.training["batch_size"]):
            if self.training["schedule"] == "cosine":
                for group in self.optimizer.param_groups:
                    group["lr"] = self.rate * 0.5 * (1 + math.cos(math.pi * step / chunk.total_steps))
            labels = torch.tensor(labels)
            self.optimizer.zero_grad()
            losses = nn.functional.nll_loss(self.network(self.packed(texts, self.one_hot)), labels, reduction="none")
            weights = self.weight_of_class[labels]
            ((losses * weights).sum() / weights.sum()).backward()
            if self.training["clip_norm"] is not None:
                nn.utils.clip_grad_norm_(self.network.parameters(), self.training["clip_norm"])
            self.optimizer.step()
            all_losses += losses.tolist()
            if not all(map(math.isfinite, all_losses[-len(texts):])):
                raise recur_plugin.Diverged(step)
        return all_losses

    @torch.no_grad()
    def predict(self, texts):
        network, one_hot, out = copy.deepcopy(self.network).double(), self.one_hot.double(), array("f")
        for at in range(0, len(texts), PREDICTED_AT_ONCE):
            predicted = network(self.packed(texts[at:at + PREDICTED_AT_ONCE], one_hot))
            out.frombytes(predicted.float().numpy().tobytes())
        return out

    def n_parameters(self):
        return sum(values.numel() for values in self.network.parameters())

    def weights(self):
        return {name: to_tensor(values) for name, values in self.network.state_dict().items()}

    def set_weights(self, tensors):
        self.network.load_state_dict({name: to_torch(tensor) for name, tensor in tensors.items()})

    def state(self):
        state = {}
        for name, values in self.network.named_parameters() if self.training else ():
            kept = self.optimizer.state.get(values, {})
            for moment in self.moments:
                numbers = kept.get(moment)
                state[f"{moment}.{name}"] = to_tensor(torch.zeros_like(values) if numbers is None else numbers)
            if self.optimizer_name == "adam":
                state[f"step.{name}"] = Tensor([1], array("q", [int(kept.get("step", 0))]))
        return state

    def set_state(self, tensors):
        for name, values in self.network.named_parameters():
            kept = {moment: to_torch(tensors[f"{moment}.{name}"]) for moment in self.moments}
            if self.optimizer_name == "adam":
                kept["step"] = torch.tensor(float(tensors[f"step.{name}"].data[0]))
            if kept:
                self.optimizer.state[values] = kept


recur_plugin.run(TorchRnn)
