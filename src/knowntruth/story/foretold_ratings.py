"""Wording of ratings that are foretold: how far off they are, beside whom, and what that says.

Every function takes findings, facts and names and returns Markdown; none computes a statistic.
An *error* is the RMSE of log amounts; a *difference* is how much larger another's is than that of
SVD++.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .facts import Fact
from .findings import Finding
from .names import Name, listed

# How a rating can be foretold without any model of taste, by the names of `rating_errors`.
RATINGS = {
    "overall mean": "mean of all",
    "product mean": "mean of the product",
    "log of the price": "line in the price",
    "biases": "biases",
    "SVD++": "SVD++",
}


def error_answer(
    rmse: Finding, simple: Finding, behind: Finding, by_lot: Finding, *, products: Name
) -> str:
    """Say what the error of the ratings said, and what it did not."""
    beside = {
        "higher": f"less than the mean of each product has, {simple:value}",
        "lower": f"more than the mean of each product has, {simple:value}",
        "unclear": f"not clearly more or less than the mean of each product has, {simple:value}",
    }[behind.direction]
    lists = {
        "higher": "are better than lists drawn by lot",
        "lower": "are worse than lists drawn by lot",
        "unclear": "are not clearly better or worse than lists drawn by lot",
    }[by_lot.direction]
    said = (
        f"SVD++ foretells log amounts with an error of {rmse:value}, {beside}. Its lists of new "
        f"{products} {lists} (difference {by_lot:interval})."
    )
    if behind.direction == "higher" and by_lot.direction != "higher":
        return f"{said} The error did not say so."
    return said


def between_products(share: Fact) -> str:
    """Say how much of the ratings hangs on the product alone."""
    return (
        f"Of the variance of these ratings {share} lies between products: to know what was bought "
        "is to know that much of what was paid, without knowing who bought it."
    )


def grid_title(trials: Fact, best: Finding, worst: Finding) -> str:
    """Say in a title how far the combinations of a grid lie apart."""
    if trials.value == 1:
        return f"The one combination has an error of {best:value}"
    return f"From the best to the worst of {trials} combinations: {best:value} to {worst:value}"


def tuned(best: Finding, simple: Fact, settings: Mapping[str, Fact]) -> str:
    """Say which combination is best, beside the error of biases alone on the same folds."""
    words = listed([f"{name} {fact}" for name, fact in settings.items()])
    end = ", as much" if str(simple) == f"{best:value}" else ""
    return (
        f"The least error, {best:value} over the folds, has {words}. Biases alone have {simple} on "
        f"the same folds{end}."
    )


def errors_title(rmse: Finding | None, simple: Finding) -> str:
    """Say in a title how far off SVD++ and biases alone are."""
    if rmse is None:
        return f"RMSE of biases alone {simple:value}"
    return f"RMSE of SVD++ {rmse:value}, of biases alone {simple:value}"


def beside(differences: Mapping[str, Finding]) -> str:
    """Say against which baselines SVD++ has less error; differences are theirs minus its."""
    less = [name for name, one in differences.items() if one.direction == "higher"]
    more = [name for name, one in differences.items() if one.direction == "lower"]
    same = [name for name, one in differences.items() if one.direction == "unclear"]
    parts = []
    if less:
        parts.append(f"clearly smaller than with {_the(less)}")
    if more:
        parts.append(f"clearly larger than with {_the(more)}")
    if same:
        parts.append(f"neither clearly smaller nor larger than with {_the(same)}")
    if not parts:
        return "There is nothing to compare the error of SVD++ with."
    told = [f"{RATINGS[name]} {one:change} ({one:interval})" for name, one in differences.items()]
    return f"The error of SVD++ is {'; '.join(parts)}. Errors beside it: {'; '.join(told)}."


def _the(names: Sequence[str]) -> str:
    return listed([f"the {RATINGS[name]}" for name in names])


def seen_and_new(seen: Fact, new: Fact | None, share: Fact, *, products: Name) -> str:
    """Say how far off ratings of known and of new pairs are."""
    if new is None:
        return (
            f"All test ratings are of pairs that stand in the training part as well, so the error, "
            f"{seen}, says nothing of {products} that a customer has not bought yet."
        )
    return (
        f"Of the test ratings {share} are of pairs that stand in the training part as well. Their "
        f"error is {seen}, that of new pairs {new}. A list of new {products} needs only the second."
    )
