"""Arrows: curves from box to box that run through no third one.

A *course* is a cubic Bézier curve between two boxes, seen where it has left the one and not
yet reached the other. Each arrow takes the course that costs least: short and straight, clear
of other boxes, apart from other arrows, and across few of them, at a wide angle.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Point = tuple[float, float]
Edge = tuple[str, str]

STEPS = 23  # points of a course at which it is looked at
BOWS = (-0.8, -0.5, -0.25, -0.1, 0.0, 0.1, 0.25, 0.5, 0.8)
LEAVES = (-0.5, 0.0, 0.5)  # where arrows start and end, in half widths of their box
REACHES = (-0.6, -0.3, 0.0, 0.3, 0.6)
CLEAR = 12.0  # distance that a curve keeps from other boxes
APART = 10.0  # and from other curves
GAP = 1.5  # between a tip and its box
KEPT = 40  # courses of an arrow that are held against the other arrows
PASSES = 4
FORBIDDEN = 1000.0


@dataclass(frozen=True)
class Box:
    """A box around its centre, its corners rounded off."""

    x: float
    y: float
    width: float
    height: float
    corner: float = 0.0

    def overlaps(self, other: Box, gap: float) -> bool:
        """Whether two boxes come closer than `gap`."""
        return (
            abs(self.x - other.x) < (self.width + other.width) / 2 + gap
            and abs(self.y - other.y) < (self.height + other.height) / 2 + gap
        )

    def distance(self, points: Array) -> Array:
        """Return how far points lie outside the box; negative or zero inside it."""
        over_x = np.abs(points[..., 0] - self.x) - self.width / 2 + self.corner
        over_y = np.abs(points[..., 1] - self.y) - self.height / 2 + self.corner
        outside = np.hypot(np.maximum(over_x, 0), np.maximum(over_y, 0))
        found: Array = outside + np.minimum(np.maximum(over_x, over_y), 0) - self.corner
        return found


@dataclass(frozen=True)
class Arrow:
    """A cubic Bézier curve: its start, two points that pull it, and its tip."""

    start: Point
    first: Point
    second: Point
    tip: Point


@dataclass(frozen=True)
class _Courses:
    """Courses that one arrow may take: control points, points on the way, and cost."""

    controls: Array  # course, 4, 2
    points: Array  # course, STEPS, 2
    cost: Array


def route(
    boxes: Mapping[str, Box], edges: Sequence[Edge], *, width: float, height: float
) -> list[Arrow]:
    """Return an arrow for each edge, on a picture of `width` by `height`."""
    courses = [_courses(boxes, edge, width, height) for edge in edges]
    chosen = dict.fromkeys(range(len(edges)), -1)
    known: dict[tuple[int, int, int], Array] = {}
    # Those with the least choice go first.
    order = sorted(chosen, key=lambda at: (-round(float(np.median(courses[at].cost)), 3), at))
    for _, at in itertools.product(range(PASSES), order):
        cost = courses[at].cost.copy()
        for other, course in chosen.items():
            if other == at or course < 0:
                continue
            pair = (at, other, course)
            if pair not in known:
                known[pair] = _conflict(
                    courses[at].points,
                    courses[other].points[course],
                    same_start=edges[at][0] == edges[other][0],
                    same_end=edges[at][1] == edges[other][1],
                )
            cost += known[pair]
        # Rounded, so that no machine's last digit decides.
        chosen[at] = int(np.argmin(np.round(cost, 3)))
    return [
        _arrow(courses[at].controls[chosen[at]], boxes[out], boxes[into])
        for at, (out, into) in enumerate(edges)
    ]


def _courses(boxes: Mapping[str, Box], edge: Edge, width: float, height: float) -> _Courses:
    source, target = (boxes[key] for key in edge)
    controls = _fan(source, target)
    start, end, strays = _seen(_along(controls, np.linspace(0, 1, 4 * STEPS)), source, target)
    share = np.linspace(0, 1, STEPS)
    points = _along(controls, start[:, None] + (end - start)[:, None] * share)
    cost = strays * FORBIDDEN + _shape(points)
    cost += _slant(points[:, 0], points[:, 2], source) + _slant(
        points[:, -1], points[:, -3], target
    )
    for key, box in boxes.items():
        if key not in edge:
            near = box.distance(points)
            cost += FORBIDDEN * (near < CLEAR / 3).any(axis=1)
            cost += 0.7 * np.clip(CLEAR - near, 0, None).sum(axis=1)
    beyond = np.maximum(2 - points, points - [width - 2, height - 2])
    cost += FORBIDDEN * (beyond > 0).any(axis=(1, 2))
    best = np.argsort(np.round(cost, 3), kind="stable")[:KEPT]
    return _Courses(controls[best], points[best], cost[best])


def _fan(source: Box, target: Box) -> Array:
    """Return the control points of many courses between two boxes, bent to either side."""
    ways = np.array(list(itertools.product(LEAVES, REACHES, BOWS, BOWS)))
    out, into, one, two = ways.T[..., None]
    start = [source.x, source.y] + out * [source.width / 2, 0]
    end = [target.x, target.y] + into * [target.width / 2, 0]
    way = end - start
    across = way[:, ::-1] * [-1, 1]
    bends = (start + way / 3 + one * across, start + 2 * way / 3 + two * across)
    return np.stack([start, *bends, end], axis=1)


def _along(controls: Array, t: Array) -> Array:
    """Return the points of curves at `t`: the same places for all, or a row of them for each."""
    t = np.broadcast_to(t, (len(controls), t.shape[-1]))[..., None]
    a, b, c, d = (controls[:, None, i] for i in range(4))
    points: Array = (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d
    return points


def _seen(points: Array, source: Box, target: Box) -> tuple[Array, Array, Array]:
    """Return where curves leave `source` and reach `target`, and whether they come back."""
    inside = [box.distance(points) <= 0 for box in (source, target)]
    last = points.shape[1] - 1
    leaves, reaches = np.argmin(inside[0], axis=1), np.argmax(inside[1], axis=1)
    changes = [np.abs(np.diff(hit.astype(float), axis=1)).sum(axis=1) for hit in inside]
    strays = (changes[0] > 1) | (changes[1] > 1) | (reaches <= leaves)
    return leaves / last, np.maximum(reaches, leaves + 1) / last, strays.astype(float)


def _shape(points: Array) -> Array:
    """Return what a curve costs by its detour and its bends."""
    steps = np.diff(points, axis=1)
    length = np.hypot(steps[..., 0], steps[..., 1]).sum(axis=1)
    reach = np.hypot(*(points[:, -1] - points[:, 0]).T)
    turns = np.diff(np.unwrap(np.arctan2(steps[..., 1], steps[..., 0]), axis=1), axis=1)
    bent = np.abs(turns).sum(axis=1)
    wave = bent - np.abs(turns.sum(axis=1))
    kink = np.clip(np.abs(turns).max(axis=1) - 0.2, 0, None)
    cost: Array = 0.02 * length + 0.06 * (length - reach) + 4 * bent + 5 * wave + 120 * kink
    return cost


def _slant(end: Array, before: Array, box: Box) -> Array:
    """Return what it costs to meet the side of a box at a flat angle, or near a corner."""
    way = np.abs(end - before)
    way = way / np.maximum(np.hypot(way[:, 0], way[:, 1]), 1e-9)[:, None]
    place = np.abs(end - [box.x, box.y]) / [box.width / 2, box.height / 2]
    upright = np.where(place[:, 0] > place[:, 1], way[:, 0], way[:, 1])
    corner = np.clip(place.min(axis=1) - 0.75, 0, None)
    cost: Array = 30 * np.clip(0.6 - upright, 0, None) + 20 * corner
    return cost


def _conflict(courses: Array, other: Array, *, same_start: bool, same_end: bool) -> Array:
    """Return what each course costs beside another arrow: crowding, shared tips, crossings."""
    across, down = courses[..., 0].ravel(), courses[..., 1].ravel()
    squares = (across - other[:, 0, None]) ** 2 + (down - other[:, 1, None]) ** 2
    nearest = np.sqrt(squares.min(axis=0)).reshape(courses.shape[:2])
    crowded = np.clip(APART - nearest, 0, None)
    # Arrows that share an end may meet there.
    if same_start:
        crowded[:, : STEPS // 3] = 0
    if same_end:
        crowded[:, -STEPS // 6 :] = 0
    cost: Array = 0.65 * crowded.sum(axis=1) + _crossings(courses[:, ::2], other[::2])
    if same_start:
        cost += np.clip(8 - np.hypot(*(courses[:, 0] - other[0]).T), 0, None)
    if same_end:
        cost += 3 * np.clip(14 - np.hypot(*(courses[:, -1] - other[-1]).T), 0, None)
    return cost


def _crossings(courses: Array, other: Array) -> Array:
    """Return what each course costs by crossing another, more where the angle is narrow."""

    def cross(one: Array, two: Array) -> Array:
        area: Array = one[..., 0] * two[..., 1] - one[..., 1] * two[..., 0]
        return area

    step, across = np.diff(courses, axis=1)[:, :, None], np.diff(other, axis=0)
    # On which side of each piece of the one the points of the other lie.
    sides = cross(step, other - courses[:, :-1, None])
    turned = cross(across, courses[:, :, None] - other[:-1])
    met = (sides[:, :, :-1] * sides[:, :, 1:] < 0) & (turned[:, :-1] * turned[:, 1:] < 0)
    lengths = np.hypot(step[..., 0], step[..., 1]) * np.hypot(across[:, 0], across[:, 1])
    sine = np.abs(cross(step, across)) / np.maximum(lengths, 1e-9)
    cost: Array = (met * (22 + 16 * (1 - sine))).sum(axis=(1, 2))
    return cost


def _arrow(controls: Array, source: Box, target: Box) -> Arrow:
    """Return a course cut off exactly where it leaves `source` and reaches `target`."""
    start = _where(controls, source, 0.0, leaving=True)
    end = _where(controls, target, GAP, leaving=False)
    ends = _part(controls, start, max(end, start))
    return Arrow(*((float(x), float(y)) for x, y in ends))


def _where(controls: Array, box: Box, gap: float, *, leaving: bool) -> float:
    """Return the place on a curve at which it is `gap` away from a box, by halving."""
    low, high = 0.0, 1.0
    for _ in range(30):
        middle = (low + high) / 2
        point = _along(controls[None], np.array([middle]))[0, 0]
        if (box.distance(point) <= gap) == leaving:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _part(controls: Array, start: float, end: float) -> list[Array]:
    """Return the control points of the part of a curve between two places (de Casteljau)."""

    def blossom(*places: float) -> Array:
        points = controls
        for t in places:
            points = (1 - t) * points[:-1] + t * points[1:]
        start: Array = points[0]
        return start

    return [blossom(*(end,) * at, *(start,) * (3 - at)) for at in range(4)]
