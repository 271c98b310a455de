"""Print the tables of docs/factors.md as Markdown, from a market in the store.

Usage: python -m scripts.factor_evidence [--source us] [--write | --check]
With --write they are put in the place of the tables that stand in the file; with --check nothing is
printed but the lines that the file has otherwise, and there must be none. Every run of the tests
holds the file to those tables that take little time: see :func:`blocks`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np

from core.factors.evaluation import decay
from core.factors.evaluation_statistics import (
    MeanTest,
    by_label,
    cross_correlations,
    mean_test,
    rank_correlations_of_factors,
)
from core.units import Floats
from dashboard.format import count, percent, ratio
from scripts.factor_study import Study, study_of
from scripts.factor_turbulence import turbulence_table
from scripts.results_rules import markdown_row, markdown_rule
from scripts.results_tables import Block, publish

__all__ = ["FILE", "blocks"]

FILE: Final = "docs/factors.md"
COST_BPS: Final = 10.0
AHEAD: Final = (0, 1, 2, 5, 11)
_SHOWN: Final = 8  # variants


def blocks(study: Study, *, sample: bool = False) -> Iterator[Block]:
    """Yield the tables in the order of the file.

    A `sample` is without what needs all variants of topology, and without turbulence, a topology
    of every session: nine tenths of the time.
    """
    yield from _of(_side_by_side(study))
    yield from _of(_quintiles(study))
    yield from _of(_by_group(study, "rank IC by year", "rank_ic", study.years))
    yield from _of(_by_group(study, "spread by year", "spread", study.years))
    yield from _of(_by_group(study, "rank IC by regime", "rank_ic", study.regimes))
    yield from _of(_decay(study))
    yield from _of(_correlations(study))
    if not sample:
        yield from _of(_left_over(study))
        yield from _of(_variants(study))
        yield from _of(turbulence_table(study.market, study.rebalance))


def _of(table: Iterator[str]) -> Iterator[Block]:
    yield Block(FILE, tuple(table))


def _ic(test: MeanTest, digits: int = 3) -> str:
    if not test.count or not np.isfinite(test.mean):
        return ratio(None)
    mean = ratio(test.mean, digits, signed=True)
    if not np.isfinite(test.low):
        return mean
    return (
        f"{mean} ({ratio(test.low, digits, signed=True)} … {ratio(test.high, digits, signed=True)})"
    )


def _return(test: MeanTest) -> str:
    if not test.count or not np.isfinite(test.low):
        return percent(None)
    low, high = (percent(value, 2, signed=True) for value in (test.low, test.high))
    return f"{percent(test.mean, 2, signed=True)} ({low} … {high})"


def _side_by_side(study: Study) -> Iterator[str]:
    every = study.evaluations
    tests = {name: found.tests() for name, found in every.items()}
    net = {name: mean_test(found.net_spread(COST_BPS)) for name, found in every.items()}
    yield markdown_row(f"{len(study.rebalance)} decisions", *every)
    yield markdown_rule(len(every))
    yield markdown_row(
        "months with an outcome", *[count(t["rank_ic"].count) for t in tests.values()]
    )
    yield markdown_row("coverage", *[percent(float(e.coverage.mean())) for e in every.values()])
    yield markdown_row("rank IC", *[_ic(t["rank_ic"]) for t in tests.values()])
    yield markdown_row("t of it", *[ratio(t["rank_ic"].t, signed=True) for t in tests.values()])
    yield markdown_row("IC", *[_ic(t["ic"]) for t in tests.values()])
    yield markdown_row("spread a month", *[_return(t["spread"]) for t in tests.values()])
    yield markdown_row("t of it", *[ratio(t["spread"].t, signed=True) for t in tests.values()])
    yield markdown_row("turnover a month", *[ratio(t["turnover"].mean) for t in tests.values()])
    yield markdown_row("spread less 10 bps", *[_return(test) for test in net.values()])
    yield markdown_row("new in the top fifth", *[_mean(e.replaced) for e in every.values()])
    same = [ratio(float(np.nanmean(e.persistence))) for e in every.values()]
    yield markdown_row("rank correlation with last month", *same)


def _mean(series: Floats) -> str:
    return percent(float(np.nanmean(series)))


def _quintiles(study: Study) -> Iterator[str]:
    fifths = ("lowest fifth", "second", "third", "fourth", "highest fifth")
    yield markdown_row("mean return a month", *fifths)
    yield markdown_rule(len(fifths))
    for name, found in study.evaluations.items():
        means = np.nanmean(found.quantiles, axis=0)
        yield markdown_row(name, *[percent(float(value), 2) for value in means])


def _by_group(study: Study, title: str, series: str, labels: Any) -> Iterator[str]:
    write = _ic if series == "rank_ic" else _return
    found = {n: by_label(getattr(e, series), labels) for n, e in study.evaluations.items()}
    groups = list(next(iter(found.values())))
    yield markdown_row(title, "months", *found)
    yield markdown_rule(len(found) + 1)
    for group in groups:
        months = max(tests[group].count for tests in found.values())
        yield markdown_row(str(group), count(months), *[write(t[group]) for t in found.values()])


def _decay(study: Study) -> Iterator[str]:
    yield markdown_row("rank IC with the return", *study.scores)
    yield markdown_rule(len(study.scores))
    tests = {
        name: decay(study.market, values, study.universe, study.rebalance, AHEAD)
        for name, values in study.scores.items()
    }
    for place, ahead in enumerate(AHEAD):
        title = "of the next month" if not ahead else f"of month {ahead + 1}"
        yield markdown_row(title, *[_ic(each[place]) for each in tests.values()])


def _correlations(study: Study) -> Iterator[str]:
    names = list(study.scores)
    table = rank_correlations_of_factors(np.stack(list(study.scores.values()), axis=2))
    yield markdown_row("mean rank correlation", *names)
    yield markdown_rule(len(names))
    for name, row in zip(names, table, strict=True):
        yield markdown_row(name, *[ratio(float(value), signed=True) for value in row])


def _left_over(study: Study) -> Iterator[str]:
    titles = ("rank IC until 2020", "rank IC from 2021", "spread a month", "spread less 10 bps")
    yield markdown_row("without volatility and sector", *titles)
    yield markdown_rule(len(titles))
    scores: Mapping[str, Floats] = {
        name: study.scores[name] for name in ("momentum", "value", "quality", "topology")
    }
    for name, values in {**scores, "chosen variant": study.best.scores}.items():
        found = study.judged(study.left_over(values))
        yield markdown_row(
            name,
            _ic(mean_test(found.rank_ic[study.early])),
            _ic(mean_test(found.rank_ic[~study.early])),
            _return(mean_test(found.spread)),
            _return(mean_test(found.net_spread(COST_BPS))),
        )


def _variants(study: Study) -> Iterator[str]:
    titles = ("t", "rank IC from 2021", "t", "rank correlation with volatility", "turnover a month")
    yield markdown_row(
        f"best of {len(study.variants)} variants, high preferred", "rank IC until 2020", *titles
    )
    yield markdown_rule(len(titles) + 1)
    rated = sorted(
        study.variants, key=lambda v: -abs(mean_test(v.evaluation.rank_ic[study.early]).t)
    )
    first = [each for each in rated[:_SHOWN]]
    origin = next(each for each in study.variants if each.config == study.origin)
    for each in [*first, *([] if origin in first else [origin])]:
        series = -each.evaluation.rank_ic  # variants prefer low: turned round
        before, after = mean_test(series[study.early]), mean_test(series[~study.early])
        size = cross_correlations(-each.scores, study.scored(study.volatility), rank=True)
        yield markdown_row(
            each.name,
            _ic(before),
            ratio(before.t, signed=True),
            _ic(after),
            ratio(after.t, signed=True),
            ratio(float(np.nanmean(size)), signed=True),
            ratio(float(np.nanmean(each.evaluation.turnover))),
        )
    yield markdown_row("a best as good by luck alone", percent(study.luck), *[""] * len(titles))


if __name__ == "__main__":
    sys.exit(publish(__doc__, lambda pipeline, source: blocks(study_of(pipeline, source))))
