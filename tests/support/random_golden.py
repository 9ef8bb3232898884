#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Writes PyTorch's random numbers to tests/numeric/golden.inc. Run: python3 tests/support/random_golden.py

Needs PyTorch 2.7 or later, which neither the build nor the tests need.
"""
import pathlib

import torch

torch.set_num_threads(1)
TYPES = {torch.float32: "float", torch.float64: "double", torch.int32: "std::int32_t", torch.int64: "std::int64_t", torch.uint8: "std::uint8_t", torch.bool: "bool"}
lines = []


def number(value):
    return float(value).hex() if isinstance(value, float) else str(value).lower()


def put(name, tensor):
    suffix = "f" if tensor.dtype == torch.float32 else ""
    numbers = ", ".join(number(v) + suffix for v in tensor.flatten().tolist())
    lines.append(f"inline constexpr {TYPES[tensor.dtype]} {name}[] = {{{numbers}}};")


def streams():
    for seed in (0, 1, 20240607, 2**32 + 7):
        torch.manual_seed(seed)
        put(f"words_{seed}", torch.empty(8, dtype=torch.int32).random_())
        put(f"long_words_{seed}", torch.empty(4, dtype=torch.int64).random_())
    torch.manual_seed(11)
    for i in range(700):  # beyond one block of the engine
        last = torch.empty(1, dtype=torch.int32).random_()
    put("word_700", last)


def uniform():
    for dtype in (torch.float32, torch.float64):
        name = TYPES[dtype]
        torch.manual_seed(3)
        put(f"rand_{name}", torch.rand(20, dtype=dtype))
        put(f"uniform_{name}", torch.empty(20, dtype=dtype).uniform_(-2.5, 0.7))


def normal():
    for dtype in (torch.float32, torch.float64):
        name = TYPES[dtype]
        torch.manual_seed(4)
        for count in (1, 2, 5, 15, 16, 17, 24, 31, 40):
            put(f"randn_{name}_{count}", torch.randn(count, dtype=dtype))
        for count in (7, 20):
            put(f"normal_{name}_{count}", torch.empty(count, dtype=dtype).normal_(1.5, 0.25))
        # The spare number of an odd count survives other draws, and the next odd count begins with it.
        torch.manual_seed(5)
        put(f"spare_{name}_first", torch.randn(3, dtype=dtype))
        put(f"spare_{name}_between", torch.rand(2, dtype=dtype))
        put(f"spare_{name}_second", torch.randn(2, dtype=dtype))
        put(f"spare_{name}_third", torch.randn(16, dtype=dtype))
        put(f"spare_{name}_fourth", torch.randn(1, dtype=dtype))
        put(f"spare_{name}_fifth", torch.randn(2, dtype=dtype))
        torch.manual_seed(6)  # and is forgotten by a seed
        put(f"spare_{name}_seeded", torch.randn(1, dtype=dtype))


def integers():
    torch.manual_seed(7)
    put("randint_small", torch.randint(0, 10, (20,)))
    put("randint_negative", torch.randint(-100, 100, (20,)))
    put("randint_below_wide", torch.randint(0, 2**28 - 1, (8,)))
    put("randint_wide", torch.randint(0, 2**28, (8,)))
    put("randint_widest", torch.randint(-(2**62), 2**62, (8,)))
    put("randint_int32", torch.randint(-5, 6, (20,), dtype=torch.int32))
    put("randint_uint8", torch.randint(0, 256, (20,), dtype=torch.uint8))
    put("randint_float", torch.randint(0, 100, (20,), dtype=torch.float32))
    put("randint_double", torch.randint(-50, 50, (20,), dtype=torch.float64))
    put("randint_bool", torch.randint(0, 2, (20,), dtype=torch.bool))


def permutations():
    torch.manual_seed(8)
    for count in (1, 2, 10, 100):
        put(f"randperm_{count}", torch.randperm(count))
    put("randperm_20000_first", torch.randperm(20000)[:20])
    put("after_randperm", torch.rand(2))


def bernoulli():
    torch.manual_seed(9)
    for name, dtype in (("float", torch.float32), ("int64", torch.int64), ("bool", torch.bool)):
        put(f"bernoulli_{name}", torch.empty(24, dtype=dtype).bernoulli_(0.3))
    put("bernoulli_each_float", torch.bernoulli(torch.linspace(0, 1, 24)))
    put("bernoulli_each_double", torch.bernoulli(torch.linspace(0, 1, 24, dtype=torch.float64)))
    put("after_bernoulli", torch.rand(2))


def generators():
    lines.append(f"inline constexpr std::uint64_t default_initial_seed = {torch.Generator().initial_seed()}u;")
    put("default_stream", torch.rand(4, generator=torch.Generator()))


def main():
    for write in (streams, uniform, normal, integers, permutations, bernoulli, generators):
        write()
    head = ["// SPDX-License-Identifier: BSL-1.0", "// Written by tests/support/random_golden.py with PyTorch " + torch.__version__.split("+")[0] + "."]
    path = pathlib.Path(__file__).resolve().parent.parent / "numeric" / "golden.inc"
    path.write_text("\n".join(head + lines) + "\n")


if __name__ == "__main__":
    main()
