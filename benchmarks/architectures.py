#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Prints the rows of a report that several architectures have beside each other: what tessera takes for each instruction set that it
was compiled for, and what LibTorch takes, which chooses its instructions when it runs.

usage: architectures.py REPORT.csv
"""

import sys

from results import REFERENCE, microseconds, read, table

DISPATCHING = ("LibTorch", "LibTorch, fused Adam", "PyTorch, compiled")


def main():
    rows = {}
    for (architecture, threads, section, case), figures in read(sys.argv[1]).items():
        rows.setdefault((threads, section, case), {})[architecture] = figures
    names = list(dict.fromkeys(name for found in rows.values() for name in found))
    print(f"Microseconds of tessera compiled for {', '.join(names)}, each measured in a run of its own, and the fastest of LibTorch beside each; \"to LibTorch\" divides the two.\n")
    lines = []
    for (threads, section, case), found in rows.items():
        if len(found) < 2 or not all(REFERENCE in figures for figures in found.values()):
            continue
        own = [found[name][REFERENCE].median_us if name in found else None for name in names]
        torch = [min((found[name][peer].median_us for peer in DISPATCHING if peer in found[name]), default=None) if name in found else None for name in names]
        lines.append([f"{section}{f', {threads} threads' if threads > 1 else ''}: {case.replace('/', ', ')}", *[microseconds(t) if t else "" for t in own],
                      microseconds(min(filter(None, torch))) if any(torch) else "", *[f"{a / b:.2f}" if a and b else "" for a, b in zip(own, torch)]])
    table(["case", *names, "LibTorch", *[f"{name} to LibTorch" for name in names]], lines)


main()
