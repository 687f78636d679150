"""Many worlds of creators: how every method of the chapter behaves in them.

A rule that claims a number of types claims it without any doubt: it is right where it is that
number. Groups that are taken for types claim to agree with them wholly. A segmentation that
says whom to look after claims to do that as well as totals. Of those of whom something is called
at a level, at least so large a share is to be so in truth.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from .. import many_worlds
from ..many_worlds import Answers, Score
from .parameters import Parameters
from .replicates import Grouping, Reference, Replicate, Rule
from .segmentations import Kind

Method = many_worlds.Method[Replicate, Reference]

MOST_CREATORS = 500
TYPES = "number of types"
WHETHER = "whether there are types (points)"
AGREEMENT = "agreement with true types (1 where the same)"
COMING = "share of the coming GMV of those with the most so far (points)"
IN_VIEW = "coming GMV in view, less that in view by totals (points)"
TRULY = "share of those called that sell much and earn little (points)"


def null_of(p: Parameters) -> Parameters:
    """Return the same creators as one continuum."""
    return p.model_copy(update={"types": 1, "type_shares": []})


def worlds_of(p: Parameters) -> dict[str, Parameters]:
    """Return the worlds that the chapter scores its methods in, by what it calls them."""
    return {"this world": p, "no types": null_of(p)}


def most_scored(p: Parameters) -> int:
    """Return how many creators each scored world has."""
    return min(p.creators, MOST_CREATORS)


def score(p: Parameters, *, replications: int, workers: int = 2) -> list[Score]:
    """Return how every method behaves over `replications` worlds of these parameters.

    Each of them has `most_scored` creators at most: many worlds of very many would take hours.
    Methods that mean nothing with these parameters, such as agreement with types where there are
    none, or that no replicate can answer, such as what comes where nothing does, are left out.
    """
    reference = Reference.of(p.model_copy(update={"creators": most_scored(p)}))
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


def methods_of(reference: Reference) -> list[Method]:
    """Return the methods that mean something with these parameters."""
    return [
        *_shares(reference.p),
        *_numbers(),
        Method(
            "structure", "Hollows between groups", WHETHER, "share", False, Replicate.has_types,
            lambda r: float(r.types > 1),
            "Claims types only where a hollow lies between them; is silent where they overlap.",
            promises_value=False,
        ),
        *(_agreements() if reference.types > 1 else ()),
        *_views(),
        *_called(),
    ]  # fmt: skip


def _shares(p: Parameters) -> Iterator[Method]:
    """Yield how concentrated GMV is, and what the top will bring."""
    few, cared = (f"{100 * share:g}%" for share in (p.top_share, p.cared_for))
    yield Method(
        "top", f"The top {few}, resampled", f"share of GMV of the top {few} (points)", "share",
        False, lambda r: r.top(p.top_share), _own,
        "Luck adds to what creators were to sell. Draws of creators do not know that, nor the "
        "larger ones that tails as heavy as these can bring.",
        null=lambda r: r.p.top_share, truth_within=lambda r: r.true_top(p.top_share),
    )  # fmt: skip
    yield Method(
        "gini", "Gini's coefficient, resampled", "Gini's coefficient of GMV", "number", False,
        Replicate.gini, _own,
        "Luck adds to it, too; with tails as heavy as these its interval is too narrow besides.",
        truth_within=Replicate.true_gini,
    )  # fmt: skip
    ways = (
        (
            "past", f"Past share of the top {cared}, taken for the coming one", True,
            lambda r: r.top(p.cared_for),
            "Takes the past share for the coming one; luck of the past does not come again.",
        ),
        (
            "ahead", f"The top {cared} of early months, held against late ones", False,
            Replicate.held_back,
            "Later months did not choose whom they judge. Fewer months choose a little worse.",
        ),
    )  # fmt: skip
    for key, label, is_naive, answer, why in ways:
        yield Method(
            key, label, COMING, "share", is_naive, answer, _own, why,
            null=lambda r: r.p.cared_for, truth_within=Replicate.true_coming,
        )  # fmt: skip


def _numbers() -> Iterator[Method]:
    """Yield how many types each rule claims; an alarm is a claim of more than one."""
    rules: tuple[tuple[Rule, str, str], ...] = (
        (
            "silhouette", "Silhouette",
            "Is not defined for one group, so it always finds two or more.",
        ),
        (
            "gap", "Gap",
            "Can say one; but a cloud is no even box, and types that overlap look like one.",
        ),
        (
            "stability", "Stability",
            "Is not defined for one group either; a cloud is cut the same way twice.",
        ),
        (
            "bic", "Normal clouds by BIC",
            "Counts normal clouds; one skewed cloud takes several.",
        ),
        (
            "icl", "Normal clouds by ICL",
            "Counts clouds that can be told apart, so types that overlap are one.",
        ),
    )  # fmt: skip
    for rule, label, why in rules:
        yield Method(
            rule, label, TYPES, "count", True, partial(Replicate.number_of_types, rule=rule),
            lambda r: float(r.types), why, null=lambda r: 1.0,
        )  # fmt: skip


def _agreements() -> Iterator[Method]:
    """Yield how far groups are the types; an alarm is more agreement than chance gives."""
    ways: tuple[tuple[str, str, Grouping, Kind | None, str], ...] = (
        (
            "like_rfm", "Names by RFM", "RFM", None,
            "Cuts at quartiles, wherever types begin and end.",
        ),
        (
            "like_published", "K-means, month by month", "k-means", "published",
            "Minds the few who are far out, and puts everybody else in one group.",
        ),
        (
            "like_logs", "K-means on logarithms", "k-means", "logs",
            "Sees sales and price and cuts where they part; types that overlap stay mixed.",
        ),
        (
            "like_clouds", "Normal clouds by BIC", "normal clouds", None,
            "Gives clouds a shape of their own; types that overlap stay mixed.",
        ),
        (
            "like_dbscan", "DBSCAN", "DBSCAN", None,
            "Parts dense places from thin ones; types that touch are one place.",
        ),
    )  # fmt: skip
    for key, label, grouping, features, why in ways:
        yield Method(
            key, f"{label}, taken for types", AGREEMENT, "number", True,
            partial(Replicate.like_types, grouping=grouping, features=features),
            lambda r: 1.0, why, promises_value=False,
        )  # fmt: skip


def _views() -> Iterator[Method]:
    """Yield what segments keep in view of what comes, against totals."""
    ways: tuple[tuple[str, str, Grouping], ...] = (
        ("view_rfm", "Looking after the best by RFM", "RFM"),
        ("view_k_means", "Looking after the best by k-means", "k-means"),
    )
    for key, label, grouping in ways:
        yield Method(
            key, label, IN_VIEW, "points", True, partial(Replicate.in_view, grouping=grouping),
            many_worlds.zero,
            "Within a segment all are alike to it, so the largest there are found by luck.",
        )  # fmt: skip


def _called() -> Iterator[Method]:
    """Yield how many of those called are so; an alarm is a list with clearly too few."""
    for key, label, surely, why in (
        (
            "called", "All who sell much and earn little", False,
            "Takes the record at its word about everybody near an edge.",
        ),
        (
            "called_surely", "Those of whom draws of months are sure", True,
            "Leaves out whoever single months decide, and so may call nobody.",
        ),
    ):  # fmt: skip
        yield Method(
            key, label, TRULY, "share", not surely, partial(Replicate.called, surely=surely),
            _level, why, null=_level, promises_value=False,
        )  # fmt: skip


def _level(reference: Reference) -> float:
    return 1 - reference.p.alpha


def _own(_reference: Reference) -> float | None:
    """Return that worlds have no truth in common: each has its own."""
    return None


def _answers(reference: Reference, numbers: range) -> Answers:
    from threadpoolctl import threadpool_limits

    seeds = many_worlds.seeds(reference.p.seed, "creator_segmentation/many worlds", numbers)
    # Worlds are shared out to processes already; threads of each would get in their way.
    with threadpool_limits(limits=1):
        return many_worlds.answers(
            methods_of(reference),
            (Replicate(reference.p.model_copy(update={"seed": seed})) for seed in seeds),
        )
