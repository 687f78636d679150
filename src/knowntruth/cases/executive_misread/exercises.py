"""Checks of the chapter's exercises.

Each check works its own answer out from the run at hand, so it holds under any seed. It
accepts a right answer, and tells the typical wrong ones apart to say where they went astray.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from ...story.facts import Fact
from ...story.saying import say
from ..exercises import NotYetError, judge, judge_all
from .launch import Launch

Array = NDArray[np.float64]

# What could change what is known of the feature, and what could not, with the reason.
USEFUL = {
    "access": "Who could meet the feature makes two groups that existed before the launch.",
    "unaffected": "Whatever moved those who could not meet the feature was not the feature.",
    "newcomers": "Who came with the launch is in the number, and was changed by nothing.",
    "calendar": "What began on the same day is in the second mean as well.",
}
USELESS = {
    "digits": "A p-value with more digits answers the same null hypothesis.",
    "export": "The cell is empty because nobody could be exposed; no export can fill it.",
    "rerun": "The order of rows changes nothing that a regression can tell.",
}
STICKY = (0.0, 0.5, 0.9)  # autocorrelations of the days that are drawn


def check_sessions_per_active_user(answer: Callable[[pd.DataFrame], float], case: Launch) -> None:
    """Accept the mean over days of sessions by active users.

    Raises:
        NotYetError: for any other number, with a hint where the mistake is a typical one.
    """
    here = case.units.project('"user", "time"').df()
    right = 0.0
    for events in (_drawn(case), here):
        day = events["time"].dt.normalize()
        by_day = events.groupby(day)["user"]
        sizes, users = by_day.size(), by_day.nunique()
        right = float((sizes / users).mean())
        mistakes = {
            "That is the pooled ratio, in which a busy day counts for more; "
            "take the mean over days.": float(sizes.sum() / users.sum()),
            "That divides by all users; only those who are active on a day count.": float(
                (sizes / events["user"].nunique()).mean()
            ),
            "That groups by the time itself; a day has many times.": float(
                (
                    events.groupby("time")["user"].size() / events.groupby("time")["user"].nunique()
                ).mean()
            ),
            "That is the number of sessions a day; divide by the day's users.": float(sizes.mean()),
        }
        judge(_plain(answer(events.copy())), right, mistakes)
    found = Fact("ratio", right, decimals=3)
    say(f"Right: over all days of this run, sessions per active user are {found}.", found)


def check_counted_twice(answer: Callable[[pd.DataFrame], float], case: Launch) -> None:
    """Accept the share of user-days with exposed sessions and others.

    Raises:
        NotYetError: for any other number, with a hint where the mistake is a typical one.
    """
    here = case.units.project('"user", "time", exposed').df()
    right = 0.0
    for events in (_drawn(case), here):
        day = events["time"].dt.normalize()
        days = events.groupby(["user", day])["exposed"]
        both = days.nunique() == 2
        of_users = events.groupby("user")["exposed"].nunique() == 2
        right = float(both.mean())
        mistakes = {
            "That is a number of user-days; return their share.": float(both.sum()),
            "That looks at users over all days; a user-day is one user on one day.": float(
                of_users.mean()
            ),
            "That is the share of user-days with an exposed session; "
            "a session without is needed as well.": float((days.max() == 1).mean()),
            "That is the share of exposed sessions; count user-days.": float(
                events["exposed"].mean()
            ),
        }
        judge(_plain(answer(events.copy())), right, mistakes)
    share = Fact("twice", right, "share", decimals=1)
    say(f"Right: {share} of all active user-days in this run count twice.", share)


def check_share_before(answer: Callable[[float, float, float], float], case: Launch) -> None:
    """Accept the weight of the first of two means in their mixture.

    Raises:
        NotYetError: for any other number, with a hint where the mistake is a typical one.
    """
    rng = case.rng("exercise mixture")
    right = 0.0
    for _ in range(3):
        n, m = (int(number) for number in rng.integers(20, 90, 2))
        before, since = sorted(rng.uniform(1, 2, 2), reverse=True)
        whole = (n * before + m * since) / (n + m)
        right = n / (n + m)
        mistakes = {
            "That is the share of the days since the launch.": m / (n + m),
            "That is how many days before come on one day since; return a share of all.": n / m,
            "A mean of two means by halves is not asked for.": 0.5,
            "That divides the wrong way round.": (before - since) / (whole - since),
        }
        judge(_plain(answer(whole, before, since)), right, mistakes, tolerance=1e-6)
    share = Fact("share", right, "share", decimals=1)
    say(f"Right: in the last of the mixtures {share} of the days lie before.", share)


def check_can_be_told(answer: Callable[[Array], Sequence[bool]], case: Launch) -> None:
    """Accept for each column whether its coefficient can be told by the data.

    Raises:
        NotYetError: for other answers, with a hint where the mistake is a typical one.
    """
    days = pd.date_range(case.launch - pd.Timedelta("3D"), periods=6)
    after = np.array(days >= case.launch, dtype=float)
    meeting = np.array(
        [
            [1.0, exposed, since, exposed * since]
            for since in after
            for exposed in (0.0, 1.0)
            if since or not exposed
        ]
    )
    full = np.array([[1.0, e, s, e * s] for s in (0.0, 1.0) for e in (0.0, 1.0)] * 2)
    noise = case.rng("exercise design").normal(size=(8, 2))
    sums = np.column_stack([np.ones(8), noise, noise.sum(axis=1)])
    right: list[bool] = []
    for design in (full, sums, meeting):
        whole = np.linalg.matrix_rank(design)
        ranks = [np.linalg.matrix_rank(np.delete(design, i, axis=1)) for i in range(4)]
        right = [bool(rank < whole) for rank in ranks]
        mistakes = {
            "That calls all columns alike; look at each by itself.": [whole == design.shape[1]] * 4,
            "That is the reverse.": [not one for one in right],
            "Each column is held against those before it; hold it against all others.": [
                bool(
                    np.linalg.matrix_rank(design[:, : i + 1]) > np.linalg.matrix_rank(design[:, :i])
                )
                if i
                else True
                for i in range(4)
            ],
        }
        given = answer(design.copy())
        judge_all(given, right, mistakes)
    told = Fact("told", sum(right), "count")
    columns = Fact("columns", len(right), "count")
    say(
        f"Right: of the {columns} coefficients that the meeting asked for, "
        f"the data can tell {told}.",
        told,
        columns,
    )


def check_alarm_rate(answer: Callable[[Array, int, float], float], case: Launch) -> None:
    """Accept the share of records in which Welch's test calls a change.

    Raises:
        NotYetError: for any other number, with a hint where the mistake is a typical one.
    """
    before, alpha = 30, case.parameters.alpha
    rng = case.rng("exercise alarms")
    right = 0.0
    for r in STICKY:
        records = rng.normal(size=(400, 50))
        for day in range(1, records.shape[1]):
            records[:, day] = r * records[:, day - 1] + np.sqrt(1 - r**2) * records[:, day]
        # The last days vary more, so that Student's test is another one.
        records[:, before:] *= 2
        first, second = records[:, :before], records[:, before:]
        p = stats.ttest_ind(first, second, axis=1, equal_var=False).pvalue
        student = stats.ttest_ind(first, second, axis=1).pvalue
        right = float((p < alpha).mean())
        mistakes = {
            "That is Student's test; Welch's does not take the variances for equal.": float(
                (student < alpha).mean()
            ),
            "That is the share in which the test stays silent.": float((p >= alpha).mean()),
            "That is a number of records; return their share.": float((p < alpha).sum()),
            "Records and days are the wrong way round.": float(
                (
                    stats.ttest_ind(
                        records[:before], records[before:], axis=0, equal_var=False
                    ).pvalue
                    < alpha
                ).mean()
            ),
        }
        judge(_plain(answer(records.copy(), before, alpha)), right, mistakes)
    facts = [
        Fact("alarms", right, "share", decimals=1),
        Fact("sticky", STICKY[-1]),
        Fact("promised", alpha, "share"),
    ]
    say(
        f"Right: where days go along by {facts[1]}, the test calls a change in {facts[0]} of the "
        f"records, and promises {facts[2]}.",
        facts,
    )


def check_asked_for(answer: Collection[str], case: Launch) -> None:
    """Accept the questions whose answers could change what is known of the feature.

    Raises:
        NotYetError: where one is missing or one too many, with the reason.
    """
    if isinstance(answer, str) or not all(isinstance(one, str) for one in answer):
        raise NotYetError("Not yet: a list of names is asked for.")
    asked = set(answer)
    if unknown := sorted(asked - {*USEFUL, *USELESS}):
        raise NotYetError(f"Not yet: there is no question {', '.join(unknown)}.")
    for one, why in USELESS.items():
        if one in asked:
            raise NotYetError(f"Not yet. {why}")
    for one, why in USEFUL.items():
        if one not in asked:
            raise NotYetError(f"Not yet: something is missing. {why}")
    say(
        "Right: each of these answers could have sent the meeting another way, "
        f"and tells something of {case.feature} or of what is not {case.feature}.",
        case.feature,
    )


def _drawn(case: Launch) -> pd.DataFrame:
    """Return a few sessions in which no two mistakes give the same number."""
    rng = case.rng("exercise sessions")
    user_days = pd.DataFrame(
        {
            "user": rng.integers(0, 40, 300),
            "day": np.repeat([0, 1, 2, 3], [20, 50, 90, 140]),
        }
    ).drop_duplicates()
    rows = user_days.loc[np.repeat(user_days.index, rng.integers(1, 5, len(user_days)))]
    hours = rng.integers(0, 24, len(rows))
    moments = pd.to_timedelta(rows["day"], "D") + pd.to_timedelta(hours, "h")
    return pd.DataFrame(
        {
            "user": rows["user"].to_numpy(),
            "time": (case.launch + moments).to_numpy(),
            "exposed": (rng.random(len(rows)) < 0.3).astype(float),
        }
    )


def _plain(given: object) -> object:
    """Return a number that numpy wraps, such as the mean of a column, as a number."""
    if isinstance(given, np.generic) or (isinstance(given, np.ndarray) and given.size == 1):
        return given.item()
    return given
