"""Causes in `engagement`: what acts on what, for anybody who wants to draw it.

All is of one user on one day. `date` is the day, `season` what it adds to everybody's sessions;
`activity` is hidden, and so is `burst`, whether somebody came in it. `cohort` is the wave that
gives access, if one does. `feature` is whether somebody uses the feature, and since when, or
until when they wait for it. `active` is whether they have a session that day, `sessions` how many
they have if so, `exposed` how many of those meet the feature.

Only direct causes are listed. Luck is none, and that a day holds one to four sessions, whatever
its causes ask for, is left out.
"""

from __future__ import annotations

import numpy as np

from .parameters import Parameters
from .rules import GRID, Rules

HIDDEN = frozenset({"season", "activity", "burst"})


def causes_of(p: Parameters) -> dict[str, tuple[str, ...]]:
    """Return each quantity, and those that act on it directly with these parameters.

    A cause is at work when its values, those that occur, differ in what they do.
    """
    rules = Rules(p)
    share, markets = rules.access_share, p.markets > 1
    splits = 0 < share < 1
    waves = rules.wave_days[1:][rules.cohorts > 0]
    adds, adds_by_cohort = _feature_adds(rules)
    used = share > 0 and p.take_up > 0 and p.web_share < 1
    season = p.season != 0 and 0 < rules.launch + p.season_start < p.days
    burst = p.burst > 0
    some_come_later = p.users_at_start < 1
    # Who signs up after a wave gets access on that day, not with the wave.
    late = share > 0 and bool(rules.arrivals[1 + waves.min() + 1 : -1].any())
    meets = rules.exposure(GRID)
    at_work: dict[str, dict[str, bool]] = {
        "date": {},
        "season": {"date": season},
        "activity": {},
        "burst": {},
        "platform": {},
        "market": {},
        "signup_date": {"burst": burst},
        "cohort": {
            "activity": p.access == "by activity" and p.access_slope != 0 and splits,
            "market": p.access == "by market" and len(set(rules.cohort_of_rank)) > 1,
        },
        "feature": {
            "date": used,
            "signup_date": used and late,
            "cohort": used and (splits or len(waves) > 1),
            "platform": used and p.web_share > 0,
        },
        "active": {
            "date": some_come_later,
            "signup_date": some_come_later,
            "activity": p.active_spread != 0 and p.active_link != 0,
            "burst": burst and p.burst_active != 1,
        },
        "sessions": {
            "date": p.day_spread != 0
            or (p.trend_gap != 0 and share > 0)
            or p.trend_by_activity != 0
            or p.market_spread != 0
            or p.market_trend != 0,
            "season": season,
            "activity": p.sessions_by_activity != 0 or p.trend_by_activity != 0,
            "burst": burst and p.burst_sessions != 0,
            "market": markets and (p.market_spread != 0 or p.market_trend != 0),
            "cohort": (p.trend_gap != 0 and splits) or (used and adds_by_cohort),
            "feature": used and adds,
        },
        "exposed": {
            "activity": used and meets.min() < meets.max(),
            "feature": used and (meets.max() > 0 or p.exposure_later > 0),
            "sessions": used and p.exposure_later > 0,
        },
    }
    return {
        effect: tuple(cause for cause, works in causes.items() if works)
        for effect, causes in at_work.items()
    }


def _feature_adds(rules: Rules) -> tuple[bool, bool]:
    """Return whether the feature ever adds anything, and whether not the same to each cohort."""
    days, cohorts = rules.p.days, 1 + np.flatnonzero(rules.cohorts)
    if not len(cohorts):
        return False, False
    first, last = rules.wave_days[cohorts].min(), rules.wave_days[cohorts].max()
    # What occurs on record: of some cohort, and of all of them.
    adds = any(
        rules.effects[cohort, days - wave : 2 * days - wave].any()
        for cohort, wave in zip(cohorts, rules.wave_days[cohorts], strict=True)
    )
    shared = rules.effects[cohorts, days - first : 2 * days - last]
    return adds, bool((shared != shared[0]).any())
