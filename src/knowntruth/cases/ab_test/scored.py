"""Methods that are scored: what each of them answers in one world, and what is true there."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from ...methods.experiments import experiments, sequential
from ...methods.moments import Moments, Pair, Sample
from ...methods.rates import pooled_z_test
from ...methods.users.life_tables import LifeTable
from ...methods.users.survival import restricted_mean_difference
from ...story.estimates import Estimate
from ...worlds.musicstream import groups
from ...worlds.musicstream.world import World
from ..many_worlds import NOTHING, Answer, Method
from .parameters import Parameters
from .simulated import is_machine

# What is estimated, with the unit in which bias and spread are told.
SONGS, PAYING = "lift in songs (points)", "lift in conversion (points)"
DIFFERENCE = "difference in songs (songs)"
FEW_CONVERSIONS = 10
FEWEST_AT_A_LOOK = 50  # below this an arm's mean is not nearly normal
HORIZON = 45  # days up to which staying is counted


class Reference(NamedTuple):
    """A world of the parameters, and the songs from which a person counts as heavy in it.

    `during` and `before` are songs during the test, and before it.
    """

    world: World
    during: float
    before: float


class Replicate:
    """One world's users as arrays, and its moments by rule."""

    def __init__(self, p: Parameters, users: pd.DataFrame) -> None:
        self.p, self.level = p, 1 - p.alpha
        self.treated = (users["arm"] == "treatment").to_numpy()
        self.songs = users["songs_played"].to_numpy(dtype=float)
        self.paid = users["converted"].to_numpy(dtype=float)
        self.before = users["songs_before"].to_numpy(dtype=float) if p.pre_period else None
        self.people = ~is_machine(users).to_numpy()
        self.segments = {c: users[c] for c in ("device", "country", "age_group")}
        self.day = (users["joined"] - users["joined"].min()).dt.days.to_numpy()
        self.watched = users["days_observed"].to_numpy()
        self.left = users["churned"].to_numpy() == 1
        self.cut = float(np.quantile(self.songs, p.outlier_quantile))

    def welch(self, values: NDArray[np.float64], keep: NDArray[np.bool_]) -> Answer:
        """Return the lift of a mean among the rows to keep."""
        control, treatment = (
            Moments(int(rows.sum()), {"x": _sample(values[rows])}, {})
            for rows in (keep & ~self.treated, keep & self.treated)
        )
        return _lift(experiments.welch(control, treatment, "x", level=self.level))

    def cuped(self) -> Answer:
        """Return the lift in songs, adjusted for listening before the test."""
        if self.before is None:
            return NOTHING
        sides = []
        for rows in (self.people & ~self.treated, self.people & self.treated):
            songs, before = self.songs[rows], self.before[rows]
            covariance = float(np.cov(songs, before)[0, 1])
            pair = Pair(_sample(songs), _sample(before), covariance)
            sides.append(Moments(len(songs), {}, {("x", "b"): pair}))
        return _lift(experiments.cuped(sides[0], sides[1], "x", "b", level=self.level))

    def rates(self, keep: NDArray[np.bool_]) -> Answer:
        """Return the lift of the share that pays among the rows to keep."""
        control, treatment = (
            (int(self.paid[rows].sum()), int(rows.sum()))
            for rows in (keep & ~self.treated, keep & self.treated)
        )
        if not control[1] or not treatment[1]:
            return NOTHING
        return _lift(experiments.proportions(control, treatment, level=self.level))

    def heavy_now(self) -> Answer:
        """Return the lift in paying among those who listened most during the test."""
        cut = np.quantile(self.songs[self.people], self.p.heavy_quantile)
        return self.rates(self.people & (self.songs >= cut))

    def heavy_before(self) -> Answer:
        """Return the lift in paying among those who listened most before the test."""
        if self.before is None:
            return NOTHING
        cut = np.quantile(self.before[self.people], self.p.heavy_quantile)
        return self.rates(self.people & (self.before >= cut))

    def best_segment(self) -> Answer:
        """Return the lift in paying of the segment in which it is most significant."""
        best, smallest = None, 2.0
        for column in self.segments.values():
            for value in column.cat.categories:
                keep = self.people & (column == value).to_numpy()
                sides = [keep & ~self.treated, keep & self.treated]
                tallies = [(int(self.paid[s].sum()), int(s.sum())) for s in sides]
                if min(successes for successes, _ in tallies) < FEW_CONVERSIONS:
                    continue
                # The test alone decides; only the chosen one needs its interval.
                p = pooled_z_test(*tallies)
                if p < smallest:
                    best, smallest = tallies, p
        if best is None:
            return NOTHING
        return _lift(experiments.proportions(best[0], best[1], level=self.level))

    def stopped(self, reach: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> Answer:
        """Return the difference in songs on the day on which a daily look first sees one.

        `reach` says, for a number of units, how many standard errors an interval reaches.
        Without such a day, the last day's.
        """
        last = int(self.day.max()) + 1
        sums = []
        for rows in (self.people & ~self.treated, self.people & self.treated):
            day, songs = self.day[rows], self.songs[rows]
            parts = [np.bincount(day, songs**k, last).cumsum() for k in (0, 1, 2)]
            sums.append(parts)
        (n0, s0, q0), (n1, s1, q1) = sums
        enough = np.minimum(n0, n1) >= FEWEST_AT_A_LOOK
        if not enough.any():
            return NOTHING
        n0, s0, q0, n1, s1, q1 = (x[enough] for x in (n0, s0, q0, n1, s1, q1))
        value = s1 / n1 - s0 / n0
        error = np.sqrt((q0 / n0 - (s0 / n0) ** 2) / n0 + (q1 / n1 - (s1 / n1) ** 2) / n1)
        half = reach(n0 + n1) * error
        seen = np.flatnonzero(np.abs(value) > half)
        at = int(seen[0]) if len(seen) else -1
        return float(value[at]), float(value[at] - half[at]), float(value[at] + half[at])

    def daily_looks(self) -> Answer:
        """Stop at the first day on which the usual interval leaves out zero."""
        quantile = float(stats.norm.isf((1 - self.level) / 2))
        return self.stopped(lambda n: np.full_like(n, quantile))

    def always_valid(self) -> Answer:
        """Stop at the first day on which the always-valid interval leaves out zero."""
        tightest_at = len(self.songs)
        return self.stopped(
            lambda n: sequential.reach(n, level=self.level, tightest_at=tightest_at)
        )

    def days_gained(self) -> Answer:
        """Return the difference in days before leaving, up to a horizon."""
        lives = []
        for rows in (self.people & ~self.treated, self.people & self.treated):
            last = int(self.watched[rows].max()) + 1 if rows.any() else 1
            events = np.bincount(self.watched[rows & self.left], minlength=last)
            censored = np.bincount(self.watched[rows & ~self.left], minlength=last)
            lives.append(LifeTable(np.arange(last, dtype=float), events, censored))
        if min(life.known_until for life in lives) < HORIZON:
            return NOTHING
        found = restricted_mean_difference(*lives, until=HORIZON, level=self.level)
        return _ends(found)

    def split(self) -> Answer:
        """Return the share of treatment with the interval of its check."""
        treated = int(self.treated.sum())
        found = experiments.sample_ratio(
            len(self.treated) - treated,
            treated,
            treatment_share=self.p.treatment_share,
            level=1 - self.p.split_alpha,
        )
        return _ends(found.estimate)


def _songs(reference: Reference) -> float:
    return reference.world.truth.lift


def _paying(reference: Reference) -> float | None:
    return reference.world.truth.conversion_lift


def _difference(reference: Reference) -> float:
    truth = reference.world.truth
    return truth.treatment.songs - truth.control.songs


def _days(reference: Reference) -> float | None:
    p, truth = reference.world.parameters, reference.world.truth
    control, treatment = (
        groups.mean_days_left(p, conversion=arm.conversion, treated=treated, until=HORIZON)
        for arm, treated in ((truth.control, False), (truth.treatment, True))
    )
    return None if control is None or treatment is None else treatment - control


METHODS: tuple[Method[Replicate, Reference], ...] = (
    Method(
        "split", "Sample ratio check", "share of treatment (points)", "share", False,
        Replicate.split, lambda r: r.world.truth.logged_share,
        "Counts units as assigned, so nothing but a loss can move it.",
        null=lambda r: r.world.parameters.treatment_share,
    ),
    Method(
        "none", "Welch, keep everybody", SONGS, "relative", True,
        lambda r: r.welch(r.songs, np.ones_like(r.treated)), _songs,
        "Machines, where there are any, dilute the lift and spread it far.",
    ),
    Method(
        "trim", "Welch, trim", SONGS, "relative", True,
        lambda r: r.welch(r.songs, r.songs < r.cut), _songs,
        "Drops whomever the treatment moves over the cut, and bends the answer when it does.",
    ),
    Method(
        "winsorise", "Welch, winsorise", SONGS, "relative", False,
        lambda r: r.welch(np.minimum(r.songs, r.cut), np.ones_like(r.treated)), _songs,
        "Drops nobody, and counts the heaviest for less than they did.",
    ),
    Method(
        "flagged", "Welch, leave out machines", SONGS, "relative", False,
        lambda r: r.welch(r.songs, r.people), _songs,
        "Leaves out by behaviour that the treatment does not change.",
    ),
    Method(
        "cuped", "CUPED", SONGS, "relative", False, Replicate.cuped, _songs,
        "Takes out what was known before, and spreads less.",
    ),
    Method(
        "paying", "z-test", PAYING, "relative", False,
        lambda r: r.rates(r.people), _paying,
        "Right on average; whether it sees the effect is a matter of size.",
    ),
    Method(
        "best_segment", "“Launch where it is significant”", PAYING, "relative", True,
        Replicate.best_segment, _paying,
        "Picks the luckiest of many segments and reports its luck as an effect.",
    ),
    Method(
        "heavy_now", "“Power users” of the test", PAYING, "relative", True, Replicate.heavy_now,
        lambda r: groups.would_be_heavy(r.world.parameters, r.during).lift,
        "Chosen after treatment, which can move lighter payers into the group.",
    ),
    Method(
        "heavy_before", "Heaviest before the test", PAYING, "relative", False,
        Replicate.heavy_before,
        lambda r: groups.heavy_before(r.world.parameters, r.before).lift,
        "Chosen before treatment, so both arms hold the same kind of people.",
    ),
    Method(
        "days", "Restricted mean", "days stayed (days)", "number", False, Replicate.days_gained,
        _days,
        "Uses each user for as long as they were watched.",
    ),
    Method(
        "daily", "Stop at the first “significant” day", DIFFERENCE, "number", True,
        Replicate.daily_looks, _difference,
        "Each look is one more chance for a false alarm, and stops on a lucky day.",
    ),
    Method(
        "always", "Stop by the confidence sequence", DIFFERENCE, "number", False,
        Replicate.always_valid, _difference,
        "Covers on all days at once; the value at a chosen day still leans outwards.",
        promises_value=False,
    ),
)  # fmt: skip


def _sample(values: NDArray[np.float64]) -> Sample:
    if not len(values):
        return Sample(0, np.nan, np.nan)
    variance = float(values.var(ddof=1)) if len(values) > 1 else np.nan
    return Sample(len(values), float(values.mean()), variance)


def _lift(found: experiments.Comparison) -> Answer:
    return NOTHING if found.lift is None else _ends(found.lift)


def _ends(estimate: Estimate) -> Answer:
    return estimate.value, estimate.low, estimate.high
