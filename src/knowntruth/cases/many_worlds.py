"""Many worlds: every method of a chapter, run again in worlds that differ by their seed alone.

A *replicate* is one such world, ready to be analysed. Each *method* answers it with a value and
an interval; answers are arrays of value, low, high and the replicate's own truth, in this order.
Replicates are shared out to processes; a replicate depends on its number alone, never on
which process made it. A *reference* is what a case reads truths from, once for all replicates.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.random import SeedSequence
from numpy.typing import NDArray

from ..methods.replication import FEWEST, Behaviour, behaviour
from ..story.estimates import Estimate
from ..story.numbers import Unit
from ..worlds import streams

Answer = tuple[float, float, float]
Answers = NDArray[np.float64]
NOTHING: Answer = (np.nan, np.nan, np.nan)
WIDTH = 4  # value, low, high, and the replicate's own truth

Replicate = TypeVar("Replicate")
Reference = TypeVar("Reference")


def zero(_reference: object) -> float:
    """Return the null of every difference."""
    return 0.0


@dataclass(frozen=True)
class Method(Generic[Replicate, Reference]):
    """A method of a chapter.

    Attributes:
        key, label: name for programs, and for people.
        quantity: what it estimates.
        unit: of its values.
        is_naive: whether the chapter warns of it.
        answer: value and interval for one replicate; `NOTHING` where it has none.
        truth: what it should find; None where there is nothing to aim at.
        why: one sentence on why it fails or does not.
        null: the value that means "nothing found".
        truth_within: what it should find in one replicate, where that is not the same in all,
            such as the effect in that very sample; it stands in for `truth`.
        promises_value: whether it promises an unbiased value, not its interval alone.
    """

    key: str
    label: str
    quantity: str
    unit: Unit
    is_naive: bool
    answer: Callable[[Replicate], Answer]
    truth: Callable[[Reference], float | None]
    why: str
    null: Callable[[Reference], float] = zero
    truth_within: Callable[[Replicate], float] | None = None
    promises_value: bool = True


@dataclass(frozen=True)
class Score:
    """How one method behaved over many worlds.

    Attributes:
        method: the method.
        truth: what it should find, on average where that differs; None where nothing is known.
        null: the value that means "nothing found".
        behaviour: what it did.
    """

    method: Method[Any, Any]
    truth: float | None
    null: float
    behaviour: Behaviour

    @property
    def label(self) -> str:
        """The method in words."""
        return self.method.label

    @property
    def quantity(self) -> str:
        """What it estimates."""
        return self.method.quantity

    @property
    def unit(self) -> Unit:
        """Unit of its values."""
        return self.method.unit

    @property
    def why(self) -> str:
        """Why it behaves so."""
        return self.method.why

    @property
    def bias(self) -> Estimate | None:
        """Mean error, with its Monte Carlo interval."""
        return self.behaviour.bias

    @property
    def spread(self) -> tuple[float, float]:
        """Standard deviation of the values, with its Monte Carlo error."""
        return self.behaviour.spread, self.behaviour.spread_error

    @property
    def coverage(self) -> Estimate | None:
        """How often its interval holds the truth."""
        return self.behaviour.coverage

    @property
    def alarms(self) -> Estimate:
        """How often it calls a difference."""
        return self.behaviour.alarms

    @property
    def fails(self) -> bool:
        """Whether its value or its interval is not what it should be.

        Where there is nothing to find, an interval that misses the truth is a false alarm.
        """
        biased = self.behaviour.is_biased and self.method.promises_value
        return biased or self.behaviour.covers_too_little


def seeds(seed: int, purpose: str, numbers: range) -> Iterator[int]:
    """Yield the seed of each replicate, by its number; `purpose` names their stream."""
    for number in numbers:
        state = SeedSequence(seed, spawn_key=(streams.key(purpose), number))
        yield int(state.generate_state(1, np.uint64)[0] >> np.uint64(1))


def answers(methods: Sequence[Method[Replicate, Any]], replicates: Iterable[Replicate]) -> Answers:
    """Return every method's answer to each replicate: an array of (replicates, methods, 4)."""
    rows = [[_row(method, one) for method in methods] for one in replicates]
    return np.array(rows, dtype=float).reshape(-1, len(methods), WIDTH)


def replicate(
    work: Callable[[range], Answers],
    methods: Sequence[Method[Any, Any]],
    *,
    replications: int,
    workers: int,
) -> Mapping[str, Answers]:
    """Return the answers of every method, by its key: arrays of (replications, 4).

    Args:
        work: returns `answers` for the replicates of these numbers. With several workers it
            goes to other processes, so it must pickle: a module's function, or a `partial`.
        methods: the methods that it asks, in its order.
        replications: how many replicates.
        workers: processes that share them; one is this process.
    """
    shares = [range(k, replications, workers) for k in range(workers)]
    if workers == 1:
        parts = [work(shares[0])]
    else:
        # Not forked: the caller may be a notebook's kernel with threads of its own.
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(workers, mp_context=context) as pool:
            parts = list(pool.map(work, shares))
    found = np.empty((replications, len(methods), WIDTH))
    for numbers, part in zip(shares, parts, strict=True):
        found[list(numbers)] = part
    return {method.key: found[:, i] for i, method in enumerate(methods)}


def score(
    methods: Iterable[Method[Any, Reference]],
    tables: Mapping[str, Answers],
    reference: Reference,
    *,
    level: float,
    levels: Mapping[str, float] | None = None,
) -> list[Score]:
    """Return how every method behaved, from the tables that `replicate` returns.

    A method that fewer than two replicates can answer is left out. `levels` has the level of
    the intervals, by the method's key, where it is not `level`.
    """
    scores = []
    for method in methods:
        table = tables[method.key]
        own = method.truth_within is not None
        at_hand = table if own else table[:, :3]
        table = table[~np.isnan(at_hand).any(axis=1)]
        if len(table) < FEWEST:
            continue
        truth = table[:, 3] if own else method.truth(reference)
        null = method.null(reference)
        found = behaviour(
            *table[:, :3].T,
            truth=truth,
            level=(levels or {}).get(method.key, level),
            unit=method.unit,
            null=null,
        )
        average = None if truth is None else float(np.mean(truth))
        scores.append(Score(method, average, null, found))
    return scores


def _row(method: Method[Replicate, Any], one: Replicate) -> tuple[float, float, float, float]:
    own = np.nan if method.truth_within is None else method.truth_within(one)
    return (*method.answer(one), own)
