"""Many worlds of shops: how every method of the chapter behaves in them.

Truths are of these customers and products, with all that chance did to who they are. Intervals
that draw customers again also allow for others who might have come: they are wide for this.

A rule that claims a number of kinds claims it without any doubt: it is right where it is that
number. So is a product that is called the most profitable: it is right where its place by margin
is 1. Segments that are taken for kinds claim to agree with them wholly. What is tried in days held
back is taken for what the same rule does in the days ahead.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import partial

import numpy as np

from .. import many_worlds
from ..many_worlds import Answers, Score
from .parameters import Parameters
from .replicates import Features, Reference, Replicate, Rule

Method = many_worlds.Method[Replicate, Reference]

MOST_CUSTOMERS = 500
MOST_PURCHASES = 40_000
FEWEST_PURCHASES = 100
ORDER = "revenue of an order"
UNIT = "revenue of a unit"
MARGIN = "share of revenue that is margin (points)"
CATEGORY = "share of revenue of the top category (points)"
PLACE = "place by margin of the product called the most profitable (1 the most)"
KINDS = "number of kinds of customers"
WHETHER = "whether there are kinds (points)"
AGREEMENT = "agreement with true kinds (1 where the same)"
ORDERS = "orders of a customer in the days ahead"
MONEY = "revenue of a customer in the days ahead"
IN_VIEW = "share of the coming margin of those chosen (points)"
MORE = "the same, less that of those chosen by past revenue (points)"


def null_of(p: Parameters) -> Parameters:
    """Return the same shop with customers of one kind, who differ by degrees as much.

    Everybody takes the mean number of units; how often they buy varies as much as before, but
    without classes.
    """
    units = float(np.dot(p.extra_units, p.power_shares))
    logs = np.log(p.frequency_factors)
    mean = float(np.dot(logs, p.frequency_shares))
    between = float(np.dot((logs - mean) ** 2, p.frequency_shares))
    spread = min(math.sqrt(p.frequency_spread**2 + between), 2.0)
    changes = {
        "extra_units": [units] * 3,
        "frequency_factors": [1.0] * 3,
        "frequency_spread": spread,
    }
    return p.model_copy(update=changes)


def worlds_of(p: Parameters) -> dict[str, Parameters]:
    """Return the worlds that the chapter scores its methods in, by what it calls them."""
    return {"this world": p, "one kind": null_of(p)}


def most_scored(p: Parameters) -> int:
    """Return how many customers each scored world has."""
    return scored_world(p).customers


def scored_world(p: Parameters) -> Parameters:
    """Return a world to be drawn many times: with fewer customers, who buy as much as these.

    Where even a few of them would buy more than `MOST_PURCHASES`, they buy less.
    """
    each = p.transactions / p.customers
    fewest = min(p.customers, MOST_CUSTOMERS // 5)
    customers = min(p.customers, MOST_CUSTOMERS, max(int(MOST_PURCHASES / each), fewest))
    purchases = min(round(each * customers), MOST_PURCHASES)
    purchases = max(purchases, min(p.transactions, FEWEST_PURCHASES))
    return p.model_copy(update={"customers": customers, "transactions": purchases})


def score(
    p: Parameters, *, replications: int, workers: int = 2, of_kinds: bool = False
) -> list[Score]:
    """Return how every method behaves over `replications` worlds of these parameters.

    They are those of `scored_world`: many worlds of very many purchases would take hours. Methods
    that mean nothing with these parameters, such as agreement with kinds where there is one, or
    that no replicate can answer, are left out; with `of_kinds` all that do not ask for kinds.
    """
    reference = Reference.of(scored_world(p))
    found = replicate(reference, replications=replications, workers=workers, of_kinds=of_kinds)
    methods = methods_of(reference, of_kinds=of_kinds)
    return many_worlds.score(methods, found, reference, level=1 - p.alpha)


def replicate(
    reference: Reference, *, replications: int, workers: int = 2, of_kinds: bool = False
) -> Mapping[str, Answers]:
    """Return the answers of every method, by its key: arrays of (replications, 4)."""
    return many_worlds.replicate(
        partial(_answers, reference, of_kinds),
        methods_of(reference, of_kinds=of_kinds),
        replications=replications,
        workers=workers,
    )


def methods_of(reference: Reference, *, of_kinds: bool = False) -> list[Method]:
    """Return the methods that mean something with these parameters, or those that ask for kinds."""
    agreements = _agreements() if reference.kinds > 1 else ()
    kinds = [*_numbers(), *_whether(), *agreements]
    if of_kinds:
        return kinds
    return [*_figures(), *_profitable(), *kinds, *_coming(), *_chosen(reference.p)]


def _figures() -> Iterator[Method]:
    """Yield what was sold; truths are what was to be expected."""
    yield Method(
        "order_value", "Revenue over orders, customers drawn again", ORDER, "number", False,
        lambda r: r.figure("average_order_value"), _own,
        "Divides by orders. Other customers would differ more than luck does, so it covers often.",
        truth_within=lambda r: r.known.order_value(),
    )  # fmt: skip
    yield Method(
        "row_value", "Revenue over rows", ORDER, "number", True, Replicate.row_value, _own,
        "An order with several products is several rows.",
        truth_within=lambda r: r.known.order_value(),
    )  # fmt: skip
    yield Method(
        "unit_revenue", "Revenue over units, customers drawn again", UNIT, "number", False,
        lambda r: r.figure("revenue_per_unit"), _own,
        "Divides sums by sums, and keeps the rows of a customer together.",
        truth_within=lambda r: r.known.unit_revenue(),
    )  # fmt: skip
    yield Method(
        "margin", "Margin over revenue, customers drawn again", MARGIN, "share", False,
        lambda r: r.figure("margin_share"), _own,
        "Takes off what things cost; the cost in the table is the whole cost here.",
        truth_within=lambda r: r.known.margin_share(),
    )  # fmt: skip
    yield Method(
        "share", "Its share on record, customers drawn again", CATEGORY, "share", False,
        Replicate.top_category, _own,
        "Customers drawn again bring their liking of categories with them.",
        truth_within=Replicate.true_top_category,
    )  # fmt: skip


def _profitable() -> Iterator[Method]:
    """Yield which product is called the most profitable; an alarm is one that is not."""
    ways = (
        (
            "dearest", "The first by revenue a unit", True, Replicate.dearest,
            "Revenue a unit is the price list; it asks neither for cost nor for how many.",
        ),
        (
            "earner", "The first by margin on record", True, Replicate.best_earner,
            "Asks the right question; luck decides between products that are close.",
        ),
        (
            "earner_surely", "The first by margin, where draws are sure of it", False,
            partial(Replicate.best_earner, surely=True),
            "Says nothing where customers drawn again would put another first.",
        ),
    )  # fmt: skip
    for key, label, is_naive, answer, why in ways:
        yield Method(
            key, label, PLACE, "count", is_naive, answer, _one, why, null=_one,
            promises_value=False,
        )  # fmt: skip


def _numbers() -> Iterator[Method]:
    """Yield how many kinds each rule claims; an alarm is a claim of more than one."""
    yield Method(
        "asserted", "The number that is asserted", KINDS, "count", True, Replicate.asserted, _own,
        "A number that nobody looked for is right by luck alone.", null=_one,
        truth_within=lambda r: r.kinds,
    )  # fmt: skip
    yield Method(
        "silhouette", "Silhouette", KINDS, "count", True, lambda r: r.chosen("silhouette"), _own,
        "Is not defined for one group, so it always finds two or more.", null=_one,
        truth_within=lambda r: r.kinds,
    )  # fmt: skip
    yield Method(
        "gap", "Gap", KINDS, "count", True, lambda r: r.chosen("gap"), _own,
        "Can say one; but a skewed cloud is no even box, and kinds that overlap look like one.",
        null=_one, truth_within=lambda r: r.kinds,
    )  # fmt: skip


def _whether() -> Iterator[Method]:
    """Yield whether there are kinds, by hollows between groups."""
    ways: tuple[tuple[str, str, Features, bool, str], ...] = (
        (
            "hollow", "Hollows, in the report's features", "published", False,
            "Claims kinds only where a hollow lies between groups; is silent where they overlap.",
        ),
        (
            "hollow_better", "Hollows, in better features", "better", True,
            "Sees who has left; of one kind some have left, too. A hollow, but not between kinds.",
        ),
        (
            "hollow_habits", "Hollows, in better features without silence", "habits", False,
            "Does not see who has left, so it asks of habits alone; is silent where they overlap.",
        ),
    )  # fmt: skip
    for key, label, kind, is_naive, why in ways:
        yield Method(
            key, label, WHETHER, "share", is_naive, partial(Replicate.has_kinds, kind=kind),
            lambda r: float(r.kinds > 1), why, promises_value=False,
        )  # fmt: skip


def _agreements() -> Iterator[Method]:
    """Yield how far segments are the kinds; an alarm is more agreement than chance gives."""
    ways: tuple[tuple[str, str, Features, str], ...] = (
        (
            "like_published", "Segments by the report's features, taken for kinds", "published",
            "Its features also follow how long customers stayed and what they like; kinds do not.",
        ),
        (
            "like_better", "Segments by better features, taken for kinds", "better",
            "Sees how often and how much at a time, but kinds overlap and are more than asserted.",
        ),
    )  # fmt: skip
    for key, label, kind, why in ways:
        yield Method(
            key, label, AGREEMENT, "number", True, partial(Replicate.like_kinds, kind=kind),
            _one, why, promises_value=False,
        )  # fmt: skip


def _coming() -> Iterator[Method]:
    """Yield what customers are expected to do in the days ahead."""
    yield Method(
        "orders", "BG/NBD", ORDERS, "number", False, lambda r: r.ahead("orders"), _own,
        "Knows no season, and lets customers leave after orders only; off by a little for that.",
        truth_within=lambda r: r.true_ahead("orders"),
    )  # fmt: skip
    yield Method(
        "last", "As many orders as last time", ORDERS, "number", True,
        lambda r: r.as_last_time("orders"), _own,
        "Takes the season and the customers of the time before with it; some of them have left.",
        truth_within=lambda r: r.true_ahead("orders"),
    )  # fmt: skip
    yield Method(
        "money", "BG/NBD and gamma-gamma", MONEY, "number", False, lambda r: r.ahead("money"),
        _own, "Expected orders times the value of an order; off where orders are.",
        truth_within=lambda r: r.true_ahead("money"),
    )  # fmt: skip
    yield Method(
        "last_money", "As much revenue as last time", MONEY, "number", True,
        lambda r: r.as_last_time("money"), _own,
        "Takes the season and the customers of the time before with it; some of them have left.",
        truth_within=lambda r: r.true_ahead("money"),
    )  # fmt: skip


def _chosen(p: Parameters) -> Iterator[Method]:
    """Yield what those who are chosen for the offer bring."""
    cared = f"{100 * p.cared_for:g}%"
    yield Method(
        "past", f"Past share of the top {cared}, taken for the coming one", IN_VIEW, "share", True,
        Replicate.past_share, _own,
        "Who had luck, or has left, was chosen for it; that does not come again.",
        null=lambda r: r.p.cared_for, truth_within=lambda r: r.true_in_view("spending"),
    )  # fmt: skip
    rules: tuple[tuple[str, str, Rule, str], ...] = (
        (
            "held_past", "By past revenue", "spending",
            "Later days did not choose whom they judge; by the end more have left than by then.",
        ),
        (
            "held_segments", "By segment", "segment",
            "Within a segment nobody is told from anybody; by the end more have left.",
        ),
        (
            "held_value", "By expected value", "value",
            "Sees who has left. By the end those are more, so it is worth more than it was.",
        ),
    )  # fmt: skip
    for key, label, rule, why in rules:
        yield Method(
            key, f"{label}, tried in days held back", IN_VIEW, "share", False,
            partial(Replicate.held_back, rule=rule), _own, why,
            null=lambda r: r.p.cared_for, truth_within=partial(Replicate.true_in_view, rule=rule),
        )  # fmt: skip
    for key, label, rule, why in rules[1:]:
        yield Method(
            f"more_{key.removeprefix('held_')}", f"{label}, tried in days held back", MORE,
            "points", False, partial(Replicate.more_held_back, rule=rule), _own, why,
            truth_within=partial(Replicate.true_more, rule=rule),
        )  # fmt: skip


def _one(_reference: Reference) -> float:
    return 1.0


def _own(_reference: Reference) -> float | None:
    """Return that worlds have no truth in common: each has its own."""
    return None


def _answers(reference: Reference, of_kinds: bool, numbers: range) -> Answers:
    from threadpoolctl import threadpool_limits

    seeds = many_worlds.seeds(reference.p.seed, "retail_customers/many worlds", numbers)
    # Worlds are shared out to processes already; threads of each would get in their way.
    with threadpool_limits(limits=1):
        return many_worlds.answers(
            methods_of(reference, of_kinds=of_kinds),
            (Replicate(reference.p.model_copy(update={"seed": seed})) for seed in seeds),
        )
