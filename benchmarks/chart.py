#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Draws a report as SVG: a bar for each row, from the fastest other program to tessera on a logarithmic axis.

usage: chart.py REPORT.csv > REPORT.svg

Left of the middle tessera is faster, right of it slower. Colours are told apart by those who do not see all of them, and say nothing
that the side of a bar does not say too.
"""

import math
import sys
from xml.sax.saxutils import escape

from results import best_peer, ratio, read, verdict

COLOURS = {"ahead": "#0072b2", "level": "#767676", "behind": "#d55e00"}
LABELS, PLOT, VALUES, LINE, TOP, MOST = 400, 440, 250, 20, 96, 16.0  # pixels, and the greatest ratio that the axis has


def x(value):
    return LABELS + PLOT / 2 * (1 + math.log(min(max(value, 1 / MOST), MOST)) / math.log(MOST))


def text(left, top, words, anchor="start", style=""):
    return f'<text x="{left:.1f}" y="{top:.1f}" text-anchor="{anchor}"{style}>{escape(words)}</text>'


def bar(top, case, figures):
    value = ratio(figures)
    left, right = sorted((x(1), x(value)))
    colour = COLOURS[verdict(value)]
    beyond = " (beyond the axis)" if not 1 / MOST <= value <= MOST else ""
    return [
        f'<rect x="{left:.1f}" y="{top + 3}" width="{max(right - left, 1.5):.1f}" height="{LINE - 6}" fill="{colour}"><title>{escape(case)}: {value:.2f}</title></rect>',
        text(LABELS - 10, top + LINE - 6, case.replace("/", ", "), "end"),
        text(LABELS + PLOT + 10, top + LINE - 6, f"{value:.2f} of {best_peer(figures).program}{beyond}"),
    ]


def axis(bottom):
    lines = []
    for power in range(-4, 5):
        value = 2.0**power
        words = "as fast" if power == 0 else f"{2**-power}× faster" if power < 0 else f"{2**power}× slower"
        stroke = "#333" if power == 0 else "#ddd"
        lines.append(f'<line x1="{x(value):.1f}" y1="{TOP - 8}" x2="{x(value):.1f}" y2="{bottom}" stroke="{stroke}"/>')
        if power % 2 == 0:
            lines += [text(x(value), place, words, "middle", ' fill="#333"') for place in (TOP - 14, bottom + 16)]
    return lines


def legend():
    lines, left = [], LABELS
    for name, words in (("ahead", "tessera ahead"), ("level", "within 5 %"), ("behind", "tessera behind")):
        lines += [f'<rect x="{left}" y="46" width="14" height="12" fill="{COLOURS[name]}"/>', text(left + 20, 57, words)]
        left += 140
    return lines


def main():
    rows = read(sys.argv[1])
    architecture, threads = next(iter(rows))[:2]
    sections = {}
    for (name, count, section, case), figures in rows.items():
        if (name, count) == (architecture, threads) and not section.endswith("many sizes") and ratio(figures):
            sections.setdefault(section, []).append((case, figures))
    if not sections:
        sys.exit(f"{sys.argv[1]} has no row with another program")
    marks, top = [], TOP
    for section, cases in sections.items():
        marks.append(text(LABELS - 10, top + LINE - 4, section, "end", ' font-weight="bold"'))
        top += LINE + 2
        for case, figures in cases:
            marks += bar(top, case, figures)
            top += LINE
    width, height = LABELS + PLOT + VALUES, top + 40
    count = sum(map(len, sections.values()))
    ahead = sum(verdict(ratio(figures)) != "behind" for cases in sections.values() for _, figures in cases)
    on = "one thread" if threads == 1 else f"{threads} threads"
    print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" aria-labelledby="title description" font-family="sans-serif" font-size="13">')
    print('<title id="title">tessera beside the fastest other program</title>')
    print(f'<desc id="description">Times of tessera divided by those of the fastest other program, {count} rows on {on}; in {ahead} of them tessera is level or ahead.</desc>')
    print(f'<rect width="{width}" height="{height}" fill="#fff"/>')
    print(text(20, 28, f"tessera beside the fastest other program: {ahead} of {count} rows level or ahead ({architecture}, {on})", style=' font-size="18" font-weight="bold"'))
    print("\n".join(legend() + axis(top + 6) + marks))
    print("</svg>")


main()
