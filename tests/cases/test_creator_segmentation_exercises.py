"""Exercises on creators: a right answer passes, and each typical mistake earns its own hint."""

from __future__ import annotations

import numpy as np
import pytest

from knowntruth import cases
from knowntruth.cases.creator_segmentation import exercises
from knowntruth.cases.exercises import NotYetError


@pytest.fixture(scope="module")
def case():
    return cases.get("creator_segmentation").open({"creators": 120, "replications": 0})


def ordered(values):
    return np.sort(np.asarray(values, dtype=float))[::-1]


def count(values, share):
    return max(int(share * len(values) + 1e-9), 1)


def top(values, share):
    return ordered(values)[: count(values, share)].sum() / np.sum(values)


def chosen(before, share):
    return np.argsort(-before, kind="stable")[: count(before, share)]


def price(table):
    return table["gmv"].sum() / table["transactions"].sum()


def quartile_scores(values, side="left"):
    return 4 - np.searchsorted(np.percentile(values, [25, 50, 75]), values, side=side)


def by_creator(table):
    sums = table.groupby("creator")[["transactions", "gmv"]].sum()
    sums = sums[sums["transactions"] > 0]
    return (sums["gmv"] / sums["transactions"]).mean()


def by_row(table):
    sold = table[table["transactions"] > 0]
    return (sold["gmv"] / sold["transactions"]).mean()


RIGHT = {
    "top_share": top,
    "both_by_chance": lambda n, a, b: a * b / n,
    "price_of_a_sale": price,
    "scores": quartile_scores,
    "in_view": lambda b, a, share: a[chosen(b, share)].sum() / a.sum(),
    "speaks_for_types": ["asked", "hollow", "elsewhere"],
}
WRONG = [
    ("top_share", lambda v, s: np.sort(v)[: count(v, s)].sum() / v.sum(), "sort the other way"),
    ("top_share", lambda v, s: ordered(v)[: count(v, s)].sum(), "divide by the total"),
    ("top_share", lambda v, s: ordered(v)[: count(v, s)].mean() / v.mean(), "mean of the top"),
    ("top_share", lambda v, s: ordered(v)[: count(v, s) + 1].sum() / v.sum(), "rounded down"),
    ("both_by_chance", lambda n, a, b: a * b / n**2, "return a number"),
    ("both_by_chance", lambda n, a, b: min(a, b), "one lay inside"),
    ("both_by_chance", lambda n, a, b: b / n, "there are several"),
    ("both_by_chance", lambda n, a, b: (a + b) / n, "multiply the chances"),
    ("price_of_a_sale", by_row, "ratios by month"),
    ("price_of_a_sale", by_creator, "mean price over creators"),
    ("price_of_a_sale", lambda t: t["gmv"].mean(), "ask about a sale"),
    ("price_of_a_sale", lambda t: 1 / price(t), "wrong way round"),
    ("scores", lambda v: 5 - quartile_scores(v), "lowest quarter the best"),
    ("scores", lambda v: quartile_scores(v, "right"), "on an edge"),
    ("scores", lambda v: quartile_scores(v) - 1, "counts from zero"),
    ("in_view", lambda b, a, s: a[chosen(a, s)].sum() / a.sum(), "does not know yet"),
    ("in_view", lambda b, a, s: b[chosen(b, s)].sum() / b.sum(), "made before"),
    ("in_view", lambda b, a, s: a[chosen(b, s)].sum(), "divide by all"),
    ("speaks_for_types", ["hollow", "islands"], "t-SNE makes islands"),
    ("speaks_for_types", ["silhouette"], "far from all others"),
    ("speaks_for_types", ["stable", "hollow"], "cut in the same place"),
    ("speaks_for_types", ["bic"], "several normal ones"),
    ("speaks_for_types", ["hollow"], "a reason is missing"),
    ("speaks_for_types", ["maps"], "none of the names"),
    ("speaks_for_types", "hollow", "write a list"),
]


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_answer_is_accepted(name, case, capsys):
    getattr(exercises, f"check_{name}")(RIGHT[name], case)
    assert "Right: " in capsys.readouterr().out


@pytest.mark.parametrize(("name", "answer", "hint"), WRONG)
def test_a_typical_mistake_earns_its_hint(name, answer, hint, case):
    with pytest.raises(NotYetError, match=hint):
        getattr(exercises, f"check_{name}")(answer, case)


@pytest.mark.parametrize("name", [n for n in RIGHT if n != "speaks_for_types"])
def test_any_other_answer_is_not_accepted(name, case):
    def answer(*given):
        return np.full(len(given[0]), 7) if name == "scores" else 0.123456

    with pytest.raises(NotYetError, match="Not yet: the number"):
        getattr(exercises, f"check_{name}")(answer, case)
