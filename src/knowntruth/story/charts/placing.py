"""Placing: on which side of its point a name stands, so that names do not lie on each other.

Places are worked out on a plane as small as a phone's; where there is more room, names that did
not touch there do not touch either.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

WIDTH, HEIGHT = 270, 290  # pixels
LETTER, LINE = 7.2, 16  # of a bold name
AWAY = 6  # from the edge of a sign to its name
SEARCHED = 4  # names whose sides are chosen together; others follow one by one

# Sides in the words of Plotly: how the name lies beside the point, across and upwards.
SIDES = {
    "top center": (-0.5, 1), "middle left": (-1, 0.5), "middle right": (0, 0.5),
    "bottom center": (-0.5, 0), "top left": (-1, 1), "top right": (0, 1),
    "bottom left": (-1, 0), "bottom right": (0, 0),
}  # fmt: skip


class Box(NamedTuple):
    """What a name covers, in pixels from the lower left corner."""

    left: float
    right: float
    low: float
    high: float

    def shared(self, other: Box) -> float:
        """Return the area that both cover."""
        across = min(self.right, other.right) - max(self.left, other.left)
        up = min(self.high, other.high) - max(self.low, other.low)
        return max(across, 0.0) * max(up, 0.0)

    @property
    def size(self) -> float:
        """The area of the box."""
        return (self.right - self.left) * (self.high - self.low)


PLANE = Box(0, WIDTH, 0, HEIGHT)


def sides(
    places: Sequence[tuple[float, float]],
    names: Sequence[Sequence[str]],
    sizes: Sequence[float],
    *,
    first: str,
) -> list[str]:
    """Return the side of each point on which its name covers least of others, and stays within.

    Args:
        places: of the points, as shares of the plane, from the left and from below.
        names: in lines, as plain text.
        sizes: of the signs, in pixels across.
        first: the side that is taken where several are as good.
    """
    order = [first, *(side for side in SIDES if side != first)]
    boxes = [
        {side: _box(place, lines, size, side) for side in order}
        for place, lines, size in zip(places, names, sizes, strict=True)
    ]
    found = _best(boxes[:SEARCHED], order)
    for one in boxes[SEARCHED:]:
        taken = [other[side] for other, side in zip(boxes, found, strict=False)]
        faults = {side: _fault(box, taken) for side, box in one.items()}
        found.append(min(order, key=faults.__getitem__))
    return found


def _best(boxes: Sequence[Mapping[str, Box]], order: Sequence[str]) -> list[str]:
    """Return the sides of all names that have the least fault together."""
    least, found = math.inf, [order[0]] * len(boxes)

    def go_on(chosen: list[str], taken: list[Box], fault: float) -> None:
        nonlocal least, found
        if fault >= least:
            return
        if len(chosen) == len(boxes):
            least, found = fault, chosen
            return
        here = boxes[len(chosen)]
        for side in order:
            go_on([*chosen, side], [*taken, here[side]], fault + _fault(here[side], taken))

    go_on([], [], 0.0)
    return found


def _fault(box: Box, taken: Sequence[Box]) -> float:
    """Return how much of a box lies outside the plane, or on boxes that are taken."""
    return box.size - box.shared(PLANE) + sum(box.shared(one) for one in taken)


def _box(place: tuple[float, float], lines: Sequence[str], size: float, side: str) -> Box:
    across, up = SIDES[side]
    away = AWAY + size / 2
    wide, high = LETTER * max(map(len, lines)), LINE * len(lines)
    left = place[0] * WIDTH + across * wide + away * (2 * across + 1)
    # Half a name beside the point, a whole one above or below it.
    low = place[1] * HEIGHT + (up - 1) * high + away * (2 * up - 1)
    return Box(left, left + wide, low, low + high)
