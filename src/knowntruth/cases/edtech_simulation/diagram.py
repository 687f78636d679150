"""The chapter's causal diagram: where its boxes stand, and which arrows this run has."""

from __future__ import annotations

from collections.abc import Mapping

from ...story.diagrams import Node, Role
from ...story.names import Name
from ...worlds.edtech.causes import HIDDEN, causes_of
from ...worlds.edtech.parameters import Parameters

# Column of the world: what the diagram calls it, and its place by column and row. The day of
# sign-up, which acts on age alone, is left out.
PLACES: dict[str, tuple[str, float, float]] = {
    "age_group": ("age", 0, 0),
    "keen": ("keenness", 1.35, 0),
    "skill_level": ("skill", 2.5, 0),
    "country": ("country", 3.4, 0),
    "instrument": ("instrument", 0.5, 1.2),
    "onboarding": ("onboarding", 1.95, 1.2),
    "income_band": ("income", 3.25, 1.2),
    "retention": ("retention", 1.8, 2.5),
    "lessons_completed": ("lessons", 2.6, 3.5),
    "premium_conversion": ("conversion", 1.85, 4.6),
    "churn": ("churn", 1.45, 5.7),
}
OUTCOMES = frozenset({"retention", "lessons_completed", "churn", "premium_conversion"})


def diagram(p: Parameters, words: Mapping[str, Name]) -> tuple[list[Node], list[tuple[str, str]]]:
    """Return boxes and arrows of what acts on what; `words` are this run's, by column."""
    causes = causes_of(p)
    edges = [
        (cause, effect)
        for effect, acting in causes.items()
        for cause in acting
        if cause in PLACES and effect in PLACES
    ]
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
