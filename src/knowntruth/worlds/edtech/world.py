"""Simulating `edtech`: its table, and apart from it its truth."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from .expectations import Expectations
from .parameters import Parameters
from .rules import Rules
from .truth import Truth, truth_of
from .users import Drawn, draw


@dataclass(frozen=True)
class World:
    """One simulated world: the table that an analyst would get, and what it lacks."""

    parameters: Parameters
    drawn: Drawn

    @property
    def users(self) -> pd.DataFrame:
        """One row a user, in the order of their ids."""
        return self.drawn.users

    @property
    def chances(self) -> pd.DataFrame:
        """The chances by which each user's outcomes were drawn, see `users.Drawn`."""
        return self.drawn.chances

    @cached_property
    def hidden(self) -> pd.DataFrame:
        """Who is keen and who is which kind of outlier: 0 or 1 a user."""
        people = self.drawn.people
        return pd.DataFrame({"keen": people.keen, **people.kinds})

    @cached_property
    def expected(self) -> pd.DataFrame:
        """What was to be expected of each user at sign-up, given all that they are."""
        rules = Rules(self.parameters)
        return pd.DataFrame(Expectations(rules).of(self.drawn.people))

    @cached_property
    def truth(self) -> Truth:
        """What is true of everybody who could sign up."""
        return truth_of(self.parameters)


def simulate(p: Parameters) -> World:
    """Return the world of these parameters."""
    return World(p, draw(p))
