#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Compiles programs and prints tables in Markdown of what that costs.

usage: measure.py [--compiler g++] [--clang clang++] [--repeats N] [--eigen FOLDER] [--torch FOLDER] [--flag=FLAG ...] [--csv FILE] [TABLE ...]

The folders are those with Eigen's headers and with include/ and lib/ of LibTorch; a peer whose folder is missing is left out. The least of
N runs counts: the first one also reads the headers from the disk. Functions are those that the object file defines, by nm. Where there
is a clang, its -ftime-trace counts the templates. Tables: programs, families, edits, headers, statements; all unless some are named.
--csv also writes every number as table,row,column,value.
"""

import argparse
import csv
import os
import re
import shutil
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


class Tables:
    def __init__(self):
        self.numbers = []

    def add(self, name, title, head, rows):
        print(title + "\n\n| " + " | ".join(head) + " |\n|---|" + "--:|" * (len(head) - 1))
        for row in rows:
            print("| " + " | ".join(row) + " |")
            self.numbers += [(name, row[0], column, value) for column, value in zip(head[1:], row[1:]) if value]
        print(flush=True)

    def write(self, file):
        with open(file, "w", newline="", encoding="utf-8") as out:
            csv.writer(out).writerows([("table", "row", "column", "value"), *self.numbers])


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


class Program:
    """A unit to compile. Parts: what it is linked with besides the digits; where None it is not linked."""

    def __init__(self, name, source, header="", flags=(), parts=()):
        self.name, self.source, self.header, self.flags, self.parts = name, source, header, list(flags), parts


OWN = [f"-I{ROOT}/include", f"-I{ROOT}/examples"]
INSTANTIATED = ["-DTESSERA_INSTANTIATED=1"]


def trainings(arguments):
    yield Program("tessera", ROOT / "examples/04_training_loop.cpp", "tessera/tessera.hpp", OWN)
    if (Path(arguments.eigen) / "Eigen/Core").exists():
        yield Program("Eigen", HERE / "eigen_training.cpp", "Eigen/Core", [f"-I{HERE}", *OWN, f"-isystem{arguments.eigen}"])
    if (Path(arguments.torch) / "include/torch").exists():
        include, lib = Path(arguments.torch) / "include", Path(arguments.torch) / "lib"
        yield Program("LibTorch", HERE / "torch_training.cpp", "torch/torch.h", [f"-I{HERE}", *OWN, f"-isystem{include}", f"-isystem{include}/torch/csrc/api/include"],
                      [f"-L{lib}", f"-Wl,-rpath,{lib}", "-ltorch_cpu", "-lc10"])


def programs(arguments, at):
    """What the first table compiles, in an order in which each finds what it is linked with."""
    (at / "header.cpp").write_text("#include <tessera/tessera.hpp>\n")
    (at / "statements.cpp").write_text(statements(50, [f for functions in FUNCTIONS.values() for f in functions[:3]], True))
    for part in (2, 3):
        (at / f"part{part}.cpp").write_text(f"#define TESSERA_INSTANTIATED {part}\n#include <tessera/instantiated.hpp>\n")
    library, cnn = [at / "part2.o", at / "part3.o", "-Wl,--gc-sections"], HERE / "cnn_training.cpp"
    first, *others = trainings(arguments)
    yield Program("the header alone", at / "header.cpp", flags=OWN, parts=None)
    yield Program("digits", first.source, flags=OWN)
    yield Program("digits, convolutional", cnn, flags=OWN)
    yield Program("50 statements with backward", at / "statements.cpp", flags=OWN)
    for part, element in ((2, "float"), (3, "double")):
        yield Program(f"the library of tessera_instantiated(), {element}", at / f"part{part}.cpp", flags=[*OWN, "-ffunction-sections", "-fdata-sections"], parts=None)
    yield Program("digits, with it", first.source, flags=[*OWN, *INSTANTIATED], parts=library)
    yield Program("digits, convolutional, with it", cnn, flags=[*OWN, *INSTANTIATED], parts=library)
    for peer in others:
        yield Program(f"digits on {peer.name}", peer.source, flags=peer.flags, parts=peer.parts)


# Which family a function belongs to: the first whose pattern is found in its name.
FAMILIES = {
    "of the standard library": r"^(\S+ )?(std|__gnu_cxx)::",
    "of shapes and expressions, kernels too": r"\btessera::(shape|program|tensor|variable|map|leaf)<",
    "of an element type or a register": r"\btessera::[^(]*<.*(float|double|long|batch)",
    "of no type": r"\btessera::",
    "of the program": r"",
}


def functions_of(file):
    """Sizes of the functions that an object file defines, by name."""
    lines = subprocess.run(["nm", "-C", "-S", "--defined-only", file], check=True, text=True, stdout=subprocess.PIPE).stdout.splitlines()
    found = (re.match(r"[0-9a-f]+ ([0-9a-f]+) [tTwWi] (.*)", line) for line in lines)
    return [(int(f[1], 16), f[2]) for f in found if f]


def instantiations(arguments, program, flags, at):
    """How many functions and classes clang makes of templates, or nothing where there is no clang."""
    if not shutil.which(arguments.clang):
        return ""
    command = [arguments.clang, *flags, "-DNDEBUG", *program.flags, "-ftime-trace", "-ftime-trace-granularity=0", "-S", "-O0", "-o", at / "trace.s", "-c", program.source]
    if subprocess.run([str(word) for word in command], env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode != 0:
        return ""
    # Counted in pieces: a large process would pass its own size on to what it starts, as the peak that is measured.
    number, rest = 0, b""
    with open(at / "trace.json", "rb") as trace:
        while piece := trace.read(1 << 20):
            whole, _, tail = (rest + piece).rpartition(b"}")
            number += len(re.findall(rb'"name":"Instantiate(?:Function|Class)"', whole))
            rest = tail
    return str(number)


def beside(binary):
    """MB of the shared libraries a program needs that are no part of the system."""
    paths = re.findall(r"=> (\S+)", subprocess.run(["ldd", binary], check=True, text=True, stdout=subprocess.PIPE).stdout)
    return sum(os.path.getsize(path) for path in paths if not path.startswith(("/lib", "/usr/lib"))) / 1e6


def print_programs(tables, arguments, compiler, support, at):
    rows = []
    for p in programs(arguments, at):
        unit = at / (p.source.stem + ".o")
        user, _, memory = least(arguments.repeats, [*compiler, *p.flags, "-c", p.source, "-o", unit])
        stripped = libraries = ""
        if p.parts is not None:
            run([*compiler, unit, *support, *p.parts, "-s", "-o", at / "program"])
            stripped, libraries = f"{os.path.getsize(at / 'program') / 1000:.0f}", f"{beside(at / 'program'):.0f}"
        rows.append([p.name, f"{user:.2f}", f"{memory:.0f}", str(len(functions_of(unit))), instantiations(arguments, p, compiler[1:], at),
                     f"{os.path.getsize(unit) / 1000:.0f}", stripped, libraries])
    tables.add("programs", "One unit, and the binary of the whole program, stripped. digits: the training program of `examples/04_training_loop.cpp`.",
               ["program", "user s", "peak MB", "functions", "templates (clang)", "object KB", "binary KB", "shared libraries beside it MB"], rows)


def print_families(tables, compiler, at):
    columns = []
    for flags in (OWN, [*OWN, *INSTANTIATED]):
        run([*compiler, *flags, "-c", ROOT / "examples/04_training_loop.cpp", "-o", at / "unit.o"])
        sums = {family: [0, 0] for family in FAMILIES}
        for size, name in functions_of(at / "unit.o"):
            family = next(f for f, pattern in FAMILIES.items() if re.search(pattern, name))
            sums[family][0] += 1
            sums[family][1] += size
        columns.append(sums)
    tables.add("families", "The functions of the training program's unit, and those left with `tessera_instantiated()`.", ["functions", "number", "KB", "number left", "KB left"],
               [[family, *(text for sums in columns for text in (str(sums[family][0]), f"{sums[family][1] / 1000:.1f}"))] for family in FAMILIES])


def print_edits(tables, arguments, support, at):
    rows = []
    own = next(trainings(arguments))
    kinds = [*trainings(arguments)]
    with_library = Program("tessera, with tessera_instantiated()", own.source, own.header, [*OWN, *INSTANTIATED], [at / "quick2.o", at / "quick3.o", "-Wl,--gc-sections"])
    for part in (2, 3):
        (at / f"part{part}.cpp").write_text(f"#define TESSERA_INSTANTIATED {part}\n#include <tessera/instantiated.hpp>\n")
        run([arguments.compiler, "-std=c++20", "-O1", *OWN, "-ffunction-sections", "-fdata-sections", "-c", at / f"part{part}.cpp", "-o", at / f"quick{part}.o"])
    for p in (kinds[0], with_library, *kinds[1:]):
        quick = [arguments.compiler, "-std=c++20", "-O1", *p.flags]
        parts = [least(arguments.repeats, command)[1] for command in ([*quick, "-c", p.source, "-o", at / "unit.o"],
                 [*quick, at / "unit.o", *support, *p.parts, "-o", at / "program"], [at / "program", "--losses", "1"])]
        rows.append([p.name, *(f"{seconds:.2f}" for seconds in [*parts, sum(parts)])])
    tables.add("edits", "After a small change, at `-O1`: seconds until the first step of training has run.", ["library", "compile", "link", "run", "together"], rows)


def print_headers(tables, arguments, compiler, at):
    rows = []
    for p in trainings(arguments):
        (at / "header.cpp").write_text(f"#include <{p.header}>\nint main() {{}}\n")
        user, _, memory = least(arguments.repeats, [*compiler, *p.flags, "-c", at / "header.cpp", "-o", at / "unit.o"])
        rows.append([f"`<{p.header}>`", f"{user:.2f}", f"{memory:.0f}"])
    tables.add("headers", "A header alone.", ["header", "user s", "peak MB"], rows)


def print_statements(tables, arguments, compiler, at):
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
    tables.add("statements", f"Distinct elementwise statements: user seconds of a program with one and with {1 + count}, and milliseconds of each further one.",
               ["statements", "one", str(1 + count), "ms each", "peak MB"], rows)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tables", nargs="*", metavar="TABLE")
    parser.add_argument("--compiler", default="g++")
    parser.add_argument("--clang", default=next((name for name in ("clang++", "clang++-19") if shutil.which(name)), "clang++"))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--eigen", default="/usr/include/eigen3")
    parser.add_argument("--torch", default="")
    parser.add_argument("--flag", action="append", dest="flags", help="instead of -O2 -march=native")
    parser.add_argument("--csv", metavar="FILE")
    arguments = parser.parse_args()
    flags = ["-std=c++20", *(arguments.flags or ["-O2", "-march=native"])]
    compiler = [arguments.compiler, *flags, "-DNDEBUG"]
    version = subprocess.run([arguments.compiler, "--version"], check=True, text=True, stdout=subprocess.PIPE).stdout.splitlines()[0]
    print(f"{version}, `{' '.join(compiler[1:])}`, least of {arguments.repeats}.\n")

    tables = Tables()
    with tempfile.TemporaryDirectory() as folder:
        at = Path(folder)
        support = [at / "support.o", at / "plain.o"]
        for source, to in zip((ROOT / "examples/support/digits.cpp", HERE / "digits.cpp"), support):
            run([*compiler, *OWN, "-c", source, "-o", to])
        run([*compiler, "-fsyntax-only", "-x", "c++", os.devnull])
        kinds = {
            "programs": lambda: print_programs(tables, arguments, compiler, support, at),
            "families": lambda: print_families(tables, compiler, at),
            "edits": lambda: print_edits(tables, arguments, support, at),
            "headers": lambda: print_headers(tables, arguments, compiler, at),
            "statements": lambda: print_statements(tables, arguments, compiler, at),
        }
        for name in arguments.tables or kinds:
            if name not in kinds:
                sys.exit(f"measure.py: {name} is none of the tables {', '.join(kinds)}")
            kinds[name]()
    if arguments.csv:
        tables.write(arguments.csv)


main()
