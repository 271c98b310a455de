"""Where a walk-forward tunes and where it is judged: windows of sessions, laid out by rebalance."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import ConfigError, HistoryError
from core.units import Ints

__all__ = ["Fold", "lay_out"]


@dataclass(frozen=True, slots=True)
class Fold:
    """One choice: what it may look at, and where it is judged. Sessions are inclusive.

    Attributes
    ----------
    train_first, train_last : int
        The choice sees these sessions and nothing after them.
    test_first, test_last : int
        The choice is in force from the first, a rebalance, to the last.
    """

    train_first: int
    train_last: int
    test_first: int
    test_last: int


def lay_out(
    rebalance: Ints,
    sessions: int,
    *,
    train: int,
    test: int = 1,
    anchored: bool = False,
    purge: int = 0,
) -> tuple[Fold, ...]:
    """Cut a period into folds that follow one another.

    Parameters
    ----------
    rebalance : int64[R]
        Sessions at whose close the book is decided, increasing.
    sessions : int
        Of the whole period.
    train, test : int
        Rebalances of a training window (of the first one where `anchored`), and between two
        choices; at least 1.
    anchored : bool
        Training windows all begin at the first rebalance and grow; otherwise they have one length
        and move on.
    purge : int
        Sessions left out between training and test, at least 0.

    Returns
    -------
    tuple of Fold
        The tests are disjoint, without a gap, and cover every session from the first choice to the
        last of the period; the last test may be shorter. A training window ends before its test
        begins, by `purge` sessions more.

    Raises
    ------
    ConfigError
        A number is out of range.
    HistoryError
        The period has too few rebalances, or the purge leaves nothing to train on.
    """
    count = len(rebalance)
    _check(count, train, test, purge)
    folds = []
    for first in range(train, count, test):
        begins = int(rebalance[first])
        after = int(rebalance[first + test]) if first + test < count else sessions
        start = int(rebalance[0 if anchored else first - train])
        folds.append(Fold(start, begins - 1 - purge, begins, after - 1))
        if folds[-1].train_last - start < 1:
            raise HistoryError(
                f"a purge of {purge} sessions must leave at least 2 of the {begins - start} of a "
                "training window: choose a smaller --purge or a larger --train"
            )
    return tuple(folds)


def _check(count: int, train: int, test: int, purge: int) -> None:
    for name, value, least in (("train", train, 1), ("test", test, 1), ("purge", purge, 0)):
        if value < least:
            raise ConfigError(f"{name} must be a whole number of at least {least}, was {value}")
    if count <= train:
        raise HistoryError(
            f"a walk-forward with a training window of {train} rebalances must have at least "
            f"{train + 1} of them, had {count}: choose a longer period or a smaller --train"
        )
