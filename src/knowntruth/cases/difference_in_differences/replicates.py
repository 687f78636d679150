"""One of many worlds: what the chapter's methods answer in it, and what is true in all.

Worlds here differ by their seed alone. The *reference* is what they share: parameters and truth.
Panels are the chapter's own, made from counts of active days instead of tables.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ...methods.panels import did, placebos, staggered, unit_changes, uptake
from ...methods.panels.collapsing import collapse
from ...methods.panels.event_study import event_study
from ...methods.panels.panel import Panel
from ...methods.panels.synthetic_control import synthetic_control
from ...methods.panels.triple_difference import triple_difference
from ...methods.panels.wild_bootstrap import wild_bootstrap
from ...story.estimates import Estimate
from ...worlds.engagement.rules import Rules
from ...worlds.engagement.world import simulate
from ..active_days import Array
from ..engagement import world_parameters
from ..many_worlds import NOTHING, Answer
from .cells import Cells
from .parameters import Parameters
from .readings import AFTER, CHANGE, by_each_unit, hurried
from .simulated import KnownRollout


@dataclass(frozen=True)
class Reference:
    """What worlds that differ by their seed alone have in common.

    Attributes:
        p: their parameters.
        starts: periods, counted from launch, in which users get access.
        treated_markets: how many markets get access as a whole; 0 where users get it.
        effect: what access adds to an active day of those who have it; NaN where nobody has.
        effect_on_treated: what the feature adds to one of its users; NaN without users.
        mean_over_periods: mean effect over groups and periods since access, periods alike.
    """

    p: Parameters
    starts: tuple[int, ...]
    treated_markets: int
    effect: float
    effect_on_treated: float
    mean_over_periods: float

    @classmethod
    def of(cls, p: Parameters) -> Reference:
        """Return what worlds of these parameters share."""
        world = world_parameters(p)
        known = KnownRollout(simulate(world), p.period_days)
        by_market = p.access == "by market"
        return cls(
            p=p,
            starts=tuple(sorted({wave // p.period_days for wave in p.waves})),
            treated_markets=int((Rules(world).cohort_of_rank > 0).sum()) if by_market else 0,
            effect=known.effect(),
            effect_on_treated=known.effect_on_treated(),
            mean_over_periods=_mean_over_periods(known, all_treated=p.access_share == 1),
        )

    @property
    def is_staggered(self) -> bool:
        """Whether access starts in more than one period."""
        return len(self.starts) > 1

    @property
    def has_lone_market(self) -> bool:
        """Whether one market alone has access, or alone has none."""
        treated = self.treated_markets
        return treated > 0 and min(treated, self.p.markets - treated) == 1

    @property
    def is_parallel_before(self) -> bool:
        """Whether nothing but chance parts the groups' trends before the launch."""
        p = self.p
        drifts = p.trend_gap != 0 or (p.trend_by_activity != 0 and p.access == "by activity")
        return not drifts and (p.anticipation == 0 or p.anticipation_days == 0)


class Replicate:
    """One world, its users from before the launch in a panel."""

    def __init__(self, p: Parameters) -> None:
        """Simulate the world of these parameters."""
        self.p = p
        self.level = 1 - p.alpha
        self.cells = Cells.of(simulate(world_parameters(p)), p.period_days)

    def after_only(self) -> Answer:
        """Return how users with access differ from those without, after the start."""
        return _ends(self.hurried.get(AFTER))

    def change_only(self) -> Answer:
        """Return how users with access changed over the start."""
        return _ends(self.hurried.get(CHANGE))

    def exposed_or_not(self) -> Answer:
        """Return how users changed who ever met the feature, less the change of those who not."""
        if len(self.panel.starts) != 1:
            return NOTHING
        (start,) = self.panel.starts
        first = np.where(self.ever_exposed, start, len(self.panel.periods))
        groups = replace(self.panel, first=first)
        found = unit_changes.by_differences(groups, level=self.level, weighting="precision")
        return _ends(found.estimate)

    def regression(self) -> Answer:
        """Return the difference of the four means' differences, errors clustered."""
        return _ends(did.by_regression(self.panel, level=self.level).estimate)

    def differences(self, weighting: unit_changes.Weighting) -> Answer:
        """Return the difference of users' own changes."""
        found = unit_changes.by_differences(self.panel, level=self.level, weighting=weighting)
        return _ends(found.estimate)

    def two_way(self, *, clustered: bool = True) -> Answer:
        """Return the effect by two-way fixed effects."""
        return self._two_way(self.panel, clustered=clustered)

    def two_way_by_user(self) -> Answer:
        """Return the same with errors clustered by user, whatever users share."""
        return self._two_way(by_each_unit(self.panel))

    def wild(self) -> Answer:
        """Return the effect on markets' means with the wild bootstrap's interval."""
        if self.markets is None:
            return NOTHING
        draws = self.p.bootstrap_draws
        return _ends(wild_bootstrap(self.markets, level=self.level, draws=draws).estimate)

    def synthetic(self) -> Answer:
        """Return the mean gap between the one treated market and a mixture of the others."""
        if self.markets is None:
            return NOTHING
        return _ends(synthetic_control(self.markets, level=self.level, demeaned=True).estimate)

    def mean_after(self) -> Answer:
        """Return the event study's mean effect after the start."""
        return _ends(event_study(self.panel, level=self.level).after)

    def by_group(self, comparison: staggered.Comparison) -> Answer:
        """Return the mean effect over groups and periods."""
        found = staggered.staggered(self.panel, level=self.level, comparison=comparison)
        return _ends(found.overall)

    def taken_up(self) -> Answer:
        """Return the effect on those who take it up, with users independent of each other."""
        panel = by_each_unit(self.panel)
        met = panel.after & self.ever_exposed[panel.unit]
        take_up = replace(panel, outcome=met.astype(float))
        found = uptake.taken_up(panel, take_up, level=self.level, weighting="precision")
        return _ends(found.taken)

    def placebo_start(self) -> Answer:
        """Return the effect of a start in the middle of the periods before the true one."""
        panel = self.panel
        if len(panel.starts) != 1 or panel.starts[0] < 2:
            return NOTHING
        before = placebos.placebo(panel, panel.periods[panel.starts[0] // 2])
        return self._two_way(before)

    def placebo_outcome(self) -> Answer:
        """Return the effect on the share of days that are active."""
        return self._two_way(self.cells.shares(self.cells.affected))

    def triple(self) -> Answer:
        """Return the difference of users' changes in the app less that on the web."""
        seen = np.asarray((self.cells.active > 0).any(axis=1))
        everybody, affected = self.cells.ratios(seen), self.cells.affected[seen]
        found = triple_difference(everybody, affected, level=self.level, weighting="precision")
        return _ends(found.estimate)

    @cached_property
    def hurried(self) -> Mapping[str, Estimate]:
        """Comparisons that leave one of the differences out."""
        return hurried(self.panel, level=self.level)

    @cached_property
    def panel(self) -> Panel:
        """Sessions per active day by user and period, weighted by active days."""
        return self.cells.ratios(self.cells.affected)

    @cached_property
    def markets(self) -> Panel | None:
        """Markets and their means, where they get access as a whole."""
        return collapse(self.panel, self.panel.cluster) if self.p.markets > 1 else None

    @property
    def ever_exposed(self) -> Array:
        """By user of the panel, whether the feature was ever met."""
        cells = self.cells
        met: Array = cells.ever_exposed[cells.affected & (cells.active > 0).any(axis=1)]
        return met

    def _two_way(self, panel: Panel, *, clustered: bool = True) -> Answer:
        if not panel.units:
            return NOTHING
        return _ends(did.two_way(panel, level=self.level, clustered=clustered).estimate)


def _mean_over_periods(known: KnownRollout, *, all_treated: bool) -> float:
    """Return the mean effect over groups and periods, groups weighed by their size."""
    keys = ["start", "period"]
    cells = known.eligible.groupby(keys, as_index=False)[["active_users", "added"]].sum()
    # In the last period all have access, so that active users are as the groups' sizes.
    last = cells[cells["period"] == cells["period"].max()].set_index("start")["active_users"]
    if all_treated:
        # From the last start on nobody is left to compare with.
        cells = cells[cells["period"] < cells["start"].max()]
    if not len(cells):
        return math.nan
    effects = cells["added"] / cells["active_users"]
    return float(np.average(effects, weights=cells["start"].map(last)))


def _ends(estimate: Estimate | None) -> Answer:
    return NOTHING if estimate is None else (estimate.value, estimate.low, estimate.high)
