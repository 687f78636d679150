"""Named moments: dates and numbers that their table writes in a way of its own, such as 2010Q4.

A named moment is the date or number that it is: it compares, counts and finds its place on an axis
like any other. Only where it is written does its name go first.
"""

from __future__ import annotations

from datetime import date
from typing import Self

from .names import Name


class NamedDate(date):
    """A date with a name, such as the first day of a quarter."""

    name: Name

    @classmethod
    def of(cls, day: date, name: Name) -> Self:
        """Return a date with its name."""
        one = cls(day.year, day.month, day.day)
        one.name = name
        return one


class NamedNumber(int):
    """A number with a name, such as the place of a column in a wide table."""

    name: Name

    @classmethod
    def of(cls, number: int, name: Name) -> Self:
        """Return a number with its name."""
        one = cls(number)
        one.name = name
        return one


def named(moment: object, name: Name) -> object:
    """Return a whole number or a date with a name; anything else as it is.

    A time of day would be lost in a date, so that is left alone as well.
    """
    if type(moment) is date:
        return NamedDate.of(moment, name)
    return NamedNumber.of(moment, name) if type(moment) is int else moment


def name_of(moment: object) -> Name | None:
    """Return the name of a moment, if it has one."""
    return moment.name if isinstance(moment, NamedDate | NamedNumber) else None
