#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Runs programs of Google Benchmark and prints a table in Markdown of each.

usage: table.py [--threads N] [--quick] [--sweep] [--csv FILE] [--filter REGEX] ... PROGRAM ...

A benchmark is named case/program. Runs of all of them take turns in random order. op_limits, which lies beside the first program,
is run first: what it finds gives the limit of each row.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys

from results import REFERENCE, Figure, best_peer, flags, microseconds, table, write

LIBRARIES = ("OMP", "MKL", "OPENBLAS", "BLIS", "TESSERA")


def core_type(arguments):
    """What OpenBLAS shall take this processor for. 0.3.21 takes new ones, which have AVX-512, for one with SSE3."""
    if arguments.coretype is None and "avx512f" in open("/proc/cpuinfo", encoding="utf-8").read():
        return os.environ.get("OPENBLAS_CORETYPE", "SkylakeX")
    return "" if arguments.coretype == "auto" else arguments.coretype or ""


def environment(arguments):
    words = {f"{library}_NUM_THREADS": str(arguments.threads) for library in LIBRARIES}
    kept = {name: value for name, value in os.environ.items() if name not in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "TESSERA_BENCHMARK_SWEEP")}
    if core_type(arguments):
        words["OPENBLAS_CORETYPE"] = core_type(arguments)
    if arguments.sweep:
        words["TESSERA_BENCHMARK_SWEEP"] = "1"
    return kept | words


def split(name):
    """case/program/real_time/threads:2 as case and program."""
    return tuple(name.split("/real_time")[0].rsplit("/", 1))


class Row:
    """One case: the runs of each program, in microseconds, and what one run does."""

    def __init__(self):
        self.times, self.work = {}, {}

    def add(self, program, result, threads):
        # On one thread its own time: what the machine does besides counts for nothing.
        self.times.setdefault(program, []).append(result["cpu_time" if threads == 1 else "real_time"] / 1000)
        self.work = {key: result[key] for key in ("read", "written", "float", "double") if result.get(key)}

    def amount(self):
        return self.work.get("float") or self.work.get("double") or self.work.get("read", 0) + self.work.get("written", 0)

    def rate(self, time):
        operations = self.work.get("float") or self.work.get("double")
        return f"{operations / time / 1000:.3g} GFLOP/s" if operations else f"{self.amount() / time / 1000:.3g} GB/s" if self.work else ""


def run(program, arguments, repeats, seconds, filter_="."):
    """The rows of a program in the order in which it has them, and what it says of the machine and of libraries."""
    options = [f"--benchmark_filter={filter_}", f"--benchmark_repetitions={repeats}", f"--benchmark_min_time={seconds}", "--benchmark_enable_random_interleaving=true"]
    call = {"env": environment(arguments), "check": True, "text": True, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    listed = subprocess.run([program, "--benchmark_list_tests", options[0]], **call).stdout.splitlines()
    rows = {split(name)[0]: Row() for name in listed if "/" in name}
    if not rows:
        return rows, {}
    found = json.loads(subprocess.run([program, *options, "--benchmark_format=json"], **call).stdout)
    for result in found["benchmarks"]:
        if result.get("error_occurred"):
            sys.exit(f"{program}: {result['name']} {result['error_message']}")
        if result["run_type"] == "iteration":
            case, name = split(result["run_name"])
            rows[case].add(name, result, arguments.threads)
    return rows, found["context"]


class Machine:
    """Operations and bytes in a microsecond, as op_limits finds them."""

    def __init__(self, rows, context):
        self.rates, self.rows = {}, rows
        self.levels = [(level, float(context[f"cache: {level}"])) for level in ("L1", "L2", "L3")] + [("memory", float("inf"))]
        for case, row in rows.items():
            what, where = case.split("/")
            what = what.split(" past")[0]  # whichever way of writing is faster
            self.rates[what, where] = max(self.rates.get((what, where), 0), row.amount() / min(row.times["limit"]))

    def limit(self, row):
        """Microseconds below which no program gets: arithmetic and memory traffic may overlap."""
        read, written = row.work.get("read", 0), row.work.get("written", 0)
        level = next(name for name, size in self.levels if read + written <= size)
        kind = "read" if written < read / 8 else "triad" if written < read * 0.7 else "copy"
        times = [row.work[kind_] / self.rates["multiply-add", kind_] for kind_ in ("float", "double") if kind_ in row.work]
        return max(times + [(read + written) / self.rates[kind, level]])

    def print(self):
        print("### The limits of the machine\n")
        print("Each cache with arrays that fill it in part and the one before more than once; \"past the caches\" are stores that memory gets at once.\n")
        table(["what", "rate"], [[case.replace("/", ", "), row.rate(min(row.times["limit"]))] for case, row in self.rows.items()])


def figures_of(section, rows, machine, arguments):
    summary = min if arguments.least else statistics.median
    return {case: {name: Figure(arguments.architecture, arguments.threads, section, case, name, summary(times), min(times), machine.limit(row)) for name, times in row.times.items()}
            for case, row in rows.items()}


def print_table(rows, figures, sweep):
    names = sorted({name for row in rows.values() for name in row.times}, key=lambda name: (not name.startswith(REFERENCE), name))
    lines = []
    for case, row in rows.items():
        found = figures[case]
        cells = [case.replace("/", ", ")] + [microseconds(found[name].median_us) if name in found else "" for name in names]
        own, peer = found.get(REFERENCE), best_peer(found)
        if own:
            share = own.limit_us / own.median_us
            cells += [microseconds(own.limit_us) if row.work else "", f"{share:.0%}" if row.work else "", row.rate(own.median_us)]
            cells += [f"{own.median_us / peer.median_us:.2f}" if peer else ""]
        else:
            cells += [""] * 4
        lines.append(cells + [sweep.get(case, "")] * bool(sweep))
    table(["case", *names, "limit", "share of it", "rate", "to the fastest other"] + ["flag"] * bool(sweep), lines)


def series_of(case):
    return case.rsplit("/", 1)[0]


def sweep_flags(rows, figures):
    """{case: what is wrong with its size}, for tessera; empty texts where nothing is."""
    found = {}
    for name in dict.fromkeys(map(series_of, rows)):
        cases = [case for case in rows if series_of(case) == name and REFERENCE in figures[case]]
        own, others = [figures[case][REFERENCE] for case in cases], [best_peer(figures[case]) for case in cases]
        amounts = [rows[case].amount() for case in cases]
        found |= dict(zip(cases, flags([(n, f.median_us, f.limit_us) for n, f in zip(amounts, own)], [f and (n, f.median_us, f.limit_us) for n, f in zip(amounts, others)])))
    return found


def parse():
    parser = argparse.ArgumentParser(description="Runs programs of Google Benchmark and prints a table in Markdown of each.")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--coretype", help="the processor that OpenBLAS shall take this one for: SkylakeX where this one has AVX-512 and OPENBLAS_CORETYPE is not set; auto: its own choice")
    parser.add_argument("--least", action="store_true", help="the least times instead of medians, where other programs run beside it")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.1, help="least time of one repetition")
    parser.add_argument("--quick", action="store_true", help="3 repetitions of 0.02 seconds")
    parser.add_argument("--sweep", action="store_true", help="many sizes of the cases that have them; a size that costs too much is flagged")
    parser.add_argument("--filter", default=".", help="a regular expression for case/program")
    parser.add_argument("--csv", help="a file that the figures are added to")
    parser.add_argument("--architecture", default="native", help="how the programs were compiled, for the file")
    parser.add_argument("programs", nargs="+", metavar="PROGRAM")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.repeats, arguments.seconds = 3, 0.02
    return arguments


def main():
    arguments = parse()
    limits = os.path.join(os.path.dirname(arguments.programs[0]), "op_limits")
    machine = Machine(*run(limits, arguments, 5, 0.05))  # of the best run
    threads = "one thread, of its own processor time" if arguments.threads == 1 else f"{arguments.threads} threads"
    print(f"Microseconds on {threads}: {'least times' if arguments.least else 'medians'} of {arguments.repeats} runs in random order. \"limit\" is what the machine needs at least for a row's")
    print("arithmetic or for its memory traffic, \"share of it\" how much of that limit tessera reaches; the column behind \"rate\" divides tessera's")
    print("time by that of the fastest other program. Every program of a row gave the same results before it was timed.\n")
    machine.print()
    libraries = {}
    for program in arguments.programs:
        section = os.path.basename(program).removeprefix("op_")
        if section == "limits":
            continue
        rows, context = run(program, arguments, arguments.repeats, arguments.seconds, arguments.filter)
        libraries |= {name: text for name, text in context.items() if name.startswith("library: ")}
        if not rows:
            continue
        if arguments.sweep:  # a case with all its sizes, then the next
            rows = {case: rows[case] for name in dict.fromkeys(map(series_of, rows)) for case in rows if series_of(case) == name}
            section += ", many sizes"
        figures = figures_of(section, rows, machine, arguments)
        if arguments.csv:
            write(arguments.csv, [figure for row in figures.values() for figure in row.values()])
        print(f"### {section}\n")
        print_table(rows, figures, sweep_flags(rows, figures) if arguments.sweep else {})
    for name in sorted(libraries):
        print(f"{libraries[name]}{', asked to take the processor for ' + core_type(arguments) if 'OpenBLAS' in name and core_type(arguments) else ''}.  ")
    print()


main()
