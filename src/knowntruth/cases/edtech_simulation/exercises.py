"""Checks of the chapter's exercises.

Each check works its own answer out from the run at hand, so it holds under any seed. It
accepts a right answer, and tells the typical wrong ones apart to say where they went astray.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...story.facts import Fact
from ...story.saying import say
from ..exercises import NotYetError, judge, judge_all
from .contract import DAYS
from .user_base import ONBOARDING, UserBase

Array = NDArray[np.float64]

# Days from sign-up to the last activity: around the days that are asked about, and between.
GAPS = (0, 1, 2, 5, 6, 7, 8, 20, 29, 30, 31, 45)
FACTOR = ("Guitar", "Piano", "Voice")
CALLED = 0.5  # the chance from which a hurried answer calls somebody a payer
DO, LEAVE, OPEN = "do it", "leave it", "cannot be told"


def check_retained(answer: Callable[[pd.DataFrame, int], float], case: UserBase) -> None:
    """Accept the share of users who were active so many days after sign-up, or later.

    Raises:
        NotYetError: for any other number, with a hint where the mistake is a typical one.
    """
    rng = case.rng("exercise retained")
    gaps = np.repeat(GAPS, rng.integers(40, 120, len(GAPS)))
    signed_up = pd.Timestamp("2024-08-01") + pd.to_timedelta(rng.integers(0, 31, len(gaps)), "D")
    drawn = pd.DataFrame(
        {"signed_up": signed_up, "last_active": signed_up + pd.to_timedelta(gaps, "D")}
    )
    here = case.units.df()[["signed_up", "last_active"]]
    right = 0.0
    for users, day in ((drawn, 7), (drawn, 30), (here, 30)):
        days = (users["last_active"] - users["signed_up"]).dt.days
        right, came_back = float((days >= day).mean()), float((days > 0).mean())
        mistakes = {
            "That is active on exactly that day; later counts too.": float((days == day).mean()),
            "Active on that day itself counts too.": float((days > day).mean()),
            "The day of sign-up is day zero, not day one.": float((days >= day - 1).mean()),
            "Who never came back counts among all users too.": (
                right / came_back if came_back else np.nan
            ),
            "That is a share in percent; return it between zero and one.": 100 * right,
            "That is a number of users; return their share.": right * len(users),
        }
        judge(_plain(answer(users, day)), right, mistakes)
    share = Fact("retained", right, "share", decimals=1)
    say(f"Right: of this run's own users {share} were active thirty days on, or later.", share)


def check_broken(answer: Callable[[pd.DataFrame], int], case: UserBase) -> None:
    """Accept the number of users who have a later day without an earlier one.

    Raises:
        NotYetError: for any other number, with a hint where the mistake is a typical one.
    """
    columns = list(DAYS.values())
    ways = np.array(np.meshgrid([0, 1], [0, 1], [0, 1])).reshape(3, -1).T
    rng = case.rng("exercise broken")
    # No two sums of these numbers are alike, so that every mistake has a number of its own.
    rows = np.repeat(ways, rng.permutation(3 ** np.arange(len(ways))), axis=0)
    drawn = pd.DataFrame(rng.permutation(rows), columns=columns)
    right = 0
    for users in (drawn, case.units.df()[columns]):
        first, second, third = (users[column] == 1 for column in columns)
        pairs = [second & ~first, third & ~second, third & ~first]
        right = int((pairs[0] | pairs[1]).sum())
        mistakes = {
            "Only the first and the second of the days are held against each other.": pairs[0],
            "Only the second and the third of the days are held against each other.": pairs[1],
            "Only the first and the third of the days are held against each other.": pairs[2],
            "Who is there on the second of the days alone is left out.": pairs[1] | pairs[2],
            "An earlier day may be there without a later one: they left in between.": (
                ~(first & second & third) & (first | second | third)
            ),
        }
        numbers = {hint: float(who.sum()) for hint, who in mistakes.items()}
        twice = "Some contradict themselves in two ways; count each user once."
        numbers[twice] = float(sum(who.sum() for who in pairs))
        judge(_plain(answer(users)), right, numbers)
    own = Fact("broken", right, "count")
    say(f"Right: this run's own table holds {own} of them.", own)


def check_from_others(
    answer: Callable[[list[float], list[int]], Sequence[float]], case: UserBase
) -> None:
    """Accept each group's rate minus that of all other groups together.

    Raises:
        NotYetError: for any other numbers, with a hint where the mistake is a typical one.
    """
    rng = case.rng("exercise from_others")
    for groups in (3, 5):
        rates = rng.uniform(0.01, 0.3, groups).round(3)
        sizes = np.sort(rng.choice(np.arange(50, 5000), groups, replace=False))
        total, users = float(rates @ sizes), int(sizes.sum())
        right = rates - (total - rates * sizes) / (users - sizes)
        mistakes = {
            "The rate of everybody holds the group itself; take it out.": rates - total / users,
            "Large groups count for more; that is the plain mean of the other rates.": (
                rates - (rates.sum() - rates) / (groups - 1)
            ),
            "That is against the first group; each stands against all others.": rates - rates[0],
            "That is against the largest group; each stands against all others.": (
                rates - rates[-1]
            ),
            "That is the others minus the group; turn it round.": -right,
        }
        given = answer([float(rate) for rate in rates], [int(size) for size in sizes])
        judge_all(given, right, mistakes)
    say("Right: a group that is held against everybody is partly held against itself.")


def check_standardised(answer: Callable[[pd.DataFrame], float], case: UserBase) -> None:
    """Accept a difference of rates in which both sides have everybody's mix of a factor.

    Raises:
        NotYetError: for any other number, with a hint where the mistake is a typical one.
    """
    for drawn in range(2):
        table = _chosen(case.rng(f"exercise standardised {drawn}"))
        cells = table.groupby(["factor", "onboarding"])["outcome"].agg(["mean", "size"]).unstack()
        gaps = (cells["mean"][1] - cells["mean"][0]).to_numpy()
        without, took = (cells["size"][flag].to_numpy() for flag in (0, 1))
        rates = table.groupby("onboarding")["outcome"].mean()
        right = float(np.average(gaps, weights=without + took))
        mistakes = {
            "That is the difference as they come; give both sides the same mix.": float(
                rates[1] - rates[0]
            ),
            "That is the mix of those who took it; take everybody's.": float(
                np.average(gaps, weights=took)
            ),
            "That is the mix of those who did not take it; take everybody's.": float(
                np.average(gaps, weights=without)
            ),
            "Every level counts the same; weigh each by its users.": float(gaps.mean()),
            "A straight line weighs levels by how mixed they are; weigh by users.": float(
                np.average(gaps, weights=without * took / (without + took))
            ),
            "That is without minus with; turn it round.": -right,
        }
        judge(answer(table), right, mistakes)
    say("Right: both sides have the same mix, so its differences cannot be in the difference.")


def _chosen(rng: np.random.Generator) -> pd.DataFrame:
    """Return users of whom more take the onboarding, and more stay, from level to level.

    Of each level some take it and some do not.
    """
    parts = []
    for place, level in enumerate(FACTOR):
        for took in (0, 1):
            size = int(rng.integers(60, 120)) * (1 + (place if took else 2 - place))
            events = int(rng.uniform(0.1, 0.2) * size * (1 + place * (1 + took)))
            outcome = np.arange(size) < events
            part = {"factor": level, "onboarding": took, "outcome": outcome.astype(int)}
            parts.append(pd.DataFrame(part))
    return pd.concat(parts).sample(frac=1, random_state=rng).reset_index(drop=True)


def check_allowed(answer: Iterable[str], case: UserBase) -> None:
    """Accept exactly the columns that were known before the onboarding.

    Raises:
        NotYetError: naming what is missing or what the onboarding can move.
    """
    columns = set(case.units.columns)
    last = list(DAYS.values())[-1]
    right = {factor.column for factor in case.factors} | {"signed_up"}
    given = set(answer)
    unknown = given - columns
    moved = given - right - unknown - {"user", ONBOARDING, last}
    if unknown:
        raise NotYetError(f"Not yet: {', '.join(sorted(unknown))} is no column of the units.")
    if ONBOARDING in given:
        raise NotYetError("Not yet: with the onboarding held equal nothing is left to compare.")
    if last in given:
        raise NotYetError(f"Not yet: {last} is the outcome; it cannot be held equal.")
    if "user" in given:
        raise NotYetError("Not yet: every user is one of a kind; nobody is left to compare with.")
    if moved:
        raise NotYetError(
            f"Not yet: {', '.join(sorted(moved))} came after the onboarding, which can move it."
        )
    if right - given:
        raise NotYetError(f"Not yet: {len(right - given)} more were known at sign-up.")
    say("Right: what was known at sign-up may be held equal, and nothing that came after.")


def check_trimmed_mean(answer: Callable[[Array, float], float], case: UserBase) -> None:
    """Accept the mean without a share of the smallest and as many of the largest values.

    Raises:
        NotYetError: for any other number, with a hint where the mistake is a typical one.
    """
    rng = case.rng("exercise trimmed_mean")
    for share in (0.1, 0.2):
        # Ties lie across every cut, with other values beyond, and no share is of whole users.
        low_end, high_end = np.repeat([0.0, 1, 2], [4, 10, 16]), np.repeat([12.0, 18], [14, 10])
        between, tail = rng.integers(3, 8, 29 + 5 * rng.integers(2)), rng.integers(20, 60, 5)
        lessons = rng.permutation(np.concatenate([low_end, between, high_end, tail]))
        n = len(lessons)
        ends, ordered = int(share * n), np.sort(lessons)
        low, high = ordered[ends], ordered[n - ends - 1]
        half = int(share * n / 2)
        mistakes = {
            "Nothing is dropped.": ordered,
            "They are dropped at the top alone; drop as many at the bottom.": ordered[: n - ends],
            "They are dropped at the bottom alone; drop as many at the top.": ordered[ends:],
            "They are dropped in the order in which they came; sort them first.": (
                lessons[ends : n - ends]
            ),
            "That is half the share at each end; drop the whole share at either.": (
                ordered[half : n - half]
            ),
            "Values beyond the cuts are pulled in; drop them instead.": ordered.clip(low, high),
            "All values at a cut are dropped; ties go one by one, as far as the share goes.": (
                ordered[(ordered > low) & (ordered < high)]
            ),
            "All values at a cut are kept; ties go one by one, as far as the share goes.": (
                ordered[(ordered >= low) & (ordered <= high)]
            ),
            "That is one user too many at each end; round down.": ordered[ends + 1 : n - ends - 1],
        }
        means = {hint: float(left.mean()) for hint, left in mistakes.items() if len(left)}
        judge(answer(lessons, share), float(ordered[ends : n - ends].mean()), means)
    say("Right: however far out the outermost users are, they count no more for it.")


def check_rank_right(answer: Callable[[Array, Array], float], case: UserBase) -> None:
    """Accept the chance that a payer was given more than somebody else, ties as halves.

    Raises:
        NotYetError: for any other number, with a hint where the mistake is a typical one.
    """
    rng = case.rng("exercise rank_right")
    for payers in (9, 17):
        paid = rng.permutation(np.repeat([1, 0], [payers, 80 - payers]))
        # Payers are given more, on a coarse scale; one of each kind is given the same.
        predicted = ((rng.beta(2, 7, len(paid)) + 0.12 * paid).clip(0, 0.9) * 20).round() / 20
        predicted[np.argmin(paid)] = predicted[np.argmax(paid)]
        ahead = predicted[paid == 1][:, None] - predicted[paid == 0]
        more, same = float((ahead > 0).mean()), float((ahead == 0).mean())
        mistakes = {
            "A tie counts as a miss; it is half a hit.": more,
            "A tie counts as a hit; it is half a one.": more + same,
            "Ties are left out of all pairs; each is half a hit.": (
                more / (1 - same) if same < 1 else np.nan
            ),
            "That is the chance that the other one was given more.": 1 - more - same / 2,
            "That is the share called rightly; where few pay, calling nobody scores well.": (
                float(((predicted >= CALLED) == paid).mean())
            ),
        }
        judge(answer(paid, predicted), more + same / 2, mistakes)
    say("Right: it asks for the order alone; any other scale leaves it as it is.")


def check_advice(
    answer: Callable[[float, float, float, float, float], str], case: UserBase
) -> None:
    """Accept the advice that follows from the whole interval of a gain.

    Raises:
        NotYetError: for any other advice, with a hint where the mistake is a typical one.
    """
    rng = case.rng("exercise advice")
    # Ends of intervals, in multiples of the effect that just pays its cost.
    ends = [(1.2, 2.1), (-0.4, 0.8), (0.3, 0.9), (0.5, 1.8), (-0.6, 1.2), (-0.9, -0.2), (0.2, 1.4)]
    given = []
    for low, high in ends:
        value, reach = float(rng.integers(5, 50)), float(rng.integers(10_000, 10**6))
        pays = float(rng.uniform(0.002, 0.02))
        given.append(answer(low * pays, high * pays, value, reach, value * reach * pays))
        if given[-1] not in (DO, LEAVE, OPEN):
            raise NotYetError(
                f"Not yet: the function returns {given[-1]!r}, not {DO!r}, {LEAVE!r} or {OPEN!r}."
            )
    mistakes = {
        "An effect that differs from zero may cost more than it brings.": [
            _advice(low, high, 0) for low, high in ends
        ],
        "The middle of an interval is not all of it; ask what both ends bring.": [
            _advice((low + high) / 2, (low + high) / 2, 1) for low, high in ends
        ],
        "Where only a part of the interval pays, leaving it may be wrong too.": [
            _advice(low, low, 1) for low, _ in ends
        ],
        "Where only a part of the interval pays, doing it may be wrong too.": [
            _advice(high, high, 1) for _, high in ends
        ],
        "One user's gain is held against the cost of all; multiply it by their number.": [
            LEAVE for _ in ends
        ],
    }
    if given == [_advice(low, high, 1) for low, high in ends]:
        say("Right: an effect that is clearly there may still be one that does not pay.")
        return
    for hint, wrong in mistakes.items():
        if given == wrong:
            raise NotYetError(f"Not yet. {hint}")
    raise NotYetError("Not yet: some advice is another one. Work the gain out at both ends.")


def _advice(low: float, high: float, least: float) -> str:
    """Return what to do about an effect that has to exceed the least one."""
    if low > least:
        return DO
    return LEAVE if high < least else OPEN


def _plain(given: object) -> object:
    """Return a whole number of NumPy's as one of Python's."""
    return int(given) if isinstance(given, np.integer) else given
