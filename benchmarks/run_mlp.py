#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Times programs that answer the commands of peers/mlp.hpp, in turns, on one thread, and prints a table in Markdown.

usage: run_mlp.py [--repeats N] [--steps N] NAME=COMMAND NAME=COMMAND ...

The first program is what the others are compared with. Before anything is timed, every program must give the first one's
outputs, and its losses over 40 steps of training: who computes less is found out.
"""

import argparse
import os
import shlex
import statistics
import subprocess
import sys

CASES = [("train, batch 64", "train 64", 1), ("train, batch 1", "train 1", 4), ("infer, batch 1", "infer 1", 40)]
CHECKS = [("outputs 64 1", 1e-4), ("outputs 1 1", 1e-4), ("losses 64 40", 2e-3), ("losses 1 40", 2e-3)]
THREADS = ("OMP", "MKL", "OPENBLAS", "TESSERA")


class Program:
    def __init__(self, name, command):
        self.name = name
        environment = dict(os.environ, **{f"{library}_NUM_THREADS": "1" for library in THREADS})
        self.process = subprocess.Popen(shlex.split(command), env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, command):
        try:
            self.process.stdin.write(command + "\n")
            self.process.stdin.flush()
            return [float(word) for word in self.process.stdout.readline().split()] or sys.exit(f"{self.name} ended at: {command}")
        except (BrokenPipeError, ValueError) as error:
            sys.exit(f"{self.name} cannot answer: {command} ({error})")


def check(programs):
    for command, tolerance in CHECKS:
        expected = programs[0].ask(command)
        for program in programs[1:]:
            found = program.ask(command)
            worst = max(abs(a - b) for a, b in zip(expected, found)) / max(map(abs, expected))
            if len(found) != len(expected) or not worst <= tolerance:
                sys.exit(f"{program.name} and {programs[0].name} differ by {worst:.1e} at: {command}")


def main():
    parser = argparse.ArgumentParser(usage="run_mlp.py [--repeats N] [--steps N] NAME=COMMAND ...")
    parser.add_argument("--repeats", type=int, default=15, help="how often each program has its turn")
    parser.add_argument("--steps", type=int, default=100, help="steps at batch 64 of one turn; 4 times as many at batch 1")
    parser.add_argument("programs", nargs="+", metavar="NAME=COMMAND")
    arguments = parser.parse_args()
    programs = [Program(*word.split("=", 1)) for word in arguments.programs]
    check(programs)

    times = {(program, command): [] for program in programs for _, command, _ in CASES}
    for _ in range(arguments.repeats):
        for _, command, factor in CASES:
            for program in programs:
                times[program, command] += program.ask(f"{command} {arguments.steps * factor}")

    print(f"Microseconds for one step on one thread: median and least of {arguments.repeats} turns, and the median as a multiple of")
    print(f"{programs[0].name}'s. Every program gave the same outputs and, over 40 steps, the same losses.\n")
    print("| program | " + " | ".join(f"{title}: median | least | ratio" for title, _, _ in CASES) + " |")
    print("|---|" + "--:|" * 3 * len(CASES))
    for program in programs:
        cells = [program.name]
        for _, command, _ in CASES:
            median = statistics.median(times[program, command])
            cells += [f"{median:.1f}", f"{min(times[program, command]):.1f}", f"{median / statistics.median(times[programs[0], command]):.2f}"]
        print("| " + " | ".join(cells) + " |")


main()
