# SPDX-License-Identifier: BSL-1.0
"""PyTorch's losses for `04_training_loop --data DIR --dropout 0 --losses 100`, and how far the program's are from them.

usage: digits_losses.py PROGRAM DIR      DIR holds the IDX files of MNIST's 10,000 test images, packed
"""
import gzip
import subprocess
import sys

import numpy
import torch

program, folder = sys.argv[1:]


def idx(name, offset):
    with gzip.open(f"{folder}/{name}.gz") as file:
        return numpy.frombuffer(file.read(), numpy.uint8, offset=offset)


images = torch.from_numpy(idx("t10k-images-idx3-ubyte", 16).reshape(-1, 784)[:8000].astype(numpy.float32) / 255)
labels = torch.from_numpy(idx("t10k-labels-idx1-ubyte", 8)[:8000].astype(numpy.int64))
torch.manual_seed(0)
linear = torch.nn.Linear
model = torch.nn.Sequential(linear(784, 128), torch.nn.ReLU(), linear(128, 128), torch.nn.ReLU(), linear(128, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
losses = []
for x, y in torch.utils.data.DataLoader(torch.utils.data.TensorDataset((images - 0.1307) / 0.3081, labels), batch_size=64, shuffle=True):
    optimizer.zero_grad()
    loss = torch.nn.functional.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
output = subprocess.run([program, "--data", folder, "--dropout", "0", "--losses", "100"], capture_output=True, text=True, check=True).stdout
found = [float(line) for line in output.splitlines() if len(line.split()) == 1]
assert len(found) == 100
print(f"the largest relative difference of 100 losses: {max(abs(a - b) / abs(b) for a, b in zip(found, losses)):.1e}")
