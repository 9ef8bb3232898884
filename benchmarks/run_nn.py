#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Times programs that answer the commands of peers/serve.hpp or peers/lstm.hpp, in turns, and prints a table in Markdown.

usage: run_nn.py [--network mlp|cnn|lstm] [--threads N] [--quick] [--sweep] [--csv FILE] ... NAME=COMMAND ... or @FILE with a line for each

The first program is what the others are compared with. Before anything is timed, every program must give the first one's
outputs, and its losses over some steps of training: who computes less is found out.
"""

import argparse
import os
import shlex
import statistics
import subprocess
import sys

from results import REFERENCE, Figure, flags, microseconds, table, write

TRAINED = [("train, batch 64", "train 64", 1), ("train, batch 1", "train 1", 4), ("infer, batch 1", "infer 1", 40)]
LOSSES = [("outputs 64 1", 1e-4), ("outputs 1 1", 1e-4), ("losses 64 40", 2e-3), ("losses 1 40", 2e-3)]
CASES = {"mlp": TRAINED, "cnn": TRAINED, "lstm": [("forward and backward", "train 16", 1), ("forward", "infer 16", 2)]}
CHECKS = {"mlp": LOSSES, "cnn": LOSSES, "lstm": [("outputs 16 1", 1e-4), ("losses 16 40", 1e-4)]}
BATCHES = [2**power for power in range(11)]
STEPS = {"mlp": 100, "cnn": 10, "lstm": 40}
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


def plan(arguments):
    """What is timed: (title, command, steps of a turn); and what is compared before."""
    if not arguments.sweep:
        return [(title, command, arguments.steps * factor) for title, command, factor in CASES[arguments.network]], CHECKS[arguments.network]
    if arguments.network == "lstm":
        sys.exit("run_nn.py: the recurrent network has one size of batches")
    cases = [(f"train, batch {n}", f"train {n}", max(1, arguments.steps * 32 // (n + 8))) for n in BATCHES]
    return cases, [(f"losses {n} 2", 1e-4) for n in BATCHES]


def print_programs(programs, cases, times):
    """A row for each program."""
    rows = []
    for program in programs:
        cells = [program.name]
        for title, _, _ in cases:
            median = statistics.median(times[program, title])
            cells += [f"{median:.1f}", f"{min(times[program, title]):.1f}", f"{median / statistics.median(times[programs[0], title]):.2f}"]
        rows.append(cells)
    table(["program"] + [f"{title}: {what}" for title, _, _ in cases for what in ("median", "least", "ratio")], rows)


def print_sweep(programs, cases, times):
    """A row for each size of batches."""
    batches = [int(title.rsplit(" ", 1)[1]) for title, _, _ in cases]
    medians = [[statistics.median(times[program, title]) for program in programs] for title, _, _ in cases]
    best = [min(row[1:], default=None) for row in medians]
    marks = flags([(n, row[0], 0) for n, row in zip(batches, medians)], [time and (n, time, 0) for n, time in zip(batches, best)])
    rows = [[title, *map(microseconds, row), microseconds(row[0] / n), f"{row[0] / other:.2f}" if other else "", mark]
            for (title, _, _), n, row, other, mark in zip(cases, batches, medians, best, marks)]
    table(["step", *[program.name for program in programs], "for each image", "to the fastest other", "flag"], rows)


def main():
    parser = argparse.ArgumentParser(description="Times programs in turns and prints a table in Markdown.", fromfile_prefix_chars="@")
    parser.add_argument("--network", choices=CASES, default="mlp")
    parser.add_argument("--repeats", type=int, default=9, help="how often each program has its turn")
    parser.add_argument("--steps", type=int, help="steps of one turn; more of them where they are short")
    parser.add_argument("--threads", type=int, default=1, help="what the environment asks of libraries")
    parser.add_argument("--quick", action="store_true", help="3 turns of a third of the steps, without programs that compile while they run")
    parser.add_argument("--sweep", action="store_true", help="training steps with batches of 1 to 1024; a size that costs too much is flagged")
    parser.add_argument("--csv", help="a file that the figures are added to")
    parser.add_argument("--architecture", default="native", help="how the programs were compiled, for the file")
    parser.add_argument("programs", nargs="+", metavar="NAME=COMMAND")
    arguments = parser.parse_args()
    arguments.steps = arguments.steps or STEPS[arguments.network]
    words = [word for word in arguments.programs if word]
    if arguments.quick:
        arguments.repeats, arguments.steps = 3, max(1, arguments.steps // 3)
    if arguments.quick or arguments.sweep:  # a compiled program is made anew for each size of batches
        words = [word for word in words if "compiled=" not in word]
    programs = [Program(*word.split("=", 1), arguments.threads) for word in words]
    cases, checks = plan(arguments)
    check(programs, checks)

    times = {(program, title): [] for program in programs for title, _, _ in cases}
    for _ in range(arguments.repeats):
        for title, command, steps in cases:
            for program in programs:
                times[program, title] += program.ask(f"{command} {steps}")

    threads = "one thread" if arguments.threads == 1 else f"{arguments.threads} threads"
    what = "medians" if arguments.sweep else f"median and least, and the median as a multiple of {programs[0].name}'s,"
    print(f"Microseconds for one step on {threads}: {what} of {arguments.repeats} turns.")
    print("Every program gave the same losses over some steps of training, and the same outputs.\n")
    (print_sweep if arguments.sweep else print_programs)(programs, cases, times)
    if arguments.csv:
        section = arguments.network + ", many sizes" * arguments.sweep
        write(arguments.csv, [Figure(arguments.architecture, arguments.threads, section, title, program.name, statistics.median(found), min(found)) for (program, title), found in times.items()])
    for program in programs:
        program.process.stdin.close()


main()
