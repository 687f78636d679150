"""The chapter's causal diagram: where its boxes stand, and which arrows this run has."""

from __future__ import annotations

from collections.abc import Mapping

from ...story.diagrams import Node, Role
from ...story.names import Name
from ...worlds.edtech.causes import HIDDEN, causes_of
from ...worlds.edtech.parameters import Parameters

# Column of the world: what the diagram calls it, and its place by column and row.
PLACES: dict[str, tuple[str, float, float]] = {
    "country": ("country", 0, 0),
    "age_group": ("age", 1.2, 0),
    "start_date": ("day of sign-up", 2.6, 0),
    "income_band": ("income", 0, 1),
    "instrument": ("instrument", 1.2, 1),
    "keen": ("keenness", 2.6, 1),
    "onboarding": ("onboarding", 2.0, 2),
    "retention": ("retention", 1.2, 3),
    "skill_level": ("skill", 2.6, 3),
    "lessons_completed": ("lessons", 2.2, 4),
    "churn": ("churn", 0, 5),
    "premium_conversion": ("conversion", 1.4, 5),
}
OUTCOMES = frozenset({"retention", "lessons_completed", "churn", "premium_conversion"})


def diagram(p: Parameters, words: Mapping[str, Name]) -> tuple[list[Node], list[tuple[str, str]]]:
    """Return boxes and arrows of what acts on what; `words` are this run's, by column."""
    causes = causes_of(p)
    edges = [(cause, effect) for effect, acting in causes.items() for cause in acting]
    touched = {column for edge in edges for column in edge}
    nodes = [
        Node(column, words.get(column, label), x, y, _role(column))
        for column, (label, x, y) in PLACES.items()
        if column in touched
    ]
    return nodes, edges


def _role(column: str) -> Role:
    if column in HIDDEN:
        return "hidden"
    if column == "onboarding":
        return "treatment"
    return "outcome" if column in OUTCOMES else "observed"
