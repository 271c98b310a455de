"""Print the factor evidence of docs/results.md as Markdown: what each score was worth, by period.

The numbers are those of `plimsoll factors --topology` and of the page Factors.

Usage: python -m scripts.results_factors [--source us]
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.presets import preset
from core.scenario import with_values
from dashboard.format import DASH, count, percent, ratio
from dashboard.home import home_folder
from dashboard.ladder import PERIODS
from dashboard.pipeline import Pipeline
from dashboard.review_factors import factor_study
from dashboard.review_factors_found import FactorStudy
from dashboard.studies import Pace
from scripts.results_rules import markdown_row, markdown_rule

__all__ = ["evidence", "main"]


def evidence(pipeline: Pipeline, source: str, home: Path) -> Iterator[str]:
    """Yield a table of every factor and one of its years, for each period of the plan."""
    quiet = Pace(lambda: False, lambda _share: None)
    for start, end in PERIODS:
        period = {"universe.source": source, "period.start": start, "period.end": end}
        run = pipeline.run(with_values(preset("Phase 8"), period))
        found = factor_study(run, quiet, home)
        yield f"### Scores, {run.dates[0]} … {run.dates[-1]}"
        yield ""
        yield from _summary(found)
        yield ""
        yield from _years(found)
        yield ""


def _summary(found: FactorStudy) -> Iterator[str]:
    table = found.summary()
    titles = ("months", "coverage", "rank IC", "t", "IC", "t", "spread a month", "t",
              "turnover", "spread less costs")  # fmt: skip
    yield markdown_row("factor", *titles)
    yield markdown_rule(len(titles))
    for name, row in table.iterrows():
        yield markdown_row(
            str(name),
            count(row["months"]),
            percent(row["coverage"]),
            _mean(row, "rank_ic"),
            ratio(row["rank_ic_t"], signed=True),
            _mean(row, "ic"),
            ratio(row["ic_t"], signed=True),
            _mean(row, "spread"),
            ratio(row["spread_t"], signed=True),
            ratio(row["turnover"]),
            _mean(row, "net_spread"),
        )


def _years(found: FactorStudy) -> Iterator[str]:
    table = found.by("year")
    years = sorted(set(table.index.get_level_values("year")))
    yield markdown_row("rank IC by year", *map(str, years))
    yield markdown_rule(len(years))
    for name in found.names:
        cells = []
        for year in years:
            row = table.loc[(year, name)]
            value = _mean(row, "rank_ic")
            cells.append(f"n {count(row['months'])}" if value == DASH else value)
        yield markdown_row(name, *cells)


def _mean(row: Any, name: str) -> str:
    value, low, high = (float(row[key]) for key in (name, f"{name}_low", f"{name}_high"))
    if math.isnan(value):
        return DASH
    write, digits = (ratio, 3) if name.endswith("ic") else (percent, 2)
    said = write(value, digits, signed=True)
    if math.isnan(low):
        return said
    return f"{said} ({write(low, digits, signed=True)} … {write(high, digits, signed=True)})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source", default="us")
    arguments = parser.parse_args()
    home = home_folder()
    for line in evidence(Pipeline(home), arguments.source, home):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
