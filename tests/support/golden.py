#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Writes PyTorch's numbers for the operations in tests/op/op_list.hpp to tests/op/golden/*.txt.

    python3 tests/support/golden.py

Each case has the value, the gradient of every operand for a fixed cotangent, and the gradient of a fixed sum of those
gradients. PyTorch computes in float64; that its float32 agrees is asserted here, so one number serves both. The inputs are
made by the formula of support/golden.hpp. Needs PyTorch 2, which neither the build nor the tests need.
"""
import itertools
import pathlib
import re

import torch

ROOT = pathlib.Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "op" / "golden"
LIST = (ROOT / "op" / "op_list.hpp").read_text()

BINARY_SHAPES = [[(3, 4), (3, 4)], [(3, 4), ()], [(), (3, 4)], [(3, 1), (1, 4)], [(4,), (3, 4)], [(2, 1, 4), (3, 1)], [(0, 4), (4,)]]
TERNARY_SHAPES = [[(3, 4), (3, 4), (3, 4)], [(3, 4), (4,), (3, 1)], [(4,), (3, 1), ()]]
INPUT, COTANGENT, SECOND = 0, 7, 8  # numbers of the operands that the formula makes


def elements(shape, k, low=-2.0, high=2.0, dtype=torch.float64):
    count = torch.Size(shape).numel()
    values = [low + (high - low) * ((i * 37 + k * 23 + 5) % 64 + 0.25 + 0.25 * (k % 3)) / 64 for i in range(count)]
    return torch.tensor(values, dtype=torch.float64).to(dtype).reshape(shape)


def text(t):
    dense = torch.zeros(t.shape, dtype=torch.float64) + t.detach()  # some gradients are zeros without storage
    return " ".join(repr(v) for v in dense.flatten().tolist())


def spelled(shapes):
    return " ".join("[" + ", ".join(map(str, s)) + "]" for s in shapes)


def derivatives(expression, shapes, domains, dtype):
    names = "abc"[: len(shapes)]
    x = [elements(s, INPUT + k, *d, dtype=dtype).requires_grad_() for k, (s, d) in enumerate(zip(shapes, domains))]
    y = eval(expression, {"torch": torch}, dict(zip(names, x)))
    result = {"value": y}
    present = lambda grads: [torch.zeros_like(v) if g is None else g for g, v in zip(grads, x)]
    first = present(torch.autograd.grad(y, x, elements(y.shape, COTANGENT, dtype=dtype), create_graph=True, allow_unused=True))
    total = sum((g * elements(g.shape, SECOND + k, dtype=dtype)).sum() for k, g in enumerate(first))
    second = present(torch.autograd.grad(total, x, allow_unused=True) if total.requires_grad else [None] * len(x))
    result.update({f"grad{k}": g for k, g in enumerate(first)})
    result.update({f"second{k}": g for k, g in enumerate(second)})
    return result


def write(name, cases):
    lines = ["# Written by tests/support/golden.py with PyTorch " + torch.__version__.split("+")[0]]
    seen = set()
    for expression, shapes, domains in cases:
        title = f"{expression} {spelled(shapes)}"
        if title in seen:
            continue
        seen.add(title)
        numbers = derivatives(expression, shapes, domains, torch.float64)
        for key, single in derivatives(expression, shapes, domains, torch.float32).items():
            assert torch.allclose(single.double(), numbers[key], rtol=1e-5, atol=1e-5), (title, key)
        lines += [f"= {title}", " ".join(["shape", *map(str, numbers["value"].shape)])] + [f"{key} {text(value)}".rstrip() for key, value in numbers.items()]
    (GOLDEN / name).write_text("\n".join(lines) + "\n")


def section(name):
    return re.search(r"void " + name + r"\(Visit&& visit\) \{\n(.*?)\n\}", LIST, re.S).group(1)


def elementwise(name):
    for expression, domains in re.findall(r'^ *visit\((?:unary|binary|ternary)\("[^"]*", "([^"]*)", ((?:\{[^}]*\}, )+)\[', section(name), re.M):
        yield expression, [tuple(map(float, d.split(","))) for d in re.findall(r"\{([^}]*)\}", domains)]


def shape_of(pattern, values):
    values = [int(v) for v in values.split(",") if v.strip()]
    return tuple(values.pop(0) if e == "dyn" else int(e) for e in re.split(r",\s*", pattern))


def shaped(name):
    for line in section(name).splitlines():
        head = re.match(r'^ *visit\(shaped\("[^"]*", "([^"]*)", \[', line)
        operands = re.search(r"\}((?:, shape<[^>]*>\{[^}]*\})+)\)\);$", line).group(1)
        shapes = [shape_of(*s) for s in re.findall(r"shape<([^>]*)>\{([^}]*)\}", operands)]
        yield head.group(1), shapes, [(-2.0, 2.0)] * len(shapes)


def indices(name):
    lines = ["# Written by tests/support/golden.py with PyTorch " + torch.__version__.split("+")[0]]
    for expression, shapes, _ in shaped(name):
        y = eval(expression, {"torch": torch}, {"a": elements(shapes[0], INPUT)})
        lines += [f"= {expression} {spelled(shapes)}", f"value {text(y)}"]
    (GOLDEN / f"{name}.txt").write_text("\n".join(lines) + "\n")


def fixed(name):
    for line in section(name).splitlines():
        head = re.match(r'^ *visit\(fixed\("[^"]*", "([^"]*)", ((?:\{[^}]*\}, )+)\[', line)
        yield head.group(1), [[float(v) for v in d.split(",") if v.strip()] for d in re.findall(r"\{([^}]*)\}", head.group(2))]


def edges():
    lines = ["# Written by tests/support/golden.py with PyTorch " + torch.__version__.split("+")[0]]
    for number, (expression, operands) in enumerate(fixed("edge_ops")):
        lines.append(f"= {number}: {expression}")
        for dtype in (torch.float32, torch.float64):
            x = [torch.tensor(v, dtype=dtype, requires_grad=True) for v in operands]
            y = eval(expression, {"torch": torch}, dict(zip("ab", x)))
            lines.append(f"value_{dtype.itemsize} {text(y)}")
            lines += [f"grad{k}_{dtype.itemsize} {text(g)}" for k, g in enumerate(torch.autograd.grad(y.sum(), x))]
    (GOLDEN / "edges.txt").write_text("\n".join(lines) + "\n")


def integers():
    lines = ["# Written by tests/support/golden.py with PyTorch " + torch.__version__.split("+")[0]]
    for number, (expression, operands) in enumerate(fixed("integer_ops")):
        lines.append(f"= {number}: {expression}")
        for dtype in (torch.int32, torch.int64, torch.uint8):
            x = dict(zip("ab", [torch.tensor(v).to(dtype) for v in operands]))
            y = eval(expression, {"torch": torch}, x)
            name = str(dtype).removeprefix("torch.")
            lines += [f"{name} {text(y)}", f"{name}_gives_{str(y.dtype).removeprefix('torch.')} 1"]
    (GOLDEN / "integers.txt").write_text("\n".join(lines) + "\n")


def promotion():
    dtypes = [torch.float32, torch.float64, torch.int32, torch.int64, torch.uint8, torch.bool]
    short = lambda d: str(d).removeprefix("torch.")
    lines = ["# tensor, tensor or number, result. Written by tests/support/golden.py"]
    for a, b in itertools.product(dtypes, dtypes):
        x, y = torch.ones(2, dtype=a), torch.ones(2, dtype=b)
        lines.append(f"result {short(a)} {short(b)} {short(torch.result_type(x, y))}")
        lines.append(f"divide {short(a)} {short(b)} {short((x / y).dtype)}")
    for a in dtypes:
        x = torch.ones(2, dtype=a)
        for label, number in (("int", 2), ("float", 2.0), ("bool", True)):
            lines.append(f"weak {short(a)} {label} {short(torch.result_type(x, number))}")
            lines.append(f"weak_divide {short(a)} {label} {short((x / number).dtype)}")
        lines.append(f"unary {short(a)} exp {short(torch.exp(x).dtype)}")
        lines.append(f"unary {short(a)} sum {short(x.sum().dtype)}")
    (GOLDEN / "promotion.txt").write_text("\n".join(lines) + "\n")


def main():
    GOLDEN.mkdir(exist_ok=True)
    for name in ("unary_ops", "scalar_ops"):
        write(f"{name}.txt", [(e, [(3, 4)], d) for e, d in elementwise(name)])
    write("binary_ops.txt", [(e, s, d) for e, d in elementwise("binary_ops") for s in BINARY_SHAPES])
    write("ternary_ops.txt", [(e, s, d) for e, d in elementwise("ternary_ops") for s in TERNARY_SHAPES])
    for name in ("compound_ops", "reductions", "movements", "selections", "contractions", "convolutions", "poolings", "normalizations", "conversions"):
        write(f"{name}.txt", list(shaped(name)))
    indices("searches")
    edges()
    integers()
    promotion()


if __name__ == "__main__":
    main()
