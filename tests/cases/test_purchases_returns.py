"""Returns take what came back off purchases, no more and no less."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowntruth.cases.purchases_returns import Movement, match

START = datetime(2024, 1, 1)

moves = st.lists(
    st.tuples(
        st.sampled_from("ab"), st.sampled_from("xy"), st.integers(0, 5), st.booleans(),
        st.integers(1, 4),
    ),
    max_size=14,
).map(
    lambda rows: [
        Movement(who, what, START + timedelta(day), row, back, size)
        for row, (who, what, day, back, size) in enumerate(rows)
    ]
)  # fmt: skip


def one_by_one(movements: list[Movement]) -> tuple[dict[int, int], dict[int, int]]:
    """Hand units over the counter one at a time: return those taken and those not taken back."""
    taken: dict[int, int] = {}
    missed: dict[int, int] = {}
    shelf: list[Movement] = []
    for move in sorted(movements, key=lambda m: (m.date, m.is_return, m.row)):
        for _ in range(int(move.size)):
            if not move.is_return:
                shelf.append(move)
                continue
            own = [m for m in shelf if (m.customer, m.product) == (move.customer, move.product)]
            if own:
                latest = max(own, key=lambda m: (m.date, m.row))
                shelf.remove(latest)
                taken[latest.row] = taken.get(latest.row, 0) + 1
            else:
                missed[move.row] = missed.get(move.row, 0) + 1
    return taken, missed


@settings(max_examples=60)
@given(moves)
def test_returns_take_what_handing_over_units_one_by_one_takes(movements: list[Movement]) -> None:
    taken, missed = one_by_one(movements)
    sizes = {move.row: move.size for move in movements}
    found = match(movements)
    assert found.taken == pytest.approx({row: n / sizes[row] for row, n in taken.items()})
    assert found.unmatched == pytest.approx({row: n / sizes[row] for row, n in missed.items()})


@settings(max_examples=30)
@given(moves, st.randoms(use_true_random=False))
def test_the_order_of_rows_in_the_file_does_not_matter(
    movements: list[Movement], random: Random
) -> None:
    shuffled = list(movements)
    random.shuffle(shuffled)
    assert match(shuffled) == match(movements)


def test_tenths_leave_no_crumbs() -> None:
    # In floating point, ten tenths leave a crumb of one.
    bought = Movement("a", "x", START, 1, False, 1.0)
    back = [Movement("a", "x", START, row, True, 0.1) for row in range(2, 12)]
    assert match([bought, *back]).taken == {1: 1}
    assert match([bought, *back]).unmatched == {}
