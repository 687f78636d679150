"""Causes in `edtech`: what acts on what, for anybody who wants to draw it.

Only direct causes are listed. `start_date` acts on age where fewer of the youngest sign up in
late August; kinds of outliers act on outcomes and are left out.
"""

from __future__ import annotations

from .parameters import Parameters

# Column, and the columns that act on it directly.
CAUSES: dict[str, tuple[str, ...]] = {
    "start_date": (),
    "age_group": ("start_date",),
    "skill_level": (),
    "country": (),
    "keen": (),
    "instrument": ("age_group",),
    "income_band": ("country",),
    "onboarding": ("keen", "age_group"),
    "retention": ("age_group", "instrument", "income_band", "keen", "onboarding"),
    "lessons_completed": ("skill_level", "retention"),
    "premium_conversion": (
        "retention", "lessons_completed", "age_group", "instrument", "income_band", "keen",
    ),
    "churn": ("age_group", "instrument", "income_band", "retention"),
}  # fmt: skip
HIDDEN = frozenset({"keen"})


def causes_of(p: Parameters) -> dict[str, tuple[str, ...]]:
    """Return the direct causes that are at work with these parameters."""
    switched_off = set()
    if p.onboarding_assignment == "randomised":
        switched_off |= {("keen", "onboarding"), ("age_group", "onboarding")}
    if not p.onboarding_day_1 and not p.onboarding_day_30:
        switched_off.add(("onboarding", "retention"))
    if not p.keen_share or p.keen_retention == 1:
        switched_off.add(("keen", "retention"))
    if not p.keen_share or p.keen_conversion == 1:
        switched_off.add(("keen", "premium_conversion"))
    if not p.keen_share or p.onboarding_if_keen == p.onboarding_if_not:
        switched_off.add(("keen", "onboarding"))
    if not p.instrument_by_age:
        switched_off.add(("age_group", "instrument"))
    if not p.back_to_school_drop or p.back_to_school == "as coded":
        switched_off.add(("start_date", "age_group"))
    if p.churn_if_retained == 1:
        switched_off.add(("retention", "churn"))
    if not p.lessons_if_retained:
        switched_off.add(("retention", "lessons_completed"))
    if p.conversion_per_lesson == 0:
        switched_off.add(("lessons_completed", "premium_conversion"))
    return {
        effect: tuple(cause for cause in causes if (cause, effect) not in switched_off)
        for effect, causes in CAUSES.items()
    }
