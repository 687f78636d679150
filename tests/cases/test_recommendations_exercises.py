"""Exercises on lists: a right answer passes, and each typical mistake earns its own hint."""

from __future__ import annotations

import numpy as np
import pytest

from knowntruth import cases
from knowntruth.cases.recommendations import exercises

from .exercising import refuses, solved, told, under_seeds

SLUG = "recommendations"


@pytest.fixture(scope="module")
def case():
    small = {"customers": 60, "products": 12, "transactions": 900, "replications": 0}
    return cases.get(SLUG).open(small)


@pytest.fixture(scope="module")
def draws(case):
    return under_seeds(case, [1, 2, 3])


@pytest.fixture(scope="module")
def right():
    return solved(SLUG, np=np)


def pairs(rows):
    return set(zip(rows["customer"], rows["product"], strict=True))


def cells(rows):
    return rows["customer"].nunique() * rows["product"].nunique()


def left(scores, bought):
    return np.flatnonzero(~bought)


def gains(shown):
    return 1 / np.log2(np.arange(len(shown)) + 2)


def hit(shown, bought):
    return np.isin(shown, bought)


WRONG = [
    ("density", lambda t: len(t) / cells(t), "count it once"),
    ("density", lambda t: len(pairs(t)), "divide by how many"),
    ("density", lambda t: len(pairs(t)) / len(t), "first of their pair"),
    ("density", lambda t: 1 - len(pairs(t)) / cells(t), "share of gaps"),
    (
        "known_share",
        lambda b, a: np.mean(
            [one in pairs(b) for one in zip(a["customer"], a["product"], strict=True)]
        ),
        "count it once",
    ),
    ("known_share", lambda b, a: len(pairs(a) & pairs(b)) / len(pairs(b)), "those after"),
    (
        "known_share",
        lambda b, a: np.mean([c in set(b["customer"]) for c in set(a["customer"])]),
        "share of customers",
    ),
    ("known_share", lambda b, a: len(pairs(a) - pairs(b)) / len(pairs(a)), "pairs that are new"),
    ("new_list", lambda s, b, k: np.argsort(-s)[:k], "bought before"),
    ("new_list", lambda s, b, k: [i for i in np.argsort(s) if not b[i]][:k], "lowest scores"),
    ("new_list", lambda s, b, k: np.argsort(-s[left(s, b)])[:k], "count all products"),
    (
        "new_list",
        lambda s, b, k: [i for i in np.argsort(-s) if not b[i]][:k][::-1],
        "best stands first",
    ),
    ("new_list", lambda s, b, k: np.sort(s[~b])[::-1][:k], "return places"),
    (
        "precision_and_recall",
        lambda s, b: (hit(s, b).sum() / len(b), hit(s, b).sum() / len(s)),
        "wrong order",
    ),
    ("precision_and_recall", lambda s, b: (hit(s, b).sum(),) * 2, "divide"),
    (
        "precision_and_recall",
        lambda s, b: (hit(s, b).sum() / len({*s, *b}),) * 2,
        "all that was shown or bought",
    ),
    ("ndcg", lambda s, b: gains(s)[hit(s, b)].sum(), "divide by the most"),
    ("ndcg", lambda s, b: hit(s, b).mean(), "every place alike"),
    ("speaks_for_a_list", ["later", "error"], "things cost"),
    ("speaks_for_a_list", ["random"], "bought before and after"),
    ("speaks_for_a_list", ["same days", "lot"], "luckiest"),
    ("speaks_for_a_list", ["reasons"], "beside any list"),
    ("speaks_for_a_list", ["later"], "a reason is missing"),
    ("speaks_for_a_list", ["price"], "none of the names"),
    ("speaks_for_a_list", "later", "write a list"),
]
NAMES = list(dict.fromkeys(name for name, _, _ in WRONG))


@pytest.mark.parametrize("name", NAMES)
def test_the_chapters_own_solution_is_accepted_under_every_seed(name, draws, right):
    for case in draws:
        said = told(getattr(exercises, f"check_{name}"), right[name], case)
        assert said.startswith("Right: ")


@pytest.mark.parametrize(("name", "answer", "hint"), WRONG)
def test_a_typical_mistake_earns_its_hint(name, answer, hint, draws):
    refuses(getattr(exercises, f"check_{name}"), answer, draws, hint)


def test_a_sum_over_the_whole_list_is_told_when_less_was_bought_than_shown(draws):
    def answer(shown, bought):
        most = gains(shown) if len(bought) < len(shown) else gains(shown)[: len(bought)]
        return gains(shown)[hit(shown, bought)].sum() / most.sum()

    refuses(exercises.check_ndcg, answer, draws, "list can be longer")


@pytest.mark.parametrize("name", [n for n in NAMES if n != "speaks_for_a_list"])
def test_any_other_answer_is_not_accepted(name, draws):
    wrong = {"new_list": [90, 91, 92], "precision_and_recall": (0.123, 0.456)}.get(name, 0.123456)
    refuses(getattr(exercises, f"check_{name}"), lambda *_: wrong, draws, "Not yet: the number")
