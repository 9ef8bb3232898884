# SPDX-License-Identifier: BSL-1.0
"""The rows of device.cu in PyTorch, eager and compiled: a name, microseconds, the rate, its unit."""

import time

import torch

F = torch.nn.functional


def microseconds(f):
    def run(times):
        torch.cuda.synchronize()
        start = time.perf_counter()
        for _ in range(times):
            f()
        torch.cuda.synchronize()
        return (time.perf_counter() - start) * 1e6

    run(3)
    times = 1
    while run(times) < 20000 and times < 1 << 20:
        times *= 2
    return min(run(times) for _ in range(5)) / times


def report(name, us, amount, unit):
    print(f"{name}\t{us:.2f}\t{amount / us / 1e3:.1f}\t{unit}", flush=True)


def training_step(model, images, compiled):
    model = model.cuda()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    x, y = torch.randn(images, device="cuda"), torch.zeros(images[0], dtype=torch.int64, device="cuda")
    loss_of = (lambda x, y: F.cross_entropy(model(x), y))
    if compiled:
        loss_of = torch.compile(loss_of, dynamic=False, mode="reduce-overhead")

    def step():
        optimizer.zero_grad()
        loss_of(x, y).backward()
        optimizer.step()

    return microseconds(step)


def captured_step(model, images):
    model = model.cuda()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True, capturable=True)
    x, y = torch.randn(images, device="cuda"), torch.zeros(images[0], dtype=torch.int64, device="cuda")

    def step():
        optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(model(x), y).backward()
        optimizer.step()

    side = torch.cuda.Stream()  # what is captured must have run before, on a stream of its own
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()
    return microseconds(graph.replay)


def mlp():
    nn = torch.nn
    return nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 10))


def cnn():
    nn = torch.nn
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(3136, 128), nn.ReLU(), nn.Linear(128, 10)
    )


def lstm_rows():
    model = torch.nn.LSTM(256, 512, num_layers=2).cuda()
    x = torch.randn(128, 64, 256, device="cuda")
    operations = 2 * 128.0 * 64 * 4 * 512 * (256 + 512 + 512 + 512)

    def forward():
        with torch.no_grad():
            model(x)

    def step():
        model.zero_grad()
        model(x)[0].sum().backward()

    report("LSTM, forward", microseconds(forward), operations, "GFLOP/s")
    report("LSTM, forward and backward", microseconds(step), 3 * operations, "GFLOP/s")


def main():
    n = 1 << 26
    size = 4.0 * n
    x, y = torch.full((n,), 0.5, device="cuda"), torch.full((n,), 0.25, device="cuda")
    m = x.view(8192, 8192)
    chains = {
        "2x + 3y - xy": (lambda: 2 * x + 3 * y - x * y, 3 * size),
        "tanh(x) sigmoid(x) + exp(-x^2)": (lambda: torch.tanh(x) * torch.sigmoid(x) + torch.exp(-x.square()), 2 * size),
        "sum of all": (lambda: x.sum(), size),
        "sum over axis 0, 8192x8192": (lambda: m.sum(0), size),
        "sum over axis 1, 8192x8192": (lambda: m.sum(1), size),
        "softmax over axis 1, 8192x8192": (lambda: m.softmax(1), 2 * size),
        "layer_norm over axis 1, 8192x8192": (lambda: F.layer_norm(m, (8192,)), 2 * size),
        "transposed copy, 8192x8192": (lambda: m.t().contiguous(), 2 * size),
    }
    for mode in ("eager", "compiled"):
        compiled = mode == "compiled"
        print(f"# PyTorch {torch.__version__}, {mode}")
        for name, (f, amount) in chains.items():
            report(name, microseconds(torch.compile(f) if compiled else f), amount, "GB/s")
        for tf32 in (False, True):
            torch.backends.cuda.matmul.allow_tf32 = tf32
            a, b = torch.randn(4096, 4096, device="cuda"), torch.randn(4096, 4096, device="cuda")
            report("matmul 4096 cubed, TF32" if tf32 else "matmul 4096 cubed", microseconds(lambda: a @ b), 2 * 4096.0**3, "GFLOP/s")
        torch.backends.cuda.matmul.allow_tf32 = False
        report("training step, MLP, batch 64", training_step(mlp(), (64, 784), compiled), 0, "-")
        report("training step, CNN, batch 64", training_step(cnn(), (64, 1, 28, 28), compiled), 0, "-")
        if not compiled:
            report("training step, MLP, batch 64, captured", captured_step(mlp(), (64, 784)), 0, "-")
            report("training step, CNN, batch 64, captured", captured_step(cnn(), (64, 1, 28, 28)), 0, "-")
            torch.backends.cudnn.allow_tf32 = False
            lstm_rows()
            torch.backends.cudnn.allow_tf32 = True


if __name__ == "__main__":
    main()
