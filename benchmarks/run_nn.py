#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Times programs that answer the commands of peers/serve.hpp or peers/lstm.hpp, in turns, and prints a table in Markdown.

usage: run_nn.py [--network mlp|cnn|lstm] [--repeats N] [--steps N] [--threads N] NAME=COMMAND NAME=COMMAND ...

The first program is what the others are compared with. Before anything is timed, every program must give the first one's
outputs, and its losses over 40 steps of training: who computes less is found out.
"""

import argparse
import os
import shlex
import statistics
import subprocess
import sys

TRAINED = [("train, batch 64", "train 64", 1), ("train, batch 1", "train 1", 4), ("infer, batch 1", "infer 1", 40)]
LOSSES = [("outputs 64 1", 1e-4), ("outputs 1 1", 1e-4), ("losses 64 40", 2e-3), ("losses 1 40", 2e-3)]
CASES = {"mlp": TRAINED, "cnn": TRAINED, "lstm": [("forward and backward", "train 16", 1), ("forward", "infer 16", 2)]}
CHECKS = {"mlp": LOSSES, "cnn": LOSSES, "lstm": [("outputs 16 1", 1e-4), ("losses 16 40", 1e-4)]}
LIBRARIES = ("OMP", "MKL", "OPENBLAS", "TESSERA")


class Program:
    def __init__(self, name, command, threads):
        self.name = name
        environment = dict(os.environ, **{f"{library}_NUM_THREADS": str(threads) for library in LIBRARIES})
        self.process = subprocess.Popen(shlex.split(command), env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, command):
        try:
            self.process.stdin.write(command + "\n")
            self.process.stdin.flush()
            return [float(word) for word in self.process.stdout.readline().split()] or sys.exit(f"{self.name} ended at: {command}")
        except (BrokenPipeError, ValueError) as error:
            sys.exit(f"{self.name} cannot answer: {command} ({error})")


def check(programs, checks):
    for command, tolerance in checks:
        expected = programs[0].ask(command)
        for program in programs[1:]:
            found = program.ask(command)
            worst = max(abs(a - b) for a, b in zip(expected, found)) / max(map(abs, expected))
            if len(found) != len(expected) or not worst <= tolerance:
                sys.exit(f"{program.name} and {programs[0].name} differ by {worst:.1e} at: {command}")


def main():
    parser = argparse.ArgumentParser(usage="run_nn.py [--network mlp|cnn|lstm] [--repeats N] [--steps N] [--threads N] NAME=COMMAND ...")
    parser.add_argument("--network", choices=CASES, default="mlp")
    parser.add_argument("--repeats", type=int, default=15, help="how often each program has its turn")
    parser.add_argument("--steps", type=int, default=100, help="steps of one turn; more of them where they are short")
    parser.add_argument("--threads", type=int, default=1, help="what the environment asks of libraries; a program may also have it in its command")
    parser.add_argument("programs", nargs="+", metavar="NAME=COMMAND")
    arguments = parser.parse_args()
    programs = [Program(*word.split("=", 1), arguments.threads) for word in arguments.programs]
    cases = CASES[arguments.network]
    check(programs, CHECKS[arguments.network])

    times = {(program, command): [] for program in programs for _, command, _ in cases}
    for _ in range(arguments.repeats):
        for _, command, factor in cases:
            for program in programs:
                times[program, command] += program.ask(f"{command} {arguments.steps * factor}")

    threads = "one thread" if arguments.threads == 1 else f"{arguments.threads} threads"
    print(f"Microseconds for one step on {threads}: median and least of {arguments.repeats} turns, and the median as a multiple of")
    print(f"{programs[0].name}'s. Every program gave the same outputs and, over 40 steps, the same losses.\n")
    print("| program | " + " | ".join(f"{title}: median | least | ratio" for title, _, _ in cases) + " |")
    print("|---|" + "--:|" * 3 * len(cases))
    for program in programs:
        cells = [program.name]
        for _, command, _ in cases:
            median = statistics.median(times[program, command])
            cells += [f"{median:.1f}", f"{min(times[program, command]):.1f}", f"{median / statistics.median(times[programs[0], command]):.2f}"]
        print("| " + " | ".join(cells) + " |")


main()
