# SPDX-License-Identifier: GPL-3.0-or-later
"""What the benchmarks share: alternating pairs, the 95 % interval of a median, and the rows that `run` puts into one table."""
import json
import os
import random
import statistics
from pathlib import Path


def interval(values):
    """Median and its 95 % interval: percentiles of 10 000 bootstrap medians."""
    values = sorted(values)
    draw = random.Random(0)
    medians = sorted(statistics.median(draw.choices(values, k=len(values))) for _ in range(10_000))
    return statistics.median(values), medians[250], medians[9749]


def alternate(ours, theirs, count):
    """[(ours, theirs)]; the side that goes first alternates. One pair before, not counted, warms caches."""
    ours(), theirs()
    results = []
    for i in range(count):
        if i % 2 == 0:
            a = ours()
            b = theirs()
        else:
            b = theirs()
            a = ours()
        results.append((a, b))
    return results


def compared(what, unit, pairs, goal, cores, smaller_is_better=False):
    """A row of the table: the ratio is above 1 where ours is better, whatever the unit."""
    ratio, low, high = interval([b / a if smaller_is_better else a / b for a, b in pairs])
    return {"what": what, "unit": unit, "ours": statistics.median(a for a, _ in pairs), "peer": statistics.median(b for _, b in pairs),
            "ratio": ratio, "low": low, "high": high, "goal": f"≥ {goal:g}×", "met": ratio >= goal, "cores": cores, "pairs": len(pairs)}


def alone(what, unit, values, limit):
    """A row without a peer: the median and its interval against a limit."""
    median, low, high = interval(values)
    return {"what": what, "unit": unit, "ours": median, "low": low, "high": high, "goal": f"≤ {limit:g} {unit}", "met": median <= limit,
            "cores": usable_cores(), "pairs": len(values)}


def usable_cores():
    return len(os.sched_getaffinity(0))


def number(value):
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def table(rows):
    lines = ["| what | unit | Atelier | peer | ratio | 95 % | goal | met | cores |", "|---|---|---|---|---|---|---|---|---|"]
    for row in rows:
        ratio = f"**{row['ratio']:.2f}×**" if "ratio" in row else "–"
        spread = f"{row['low']:.2f} – {row['high']:.2f}" if "ratio" in row else f"{number(row['low'])} – {number(row['high'])}"
        lines.append(f"| {row['what']} | {row['unit']} | {number(row['ours'])} | {number(row['peer']) if 'peer' in row else '–'} | {ratio} | "
                     f"{spread} | {row['goal']} | {'yes' if row['met'] else '**no**'} | {row['cores']} |")
    return "\n".join(lines)


def finish(rows, versions, path, **details):
    """Prints the rows and, for `run`, writes them with the versions of both sides to `path`."""
    print(", ".join(f"{name} {version}" for name, version in versions.items()) + "\n\n" + table(rows))
    if path:
        Path(path).write_text(json.dumps({"versions": versions, "rows": rows, **details}, indent=1) + "\n")
