# Writes tests/nn/golden.inc and tests/optim/golden.inc: PyTorch's numbers for modules, losses and optimisers.
# Run it from the root of the repository with a Python that has PyTorch: python tests/support/nn_golden.py
import torch
import torch.nn.functional as F

from golden_file import File, wave


def losses(f):
    labels = torch.tensor([2, 0, 4, 1, 4, 3])
    ignoring = torch.tensor([2, -100, 4, 1, -100, 3])
    weight = torch.tensor([0.5, 2.0, 1.0, 0.25, 1.5], dtype=torch.float64)
    cases = {
        "plain": dict(target=labels),
        "weighted": dict(target=labels, weight=weight),
        "ignoring": dict(target=ignoring),
        "smoothed": dict(target=labels, label_smoothing=0.1),
        "everything": dict(target=ignoring, weight=weight, label_smoothing=0.2),
        "total": dict(target=labels, weight=weight, reduction="sum"),
        "each": dict(target=ignoring, weight=weight, label_smoothing=0.3, reduction="none"),
    }
    for name, options in cases.items():
        x = (2 * wave((6, 5), 0.7, 0.3)).requires_grad_()
        y = F.cross_entropy(x, **options)
        g, = torch.autograd.grad((y * wave(y.shape, 0.4, 1.1)).sum(), x, create_graph=True)
        h, = torch.autograd.grad((g * wave((6, 5), 0.9, 0.2)).sum(), x)
        f.put(f"cross_entropy_{name}", y)
        f.put(f"cross_entropy_{name}_grad", g)
        f.put(f"cross_entropy_{name}_second", h)
    cases = {
        "plain": {},
        "weighted": dict(weight=weight),
        "everything": dict(weight=weight, label_smoothing=0.2),
        "total": dict(label_smoothing=0.1, reduction="sum"),
        "each": dict(weight=weight, label_smoothing=0.3, reduction="none"),
    }
    for name, options in cases.items():
        x = (2 * wave((6, 5), 0.7, 0.3)).requires_grad_()
        q = (0.5 + 0.5 * wave((6, 5), 0.5, 0.1)).requires_grad_()
        y = F.cross_entropy(x, q, **options)
        g, gq = torch.autograd.grad((y * wave(y.shape, 0.4, 1.1)).sum(), (x, q), create_graph=True)
        h, = torch.autograd.grad((g * wave((6, 5), 0.9, 0.2)).sum(), x)
        for suffix, value in (("", y), ("_grad", g), ("_target_grad", gq), ("_second", h)):
            f.put(f"cross_entropy_shares_{name}{suffix}", value)
    for reduction, shape in (("mean", (3,)), ("sum", (4, 1)), ("none", (4, 3))):
        x = (3 * wave((4, 3), 0.7, 0.3)).requires_grad_()
        t = (0.5 + 0.5 * wave((4, 3), 0.5, 0.1)).requires_grad_()
        w = 1.5 + wave(shape, 0.8, 0.4)
        y = F.binary_cross_entropy_with_logits(x, t, pos_weight=w, reduction=reduction)
        gx, gt = torch.autograd.grad((y * wave(y.shape, 0.4, 1.1)).sum(), (x, t), create_graph=True)
        h, = torch.autograd.grad((gx * wave((4, 3), 0.9, 0.2)).sum(), x)
        for suffix, value in (("", y), ("_grad", gx), ("_target_grad", gt), ("_second", h)):
            f.put(f"pos_weight_{reduction}{suffix}", value)
    big = torch.tensor([1000.0, -1000.0, 0.0], dtype=torch.float64, requires_grad=True)
    y = F.binary_cross_entropy_with_logits(big, torch.tensor([0.0, 1.0, 0.5], dtype=torch.float64), pos_weight=torch.tensor(3.0, dtype=torch.float64), reduction="none")
    f.put("pos_weight_edge", y)
    f.put("pos_weight_edge_grad", torch.autograd.grad(y.sum(), big)[0])
    for name, function, inputs in (("mse", F.mse_loss, lambda t: t), ("bce", F.binary_cross_entropy, lambda t: 0.5 + 0.4 * t), ("bce_logits", F.binary_cross_entropy_with_logits, lambda t: 3 * t)):
        for reduction in ("mean", "sum", "none"):
            x = inputs(wave((4, 3), 0.7, 0.3)).requires_grad_()
            t = (0.5 + 0.5 * wave((4, 3), 0.5, 0.1)).requires_grad_()
            y = function(x, t, reduction=reduction)
            gx, gt = torch.autograd.grad((y * wave(y.shape, 0.4, 1.1)).sum(), (x, t), create_graph=True)
            h, = torch.autograd.grad((gx * wave((4, 3), 0.9, 0.2)).sum(), x)
            for suffix, value in (("", y), ("_grad", gx), ("_target_grad", gt), ("_second", h)):
                f.put(f"{name}_{reduction}{suffix}", value)
    edge = torch.tensor([0.0, 1.0, 0.0, 1.0, 1e-30], dtype=torch.float64, requires_grad=True)
    y = F.binary_cross_entropy(edge, torch.tensor([0.0, 1.0, 1.0, 0.0, 0.5], dtype=torch.float64), reduction="none")
    f.put("bce_edge", y)
    f.put("bce_edge_grad", torch.autograd.grad(y.sum(), edge)[0])
    big = torch.tensor([1000.0, -1000.0, 0.0], dtype=torch.float64, requires_grad=True)
    y = F.binary_cross_entropy_with_logits(big, torch.tensor([0.0, 1.0, 0.5], dtype=torch.float64), reduction="none")
    f.put("bce_logits_edge", y)
    f.put("bce_logits_edge_grad", torch.autograd.grad(y.sum(), big)[0])


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2, self.fc3 = torch.nn.Linear(20, 16), torch.nn.Linear(16, 16), torch.nn.Linear(16, 5)

    def forward(self, x):
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))


def training(f):
    torch.manual_seed(0)
    linear = torch.nn.Linear(784, 128)
    f.put("linear_weight", linear.weight[0, :6])
    f.put("linear_weight_end", linear.weight[127, -3:])
    f.put("linear_bias", linear.bias[:6])
    torch.manual_seed(3)
    wide = torch.nn.Linear(5, 3, dtype=torch.float64)
    f.put("linear_double", torch.cat([wide.weight.flatten(), wide.bias]))

    torch.manual_seed(0)
    x, y = wave((96, 20), 0.37, 0.5, torch.float32), torch.tensor([(7 * i) % 5 for i in range(96)])
    model = Net()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), batch_size=10, shuffle=True)
    seen = []
    while len(seen) < 100:
        for a, b in loader:
            optimizer.zero_grad()
            loss = F.cross_entropy(model(a), b)
            loss.backward()
            optimizer.step()
            seen.append(loss.item())
    f.put("training_losses", torch.tensor(seen[:100], dtype=torch.float64))


def images(f):
    torch.manual_seed(0)
    conv = torch.nn.Conv2d(4, 6, (3, 2), stride=2, padding=(1, 0), groups=2)
    f.put("conv2d_weight", conv.weight)
    f.put("conv2d_bias", conv.bias)
    f.put("conv2d_output", conv(wave((2, 4, 7, 6), 0.37, 0.5, torch.float32)))
    torch.manual_seed(3)
    wide = torch.nn.Conv2d(2, 3, 3, bias=False, dtype=torch.float64)
    f.put("conv2d_double", wide.weight)
    for mode in ("zeros", "reflect", "replicate", "circular"):
        torch.manual_seed(7)
        same = torch.nn.Conv2d(2, 3, (2, 3), padding="same", dilation=(1, 2), padding_mode=mode)
        f.put(f"conv2d_same_{mode}", same(wave((1, 2, 3, 5), 0.37, 0.5, torch.float32)))
    torch.manual_seed(7)
    strided = torch.nn.Conv2d(2, 3, (2, 3), padding=(1, 2), stride=2, padding_mode="reflect", bias=False)
    f.put("conv2d_strided_reflect", strided(wave((1, 2, 3, 5), 0.37, 0.5, torch.float32)))

    torch.manual_seed(0)
    layers = torch.nn
    model = layers.Sequential(
        layers.Conv2d(1, 4, 3, padding=1), layers.ReLU(), layers.MaxPool2d(2), layers.Conv2d(4, 6, 3, padding=1), layers.ReLU(), layers.AvgPool2d(3, stride=2, padding=1),
        layers.Flatten(), layers.Linear(24, 5)
    )
    x, y = wave((20, 1, 8, 8), 0.37, 0.5, torch.float32), torch.tensor([(7 * i) % 5 for i in range(20)])
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    losses = []
    for _ in range(40):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    f.put("image_losses", torch.tensor(losses, dtype=torch.float64))


def optimizers(f):
    cases = {
        "sgd": (torch.optim.SGD, dict(lr=0.1)),
        "sgd_momentum": (torch.optim.SGD, dict(lr=0.1, momentum=0.9)),
        "sgd_dampening": (torch.optim.SGD, dict(lr=0.1, momentum=0.9, dampening=0.3, weight_decay=0.05)),
        "sgd_nesterov": (torch.optim.SGD, dict(lr=0.1, momentum=0.8, nesterov=True, weight_decay=0.01)),
        "adam": (torch.optim.Adam, dict(lr=0.1)),
        "adam_options": (torch.optim.Adam, dict(lr=0.05, betas=(0.8, 0.95), eps=1e-4, weight_decay=0.1)),
        "adamw": (torch.optim.AdamW, dict(lr=0.1)),
        "adamw_options": (torch.optim.AdamW, dict(lr=0.05, betas=(0.8, 0.95), eps=1e-4, weight_decay=0.2)),
    }
    for dtype, suffix in ((torch.float64, ""), (torch.float32, "_float")):
        for name, (kind, options) in cases.items():
            p = wave((21,), 0.7, 0.3, dtype).requires_grad_()
            optimizer = kind([p], foreach=False, **options)
            for step in range(5):
                p.grad = wave((21,), 0.45, 0.2 + step, dtype) + p.detach() * 0.5
                optimizer.step()
            f.put(name + suffix, p)


f = File("tests/nn/golden.inc", "nn_golden.py")
losses(f)
training(f)
images(f)
optimizers(File("tests/optim/golden.inc", "nn_golden.py"))
