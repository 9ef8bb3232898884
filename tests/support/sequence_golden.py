# SPDX-License-Identifier: BSL-1.0
# Writes tests/nn/golden_sequence.inc: PyTorch's numbers for embedding and LSTM.
# Run it from the root of the repository with a Python that has PyTorch: python tests/support/sequence_golden.py
import torch

from golden_file import File, wave


def embedding(f):
    torch.manual_seed(0)
    f.put("embedding_small", torch.nn.Embedding(4, 3).weight)
    torch.manual_seed(5)
    f.put("embedding_padded", torch.nn.Embedding(7, 5, padding_idx=-2).weight)
    torch.manual_seed(3)
    f.put("embedding_double", torch.nn.Embedding(6, 4, dtype=torch.float64).weight)
    indices = torch.tensor([[2, 0, 5], [2, 6, 2]])
    for name, norm_type in (("two", 2.0), ("one", 1.0), ("largest", float("inf")), ("three", 3.0)):
        w = wave((7, 4), 0.7, 0.3)
        y = torch.nn.functional.embedding(indices, w, max_norm=0.9, norm_type=norm_type)
        f.put(f"embedding_norm_{name}", w)
        f.put(f"embedding_norm_{name}_output", y)
    w = wave((7, 4), 0.7, 0.3).requires_grad_()
    y = torch.nn.functional.embedding(indices, w, padding_idx=6, scale_grad_by_freq=True)
    f.put("embedding_frequencies_grad", torch.autograd.grad((y * wave(y.shape, 0.4, 1.1)).sum(), w)[0])
    torch.manual_seed(5)
    both = torch.nn.Embedding(7, 4, padding_idx=0, max_norm=1.5, norm_type=3.0, scale_grad_by_freq=True, dtype=torch.float64)
    y = both(indices)
    (y * y * wave(y.shape, 0.4, 1.1)).sum().backward()
    f.put("embedding_both_output", y)
    f.put("embedding_both_weight", both.weight)
    f.put("embedding_both_grad", both.weight.grad)


CASES = {
    "plain": (dict(input_size=3, hidden_size=5), (4, 2), True),
    "odd": (dict(input_size=2, hidden_size=19), (3, 2), False),
    "deep": (dict(input_size=3, hidden_size=2, num_layers=2, batch_first=True, bidirectional=True), (4, 3), True),
    "projected": (dict(input_size=3, hidden_size=4, proj_size=2), (4, 2), True),
    "deep_projected": (dict(input_size=2, hidden_size=4, proj_size=3, num_layers=2, batch_first=True, bidirectional=True), (3, 2), True),
    "single_projected": (dict(input_size=3, hidden_size=4, proj_size=1, num_layers=2, bias=False), (3, None), False),
    "single": (dict(input_size=3, hidden_size=4, num_layers=2, bias=False), (3, None), True),
}


def lstm(f):
    """Values, gradients of everything and the gradient of a fixed sum of these, as tests/nn/lstm.cpp forms them."""
    for name, (options, (steps, batch), stateful) in CASES.items():
        model = torch.nn.LSTM(**options, dtype=torch.float64)
        with torch.no_grad():
            for k, p in enumerate(model.parameters()):
                p.copy_(0.5 * wave(p.shape, 0.7 + 0.1 * k, 0.3))
        count = options.get("num_layers", 1) * (2 if options.get("bidirectional") else 1)
        features, hidden = options["input_size"], options["hidden_size"]
        shape = (steps, features) if batch is None else (batch, steps, features) if options.get("batch_first") else (steps, batch, features)
        state = lambda size: (count, size) if batch is None else (count, batch, size)
        leaves = [wave(shape, 0.37, 0.5).requires_grad_()]
        if stateful:
            leaves += [wave(state(options.get("proj_size", hidden)), 0.41, 0.1).requires_grad_(), wave(state(hidden), 0.53, 0.9).requires_grad_()]
        y, (h, c) = model(leaves[0], tuple(leaves[1:]) if stateful else None)
        leaves += list(model.parameters())
        total = sum((v * wave(v.shape, step, offset)).sum() for v, step, offset in ((y, 0.4, 1.1), (h, 0.5, 0.2), (c, 0.6, 0.7)))
        grads = torch.autograd.grad(total, leaves, create_graph=True)
        again = sum((g * wave(g.shape, 0.9, 0.2 + k)).sum() for k, g in enumerate(grads))
        seconds = torch.autograd.grad(again, leaves)
        f.put(f"lstm_{name}_output", y)
        f.put(f"lstm_{name}_h", h)
        f.put(f"lstm_{name}_c", c)
        keep = slice(0, 1) if name == "odd" else slice(None)  # a large one: its input's is enough
        f.put(f"lstm_{name}_grads", torch.cat([g.flatten() for g in grads[keep]]))
        f.put(f"lstm_{name}_seconds", torch.cat([g.flatten() for g in seconds[keep]]))
    torch.manual_seed(7)
    drawn = torch.nn.LSTM(3, 2, num_layers=2, bidirectional=True)
    f.put("lstm_drawn", torch.cat([p.flatten() for p in drawn.parameters()]))
    torch.manual_seed(7)
    drawn = torch.nn.LSTM(3, 4, num_layers=2, proj_size=2)
    f.put("lstm_projected_drawn", torch.cat([p.flatten() for p in drawn.parameters()]))


f = File("tests/nn/golden_sequence.inc", "sequence_golden.py")
embedding(f)
lstm(f)
