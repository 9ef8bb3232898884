# SPDX-License-Identifier: BSL-1.0
"""The recurrent network of the comparison in PyTorch. Same numbers and commands as lstm.hpp."""

import sys
import time

import torch

from torch_formula import noise

FEATURES, CELLS, LAYERS, STEPS, BATCH = 100, 50, 2, 32, 16


class Trainer:
    def __init__(self):
        self.model = torch.nn.LSTM(FEATURES, CELLS, LAYERS)
        self.x = noise(1 << 20, STEPS * BATCH * FEATURES).view(STEPS, BATCH, FEATURES)
        self.target = noise(1 << 24, STEPS * BATCH * CELLS).view(STEPS, BATCH, CELLS)
        start = 0
        with torch.no_grad():
            for p in self.model.parameters():
                p.copy_((noise(start, p.numel()) / torch.tensor(float(CELLS)).sqrt()).view_as(p))
                start += p.numel()
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=10)

    def step(self):
        self.optimizer.zero_grad()
        y, _ = self.model(self.x)
        self.loss = torch.nn.functional.mse_loss(y, self.target)
        self.loss.backward()

    def infer(self):
        with torch.inference_mode():
            self.y, _ = self.model(self.x)


def microseconds(steps, step):
    for _ in range(10):
        step()
    start = time.perf_counter()
    for _ in range(steps):
        step()
    return (time.perf_counter() - start) / steps * 1e6


def main():
    for line in sys.stdin:
        command, _, steps = line.split()
        trainer = Trainer()
        if command == "outputs":
            trainer.infer()
            print(*trainer.y.flatten()[::97].tolist(), flush=True)
        elif command == "losses":
            losses = []
            for _ in range(int(steps)):
                trainer.step()
                trainer.optimizer.step()
                losses.append(trainer.loss.item())
            print(*losses, flush=True)
        else:
            print(microseconds(int(steps), trainer.step if command == "train" else trainer.infer), flush=True)


main()
