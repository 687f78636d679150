"""Power laws: whether the largest units follow one, and whether that matters for a total.

- *tail*: the units that make `least` or more. Under a power law their density falls as
  x**-exponent; whole numbers have probabilities that do.
- *exponent*: by maximum likelihood; `least` is where the tail lies closest to its power law, by
  the largest distance of the two survival curves (Clauset, Shalizi & Newman 2009, SIAM Review
  51(4), sections 3.1 and 3.3).
- *fit*: how often tails drawn from that law, and searched alike, lie as far off (section 4.1).
- *lognormal*: the rival, cut off at the same `least`. Vuong's (1989) test takes the two as
  strangers (section 5). But with ever larger spread the lognormal becomes the power law: against
  it alone, the curvature of the tail is tested (Malevergne, Pisarenko & Sornette 2011, Physical
  Review E 83). Whole numbers have the lognormal's probability of rounding to them.

What matters is in `implied`: the top shares among as many units, if only the tail were drawn again
from either. Units that make nothing are no part of any tail, but they are units.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import zeta

from ...story.estimates import Estimate
from ..checks import check_at_least, check_share
from ..intervals import z_interval
from ..predictions.outcomes import Array
from ..resampling import Counts, resample
from .concentration import known, top_units
from .cut_lognormals import Lognormal

Model = Literal["power law", "lognormal"]

# A tail has so many units at least, and two different values.
FEWEST = 10

# Exponents of whole numbers are looked for up to here.
STEEPEST = 20.0

# And no closer to 1 than by one over this.
MOST_EVEN = 1e6
STEPS = 12


class Tail(NamedTuple):
    """A power law of the largest units.

    Attributes:
        least: where the tail begins.
        exponent: of its density.
        units: how many units it has.
        distance: the largest between its survival curve and the law's.
    """

    least: float
    exponent: float
    units: int
    distance: float


@dataclass(frozen=True, kw_only=True)
class Implied:
    """A top share among as many units, were the tail drawn again from a model.

    Attributes:
        model: what the tail is drawn from.
        share: of units, asked for.
        middle, low, high: median of the top share, and the ends that hold it with `level`.
    """

    model: Model
    share: float
    middle: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class PowerLaw:
    """Whether the largest units follow a power law.

    Attributes:
        n: units of which the value is known.
        whole: whether values were taken as whole numbers.
        tail: the law, or None where `reason` is not empty.
        exponent: its exponent, with the percentile interval of units drawn again, `least` found
            anew each time.
        fit: the share of tails drawn from the law that lie as far off as this one; small where
            the tail is no power law.
        vuong: mean logarithm of how much likelier a unit of the tail is under the lognormal;
            above zero where that fits better. Unbounded where the lognormal is the power law.
        curvature: p-value of a power law against a lognormal, one-sided.
        center, spread: of the lognormal's logarithms, before it is cut off; None where it is the
            power law.
        implied: top shares under either.
        observed: the top shares of the data, by share.
        reason: why there is none of these, or "".
    """

    n: int
    whole: bool
    tail: Tail | None = None
    exponent: Estimate | None = None
    fit: float | None = None
    vuong: Estimate | None = None
    curvature: float | None = None
    center: float | None = None
    spread: float | None = None
    implied: tuple[Implied, ...] = ()
    observed: dict[float, float] = field(default_factory=dict)
    reason: str = ""


def power_law(
    values: ArrayLike,
    *,
    level: float,
    seed: int,
    least: float | None = None,
    whole: bool | None = None,
    shares: Sequence[float] = (0.2, 0.1, 0.01),
    draws: int = 200,
    candidates: int = 100,
) -> PowerLaw:
    """Return whether the largest units follow a power law; missing values are left out.

    Args:
        values: what each unit makes, none of them below zero.
        least: where the tail begins; found where it is not given.
        whole: whether values are whole numbers; seen from the values where it is not given.
        shares: the shares of units of which the top shares are asked.
        draws: resamples, tails for the fit, and a fifth of the tails for what is implied.
        candidates: values at most that are tried as `least`, evenly spaced among all.

    Raises:
        ValueError: values that are no column of finite numbers from zero up, values with
            fractions as whole numbers, a share or level that is none, or fewer than 20 draws or
            one candidate.
    """
    check_share("level", level)
    check_at_least("the number of draws", draws, 20)
    check_at_least("the number of candidates", candidates, 1)
    x = np.sort(known(values))
    if len(x) and x[0] < 0:
        raise ValueError("what follows a power law is not below zero")
    is_whole = bool((x == np.floor(x)).all())
    if whole and not is_whole:
        raise ValueError("values with fractions are no whole numbers")
    taken = is_whole if whole is None else whole
    nothing = PowerLaw(n=len(x), whole=taken)
    search = _Search(taken, least, candidates)
    tail = search.tail(x)
    if tail is None:
        need = f"no tail has {FEWEST} units and two different values"
        return replace(nothing, reason=need)
    lognormal = Lognormal.of(x[x >= tail.least], tail.least, whole=taken)
    random = np.random.default_rng(seed)

    def statistic(counts: Counts) -> Array:
        found = search.tail(np.repeat(x, counts))
        return np.array([math.nan if found is None else found.exponent])

    found = resample(statistic, len(x), level=level, draws=draws, seed=seed, kind="percentile")
    exponent = found.estimate(0, bounds=(1.0, math.inf))
    return replace(
        nothing,
        tail=tail,
        exponent=exponent,
        fit=_fit(x, tail, search, draws, random),
        vuong=_vuong(x[x >= tail.least], tail, lognormal, level),
        curvature=lognormal.p_value,
        center=lognormal.center,
        spread=lognormal.spread,
        implied=tuple(_implied(x, tail, lognormal, shares, 5 * draws, level, random)),
        observed={share: _top_share(x[::-1], share, len(x)) for share in shares},
    )


class _Search(NamedTuple):
    """How tails are looked for: in whole numbers or not, from where, among how many."""

    whole: bool
    least: float | None
    candidates: int

    def tail(self, x: Array) -> Tail | None:
        """Return the tail of sorted values that lies closest to its power law; None without."""
        u, counts = np.unique(x[x > 0], return_counts=True)
        units = np.cumsum(counts[::-1])[::-1]
        # The last distinct value alone makes no tail.
        places = np.flatnonzero(units[:-1] >= FEWEST)
        begin = u
        if self.least is not None:
            places = places[u[places] >= self.least][:1]
            begin = np.full(len(u), self.least)
        if not len(places):
            return None
        if len(places) > self.candidates:
            places = places[np.linspace(0, len(places) - 1, self.candidates).round().astype(int)]
        logs = np.log(u)
        mean_log = np.cumsum((counts * logs)[::-1])[::-1][places] / units[places]
        if self.whole:
            exponents = _whole_exponents(begin[places], mean_log)
        else:
            exponents = 1 + 1 / (mean_log - np.log(begin[places]))
        distances = self._distances(exponents, begin[places], u, units, places)
        best = int(np.argmin(distances))
        return Tail(
            float(begin[places[best]]),
            float(exponents[best]),
            int(units[places[best]]),
            float(distances[best]),
        )

    def _distances(
        self, exponents: Array, begin: Array, u: Array, units: Counts, places: Counts
    ) -> Array:
        """Return how far each tail's survival curve lies from its law's, at the furthest.

        Both curves fall between values too: the data's just past each, and so does that of a law
        of whole numbers.
        """
        logs, after = np.log(u), np.append(units[1:], 0)
        starts = _log_zeta(exponents, begin) if self.whole else np.log(begin)
        found = np.empty(len(places))
        for i, (place, exponent, start) in enumerate(zip(places, exponents, starts, strict=True)):
            if self.whole:
                at = np.exp(_log_zeta(exponent, u[place:]) - start)
                past = at - np.exp(-exponent * logs[place:] - start)
            else:
                at = past = np.exp((1 - exponent) * (logs[place:] - start))
            above = np.abs(units[place:] / units[place] - at).max()
            found[i] = max(above, np.abs(after[place:] / units[place] - past).max())
        return found

    def draw(self, tail: Tail, shape: int | tuple[int, int], random: np.random.Generator) -> Array:
        """Return units drawn from the law; whole numbers as in Clauset et al., appendix D."""
        half = 0.5 if self.whole else 0.0
        # Beyond any number that has a name there is no share to tell apart.
        y = np.minimum(random.exponential(size=shape) / (tail.exponent - 1), 300)
        drawn = (tail.least - half) * np.exp(y)
        return np.floor(drawn + half) if self.whole else drawn


def _whole_exponents(least: Array, mean_log: Array) -> Array:
    """Return the likeliest exponents of whole numbers.

    By Newton's steps in 1 / (exponent - 1), in which the slope of the likelihood is nearly
    straight: of numbers that are not whole it would be, and the first value the answer.
    """
    lowest = 1 / (STEEPEST - 1)
    inverse = np.maximum(mean_log - np.log(least - 0.5), lowest)
    for _ in range(STEPS):
        s = 1 + 1 / inverse
        step = 1e-4 / inverse
        below, at, above = (_log_zeta(s + k * step, least) for k in (-1, 0, 1))
        slope = (above - below) / (2 * step) + mean_log
        bend = (above - 2 * at + below) / step**2
        inverse = np.clip(inverse + slope * inverse**2 / bend, lowest, MOST_EVEN)
    return np.asarray(1 + 1 / inverse)


def _log_zeta(exponent: Array, start: Array) -> Array:
    """Return the logarithm of the sum of k**-exponent over k from `start` up.

    From 100 on by Euler and Maclaurin, which is exact there to ten digits and cannot underflow.
    """
    s, begin = np.broadcast_arrays(exponent, start)
    far = begin >= 100
    q = np.where(far, begin, 100.0)
    sums = q / (s - 1) + 0.5 + s / (12 * q) - s * (s + 1) * (s + 2) / (720 * q**3)
    found = np.log(sums) - s * np.log(q)
    if not far.all():
        found[~far] = np.log(zeta(s[~far], begin[~far]))
    return np.asarray(found)


def _vuong(x: Array, tail: Tail, lognormal: Lognormal, level: float) -> Estimate:
    """Return Vuong's test of the two models of the tail, by unit."""
    n, gaps = len(x), np.zeros(len(x))
    if lognormal.curve:
        if lognormal.whole:
            law = -tail.exponent * np.log(x) - _log_zeta(
                np.array(tail.exponent), np.array([tail.least])
            )
        else:
            # Of y = log(x / least), as the lognormal's.
            law = math.log(tail.exponent - 1) - (tail.exponent - 1) * np.log(x / tail.least)
        gaps = lognormal.log_likelihoods() - law
    error = float(gaps.std()) / math.sqrt(n)
    return z_interval(float(gaps.mean()), error, n, level=level, method="Vuong's test")


def _fit(x: Array, tail: Tail, search: _Search, draws: int, random: np.random.Generator) -> float:
    """Return the share of tails drawn from the law, on the body of the data, as far off."""
    n, body = len(x), x[x < tail.least]
    further = 0
    for _ in range(draws):
        units = int(random.binomial(n, tail.units / n)) if len(body) else n
        rest = random.choice(body, n - units) if units < n else body
        found = search.tail(np.sort(np.concatenate([rest, search.draw(tail, units, random)])))
        further += found is None or found.distance >= tail.distance
    return further / draws


def _implied(
    x: Array, tail: Tail, lognormal: Lognormal, shares: Sequence[float], draws: int,
    level: float, random: np.random.Generator,
) -> list[Implied]:  # fmt: skip
    """Return the top shares when the tail is drawn again, above the body of the data."""
    n, body, found = len(x), x[x < tail.least], []
    search, shape = _Search(lognormal.whole, None, 1), (draws, tail.units)
    models: list[tuple[Model, Array]] = [
        ("power law", search.draw(tail, shape, random)),
        ("lognormal", lognormal.draw(shape, random)),
    ]
    for model, drawn in models:
        descending = [np.append(np.sort(one)[::-1], body[::-1]) for one in drawn]
        for share in shares:
            tops = [_top_share(one, share, n) for one in descending]
            low, middle, high = np.quantile(tops, [(1 - level) / 2, 0.5, (1 + level) / 2])
            found.append(
                Implied(
                    model=model, share=share, middle=float(middle), low=float(low), high=float(high)
                )
            )
    return found


def _top_share(descending: Array, share: float, n: int) -> float:
    return float(descending[: top_units(share, n)].sum() / descending.sum())
