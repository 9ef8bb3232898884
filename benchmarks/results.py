# SPDX-License-Identifier: BSL-1.0
"""The figures of a report: a CSV file with a line for each program of each case, and what follows from them."""

import csv
import dataclasses
import os
import sys

REFERENCE = "tessera"
CLIFF = 1.5  # how much more a size may cost for each element than its neighbours, or than the best of the smaller sizes


@dataclasses.dataclass(frozen=True)
class Figure:
    """limit_us: what the machine needs for the arithmetic or the memory traffic of the case at least; 0 where that is unknown."""
    architecture: str
    threads: int
    section: str
    case: str
    program: str
    median_us: float
    least_us: float
    limit_us: float = 0.0

    def row(self):
        return self.architecture, self.threads, self.section, self.case


def write(path, figures):
    """Appends, with a headline where the file is new."""
    names = [field.name for field in dataclasses.fields(Figure)]
    is_new = not os.path.exists(path) or os.path.getsize(path) == 0
    with open(path, "a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        if is_new:
            writer.writerow(names)
        writer.writerows([f"{value:.6g}" if isinstance(value, float) else value for value in dataclasses.astuple(figure)] for figure in figures)


def read(path):
    """Rows in the order of the file: {(architecture, threads, section, case): {program: figure}}."""
    kinds = {field.name: field.type for field in dataclasses.fields(Figure)}
    rows = {}
    with open(path, newline="", encoding="utf-8") as file:
        for line in csv.DictReader(file):
            figure = Figure(**{name: kinds[name](value) for name, value in line.items()})
            rows.setdefault(figure.row(), {})[figure.program] = figure
    return rows or sys.exit(f"{path} has no figures")


def is_peer(program):
    return not program.startswith(REFERENCE)


def best_peer(figures):
    """The fastest other program of a row, or None."""
    return min((f for name, f in figures.items() if is_peer(name)), key=lambda f: f.median_us, default=None)


def ratio(figures):
    """tessera's time as a multiple of that of the fastest other program, or None where either is missing."""
    peer = best_peer(figures)
    return figures[REFERENCE].median_us / peer.median_us if peer and REFERENCE in figures else None


def verdict(value):
    return "ahead" if value < 0.95 else "level" if value <= 1.05 else "behind"


def microseconds(time):
    return f"{time:,.0f}" if time >= 1000 else f"{time:.3g}"


def table(head, rows):
    """Markdown; the first column is of text."""
    print("| " + " | ".join(head) + " |")
    print("|---|" + "--:|" * (len(head) - 1))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


def excess(sizes):
    """For each of some sizes in ascending order, given as (elements or operations, time, limit or 0): how much more an element costs
    than at both neighbours, and how much more than at the best smaller size, there measured by what the machine needs."""
    cost = [time / amount for amount, time, _ in sizes]
    relative = [time / limit if limit else time / amount for amount, time, limit in sizes]
    last = len(sizes) - 1
    return [(cost[i] / max(cost[i - 1], cost[i + 1]) if 0 < i < last else 0, relative[i] / min(relative[:i]) if i else 0) for i in range(last + 1)]


def flags(sizes, of_peer):
    """What is wrong with each size, and whether the fastest other program (sizes, or None, for each) has the same fault."""
    theirs = excess(of_peer) if all(of_peer) else [(0, 0)] * len(sizes)
    found = []
    for own, other in zip(excess(sizes), theirs):
        words = []
        for what, than, mine, its in zip(("cliff", "superlinear"), ("both neighbours", "the best smaller size"), own, other):
            if mine > CLIFF:
                words.append(f"{what}: {mine:.1f} times {than}" + (", the fastest other too" if its > CLIFF else ""))
        found.append("; ".join(words))
    return found
