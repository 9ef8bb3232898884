#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Runs programs of Google Benchmark and prints a table in Markdown of each.

usage: table.py [--threads N] [--coretype NAME] [--repeats N] [--seconds S] PROGRAM ...

A benchmark is named case/program. Runs of all of them take turns in random order.
"""

import argparse
import json
import os
import statistics
import subprocess

REFERENCE, LIMIT = "tessera", "copy"


def run(program, arguments):
    options = [f"--benchmark_repetitions={arguments.repeats}", f"--benchmark_min_time={arguments.seconds}",
               "--benchmark_enable_random_interleaving=true", "--benchmark_format=json"]
    environment = dict(os.environ, **{f"{library}_NUM_THREADS": str(arguments.threads) for library in ("OMP", "MKL", "OPENBLAS", "TESSERA")})
    for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):  # a library's own choice, unless it is asked for here
        environment.pop(name, None)
    if arguments.coretype:
        environment["OPENBLAS_CORETYPE"] = arguments.coretype
    text = subprocess.run([program, *options], env=environment, check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    listed = subprocess.run([program, "--benchmark_list_tests"], check=True, text=True, stdout=subprocess.PIPE).stdout.splitlines()
    cases = {name.rsplit("/", 1)[0]: {} for name in listed}  # in their own order, not that of the runs
    for result in json.loads(text)["benchmarks"]:
        if result["run_type"] == "iteration":
            case, name = result["run_name"].rsplit("/", 1)
            cases[case].setdefault(name, []).append(result)
    return cases


LEAST = False  # of times, and the greatest of rates: where other programs disturb


def median(results, key):
    values = [result[key] for result in results]
    return statistics.median(values) if not LEAST else min(values) if key == "real_time" else max(values)


def microseconds(results):
    time = median(results, "real_time") / 1000
    return f"{time:,.0f}" if time >= 1000 else f"{time:.3g}"


def print_table(program, cases):
    names = sorted({name for case in cases.values() for name in case}, key=lambda name: (not name.startswith(REFERENCE), name == LIMIT, name))
    print(f"### {os.path.basename(program).removeprefix('op_')}\n")
    print("| case | " + " | ".join(names) + " | rate | to the fastest other |")
    print("|---|" + "--:|" * (len(names) + 2))
    for case, found in cases.items():
        cells = [case.replace("/", ", ")]
        cells += [microseconds(found[name]) if name in found else "" for name in names]
        own = found.get(REFERENCE) or next(iter(found.values()))  # a limit of the machine stands alone
        rates = [f"{median(own, key) / 1e9:.3g} {unit}" for key, unit in (("bytes", "GB/s"), ("flop", "GFLOP/s")) if key in own[0]]
        others = [median(found[name], "real_time") for name in found if not name.startswith(REFERENCE) and name != LIMIT]
        cells += [" ".join(rates), f"{median(own, 'real_time') / min(others):.2f}" if REFERENCE in found and others else ""]
        print("| " + " | ".join(cells) + " |")
    print()


def main():
    parser = argparse.ArgumentParser(usage="table.py [--threads N] [--coretype NAME] [--repeats N] [--seconds S] PROGRAM ...")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--coretype", help="the processor that OpenBLAS shall take this one for, where it does not know it")
    parser.add_argument("--least", action="store_true", help="the least times instead of medians, where other programs run beside it")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.1, help="least time of one repetition")
    parser.add_argument("programs", nargs="+", metavar="PROGRAM")
    arguments = parser.parse_args()
    global LEAST
    LEAST = arguments.least
    threads = "one thread" if arguments.threads == 1 else f"{arguments.threads} threads"
    print(f"Microseconds on {threads}: {'least times' if arguments.least else 'medians'} of {arguments.repeats} runs in random order. The last column divides tessera's time by that")
    print("of the fastest other program; \"copy\" is memcpy of as many bytes as a case reads and writes, the limit of memory.\n")
    for program in arguments.programs:
        print_table(program, run(program, arguments))


main()
