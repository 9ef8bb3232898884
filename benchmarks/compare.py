#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Compares two runs of a report: how far its rows drifted, the worst first, and which verdicts changed.

usage: compare.py [--all] FIRST.csv SECOND.csv
"""

import argparse
import statistics

from results import CLIFF, ratio, read, table, verdict


def title(row):
    architecture, threads, section, case = row
    return f"{architecture}, {threads} thread{'s' * (threads != 1)}, {section}: {case.replace('/', ', ')}"


def drift(first, second):
    """How far apart two values are, as the greater divided by the smaller."""
    return max(first, second) / min(first, second)


def worst_program(first, second):
    """The program of a row whose time drifted most, and how far."""
    return max(((name, drift(first[name].median_us, second[name].median_us)) for name in first if name in second), key=lambda pair: pair[1])


def main():
    parser = argparse.ArgumentParser(description="Compares two runs of a report.")
    parser.add_argument("--all", action="store_true", help="every row instead of the twenty that drifted most")
    parser.add_argument("first")
    parser.add_argument("second")
    arguments = parser.parse_args()
    first, second = read(arguments.first), read(arguments.second)
    common = [row for row in first if row in second and set(first[row]) & set(second[row])]
    rows = []
    for row in common:
        ratios = ratio(first[row]), ratio(second[row])
        name, far = worst_program(first[row], second[row])
        known = all(ratios)
        rows.append((drift(*ratios) if known else 1, far, row, name, ratios if known else None))
    rows.sort(key=lambda line: line[:2], reverse=True)

    ratios = [line for line in rows if line[4]]
    changed = [line for line in ratios if verdict(line[4][0]) != verdict(line[4][1])]
    print(f"{len(common)} rows are in both files, {len(first) + len(second) - 2 * len(common)} in one of them only.")
    if ratios:
        print(f"The ratio of tessera to the fastest other program drifted by {statistics.median(line[0] for line in ratios):.3f} in the median and by {ratios[0][0]:.2f} at worst;")
        print(f"in {sum(line[0] > CLIFF for line in ratios)} rows by more than {CLIFF}. {len(changed)} rows have another verdict (ahead below 0.95, behind above 1.05).\n")
    if changed:
        print("### Verdicts that changed\n")
        table(["row", "first ratio", "second ratio", "verdict"],
              [[title(row), f"{a:.2f}", f"{b:.2f}", f"{verdict(a)}, then {verdict(b)}"] for _, _, row, _, (a, b) in changed])
    print("### Drift\n")
    table(["row", "first ratio", "second ratio", "drift of the ratio", "worst drift of a time", "program"],
          [[title(row), *([f"{pair[0]:.2f}", f"{pair[1]:.2f}", f"{of_ratio:.2f}"] if pair else [""] * 3), f"{far:.2f}", name] for of_ratio, far, row, name, pair in rows[: None if arguments.all else 20]])


main()
