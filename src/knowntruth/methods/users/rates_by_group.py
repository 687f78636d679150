"""Rates by group: how often an outcome happened in each group of users, and who differs.

An *outcome* is a column of zeros and ones; a *group* is a value of a label column, or a *band*
of a number. `rates_by` and `rates_by_band` give each group's rate, its *difference* from all
others together, and a test of *independence*: whether the rates differ by more than chance.
A group is *higher* or *lower* when its difference is clear after correction for their number.
`tallies` is the one query beneath.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NamedTuple

from scipy import stats

from ...errors import DataError, Problem
from ...story.estimates import Direction, Estimate
from ...story.numbers import MINUS
from ..checks import check_at_least, check_share
from ..experiments.crossed import BLANK
from ..experiments.experiments import proportions, rate
from ..experiments.segments import adjusted
from ..rates import Tally
from ..tables import Table, check_columns, check_numbers, is_whole, number, quoted, relation

SMALL = "(small groups)"
EVERYBODY = "everybody"
KEY = "group of the user"

Order = Literal["size", "label"]


class Counted(NamedTuple):
    """Users of a group, and those who had each outcome among those of whom it is known."""

    users: int
    tallies: Mapping[str, Tally]


@dataclass(frozen=True, kw_only=True)
class Group:
    """An outcome in one group.

    Attributes:
        label: of the group, as text.
        tally: users with the outcome, and users of whom it is known.
        rate: the share of them, unit `share`, Wilson's interval.
        difference: rate minus that of all other groups together, unit `points`, with Mee's
            score interval and the p-value of the pooled z-test; None without another group.
        p_holm: p-value corrected for the number of groups (Holm 1979); None as above.
    """

    label: str
    tally: Tally
    rate: Estimate
    difference: Estimate | None
    p_holm: float | None

    @property
    def direction(self) -> Direction:
        """Whether the rate is clearly higher or lower than elsewhere, after correction."""
        if self.difference is None or self.p_holm is None:
            return "unclear"
        if self.p_holm >= 1 - self.difference.level:
            return "unclear"
        return "higher" if self.difference.value > 0 else "lower"


@dataclass(frozen=True)
class Independence:
    """Pearson's chi-square test of groups against outcome.

    Attributes:
        chi2: the statistic, without continuity correction.
        degrees: of freedom, one less than the groups.
        p_value: against the same rate in every group.
        cramers_v: strength of the association, from 0 to 1, corrected for bias.
        smallest_expected: least number that a cell of the table would hold with the same rate
            everywhere. Well below 5 the p-value is rough (Cochran 1954).
    """

    chi2: float
    degrees: int
    p_value: float
    cramers_v: float
    smallest_expected: float


@dataclass(frozen=True, kw_only=True)
class Rates:
    """An outcome by group.

    Attributes:
        outcome, by: the columns.
        level: of every interval; where all groups are alike, `higher` and `lower` are both
            empty with at least this probability.
        overall: the rate of all users; None where nobody's outcome is known.
        groups: in the order asked for, `SMALL` at the end.
        pooled: labels shown together as `SMALL`, in their order.
        unknown: rows left out, because outcome or band is missing.
        independence: whether the groups differ; None where that cannot be tested.
        reason: why it cannot; empty where it can.
    """

    outcome: str
    by: str
    level: float
    overall: Estimate | None
    groups: tuple[Group, ...]
    pooled: tuple[str, ...]
    unknown: int
    independence: Independence | None
    reason: str

    @property
    def higher(self) -> tuple[Group, ...]:
        """Groups with a rate clearly above that of all others, highest first."""
        found = (group for group in self.groups if group.direction == "higher")
        return tuple(sorted(found, key=lambda group: -group.rate.value))

    @property
    def lower(self) -> tuple[Group, ...]:
        """Groups with a rate clearly below that of all others, lowest first."""
        found = (group for group in self.groups if group.direction == "lower")
        return tuple(sorted(found, key=lambda group: group.rate.value))

    def group(self, label: str) -> Group:
        """Return the group of a label.

        Raises:
            KeyError: there is none, or it is among the small ones.
        """
        return {group.label: group for group in self.groups}[label]


def rates_by(
    table: Table,
    outcome: str,
    by: str,
    *,
    level: float,
    fewest: int = 50,
    order: Order = "size",
) -> Rates:
    """Return the rate of `outcome` in each group of `by`, and how each differs from the rest.

    Groups come by number of users, largest first, or by label. A missing label is the group
    "(blank)". Groups with fewer than `fewest` users of known outcome are one, `SMALL`.

    Holm's correction is of p-values by Fisher's exact test: so far in the tail as a correction
    for many groups looks, the z-test calls a small group with a rare outcome too often. Two
    groups are one comparison, which keeps the p-value of the z-test.

    Raises:
        DataError: a missing column, or an outcome other than 0 and 1.
        ValueError: a level that is no share, `fewest` below 1, or an unknown order.
    """
    check_at_least("fewest", fewest, 1)
    if order not in {"size", "label"}:
        raise ValueError(f"order is size or label, not {order}")
    found = tallies(table, [outcome], by=by)
    known = {
        name: one.tallies[outcome] for name, one in found.items() if one.tallies[outcome].trials
    }
    pooled = [name for name, tally in known.items() if tally.trials < fewest or name == SMALL]
    large = {name: tally for name, tally in known.items() if name not in pooled}
    if order == "size":
        large = dict(sorted(large.items(), key=lambda item: -item[1].trials))
    if pooled:
        large[SMALL] = _sum([known[name] for name in pooled])
    users = sum(one.users for one in found.values())
    return _rates(large, outcome, by, level=level, users=users, pooled=tuple(pooled))


def rates_by_band(
    table: Table, outcome: str, by: str, *, edges: Sequence[float], level: float
) -> Rates:
    """Return the rate of `outcome` by bands of a number, lowest band first.

    Each edge begins a band, and the last one has no end: 0, 4 and 20 make "0–3", "4–19" and
    "20+", or, where a value is not whole, "0 to under 4" and so on. Values below the first
    edge are a band too. Bands without users are left out, and so are rows without the number.

    Raises:
        DataError: a missing column, one without numbers, or an outcome other than 0 and 1.
        ValueError: a level that is no share, or edges that are none or do not increase.
    """
    check_at_least("the number of edges", len(edges), 1)
    if not all(map(math.isfinite, edges)) or any(a >= b for a, b in pairwise(edges)):
        raise ValueError(f"edges are finite and increase, unlike {list(edges)}")
    rows = relation(table)
    check_columns(rows, [outcome, by])
    check_numbers(rows, [by])
    x = number(by, whole=is_whole(rows, by))
    ((whole,),) = rows.aggregate(f"coalesce(bool_and(({x}) = floor({x})), true)").fetchall()
    passed = " + ".join(f"CAST(({x}) >= CAST({float(e)!r} AS DOUBLE) AS INTEGER)" for e in edges)
    banded = rows.project(f"{passed} AS {quoted(KEY)}, {quoted(outcome)}")
    found = tallies(banded, [outcome], by=KEY)
    names = _band_names(edges, whole=whole and all(float(e).is_integer() for e in edges))
    bands = {
        name: found[str(place)].tallies[outcome]
        for place, name in enumerate(names)
        if str(place) in found and found[str(place)].tallies[outcome].trials
    }
    users = sum(one.users for one in found.values())
    return _rates(bands, outcome, by, level=level, users=users, pooled=())


def tallies(table: Table, outcomes: Sequence[str], *, by: str | None = None) -> dict[str, Counted]:
    """Return users and outcomes by the values of `by`, as text and in its order, in one query.

    A missing label is the group "(blank)"; without `by` all rows are the group "everybody".

    Raises:
        DataError: a missing column, or an outcome other than 0 and 1.
    """
    rows = relation(table)
    names = list(dict.fromkeys(outcomes))
    check_columns(rows, names if by is None else [by, *names])
    check_numbers(rows, names)
    asked = [quoted(KEY), "count(*)"]
    for name in names:
        x = number(name, whole=is_whole(rows, name))
        asked += [f"count(*) FILTER (({x}) = {value})" for value in (1, 0)] + [f"count({x})"]
    columns = [f"{label(by)} AS {quoted(KEY)}", *map(quoted, names)]
    grouped = rows.project(", ".join(columns)).aggregate(", ".join(asked), quoted(KEY))
    found = {}
    for key, users, *counts in sorted(grouped.fetchall()):
        triples = zip(names, counts[::3], counts[1::3], counts[2::3], strict=True)
        found[key] = Counted(users, {n: _tally(n, *triple) for n, *triple in triples})
    return found


def label(by: str | None) -> str:
    """Return the group of a row as SQL."""
    if by is None:
        return f"'{EVERYBODY}'"
    column, text = quoted(by), f"CAST({quoted(by)} AS VARCHAR)"
    # A whole number among fractions is written without them: `1`, not `1.0`.
    plain = f"regexp_replace({text}, '\\.0$', '')"
    fractional = f"typeof({column}) IN ('DOUBLE', 'FLOAT')"
    return f"coalesce(CASE WHEN {fractional} THEN {plain} ELSE {text} END, '{BLANK}')"


def cramers_v(chi2: float, n: int, *, rows: int, columns: int) -> float:
    """Return Cramér's V of a table, corrected for bias (Bergsma 2013).

    Uncorrected, V grows with the number of groups even where nothing is associated. 0 where
    the table has no more units than groups, so that the correction leaves nothing.
    """
    check_at_least("the number of units", n, 2)
    check_at_least("the number of rows and columns", min(rows, columns), 2)
    excess = chi2 / n - (rows - 1) * (columns - 1) / (n - 1)
    room = min(k - 1 - (k - 1) ** 2 / (n - 1) for k in (rows, columns))
    return min(math.sqrt(max(excess, 0.0) / room), 1.0) if room > 0 else 0.0


def _tally(name: str, ones: int, zeros: int, known: int) -> Tally:
    if ones + zeros < known:
        problem = Problem(
            f"column {name}", "a value is neither 0 nor 1", "Write 1 for yes, 0 for no."
        )
        raise DataError("A rate needs zeros and ones", [problem])
    return Tally(ones, known)


def _sum(tallied: Sequence[Tally]) -> Tally:
    return Tally(sum(t.successes for t in tallied), sum(t.trials for t in tallied))


def _rates(
    tallied: Mapping[str, Tally],
    outcome: str,
    by: str,
    *,
    level: float,
    users: int,
    pooled: tuple[str, ...],
) -> Rates:
    check_share("level", level)
    total = _sum(list(tallied.values()))
    independence, reason = _independence(list(tallied.values()), total)
    return Rates(
        outcome=outcome,
        by=by,
        level=level,
        overall=rate(total, level=level) if total.trials else None,
        groups=_groups(tallied, total, level),
        pooled=pooled,
        unknown=users - total.trials,
        independence=independence,
        reason=reason,
    )


def _groups(tallied: Mapping[str, Tally], total: Tally, level: float) -> tuple[Group, ...]:
    differences: dict[str, Estimate] = {}
    exact: dict[str, float] = {}
    for name, own in tallied.items() if len(tallied) > 1 else ():
        others = Tally(total.successes - own.successes, total.trials - own.trials)
        differences[name] = proportions(others, own, level=level).difference
        cells = [[t.successes, t.trials - t.successes] for t in (own, others)]
        exact[name] = min(float(stats.fisher_exact(cells).pvalue), 1.0)
    holm: dict[str, float | None] = {name: one.holm for name, one in adjusted(exact).items()}
    if len(tallied) == 2:
        holm = {name: one.p_value for name, one in differences.items()}
    return tuple(
        Group(
            label=name,
            tally=own,
            rate=rate(own, level=level),
            difference=differences.get(name),
            p_holm=holm.get(name),
        )
        for name, own in tallied.items()
    )


def _independence(tallied: Sequence[Tally], total: Tally) -> tuple[Independence | None, str]:
    """Return the test, or why there is none."""
    s, n = total
    if not n:
        return None, "nobody's outcome is known"
    if len(tallied) < 2:
        return None, "there is only one group"
    if s in {0, n}:
        return None, "everybody has the outcome" if s else "nobody has the outcome"
    # Whole numbers up to the division: rates that are alike give exactly nothing.
    chi2 = math.fsum((t.successes * n - t.trials * s) ** 2 / t.trials for t in tallied)
    chi2 /= s * (n - s)
    return Independence(
        chi2=chi2,
        degrees=len(tallied) - 1,
        p_value=float(stats.chi2.sf(chi2, len(tallied) - 1)),
        cramers_v=cramers_v(chi2, n, rows=len(tallied), columns=2),
        smallest_expected=min(t.trials for t in tallied) * min(s, n - s) / n,
    ), ""


def _band_names(edges: Sequence[float], *, whole: bool) -> list[str]:
    """Return the name of what lies under the first edge, and of the band that each begins."""
    texts = [f"{float(edge):,.12g}".replace("-", MINUS) for edge in edges]
    names = [f"under {texts[0]}"]
    for (low, high), (first, end) in zip(pairwise(edges), pairwise(texts), strict=True):
        if not whole:
            names.append(f"{first} to under {end}")
        elif high - low == 1:
            names.append(first)
        else:
            names.append(f"{first}–{high - 1:,.12g}".replace("-", MINUS))
    return [*names, f"{texts[-1]}+"]
