#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Compiles programs and prints tables in Markdown of what that costs.

usage: measure.py [--compiler g++] [--repeats N] [--eigen FOLDER] [--torch FOLDER] [--flag=FLAG ...]

The folders are those with Eigen's headers and with include/ and lib/ of LibTorch; a peer whose folder is missing is left out.
The least of N runs counts: the first one also reads the headers from the disk.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
FUNCTIONS = {
    "of arithmetic": ("ts::relu", "ts::square", "ts::abs", "-", "2 * ", "1 / "),
    "of transcendental functions": ("ts::tanh", "ts::exp", "ts::sigmoid", "ts::log", "ts::erf", "ts::sin"),
}
ENVIRONMENT = dict(os.environ, CCACHE_DISABLE="1")


def run(command):
    """User seconds, seconds, peak MB of a command and what it starts."""
    start = time.monotonic()
    process = subprocess.Popen([str(word) for word in command], env=ENVIRONMENT, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"failed: {' '.join(map(str, command))}")
    return usage.ru_utime, time.monotonic() - start, usage.ru_maxrss / 1024


def least(repeats, command):
    return tuple(min(column) for column in zip(*(run(command) for _ in range(repeats))))


def table(head, rows):
    print("| " + " | ".join(head) + " |\n|---|" + "--:|" * (len(head) - 1))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


def function(index, functions):
    """An elementwise expression of x, y, z, for every index another one."""
    first, index = functions[index % 6], index // 6
    second, operation = functions[(index + 1) % 6], "+-*"[index % 3]
    return f"{first}(x {operation} y) * z + {second}(y * z) {operation} x"


def statements(count, functions, backward):
    """A program of `count` distinct statements."""
    kind = "variable" if backward else "tensor"
    lines = ["#include <tessera/tessera.hpp>", "namespace ts = tessera;", f"using vector = ts::{kind}<float, ts::shape<ts::dyn>>;", "int main(int n, char**) {",
             "  const vector " + ", ".join(f"{name} = ts::tensor<float, ts::shape<ts::dyn>>(ts::shape<ts::dyn>{{n}}, 0.5f)" for name in "xyz") + ";", "  vector s = x;"]
    lines += [f"  {{ const vector t = {function(i, functions)}; s = s + t; }}" for i in range(count)]
    lines += ["  const ts::variable<float, ts::shape<>> sum = ts::sum(s);", "  sum.backward();", "  return x.grad()(0) > 0;"] if backward else ["  return s(0) > 0;"]
    return "\n".join([*lines, "}"]) + "\n"


class Peer:
    def __init__(self, name, source, header, flags, libraries=()):
        self.name, self.source, self.header, self.flags, self.libraries = name, source, header, flags, libraries


def peers(arguments):
    own = [f"-I{ROOT}/include", f"-I{ROOT}/examples"]
    yield Peer("tessera", ROOT / "examples/04_training_loop.cpp", "tessera/tessera.hpp", own)
    if (Path(arguments.eigen) / "Eigen/Core").exists():
        yield Peer("Eigen", HERE / "eigen_training.cpp", "Eigen/Core", [f"-I{HERE}", *own, f"-isystem{arguments.eigen}"])
    if (Path(arguments.torch) / "include/torch").exists():
        include, lib = Path(arguments.torch) / "include", Path(arguments.torch) / "lib"
        yield Peer("LibTorch", HERE / "torch_training.cpp", "torch/torch.h", [f"-I{HERE}", *own, f"-isystem{include}", f"-isystem{include}/torch/csrc/api/include"],
                   [f"-L{lib}", f"-Wl,-rpath,{lib}", "-ltorch_cpu", "-lc10"])


def beside(binary):
    """MB of the shared libraries a program needs that are no part of the system."""
    paths = re.findall(r"=> (\S+)", subprocess.run(["ldd", binary], check=True, text=True, stdout=subprocess.PIPE).stdout)
    return sum(os.path.getsize(path) for path in paths if not path.startswith(("/lib", "/usr/lib"))) / 1e6


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--compiler", default="g++")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--eigen", default="/usr/include/eigen3")
    parser.add_argument("--torch", default="")
    parser.add_argument("--flag", action="append", dest="flags", help="instead of -O2 -march=native")
    arguments = parser.parse_args()
    flags = ["-std=c++20", *(arguments.flags or ["-O2", "-march=native"])]
    compiler = [arguments.compiler, *flags, "-DNDEBUG"]
    version = subprocess.run([arguments.compiler, "--version"], check=True, text=True, stdout=subprocess.PIPE).stdout.splitlines()[0]
    print(f"{version}, `{' '.join(compiler[1:])}`, least of {arguments.repeats}.\n")

    with tempfile.TemporaryDirectory() as folder:
        at = Path(folder)
        support = [at / "digits.o", at / "plain.o"]
        for source, to in zip((ROOT / "examples/support/digits.cpp", HERE / "digits.cpp"), support):
            run([*compiler, f"-I{ROOT}/include", f"-I{ROOT}/examples", "-c", source, "-o", to])
        run([*compiler, "-fsyntax-only", "-x", "c++", os.devnull])

        programs, edits, headers = [], [], []
        for peer in peers(arguments):
            user, _, memory = least(arguments.repeats, [*compiler, *peer.flags, "-c", peer.source, "-o", at / "unit.o"])
            run([*compiler, at / "unit.o", *support, *peer.libraries, "-s", "-o", at / "program"])
            programs.append([peer.name, f"{user:.2f}", f"{memory:.0f}", f"{os.path.getsize(at / 'program') / 1000:.0f}", f"{beside(at / 'program'):.0f}"])

            quick = [arguments.compiler, "-std=c++20", "-O1", *peer.flags]
            parts = [least(arguments.repeats, command)[1] for command in ([*quick, "-c", peer.source, "-o", at / "unit.o"],
                     [*quick, at / "unit.o", *support, *peer.libraries, "-o", at / "program"], [at / "program", "--losses", "1"])]
            edits.append([peer.name, *(f"{seconds:.2f}" for seconds in [*parts, sum(parts)])])

            (at / "header.cpp").write_text(f"#include <{peer.header}>\nint main() {{}}\n")
            user, _, memory = least(arguments.repeats, [*compiler, *peer.flags, "-c", at / "header.cpp", "-o", at / "unit.o"])
            headers.append([f"`<{peer.header}>`", f"{user:.2f}", f"{memory:.0f}"])

        print("The training program of `examples/04_training_loop.cpp`, its own unit; the binary is the whole program, stripped.\n")
        table(["library", "user s", "peak MB", "binary KB", "shared libraries beside it MB"], programs)
        print("After a small change, at `-O1`: seconds until the first step of training has run.\n")
        table(["library", "compile", "link", "run", "together"], edits)
        print("A header alone.\n")
        table(["header", "user s", "peak MB"], headers)

        rows, count = [], 30
        for kind, functions in FUNCTIONS.items():
            for backward in (False, True):
                cost = []
                for n in (1, 1 + count):
                    (at / "statements.cpp").write_text(statements(n, functions, backward))
                    cost.append(least(arguments.repeats, [*compiler, f"-I{ROOT}/include", "-c", at / "statements.cpp", "-o", at / "unit.o"]))
                (first, _, _), (all_of_them, _, memory) = cost
                rows.append([kind + (", with backward" if backward else ", forward"), f"{first:.2f}", f"{all_of_them:.2f}",
                             f"{(all_of_them - first) / count * 1000:.0f}", f"{memory:.0f}"])
        print(f"Distinct elementwise statements: user seconds of a program with one and with {1 + count}, and milliseconds of each further one.\n")
        table(["statements", "one", str(1 + count), "ms each", "peak MB"], rows)


main()
