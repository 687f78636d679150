"""Causes in `edtech`: what acts on what, for anybody who wants to draw it.

Only direct causes are listed. `start_date` acts on age where fewer of the youngest sign up in
late August; kinds of outliers, rare countries' anomalies among them, are left out.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from .parameters import INCOMES, STAGES, Parameters
from .rules import Rules

HIDDEN = frozenset({"keen"})


def causes_of(p: Parameters) -> dict[str, tuple[str, ...]]:
    """Return each column, and the columns that act on it directly with these parameters.

    A cause is at work when its values, those that occur, differ in what they do.
    """
    rules = Rules(p)
    retention, conversion, churn = (
        _by_factor(p, rules, name) for name in ("retention", "conversion", "churn")
    )
    chosen = p.onboarding_assignment == "self-selected"
    behaviour = p.conversion_follows == "behaviour"
    stays = {
        **retention,
        "keen": p.keen_share > 0 and p.keen_retention != 1,
        "onboarding": p.onboarding_day_1 != 0 or p.onboarding_day_30 != 0,
    }
    pays = {
        "retention": behaviour and _differ(p.conversion_by_stage[name] for name in STAGES),
        "lessons_completed": behaviour and p.conversion_per_lesson != 0,
        **conversion,
        "keen": behaviour and p.keen_share > 0 and p.keen_conversion != 1,
    }
    if not behaviour:  # paying follows the chances of retention, and so whatever they follow
        pays |= {cause: pays.get(cause, False) or works for cause, works in stays.items()}
    at_work: dict[str, dict[str, bool]] = {
        "start_date": {},
        "age_group": {
            "start_date": _rows_differ([rules.age_shares(late=x) for x in (False, True)])
        },
        "skill_level": {},
        "country": {},
        "keen": {},
        "instrument": {"age_group": _rows_differ(rules.instrument_shares)},
        "income_band": {"country": _rows_differ(rules.income_shares[rules.country_shares > 0])},
        "onboarding": {
            "keen": chosen and p.keen_share > 0 and p.onboarding_if_keen != p.onboarding_if_not,
            "age_group": chosen and _differ(p.onboarding_by_age.get(a, 1.0) for a in rules.ages),
        },
        "retention": stays,
        "lessons_completed": {
            "skill_level": _rows_differ(np.column_stack([rules.lessons_mean, rules.lessons_sd])),
            "retention": p.lessons_if_retained != 0,
        },
        "premium_conversion": pays,
        "churn": {
            **churn,
            "age_group": churn["age_group"] or _rows_differ(rules.churn_pairs),
            "instrument": churn["instrument"] or _rows_differ(rules.churn_pairs.T),
            "retention": p.churn_if_retained != 1,
        },
    }
    return {
        effect: tuple(cause for cause, works in causes.items() if works)
        for effect, causes in at_work.items()
    }


def _by_factor(p: Parameters, rules: Rules, what: str) -> dict[str, bool]:
    """Return which factors `what` depends on by the parameters `what_by_…`."""
    occurring = zip(rules.countries, rules.country_shares, strict=True)
    levels = {
        "age_group": ("age", rules.ages),
        "instrument": ("instrument", rules.instruments),
        "income_band": ("income", INCOMES),
        "country": ("country", [country for country, share in occurring if share > 0]),
    }
    return {
        factor: _differ(getattr(p, f"{what}_by_{name}").get(level, 1.0) for level in values)
        for factor, (name, values) in levels.items()
    }


def _differ(numbers: Iterable[float]) -> bool:
    return len(set(numbers)) > 1


def _rows_differ(rows: Iterable[object]) -> bool:
    table = np.array(rows)
    return not np.allclose(table, table[0])
