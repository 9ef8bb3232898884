# SPDX-License-Identifier: BSL-1.0
"""Writes tests/tensor/print_golden.inc: tensors and the text that PyTorch prints for them.

    python3 tests/support/print_golden.py > tests/tensor/print_golden.inc
"""
import math

import torch

nan, inf = math.nan, math.inf
CPP = {"float32": "float", "float64": "double", "int32": "std::int32_t", "int64": "std::int64_t", "uint8": "std::uint8_t", "bool": "bool"}
lines = []


def literal(value):
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, int):
        return str(value)
    if math.isnan(value):
        return "not_a_number"
    if math.isinf(value):
        return "infinity" if value > 0 else "-infinity"
    return repr(value)


def text_of(dtype, shape, values, options):
    torch.set_printoptions(profile="default")
    torch.set_printoptions(**options)
    return str(torch.tensor(values, dtype=getattr(torch, dtype)).reshape(shape))


def emit(call, dtype, shape, arguments, values, options):
    shape_text = f"shape<{', '.join(['dyn'] * len(shape))}>{{{', '.join(map(str, shape))}}}"
    cpp_options = {k: str(v).lower() if isinstance(v, bool) else str(v) for k, v in options.items()}
    options_text = f", {{{', '.join(f'.{k} = {v}' for k, v in cpp_options.items())}}}" if options else ""
    lines.append(f'{call}<{CPP[dtype]}>({shape_text}, {arguments}, R"({text_of(dtype, shape, values, options)})"{options_text});')


def given(dtype, shape, values, **options):
    """A tensor of the listed values; options in the order of print_options."""
    emit("given", dtype, shape, "{" + ", ".join(map(literal, values)) + "}", values, options)


def ramp(dtype, shape, begin, step, **options):
    """begin, begin + step, ...: numbers that every element type holds exactly."""
    values = [begin + step * i for i in range(math.prod(shape))]
    emit("ramp", dtype, shape, f"{begin}, {step}", values, options)


# Every element type at every rank.
for dtype in CPP:
    given(dtype, (), [1])
    given(dtype, (3,), [1, 0, 1])
    given(dtype, (2, 2), [1, 0, 0, 1])
    given(dtype, (2, 1, 2), [0, 1, 1, 1])
    given(dtype, (2, 2, 1, 1), [0, 1, 0, 0])
    given(dtype, (0,), [])
    given(dtype, (0, 3), [])
    given(dtype, (2, 0, 4), [])

# Whole floats, fractions, scientific notation and where each begins.
given("float32", (), [-2.5])
given("float32", (), [0])
given("float32", (), [1e-5])
given("float64", (), [123456789.0])
given("float32", (3,), [-1, 20, 300])
given("float32", (3,), [0.1, -20.25, 300])
given("float32", (2,), [1, 1000])
given("float32", (2,), [1, 1001])
given("float32", (2,), [0.5, 500.5])
given("float64", (1,), [1e8])
given("float64", (1,), [100000001.0])
given("float64", (2,), [1e-4, 1e-2])
given("float64", (2,), [0.99e-4, 0])
given("float64", (3,), [1e300, -1e-300, 1])
given("float64", (2,), [1e100, 0], sci_mode=False)
given("float64", (2,), [2.00005, 1.99995])
given("float32", (4,), [0.00012345, 0.1, -0.0, 0])
given("float64", (2, 2), [1e-3, 1e3, -1e3, 1e-2])

# Negative zero, infinities and NaN.
given("float32", (2,), [-0.0, 0])
given("float32", (3,), [-0.0, 1, -1])
given("float32", (3,), [-0.0, 1.5, -1])
given("float32", (3,), [nan, inf, -inf])
given("float32", (1,), [nan])
given("float32", (4,), [nan, inf, -inf, 1])
given("float32", (4,), [nan, inf, -inf, 1.5])
given("float32", (4,), [nan, inf, -inf, 1e-7])
given("float64", (2, 3), [nan, 0, 100, -inf, 2, 3])
given("float32", (), [nan])
given("float64", (), [-inf])
given("float32", (3,), [0, nan, 0])

# Integers of every width; the greatest ones.
given("int64", (), [-7])
given("int64", (3,), [9223372036854775807, -9223372036854775807, 0])
given("int64", (2,), [9007199254740993, 1])
given("int32", (2, 2), [-2147483648, 2147483647, 1, 22])
given("uint8", (2, 3), [0, 1, 255, 16, 7, 99])
given("bool", (3, 1), [1, 0, 1])

# Lines that break, and suffixes that do not fit on theirs.
ramp("float32", (30,), 0, 1)
ramp("float32", (20,), -2.5, 0.25)
ramp("float64", (2, 12), 0.5, 1000)
ramp("int64", (3, 30), -40, 1)
ramp("int32", (18,), 100, 1)
ramp("int32", (16,), 100, 1)
ramp("float64", (7,), 100, 0.25)
ramp("float64", (8,), 100, 0.25)
ramp("uint8", (2, 2, 2, 20), 0, 1)
given("bool", (12,), [1, 0] * 6)
ramp("int64", (6,), 0, 1000000000000000)

# More than a thousand elements.
ramp("float32", (1000,), 0, 1)
ramp("float32", (1001,), 0, 1)
ramp("int64", (2000,), 0, 1)
ramp("float32", (1001,), 0.5, 1)
ramp("float64", (40, 40), -1, 1)
ramp("int32", (2, 600), 0, 1)
ramp("float32", (600, 2), 0, 0.5)
ramp("float32", (7, 8, 20), 0, 1)
ramp("int64", (7, 3, 2, 40), 0, 1)
ramp("int64", (1, 1, 1, 1200), 0, 1)

# Options.
given("float32", (3,), [1.23456, 2.5, -3], precision=2)
given("float32", (3,), [1.23456, 2.5, -3], precision=0)
given("float32", (3,), [1e-6, 2.5, -3], precision=8)
given("float32", (2,), [1, 2], sci_mode=True)
given("float32", (2,), [1, 1e6], sci_mode=False)
given("float32", (2,), [0, 0], sci_mode=True)
ramp("int64", (10,), 0, 1, threshold=5)
ramp("int64", (10,), 0, 1, threshold=5, edgeitems=1)
ramp("int64", (10,), 0, 1, threshold=5, edgeitems=0)
ramp("int32", (4, 5), 0, 1, threshold=5, edgeitems=0)
ramp("int64", (4, 5), 0, 1, threshold=5, edgeitems=2)
given("int64", (), [3], edgeitems=0)
ramp("float32", (4, 5), 0, 1, linewidth=20)
ramp("float32", (5,), 0, 1, linewidth=1)

print("// Written by tests/support/print_golden.py with PyTorch " + torch.__version__.split("+")[0] + ".")
print("\n".join(lines))
