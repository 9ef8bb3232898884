# SPDX-License-Identifier: BSL-1.0
"""What the scripts share that write PyTorch's numbers as C++: the inputs of the tests, and a file of arrays."""
import math
import torch

torch.set_num_threads(1)


def wave(shape, step, offset, dtype=torch.float64):
    """The inputs of the tests: sin(i * step + offset)."""
    count = math.prod(shape)
    return torch.tensor([math.sin(i * step + offset) for i in range(count)], dtype=dtype).reshape(shape)


class File:
    def __init__(self, path, script):
        self.out = open(path, "w")
        self.out.write("// SPDX-License-Identifier: BSL-1.0\n// Written by tests/support/" + script + " with PyTorch " + torch.__version__.split("+")[0] + ".\n")

    def put(self, name, values):
        text = ", ".join(float(v).hex() if math.isfinite(v) else "std::numeric_limits<double>::quiet_NaN()" for v in values.detach().double().flatten().tolist())
        self.out.write(f"inline constexpr double {name}[] = {{{text}}};\n")
