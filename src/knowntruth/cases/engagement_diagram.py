"""The causal diagram of world `engagement`: where its boxes stand, and which arrows a run has."""

from __future__ import annotations

from collections.abc import Mapping

from ..story.diagrams import Node, Role
from ..story.names import Name
from ..worlds.engagement.causes import HIDDEN, causes_of
from ..worlds.engagement.parameters import Parameters

# Quantity of the world: what the diagram calls it, and its place by column and row. What only
# tells who is there to be active, the day itself among it, is left out.
PLACES: dict[str, tuple[str, float, float]] = {
    "activity": ("activity", 0.2, 0),
    "market": ("market", 1.5, 0),
    "season": ("season", 3.2, 1.2),
    "burst": ("came in the burst", 3.2, 0),
    "cohort": ("access", 0.5, 1.2),
    "platform": ("platform", 1.8, 1.2),
    "feature": ("uses the feature", 0.9, 2.4),
    "sessions": ("sessions", 2.6, 3.2),
    "exposed": ("exposed sessions", 1.0, 4.2),
}


def diagram(p: Parameters, words: Mapping[str, Name]) -> tuple[list[Node], list[tuple[str, str]]]:
    """Return boxes and arrows of what acts on what; `words` are this run's, by quantity."""
    edges = [
        (cause, effect)
        for effect, acting in causes_of(p).items()
        for cause in acting
        if cause in PLACES and effect in PLACES
    ]
    touched = {name for edge in edges for name in edge}
    nodes = [
        Node(name, words.get(name, Name(label)), x, y, _role(name))
        for name, (label, x, y) in PLACES.items()
        if name in touched
    ]
    return nodes, edges


def _role(name: str) -> Role:
    if name in HIDDEN:
        return "hidden"
    if name == "feature":
        return "treatment"
    return "outcome" if name == "sessions" else "observed"
