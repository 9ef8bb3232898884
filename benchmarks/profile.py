#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Says in which functions benchmarks spend their time: what a row's distance to the limit consists of.

usage: profile.py [--seconds N] [--least PERCENT] PROGRAM [REGEX ...]
       profile.py [--seconds N] [--least PERCENT] --network train|infer:BATCH:STEPS PROGRAM

Runs each benchmark of PROGRAM whose name matches a REGEX by itself, on one thread, under `perf record`, and prints a table in Markdown:
the time of a run, and the functions that took at least so many percent of it. The clock is sampled, so no counters are needed. A program
is copied aside first, so that it loads no library of peers: their start would be a part of the profile.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ENVIRONMENT = dict(os.environ, TESSERA_NUM_THREADS="1", OMP_NUM_THREADS="1")
FRAMEWORK = re.compile(r"benchmark::|measure::|_start|ld-linux|kernel")  # what runs benchmarks, and the system


def short(name):
    """A function without its template arguments and parameters, and without namespaces that all have."""
    depth, out = 0, []
    for c in re.sub(r"operator(<<|<=>|<=|<|>>|>=|->|>|\(\))", "operator", name.replace(") const", ")")):
        depth += (c in "<({[") - (c in ">)}]")
        if depth == 0 and c not in ">)}]":
            out.append(c)
    words = "".join(out).strip().split(" ")[-1]
    return "::".join(part for part in words.split("::") if part and part not in ("tessera", "backend", "simd", "detail", "isa", "autograd") and not part.startswith("avx")) or name[:60]


def sampled(command, folder, **options):
    """The share of each function in a run of the command, in percent, and what it printed."""
    record = folder / "perf.data"
    result = subprocess.run(["perf", "record", "-q", "-e", "cpu-clock", "-F", "10000", "-o", record, *command], env=ENVIRONMENT, capture_output=True, text=True, **options)
    if result.returncode != 0:
        sys.exit(f"perf record {' '.join(map(str, command))}: {result.stderr.strip()}")
    report = subprocess.run(["perf", "report", "-i", record, "--no-children", "--stdio", "--percent-limit", "0.2", "-F", "overhead,sym"], capture_output=True, text=True, check=True).stdout
    shares = {}
    for line in report.splitlines():
        if found := re.match(r"\s*([\d.]+)%\s+\[(.)\]\s+(.*)", line):
            name = "the system" if found[2] == "k" else "the benchmark itself" if FRAMEWORK.search(found[3].split("<")[0]) else short(found[3])
            shares[name] = shares.get(name, 0) + float(found[1])
    return shares, result.stdout


def row(name, time, shares, least):
    parts = [f"{function} {share:.0f} %" for function, share in sorted(shares.items(), key=lambda part: -part[1]) if share >= least]
    print(f"| {name} | {time} | {', '.join(parts)} |", flush=True)


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].split("\n\n")[0])
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--least", type=float, default=2)
    parser.add_argument("--network")
    parser.add_argument("program", type=Path)
    parser.add_argument("patterns", nargs="*")
    arguments = parser.parse_args()
    if shutil.which("perf") is None:
        sys.exit("profile.py: perf was not found (Debian: apt-get install linux-perf)")
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        program = Path(shutil.copy(arguments.program, folder / arguments.program.name))
        print("| case | time | functions |\n|---|--:|---|")
        if arguments.network:
            kind, batch, steps = arguments.network.split(":")
            shares, out = sampled([program], folder, input=f"{kind} {batch} {steps}\n")
            return row(f"{arguments.program.name} {kind}, batch {batch}", f"{float(out):.1f} µs", shares, arguments.least)
        for pattern in arguments.patterns or ["."]:
            listed = subprocess.run([program, "--benchmark_list_tests", f"--benchmark_filter={pattern}"], env=ENVIRONMENT, capture_output=True, text=True, check=True).stdout
            for name in filter(None, listed.splitlines()):
                exactly = re.sub(r"([.^$*+?{}\[\]|()\\])", r"\\\1", name)
                command = [program, f"--benchmark_filter=^{exactly}$", f"--benchmark_min_time={arguments.seconds}", "--benchmark_format=json"]
                shares, out = sampled(command, folder)
                result = json.loads(out)["benchmarks"][0]
                row(name.split("/real_time")[0], f"{result['cpu_time'] / 1000:.4g} µs", shares, arguments.least)


main()
