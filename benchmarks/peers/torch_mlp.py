# SPDX-License-Identifier: BSL-1.0
"""The network of the comparison in PyTorch: torch_mlp.py eager | fused | compiled. Same numbers and commands as mlp.hpp."""

import sys
import time

import torch

INPUTS, HIDDEN, CLASSES, SAMPLES = 784, 128, 10, 1024


def scramble(x):
    mask = 0xFFFFFFFF
    x = ((x ^ (x >> 16)) * 0x7FEB352D) & mask
    x = ((x ^ (x >> 15)) * 0x846CA68B) & mask
    return x ^ (x >> 16)


def noise(start, count):
    return (scramble(torch.arange(start, start + count)) >> 8).float() * 2.0**-23 - 1


class Trainer:
    def __init__(self, mode, batch):
        layer = torch.nn.Linear
        self.fused = mode != "eager"
        self.model = torch.nn.Sequential(layer(INPUTS, HIDDEN), torch.nn.ReLU(), layer(HIDDEN, HIDDEN), torch.nn.ReLU(), layer(HIDDEN, CLASSES))
        self.x = list(noise(1 << 20, SAMPLES * INPUTS).view(-1, batch, INPUTS))
        self.y = list((scramble(torch.arange(1 << 24, (1 << 24) + SAMPLES)) % CLASSES).view(-1, batch))
        self.loss_of, self.outputs_of = lambda x, y: torch.nn.functional.cross_entropy(self.model(x), y), self.model
        if mode == "compiled":
            self.loss_of, self.outputs_of = (torch.compile(f, dynamic=False) for f in (self.loss_of, self.outputs_of))

    def restart(self):
        start = 0
        with torch.no_grad():
            for p in self.model.parameters():
                fan_in = p.shape[1] if p.dim() == 2 else fan_in
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
    torch.set_num_threads(1)
    trainers = {batch: Trainer(sys.argv[1], batch) for batch in (1, 64)}
    for line in sys.stdin:
        command, batch, steps = line.split()
        batch, steps = int(batch), int(steps)
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
