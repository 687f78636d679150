"""The notebook that this chapter began as: its steps, taken one by one on given tables.

A *day's ratio* is its sessions by its active users: of all sessions, or of those that are
exposed to the feature, or not. Every step works on such ratios, in the original's own way; what
is wrong with a step is wrong here too. `original_figures` puts what comes out beside what the
original printed, `original_arithmetic` has what follows from its printed numbers alone.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

FORMULA = "esau ~ treated + post + treated:post"
KEYS = ["date", "treated", "post"]
COLUMNS = ("value", "error", "t", "p", "low", "high")
FEWEST = 2  # days that a mean needs to have a standard error


@dataclass(frozen=True, kw_only=True)
class Welch:
    """Welch's test of two means over days; NaN where a side has fewer than two days."""

    t: float = math.nan
    p: float = math.nan
    degrees: float = math.nan


@dataclass(frozen=True, kw_only=True)
class TwoByTwo:
    """Means over days of the ratios of both groups, before and after; NaN where there is no day.

    Attributes:
        before_treated, after_treated: of exposed sessions.
        before_control, after_control: of the others.
    """

    before_treated: float
    after_treated: float
    before_control: float
    after_control: float

    @property
    def difference_in_differences(self) -> float:
        """The change of the treated less that of the control."""
        return (self.after_treated - self.before_treated) - (
            self.after_control - self.before_control
        )


@dataclass(frozen=True, kw_only=True)
class Coefficient:
    """A row of the regression's table; `low` and `high` are its 95 % interval."""

    term: str
    value: float
    error: float
    t: float
    p: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Regression:
    """The regression of the daily ratios of both groups.

    Attributes:
        rows: its table, by term.
        points: days and groups that it is fitted to.
        columns: how many coefficients it has.
        rank: how many of them the data can tell apart.
        warned: what the library said while it fitted; "" where nothing, as older ones do.
    """

    rows: Mapping[str, Coefficient]
    points: int
    columns: int
    rank: int
    warned: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Replay:
    """What the original's steps give, in their order; ratios are series by day.

    Attributes:
        launch: day of launch.
        before, after: ratios of all sessions.
        exposed, not_exposed: ratios of these sessions alone, of all days that have some.
        drop: the test of `before` against `after`.
        exposure: the test of `exposed` against `not_exposed`.
        groups: one row a day and group, see `group_metrics`.
        cells: their means.
        regression: of the ratios in `groups`.
    """

    launch: pd.Timestamp
    before: pd.Series
    after: pd.Series
    exposed: pd.Series
    not_exposed: pd.Series
    drop: Welch
    exposure: Welch
    groups: pd.DataFrame
    cells: TwoByTwo
    regression: Regression

    @property
    def not_exposed_after(self) -> pd.Series:
        """Ratios of the sessions that are not exposed, from launch on."""
        return self.not_exposed[self.not_exposed.index >= self.launch]


def replay(tables: Mapping[str, pd.DataFrame]) -> Replay:
    """Return what the original's steps give on `tables`, named and made as its files.

    Read are `event_time`, `user_id` and `feature_exposed` of `events`, and the first
    `launch_date` of `features`, a midnight; like the original, nothing of `users`.
    """
    launch = pd.Timestamp(tables["features"]["launch_date"].iloc[0])
    events = with_groups(tables["events"], launch)
    exposed, others = events["treated"] == 1, events["treated"] == 0
    return take_steps(
        launch,
        everyone=daily_ratio(events),
        exposed=daily_ratio(events[exposed]),
        not_exposed=daily_ratio(events[others]),
        groups=group_metrics(events),
    )


def with_groups(events: pd.DataFrame, launch: pd.Timestamp) -> pd.DataFrame:
    """Return `user_id` of the events with their `date` and the original's two groupings.

    `post` is 1 from launch on; `treated`, its word for an exposed session, is 1 for those.
    """
    return pd.DataFrame(
        {
            "user_id": events["user_id"],
            "date": events["event_time"].dt.normalize(),
            "treated": events["feature_exposed"].astype(int),
            "post": (events["event_time"] >= launch).astype(int),
        }
    )


def daily_ratio(events: pd.DataFrame) -> pd.Series:
    """Return sessions per active user by day, of the days that have events."""
    users = events.groupby("date")["user_id"]
    return (users.size() / users.nunique()).rename("esau")


def group_metrics(events: pd.DataFrame) -> pd.DataFrame:
    """Return one row a day and group, with its sessions, active users and their ratio.

    Columns: `date`, `treated`, `post`, `sessions`, `active_users`, `esau`.
    """
    groups = (
        events.groupby(KEYS)
        .agg(sessions=("user_id", "count"), active_users=("user_id", "nunique"))
        .reset_index()
    )
    return groups.assign(esau=groups["sessions"] / groups["active_users"])


def welch(first: pd.Series, second: pd.Series) -> Welch:
    """Return Welch's test of two stretches of days, each day an independent draw."""
    if min(len(first), len(second)) < FEWEST:
        return Welch()
    found = stats.ttest_ind(first, second, equal_var=False)
    return Welch(t=float(found.statistic), p=float(found.pvalue), degrees=float(found.df))


def two_by_two(groups: pd.DataFrame) -> TwoByTwo:
    """Return the four means of `group_metrics`."""

    def mean(treated: int, post: int) -> float:
        cell = (groups["treated"] == treated) & (groups["post"] == post)
        return float(groups.loc[cell, "esau"].mean())

    return TwoByTwo(
        before_treated=mean(1, 0),
        after_treated=mean(1, 1),
        before_control=mean(0, 0),
        after_control=mean(0, 1),
    )


def regress(groups: pd.DataFrame) -> Regression:
    """Return the regression of `group_metrics`, fitted whatever its rank is."""
    import statsmodels.formula.api as smf

    # Where a column is nothing but zeros its error is zero, and t is not a number.
    with (
        np.errstate(divide="ignore", invalid="ignore"),
        warnings.catch_warnings(record=True) as caught,
    ):
        warnings.simplefilter("always")
        fit = smf.ols(FORMULA, data=groups).fit()
        intervals = fit.conf_int()
        table = pd.DataFrame(
            {
                "value": fit.params,
                "error": fit.bse,
                "t": fit.tvalues,
                "p": fit.pvalues,
                "low": intervals[0],
                "high": intervals[1],
            }
        )
    rows = {
        str(term): Coefficient(term=str(term), **{key: float(row[key]) for key in COLUMNS})
        for term, row in table.iterrows()
    }
    design = fit.model.exog
    return Regression(
        rows=rows,
        points=len(design),
        columns=design.shape[1],
        rank=int(np.linalg.matrix_rank(design)),
        warned=" ".join(dict.fromkeys(str(one.message) for one in caught)),
    )


def take_steps(
    launch: pd.Timestamp,
    *,
    everyone: pd.Series,
    exposed: pd.Series,
    not_exposed: pd.Series,
    groups: pd.DataFrame,
) -> Replay:
    """Return what the steps give on ratios by day and on `group_metrics`."""
    before, after = everyone[everyone.index < launch], everyone[everyone.index >= launch]
    return Replay(
        launch=launch,
        before=before,
        after=after,
        exposed=exposed,
        not_exposed=not_exposed,
        drop=welch(before, after),
        exposure=welch(exposed, not_exposed),
        groups=groups,
        cells=two_by_two(groups),
        regression=regress(groups),
    )
