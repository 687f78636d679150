"""Random streams: one seed a run, one stream a column, one block of users at a time.

Users are simulated in fixed *blocks*. Block `b` of column `c` draws from its own generator,
so a table depends on its parameters and seed alone, never on how the work was cut up;
adding a column changes no other column.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.random import Generator, Philox, SeedSequence
from numpy.typing import NDArray

BLOCK = 65_536

Values = NDArray[Any]
Draw = Callable[[Generator, slice], Values]


def key(column: str) -> int:
    """Return the stable number of a column's name (32 bits of its BLAKE2 digest)."""
    return int.from_bytes(hashlib.blake2b(column.encode(), digest_size=4).digest(), "big")


def generator(seed: int, column: str, block: int) -> Generator:
    """Return the generator of one block of one column."""
    return Generator(Philox(SeedSequence(seed, spawn_key=(key(column), block))))


def blocks(start: int, stop: int) -> Iterator[tuple[int, slice]]:
    """Yield each block that holds users `start` to `stop - 1`, with its users up to `stop`."""
    for block in range(start // BLOCK, -(-stop // BLOCK)):
        first = block * BLOCK
        yield block, slice(first, min(first + BLOCK, stop))


def column(seed: int, name: str, draw: Draw, *, start: int = 0, stop: int) -> Values:
    """Draw one column for users `start` to `stop - 1`.

    `draw(rng, users)` returns one value for each of `users`, a slice of user numbers that
    always begins at the first user of a block, and must draw them in order: then the values
    of a block's first users do not depend on how many follow.

    Returns:
        An array of `stop - start` values.
    """
    parts = []
    for block, users in blocks(start, stop):
        values = draw(generator(seed, name, block), users)
        parts.append(values[max(start - users.start, 0) :])
    return np.concatenate(parts) if parts else np.empty(0)


def uniform(seed: int, name: str, *, stop: int) -> Values:
    """Return uniform draws on [0, 1) for the first `stop` users."""
    return column(seed, name, lambda rng, users: rng.random(users.stop - users.start), stop=stop)
