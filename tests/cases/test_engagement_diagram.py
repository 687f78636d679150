"""The diagram of world `engagement` shows what acts on what in a run, and nothing else."""

from __future__ import annotations

import pytest

from knowntruth.cases.engagement_diagram import diagram
from knowntruth.story.names import Name
from knowntruth.worlds.engagement.parameters import Parameters


def drawn(**values):
    nodes, edges = diagram(Parameters(**values), {})
    return {node.key: node for node in nodes}, set(edges)


def test_by_default_activity_stands_behind_access_and_sessions():
    nodes, edges = drawn()
    assert {("activity", "cohort"), ("activity", "sessions"), ("feature", "sessions")} <= edges
    assert nodes["activity"].role == "hidden"
    assert nodes["sessions"].role == "outcome"


@pytest.mark.parametrize(
    ("values", "gone"),
    [
        ({"effect": 0.0}, ("feature", "sessions")),
        ({"access": "randomised"}, ("activity", "cohort")),
        ({"season": 0.0}, ("season", "sessions")),
        ({"burst": 0.0}, ("burst", "sessions")),
    ],
)
def test_what_does_nothing_has_no_arrow(values, gone):
    assert gone in drawn()[1]
    assert gone not in drawn(**values)[1]


def test_a_box_that_nothing_touches_is_left_out():
    assert "season" not in drawn(season=0.0)[0]
    assert "market" not in drawn()[0]
    assert "market" in drawn(markets=5, market_spread=0.02)[0]


def test_boxes_take_the_words_of_the_run():
    nodes, _ = diagram(Parameters(), {"sessions": Name("visits")})
    assert next(node for node in nodes if node.key == "sessions").label == Name("visits")
