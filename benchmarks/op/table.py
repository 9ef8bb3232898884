#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Runs programs of Google Benchmark and prints a table in Markdown of each.

usage: table.py [--repeats N] [--seconds S] PROGRAM ...

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
    environment = dict(os.environ, **{f"{library}_NUM_THREADS": "1" for library in ("OMP", "MKL", "OPENBLAS", "TESSERA")})
    text = subprocess.run([program, *options], env=environment, check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    listed = subprocess.run([program, "--benchmark_list_tests"], check=True, text=True, stdout=subprocess.PIPE).stdout.splitlines()
    cases = {name.rsplit("/", 1)[0]: {} for name in listed}  # in their own order, not that of the runs
    for result in json.loads(text)["benchmarks"]:
        if result["run_type"] == "iteration":
            case, name = result["run_name"].rsplit("/", 1)
            cases[case].setdefault(name, []).append(result)
    return cases


def median(results, key):
    return statistics.median(result[key] for result in results)


def microseconds(results):
    time = median(results, "real_time") / 1000
    return f"{time:,.0f}" if time >= 1000 else f"{time:.3g}"


def print_table(program, cases):
    names = sorted({name for case in cases.values() for name in case}, key=lambda name: (not name.startswith(REFERENCE), name == LIMIT, name))
    print(f"### {os.path.basename(program).removeprefix('op_')}\n")
    print("| case | " + " | ".join(names) + " | rate of tessera | to the fastest other |")
    print("|---|" + "--:|" * (len(names) + 2))
    for case, found in cases.items():
        cells = [case.replace("/", ", ")]
        cells += [microseconds(found[name]) if name in found else "" for name in names]
        own = found[REFERENCE]
        rates = [f"{median(own, key) / 1e9:.3g} {unit}" for key, unit in (("bytes", "GB/s"), ("flop", "GFLOP/s")) if key in own[0]]
        others = [median(found[name], "real_time") for name in found if not name.startswith(REFERENCE) and name != LIMIT]
        cells += [" ".join(rates), f"{median(own, 'real_time') / min(others):.2f}" if others else ""]
        print("| " + " | ".join(cells) + " |")
    print()


def main():
    parser = argparse.ArgumentParser(usage="table.py [--repeats N] [--seconds S] PROGRAM ...")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.1, help="least time of one repetition")
    parser.add_argument("programs", nargs="+", metavar="PROGRAM")
    arguments = parser.parse_args()
    print(f"Microseconds on one thread: medians of {arguments.repeats} runs in random order. The last column divides tessera's time by that")
    print("of the fastest other program; \"copy\" is memcpy of as many bytes as a case reads and writes, the limit of memory.\n")
    for program in arguments.programs:
        print_table(program, run(program, arguments))


main()
