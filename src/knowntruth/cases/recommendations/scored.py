"""Many worlds of shops: how every method of the chapter behaves in them.

A method that judges lists is held against what was to be expected of these lists in the days held
back. One that names a model as the best claims that no other model's lists were to be better.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from .. import many_worlds
from ..many_worlds import Answers, Score
from .parameters import Parameters
from .replicates import Counting, Model, Reference, Replicate, Way
from .trials import AGAIN, NEW, Task

Method = many_worlds.Method[Replicate, Reference]

MOST_CUSTOMERS = 500
MOST_PURCHASES = 30_000
PRECISION: Mapping[Task, str] = {
    NEW: "precision, new products only (points)",
    AGAIN: "precision, buying again allowed (points)",
}
GAIN: Mapping[Task, str] = {
    NEW: "precision beyond bestsellers, new products only (points)",
    AGAIN: "precision beyond bestsellers, buying again allowed (points)",
}
BEHIND = "precision beyond the best model, new products only (points)"
KNOWN = "share of later pairs that are known before (points)"

LABELS: Mapping[Model, str] = {
    "best": "Bestsellers",
    "category": "Bestsellers by category",
    "neighbours": "Neighbours",
    "ease": "EASE",
    "factors": "Factors of counts",
    "svd": "SVD++",
    "oracle": "Whoever knows all",
}
# Which models are judged in which task.
JUDGED: Mapping[Task, tuple[Model, ...]] = {
    NEW: ("best", "category", "neighbours", "ease", "factors", "svd", "oracle"),
    AGAIN: ("best", "category", "svd", "oracle"),
}
FIXED: Counting = "category"  # the model that a split at random judges


def scored_world(p: Parameters) -> Parameters:
    """Return what each scored world has: fewer customers and purchases where there are many.

    Many worlds of very many would take hours. A customer makes as many purchases as in the
    chapter, unless they alone are too many.
    """
    each = p.transactions / p.customers
    least = min(p.customers, 20)
    customers = min(p.customers, MOST_CUSTOMERS, max(int(MOST_PURCHASES / each), least))
    purchases = min(round(each * customers), MOST_PURCHASES)
    return p.model_copy(update={"customers": customers, "transactions": purchases})


def most_scored(p: Parameters) -> int:
    """Return how many customers each scored world has."""
    return scored_world(p).customers


def score(p: Parameters, *, replications: int, workers: int = 2) -> list[Score]:
    """Return how every method behaves over `replications` worlds, see `scored_world`.

    Methods that no replicate can answer, such as what SVD++ shows where its descent runs away,
    are left out.
    """
    reference = Reference(scored_world(p))
    found = replicate(reference, replications=replications, workers=workers)
    return many_worlds.score(methods_of(reference), found, reference, level=1 - p.alpha)


def replicate(
    reference: Reference, *, replications: int, workers: int = 2
) -> Mapping[str, Answers]:
    """Return the answers of every method, by its key: arrays of (replications, 4)."""
    return many_worlds.replicate(
        partial(_answers, reference),
        methods_of(reference),
        replications=replications,
        workers=workers,
    )


def methods_of(_reference: Reference) -> list[Method]:
    """Return the methods; all mean something in any world."""
    found: list[Method] = []
    for task in (NEW, AGAIN):
        found += [*_held_back(task), _promised(task), *_gains(task)]
    return [*found, _least_error(), *_known()]


def _held_back(task: Task) -> Iterator[Method]:
    """Yield what the days held back say of each model's lists."""
    for model in JUDGED[task]:
        yield Method(
            f"{task}_{model}", f"{LABELS[model]}, held-back days", PRECISION[task], "share",
            False, partial(Replicate.precision, model=model, task=task), _own, WHY[model],
            truth_within=partial(Replicate.true_precision, model=model, task=task),
        )  # fmt: skip


def _promised(task: Task) -> Method:
    """Return what a split at random says of lists, taken for what comes."""
    why = {
        NEW: "Knows most pairs from before and after, so few of those that are left are bought.",
        AGAIN: "Asks of all who ever bought; a list is for those who come, in one stretch of days.",
    }
    return Method(
        f"{task}_random", f"{LABELS[FIXED]}, random split", PRECISION[task], "share", True,
        partial(Replicate.promised, model=FIXED, task=task), _own, why[task],
        truth_within=partial(Replicate.true_precision, model=FIXED, task=task),
    )  # fmt: skip


def _gains(task: Task) -> Iterator[Method]:
    """Yield how much better lists are said to be than bestsellers."""
    yield Method(
        f"{task}_gain_used", "The model that did best on earlier days", GAIN[task], "points",
        False, partial(Replicate.gain_of_used, task=task), _own,
        "Chosen before the days that judge it, so it is not the luckiest of many on them.",
        truth_within=partial(Replicate.true_gain_of_used, task=task),
    )  # fmt: skip
    if task == AGAIN:
        return
    yield Method(
        f"{task}_gain_svd", LABELS["svd"], GAIN[task], "points", False,
        partial(Replicate.gain, model="svd", task=task), _own,
        "Asks both lists of the same customers, so what differs between customers drops out.",
        truth_within=partial(Replicate.true_gain, model="svd", task=task),
    )  # fmt: skip


def _least_error() -> Method:
    """Return the claim that the least error makes the best lists."""
    return Method(
        "least_error", "Least error, taken for the best lists", BEHIND, "points", True,
        Replicate.claimed, _own,
        "An error of amounts says who foretells what things cost; a list needs who wants them.",
        truth_within=Replicate.behind,
    )  # fmt: skip


def _known() -> Iterator[Method]:
    """Yield how much of what is foretold is known already."""
    ways: tuple[tuple[Way, str, bool, str], ...] = (
        ("time", "Split by time", False, "Counts what a shop can know on the day of the list."),
        (
            "random", "Random split", True,
            "Counts purchases that come after those which they are to foretell.",
        ),
    )  # fmt: skip
    for way, label, is_naive, why in ways:
        yield Method(
            f"known_{way}", label, KNOWN, "share", is_naive,
            partial(Replicate.known, way=way), _own, why,
            truth_within=Replicate.true_known,
        )  # fmt: skip


WHY: Mapping[Model, str] = {
    "best": "Shows everybody the same. Days that had no part in making lists judge them fairly.",
    "category": "Goes by which categories a customer buys.",
    "neighbours": "Goes by which products the same customers buy.",
    "ease": "Learns the same from all products at once.",
    "factors": "Learns the same from few directions.",
    "svd": "Foretells amounts, so it shows what is dear, whether or not it is wanted.",
    "oracle": "The most that lists can do; the rest is luck of what is bought next.",
}


def _own(_reference: Reference) -> float | None:
    """Return that worlds have no truth in common: each has its own."""
    return None


def _answers(reference: Reference, numbers: range) -> Answers:
    from threadpoolctl import threadpool_limits

    seeds = many_worlds.seeds(reference.p.seed, "recommendations/many worlds", numbers)
    # Worlds are shared out to processes already; threads of each would get in their way.
    with threadpool_limits(limits=1):
        return many_worlds.answers(
            methods_of(reference),
            (Replicate(reference.p.model_copy(update={"seed": seed})) for seed in seeds),
        )
