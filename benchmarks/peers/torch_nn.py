# SPDX-License-Identifier: BSL-1.0
"""The networks of the comparison in PyTorch: torch_nn.py mlp | cnn  eager | fused | compiled. Same numbers and commands
as serve.hpp; OMP_NUM_THREADS threads."""

import sys
import time

import torch

from torch_formula import noise, scramble

INPUTS, SAMPLES, CLASSES = 784, 1024, 10


def mlp():
    layer = torch.nn.Linear
    return torch.nn.Sequential(layer(INPUTS, 128), torch.nn.ReLU(), layer(128, 128), torch.nn.ReLU(), layer(128, CLASSES))


def cnn():
    nn = torch.nn
    return nn.Sequential(
        nn.Unflatten(1, (1, 28, 28)), nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(3136, 128), nn.ReLU(), nn.Linear(128, CLASSES)
    )


class Trainer:
    def __init__(self, network, mode, batch):
        self.fused = mode != "eager"
        self.model = {"mlp": mlp, "cnn": cnn}[network]()
        self.x = list(noise(1 << 20, SAMPLES * INPUTS).view(-1, batch, INPUTS))
        self.y = list((scramble(torch.arange(1 << 24, (1 << 24) + SAMPLES)) % CLASSES).view(-1, batch))
        self.loss_of, self.outputs_of = lambda x, y: torch.nn.functional.cross_entropy(self.model(x), y), self.model
        if mode == "compiled":
            self.loss_of, self.outputs_of = (torch.compile(f, dynamic=False) for f in (self.loss_of, self.outputs_of))

    def restart(self):
        start = 0
        with torch.no_grad():
            for p in self.model.parameters():
                fan_in = p[0].numel() if p.dim() > 1 else fan_in
                p.copy_((noise(start, p.numel()) / torch.tensor(float(fan_in)).sqrt()).view_as(p))
                start += p.numel()
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=1e-3, fused=self.fused or None)

    def step(self, i):
        self.optimizer.zero_grad()
        self.loss = self.loss_of(self.x[i], self.y[i])
        self.loss.backward()
        self.optimizer.step()

    def infer(self, i):
        with torch.inference_mode():
            self.outputs = self.outputs_of(self.x[i])


def microseconds(batches, steps, step):
    for i in range(10):
        step(i % batches)
    start = time.perf_counter()
    for i in range(steps):
        step(i % batches)
    return (time.perf_counter() - start) / steps * 1e6


def main():
    network, mode = sys.argv[1:]
    trainers = {}
    for line in sys.stdin:
        command, batch, steps = line.split()
        batch, steps = int(batch), int(steps)
        if batch not in trainers:
            trainers[batch] = Trainer(network, mode, batch)
        trainer = trainers[batch]
        trainer.restart()
        if command == "outputs":
            trainer.infer(0)
            print(*trainer.outputs[0].tolist(), flush=True)
        elif command == "losses":
            losses = []
            for i in range(steps):
                trainer.step(i % (SAMPLES // batch))
                losses.append(trainer.loss.item())
            print(*losses, flush=True)
        else:
            print(microseconds(SAMPLES // batch, steps, trainer.step if command == "train" else trainer.infer), flush=True)


main()
