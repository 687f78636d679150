"""What is wrong with the table of the notebook that this chapter began as, and by how much.

Each function takes a `Replay` and measures one mistake, on the table that shows it: the one
that the original's prints describe, or the one that it leaves behind. Rates are shares of
users with Wilson's interval, unit `share`.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from scipy import stats

from ...methods.experiments.experiments import rate
from ...methods.users.audit import Checked, Rule, audit, known, nested, unique, within
from ...methods.users.row_dependence import Scan, indicators, scan
from ...story.estimates import Estimate
from .original import FLAGS, Replay
from .original_draws import AGES, BACK_TO_SCHOOL_DROP, DAYS, LATE_AUGUST, TEXTS

LEVEL = 0.95
SPIKED_AS_SAID = 0.05
ANOMALIES = {
    "low_retention": "day_30_retention",
    "high_retention": "day_30_retention",
    "low_conversion": "premium_conversion",
    "high_conversion": "premium_conversion",
}
RULES: tuple[Rule, ...] = (
    nested(FLAGS[1], FLAGS[0], meaning="retained on day 7 but not on day 1"),
    nested(FLAGS[2], FLAGS[1], meaning="retained on day 30 but not on day 7"),
    nested(FLAGS[2], FLAGS[0], meaning="retained on day 30 but not on day 1"),
    unique("user_id", meaning="a user who is there twice"),
    known("country", meaning="no country"),
    within("lessons_completed", 0, meaning="fewer than no lessons"),
    within("start_date", DAYS[0].date(), DAYS[-1].date(), meaning="a start outside August"),
)


@dataclass(frozen=True)
class Stage:
    """Premium among users retained on a day.

    Attributes:
        day: 1, 7 or 30.
        everyone: the rate that was printed.
        unforced: the rate without users who were set to retained on all three days.
        forced: share of such users among those retained.
    """

    day: int
    everyone: Estimate
    unforced: Estimate
    forced: Estimate


@dataclass(frozen=True)
class BackToSchool:
    """Users under 18, whom the original meant to make a tenth rarer in late August.

    Attributes:
        before, after: their share of the users who start up to 15 August, and later.
        chi_square, df, p_value: Pearson's test of all age groups against before and after.
        share_meant: their share before the drop.
        share_drawn: their share after 0.1 was taken from it instead of a tenth of it.
        users: of them.
        users_expected: users that a drop of a tenth for everybody would leave on average.
    """

    before: Estimate
    after: Estimate
    chi_square: float
    df: int
    p_value: float
    share_meant: float
    share_drawn: float
    users: int
    users_expected: float


@dataclass(frozen=True)
class ChurnSpikes:
    """Users whose probability of churn was raised at random.

    Attributes:
        picked: how many.
        share: their share of all users, as the code picks them.
        share_said: the share in the comment beside it.
        spiked, others: churn among them, and among all others.
        of_churned: their share of the users who churned.
    """

    picked: int
    share: float
    share_said: float
    spiked: Estimate
    others: Estimate
    of_churned: Estimate


@dataclass(frozen=True)
class Anomaly:
    """An outcome in rare countries in which it was overwritten.

    Attributes:
        group: `low_retention`, `high_retention`, `low_conversion` or `high_conversion`, as
            the original calls the countries.
        outcome: the column.
        rate: of these countries.
        usual: of all users whose country is not rare.
    """

    group: str
    outcome: str
    rate: Estimate
    usual: Estimate

    @property
    def times(self) -> float:
        """How many times as often as usual it happens there."""
        return self.rate.value / self.usual.value


@dataclass(frozen=True)
class RareCountries:
    """Outcomes in rare countries, and what they make of the whole.

    Attributes:
        anomalies: the four groups of countries.
        of_users, of_premium: share of rare countries among all users and among premium users.
        premium_before, premium_after: of all users, as printed and after they were added.
    """

    anomalies: tuple[Anomaly, ...]
    of_users: Estimate
    of_premium: Estimate
    premium_before: Estimate
    premium_after: Estimate


def premium_by_stage(found: Replay, *, level: float = LEVEL) -> tuple[Stage, ...]:
    """Return premium among users retained on day 1, 7 and 30, with and without those forced."""
    users, forced = found.printed, found.injected["forced"]
    stages = []
    for day, flag in zip((1, 7, 30), FLAGS, strict=True):
        retained = users[flag] == 1
        stages.append(
            Stage(
                day,
                everyone=_rate(users.loc[retained, "premium_conversion"], level),
                unforced=_rate(users.loc[retained & ~forced, "premium_conversion"], level),
                forced=_rate(forced[retained], level),
            )
        )
    return tuple(stages)


def broken_rows(found: Replay) -> tuple[Checked, ...]:
    """Audit the table that the original leaves behind."""
    return audit(found.final, RULES, key="user_id")


def shared_numbers(found: Replay, *, level: float = LEVEL) -> Scan:
    """Scan the table that was printed for columns drawn from the same random numbers.

    Countries are left out, which came from another generator, and so are dates.
    """
    columns = found.printed.columns.difference(["user_id", "start_date", "country"], sort=False)
    return scan(indicators(found.printed, columns), level=level)


def back_to_school(found: Replay, *, level: float = LEVEL) -> BackToSchool:
    """Compare the age groups of early and of late August."""
    users, youngest = found.final, AGES[0]
    late = users["start_date"] > LATE_AUGUST
    is_young = users["age_group"] == youngest
    test = stats.chi2_contingency(pd.crosstab(users["age_group"], late), correction=False)
    meant = found.weights["age_group"].shares[youngest]
    cut = meant * (1 - BACK_TO_SCHOOL_DROP)
    return BackToSchool(
        before=_rate(is_young[~late], level),
        after=_rate(is_young[late], level),
        chi_square=float(test.statistic),
        df=int(test.dof),
        p_value=float(test.pvalue),
        share_meant=meant,
        share_drawn=found.age_shares[youngest],
        users=int(is_young.sum()),
        users_expected=len(users) * cut / (1 - meant + cut),
    )


def churn_spikes(found: Replay, *, level: float = LEVEL) -> ChurnSpikes:
    """Return what the users whose churn was raised at random make of it."""
    churned, picked = found.printed["churn"], found.injected["churn_spike"]
    return ChurnSpikes(
        picked=int(picked.sum()),
        share=float(picked.mean()),
        share_said=SPIKED_AS_SAID,
        spiked=_rate(churned[picked], level),
        others=_rate(churned[~picked], level),
        of_churned=_rate(picked[churned == 1], level),
    )


def low_countries(found: Replay, *, level: float = LEVEL) -> RareCountries:
    """Return what became of the countries that were meant to be low, or high."""
    users, rare = found.final, found.injected["rare"]
    premium = users["premium_conversion"]
    return RareCountries(
        anomalies=tuple(
            Anomaly(
                group,
                outcome,
                rate=_rate(
                    users.loc[users["country"].isin(TEXTS["rare_countries"][group]), outcome], level
                ),
                usual=_rate(users.loc[~rare, outcome], level),
            )
            for group, outcome in ANOMALIES.items()
        ),
        of_users=_rate(rare, level),
        of_premium=_rate(rare[premium == 1], level),
        premium_before=_rate(found.printed["premium_conversion"], level),
        premium_after=_rate(premium, level),
    )


def _rate(flags: pd.Series[bool] | pd.Series[int], level: float) -> Estimate:
    return rate((int(flags.sum()), len(flags)), level=level)
