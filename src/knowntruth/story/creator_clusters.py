"""Wording of groups that nobody named: features, maps, numbers of groups, noise.

Every function takes findings, facts and names and returns Markdown; none computes a statistic.
*Types* are what groups may stand for: kinds of creators with a hollow between them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .facts import Fact, PValue
from .findings import Finding
from .names import Name, listed

GIANT = 0.05  # of all units, up to which a group is a handful
STABLE = 0.8  # agreement of two samples, from which on groups are the same ones


# The answer first.


def types_answer(valley: PValue, normal: PValue, *, has_types: bool, creators: Name) -> str:
    """Say whether the record shows types of creators."""
    if has_types:
        return (
            f"**There are kinds of {creators} with a hollow between them** ({valley}), and one "
            f"normal cloud would not look so ({normal})."
        )
    return (
        f"**Nothing in this record shows separate types of {creators}**: no hollow lies between "
        f"any groups that could be cut ({valley}). Segments are then lines that a team draws, and "
        "not kinds that it finds."
    )


def types_truth(types: Fact, *, has_types: bool) -> str:
    """Say how many types there are in truth, and whether the answer is right."""
    if types.value == 1:
        return "In truth there are none: every one of them lies on one continuum." + (
            " The answer is wrong." if has_types else ""
        )
    if has_types:
        return f"In truth there are {types} types."
    return (
        f"In truth there are {types} types, which overlap so much that this record cannot show "
        "them."
    )


def advised(use: Name, *, has_types: bool, creators: Name, value: Name) -> str:
    """Say what the team should use on Monday."""
    if has_types:
        return (
            f"For the slide on Monday the groups that the data show will do, by “{use}”. Whom to "
            f"look after first follows from {value} itself."
        )
    return (
        f"For the slide on Monday “{use}” will do as names for {creators}, because a reader can "
        f"check them. Whom to look after first follows from {value} itself."
    )


# Features.


def repeated(dimension: Finding, columns: Fact, first: Finding) -> str:
    """Say how many columns' worth of news the months have."""
    return (
        f"The months, side by side, are {columns} columns. They spread as wide as "
        f"{dimension:value} ({dimension:interval}) columns that have "
        f"nothing to do with each other would, and "
        f"{first:value} ({first:interval}) of their spread lies along one line: how large a "
        "creator is."
    )


def in_logs(raw: Finding, logged: Finding, few: Fact, *, creators: Name) -> str:
    """Say how much a few creators weigh in distances, before and after logarithms."""
    said = (
        f"In raw columns the top {few} of {creators}, by how far out they are, make {raw:value} of "
        f"all squared distances to the middle; in logarithms {logged:value}."
    )
    if raw.estimate.value > 2 * logged.estimate.value:
        return f"{said} Without logarithms a method that minds distances minds a handful of people."
    return f"{said} In this run logarithms change little about that."


def left(correlation: Finding) -> str:
    """Say how far the two numbers that are left go together."""
    said = f"Sales and price, both as ranks, correlate with {correlation:value}"
    said += f" ({correlation:interval})."
    if max(abs(correlation.estimate.low), abs(correlation.estimate.high)) < 0.5:
        return f"{said} That is little, so the two say different things."
    if not correlation.is_clear:
        return f"{said} Whether the second repeats a part of the first cannot be told from that."
    return f"{said} So the second repeats a part of the first."


# Maps.


def maps_title(kept: Fact | None, *, creators: Name) -> str:
    """Say in a title how many neighbours two maps of the same creators share."""
    if kept is None:
        return f"The same {creators} on several maps"
    return f"The same {creators}, twice by t-SNE: {kept} of neighbours stay neighbours"


def maps_agree(pairs: Sequence[tuple[str, Fact, Fact]], chance: Fact) -> str:
    """Say how far maps of the same creators agree: distances, and neighbours that are kept."""
    lines = [f"{name}: distances {far}, neighbours kept {kept}" for name, far, kept in pairs]
    far = [abs(one.value) for _, one, _ in pairs]
    near = min(one.value for *_, one in pairs)
    said = (
        f"What pairs of maps have in common: {'; '.join(lines)}. By chance {chance} of neighbours "
        "would be kept."
    )
    if near > 1.5 * chance.value:
        said += " Who is beside whom, these maps do tell."
    if min(far) < 0.9:
        return f"{said} How far islands lie apart they do not: that changes from map to map."
    return f"{said} Here even distances survive, because there is little to untangle."


# Numbers of groups.


def ks_title(choices: Mapping[str, Fact]) -> str:
    """Say in a title how many groups the measures ask for."""
    values = {one.value for one in choices.values()}
    if not choices:
        return "No measure chooses a number of groups"
    if len(values) == 1 and len(choices) > 1:
        return f"All measures that choose ask for {next(iter(choices.values()))} groups"
    return "; ".join(f"{name} asks for {one}" for name, one in choices.items()).capitalize()


def ks(choices: Mapping[str, Fact], silent: Sequence[str], types: Fact | None) -> str:
    """Say how many groups each measure asks for, and whether that is right."""
    said = "No measure chooses a number of groups."
    if choices:
        votes = [f"the {name} for {k}" for name, k in choices.items()]
        said = f"Asked how many groups, they vote: {listed(votes)}."
    if silent and choices:
        said += f" The {listed(silent)} makes no choice in this range."
    if types is None:
        return f"{said} None of them says that these groups are types."
    right = [name for name, one in choices.items() if one.value == types.value]
    if types.value == 1:
        end = "In truth there is one continuum"
    else:
        end = f"In truth there are {types} types"
    if not right:
        return f"{said} {end}, which none of them says."
    if len(right) == len(choices):
        return f"{said} {end}: the number is right, which does not make the groups right."
    return f"{said} {end}, the number of the {listed(right)}; the others are off."


def giant(silhouette: Fact, small: Fact, without: Fact | None, *, creators: Name) -> str:
    """Say why two groups in raw columns have a high silhouette."""
    said = (
        f"Two groups in raw columns have a silhouette of {silhouette}, and the smaller group has "
        f"{small} of the {creators}."
    )
    if without is None:
        return said
    said += (
        " Anybody who is far from all others makes such a number: everybody else is close "
        f"together by comparison. With those left out it is {without}"
    )
    if without.value > 0.8 * silhouette.value:
        return f"{said}, because the next ones take their place."
    return f"{said}."


def no_giant(silhouette: Fact, small: Fact, *, creators: Name) -> str:
    """Say that two groups in raw columns are no handful against the rest."""
    return (
        f"Two groups in raw columns have a silhouette of {silhouette}, and the smaller group has "
        f"{small} of the {creators}: no handful against the rest."
    )


def same_cut(agreement: Finding, *, creators: Name) -> str:
    """Say how alike the groups of two samples are, and what that is worth."""
    if agreement.estimate.value >= STABLE:
        return (
            f"Two samples of {creators} lead to nearly the same groups (adjusted Rand index "
            f"{agreement:value}, {agreement:interval}). An even cloud can be cut in the same place "
            "each time, too: stability is needed, and it is not enough."
        )
    return (
        f"Two samples of {creators} lead to groups that differ (adjusted Rand index "
        f"{agreement:value}, {agreement:interval}): another year would have given other segments."
    )


# Density and clouds.


def noise(share: Finding, count: Fact, auc: Finding | None, *, creators: Name, value: Name) -> str:
    """Say who is called noise, and how much they make."""
    said = (
        f"DBSCAN in raw columns calls {count} of the {creators} noise, and noise makes "
        f"{share:value} ({share:interval}) of {value}."
    )
    if share.estimate.value > 0.5:
        said += " Here the noise is the business."
    if auc is not None and auc.direction == "higher":
        said += (
            f" Somebody called noise has the larger total in {auc:value} ({auc:interval}) of pairs:"
            " it is size under another name."
        )
    return said


def no_noise(*, is_all: bool) -> str:
    """Say that DBSCAN calls nobody noise, or everybody."""
    return f"DBSCAN in raw columns calls {'everybody' if is_all else 'nobody'} noise in this run."


def near_title(share: Fact, *, creators: Name) -> str:
    """Say in a title how many have a neighbour within eps."""
    return f"{share} of {creators} have that neighbour within eps"


def clouds(bic: tuple[Fact, str], icl: tuple[Fact, str]) -> str:
    """Say how many normal clouds two criteria take."""
    fit = "fits" if bic[0].value == 1 else "fit"
    said = (
        f"By BIC {_clouds(*bic)} {fit} best, by ICL, which asks that clouds can be told apart, "
        f"{_clouds(*icl)}."
    )
    if bic[0].value > icl[0].value:
        return f"{said} The difference is clouds that only make a shape fit."
    return said


def _clouds(k: Fact, kind: str) -> str:
    shapes = {"spherical": "round", "diag": "upright", "full": "tilted"}
    return f"{k} {shapes[kind]} {'cloud' if k.value == 1 else 'clouds'}"
