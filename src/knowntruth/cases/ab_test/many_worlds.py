"""Many worlds: every method of the chapter, run again in worlds that differ by their seed alone.

Each replicate simulates a world, analyses it by each method, and keeps value and interval.
Replicates are shared out to processes; a replicate depends on its number alone, never on
which process made it.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.random import SeedSequence
from numpy.typing import NDArray

from ...methods.replication import Behaviour, behaviour
from ...story.estimates import Estimate
from ...story.numbers import Unit
from ...worlds import streams
from ...worlds.musicstream.world import simulate, users_of
from .parameters import Parameters
from .scored import METHODS, Cuts, Method, Replicate
from .simulated import is_machine


@dataclass(frozen=True)
class Score:
    """How one method behaved over many worlds."""

    method: Method
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
        """Whether its value, its interval or its alarms are not what they should be."""
        found = self.behaviour
        false_alarms = self.truth == self.null and found.alarms.direction == "higher"
        biased = found.is_biased and self.method.promises_value
        return biased or found.covers_too_little or false_alarms


def null_of(p: Parameters) -> Parameters:
    """Return the same world, but for a treatment that does nothing at all."""
    nothing = (
        "lift", "conversion_effect", "churn_if_treated", "playlist_add_effect", "share_effect",
        "paywall_effect", "lost_share",
    )  # fmt: skip
    return p.model_copy(update=dict.fromkeys(nothing, 0.0) | {"segment_lift": {}})


def score(p: Parameters, *, replications: int, workers: int = 2) -> list[Score]:
    """Return how every method behaves over `replications` worlds of these parameters.

    Methods that no replicate can answer, such as CUPED without a pre-period, are left out.
    """
    answers = replicate(p, replications=replications, workers=workers)
    world = simulate(p.model_copy(update={"event_log": False}))
    people = world.users[~is_machine(world.users)]
    during = float(people["songs_played"].quantile(p.heavy_quantile))
    before = float(people["songs_before"].quantile(p.heavy_quantile)) if p.pre_period else 0.0
    cuts = Cuts(during, before)
    scores = []
    for method in METHODS:
        table = answers[method.key]
        if np.isfinite(table[:, 0]).sum() < 2:
            continue
        truth = method.truth(world, cuts)
        level = 1 - (p.split_alpha if method.key == "split" else p.alpha)
        null = method.null(p)
        found = behaviour(*table.T, truth=truth, level=level, unit=method.unit, null=null)
        scores.append(Score(method, truth, null, found))
    return scores


def replicate(
    p: Parameters, *, replications: int, workers: int = 2
) -> Mapping[str, NDArray[np.float64]]:
    """Return value, low and high of every method for each replicate: arrays of (n, 3)."""
    work = partial(_replicates, p)
    shares = [range(k, replications, workers) for k in range(workers)]
    if workers == 1:
        parts = [work(shares[0])]
    else:
        # Not forked: the caller may be a notebook's kernel with threads of its own.
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(workers, mp_context=context) as pool:
            parts = list(pool.map(work, shares))
    found = np.empty((replications, len(METHODS), 3))
    for numbers, part in zip(shares, parts, strict=True):
        found[list(numbers)] = part
    return {method.key: found[:, i] for i, method in enumerate(METHODS)}


def seeds(seed: int, numbers: range) -> Iterator[int]:
    """Yield the seed of each replicate, by its number."""
    for number in numbers:
        state = SeedSequence(seed, spawn_key=(streams.key("ab_test/many worlds"), number))
        yield int(state.generate_state(1, np.uint64)[0] >> np.uint64(1))


def _replicates(p: Parameters, numbers: range) -> NDArray[np.float64]:
    rows = np.empty((len(numbers), len(METHODS), 3))
    for row, seed in zip(rows, seeds(p.seed, numbers), strict=True):
        one = p.model_copy(update={"seed": seed, "event_log": False})
        replicate_of_world = Replicate(one, users_of(one))
        row[:] = [method.answer(replicate_of_world) for method in METHODS]
    return rows
