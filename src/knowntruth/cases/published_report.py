"""A published report beside a run: its constants, and what it says.

A *constant* is a number or a choice that the report gives; a run's tables or parameters have it
too, or not. A *statement* is something that the report says and a run can be asked about. Both
come with the facts that they rest on, so that a page can say them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from ..story.estimates import Estimate
from ..story.facts import Fact
from ..story.saying import Sayable

Verdict = Literal["holds", "does not hold", "cannot be said"]
How = Literal["exact", "by chance", "not published"]

HOLDS: Verdict = "holds"
FAILS: Verdict = "does not hold"
OPEN: Verdict = "cannot be said"

# What a constant's agreement is called on a page.
AGREEMENTS = {True: "agrees", False: "differs", None: "cannot be seen"}


@dataclass(frozen=True, kw_only=True)
class Statement:
    """Something that the report says, and what a run says of it.

    Attributes:
        id: a key for programs.
        says: what the report says, in few words.
        where: its section.
        verdict: whether that holds in this run; `cannot be said` where nothing can tell.
        because: what the verdict rests on, a sentence whose numbers are those of `facts`.
        facts: everything that `because` is made from, to be handed to `say`.
    """

    id: str
    says: str
    where: str
    verdict: Verdict
    because: str
    facts: tuple[Sayable, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Constant:
    """A number or a choice that the report gives, and what a run has.

    Attributes:
        id: a key for programs.
        what: what it is of.
        where: its section.
        published: what the report gives.
        here: what this run has; a dash where its tables do not show it.
        how: `exact`, or `by chance` where draws lie around what is published, or `not published`.
        agrees: whether both are the same, as far as chance lets them; None where nobody can see.
    """

    id: str
    what: str
    where: str
    published: str
    here: str
    how: How
    agrees: bool | None

    @property
    def agreement(self) -> str:
        """Whether it agrees, in words."""
        return AGREEMENTS[self.agrees]


@dataclass(frozen=True)
class Claim:
    """What the report says, and where, before a run has said anything of it."""

    id: str
    says: str
    where: str

    def stands(self, verdict: Verdict, because: str, *facts: Sayable) -> Statement:
        """Return the statement with what a run says of it."""
        return Statement(
            id=self.id,
            says=self.says,
            where=self.where,
            verdict=verdict,
            because=because,
            facts=tuple(facts),
        )


def verdict_of(is_so: bool | None) -> Verdict:
    """Return what a yes, a no, or neither is called."""
    if is_so is None:
        return OPEN
    return HOLDS if is_so else FAILS


def settled(estimate: Estimate | None) -> bool | None:
    """Return whether an estimate is clearly above its null; None where it is on neither side."""
    if estimate is None or estimate.direction == "unclear":
        return None
    return estimate.direction == "higher"


def counted(statements: Iterable[Statement]) -> tuple[Fact, Fact, Fact]:
    """Return how many statements hold, do not hold, and cannot be said."""
    found = [one.verdict for one in statements]
    return (
        Fact("holding", float(found.count(HOLDS)), "count"),
        Fact("not_holding", float(found.count(FAILS)), "count"),
        Fact("not_said", float(found.count(OPEN)), "count"),
    )


def agreed(constants: Sequence[Constant]) -> tuple[Fact, Fact, Fact]:
    """Return how many constants agree, differ, and cannot be seen."""
    found = [one.agrees for one in constants]
    return (
        Fact("agreeing", float(found.count(True)), "count"),
        Fact("differing", float(found.count(False)), "count"),
        Fact("not_seen", float(found.count(None)), "count"),
    )
