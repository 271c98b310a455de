"""The evidence in words: how many tries, what luck alone shows, and what is left of the result."""

from __future__ import annotations

import math
from typing import Final, Literal

from core.evidence.overfitting import Overfitting
from core.evidence.standing import ENOUGH_KNOWN, Standing
from core.evidence.superior import Superiority
from core.units import SESSIONS_PER_YEAR
from dashboard.evidence import Part, Tests, Tried
from dashboard.evidence_trials import Tally
from dashboard.format import count, percent, ratio

__all__ = [
    "SURE",
    "Tone",
    "chance_text",
    "chances_text",
    "chances_words",
    "deflated_tone",
    "deflated_words",
    "p_text",
    "standing_words",
    "tests_words",
    "tried_fault",
    "tried_words",
    "yearly",
]

Tone = Literal["", "warn", "bad"]
SURE: Final = 0.95  # from here on luck is excluded as far as anybody calls it so
_EVEN: Final = 0.5


def yearly(sharpe: float) -> float:
    """Return a Sharpe ratio per session as one per year."""
    return sharpe * math.sqrt(SESSIONS_PER_YEAR)


def deflated_tone(deflated: float) -> Tone:
    """Return how a deflated Sharpe ratio is shown: plain, amber below 0.95, red below one half."""
    return "" if deflated >= SURE else "warn" if deflated >= _EVEN else "bad"


def deflated_words(deflated: float) -> str:
    """Say what a deflated Sharpe ratio means."""
    return {
        "": "luck of the search hardly explains it",
        "warn": "luck of the search is not excluded",
        "bad": "the search alone would show as much",
    }[deflated_tone(deflated)]


def tried_words(tally: Tally) -> str:
    """Say how many settings were tried on this market, and how."""
    settings = "1 setting was" if tally.trials == 1 else f"{count(tally.trials)} settings were"
    told = f"{settings} tried on this market"
    ways = {"page": "on pages", "cli": "on the command line", "sweep": "in sweeps and surfaces"}
    parts = [
        f"{count(tally.by_origin[origin])} {words}"
        for origin, words in ways.items()
        if tally.by_origin.get(origin)
    ]
    told += f": {', '.join(parts)}" if len(parts) > 1 else ""
    if tally.here < tally.trials:
        told += f"; {count(tally.here)} of them on exactly these data"
    return f"{told}."


def chances_words(found: Standing) -> str:
    """Say to how many independent chances the trials amount."""
    if found.trials == 1:
        return "A single setting: nothing was chosen, so nothing is taken off."
    if found.known < min(ENOUGH_KNOWN, found.trials):
        return (
            f"Returns over these sessions are known of {count(found.known)} only, too few to say "
            "how alike the others are: each of them counts as a chance of its own."
        )
    if found.unseen == found.trials - 1:
        return (
            f"Nothing is known of the returns of the {count(found.unseen)} others over these "
            "sessions: each of them counts as a chance of its own."
        )
    families = f"{count(found.luck.families)} {_plural('family', found.luck.families)}"
    known = (
        "Their returns are all known"
        if found.known == found.trials
        else f"The returns of {count(found.known)} of them are known over these sessions; other "
        "runs of the same sweeps are taken to be as alike"
    )
    alone = (
        f", the {count(found.unseen)} of which nothing else is known being a chance each"
        if found.unseen
        else ""
    )
    return (
        f"{known}: as alike as they are ({families} of a correlation above 0.95), they amount to "
        f"{chances_text(found)}{alone}."
    )


def chances_text(found: Standing) -> str:
    """Write to how many independent chances the trials amount."""
    number = found.effective
    told = ratio(number, 1) if number < 9.95 else f"about {count(round(number))}"
    return f"{told} independent {_plural('chance', number)}"


def chance_text(probability: float) -> str:
    """Write a probability that is an estimate: never as certain, never as impossible."""
    if probability >= 0.995:
        return f"over {percent(0.99, 0)}"
    return f"under {percent(0.01, 0)}" if probability < 0.005 else percent(probability, 0)


def standing_words(found: Standing, years: float) -> tuple[str, ...]:
    """Say what is left of the Sharpe ratio, and how long a record it would take."""
    sharpe, error = yearly(found.moments.sharpe), yearly(found.standard_error)
    words = [
        f"The Sharpe ratio is {ratio(sharpe)} a year with a standard error of {ratio(error)}: the "
        f"probability that the true one is above 0 is {chance_text(found.probabilistic)} if "
        "nothing else had been tried."
    ]
    if found.trials > 1:
        words.append(
            f"The best of {chances_text(found)} without any skill shows "
            f"{ratio(yearly(found.expected_best))} on average, that of {count(found.trials)} "
            f"independent ones {ratio(yearly(found.expected_best_all))}. Deflated by that, the "
            f"probability is {chance_text(found.deflated)}, or "
            f"{chance_text(found.deflated_all)} with every trial as a chance of its own: "
            f"{deflated_words(found.deflated)}."
        )
    words.append(_record_words(found, years))
    if found.backtest_years > years:
        words.append(
            f"{ratio(years, 1)} years are too few for so many tries: the best of them would show a "
            f"Sharpe ratio of 1 by luck unless there were {ratio(found.backtest_years, 1)} years."
        )
    return tuple(words)


def _record_words(found: Standing, years: float) -> str:
    if found.track_record is None:
        return "It is not above 0: no longer record of the same kind would show skill."
    needed = found.track_record / SESSIONS_PER_YEAR
    if needed <= years:
        return (
            f"{ratio(needed, 1)} years of such returns show at 95 in 100 that it is above 0; there "
            f"are {ratio(years, 1)}."
        )
    return (
        f"{ratio(needed - years, 1)} more years of such returns would be needed to show at 95 in "
        "100 that it is above 0."
    )


def tests_words(tests: Tests, benchmark: str) -> tuple[str, ...]:
    """Say what the tests of all trials found, or why they could not be made."""
    return (
        _superior_words(tests.cash, "cash"),
        _superior_words(tests.benchmark, benchmark),
        _overfitting_words(tests.overfitting),
    )


def p_text(value: float) -> str:
    """Write a p-value."""
    return ratio(value) if value >= 0.005 else "< 0.01"


def _superior_words(part: Part[Superiority], against: str) -> str:
    found = part.found
    if found is None:
        return f"Best trial against {against}: {_sentence(part.why)}"
    if found.statistic <= 0.0:
        return f"Best trial against {against}: no trial did better."
    verdict = "beyond what the search explains" if found.p_value <= 0.05 else "within noise"
    return (
        f"Best trial against {against}: p {p_text(found.p_value)} (Hansen), "
        f"{p_text(found.reality_check)} (reality check), over {count(found.trials)} "
        f"{_plural('trial', found.trials)}: {verdict}."
    )


def _overfitting_words(part: Part[Overfitting]) -> str:
    found = part.found
    if found is None:
        return f"Probability of overfitting: {_sentence(part.why)}"
    return (
        f"Probability of overfitting {percent(found.probability, 0)}, between "
        f"{percent(found.low, 0)} and {percent(found.high, 0)} in resampled histories: so often "
        "the trial that was best on half of the sessions is in the lower half on the rest. It is "
        "unstable on few years: read the range."
    )


def _sentence(why: str) -> str:
    return why if why.endswith(".") else f"{why}."


def _plural(word: str, number: float) -> str:
    if number == 1:
        return word
    return f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"


def tried_fault(part: Part[Tried]) -> str:
    """Return why the trials cannot be counted or trusted; "" where they can."""
    return part.why if part.found is None else part.found.fault
