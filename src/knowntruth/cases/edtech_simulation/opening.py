"""Opening a user base: simulated, or read from somebody's own table."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import duckdb

from ...data.statements import Statement
from ...story.facts import Fact
from ...story.names import Name
from .parameters import Parameters
from .user_base import (
    ACTIVITY,
    ONBOARDING,
    OUTCOMES,
    RETENTION,
    Factor,
    Outcome,
    UserBase,
    stand_together,
)

WORDS = {column: f"day-{day} retention" for day, column in RETENTION.items()}
WORDS |= {"converted": "conversion", "churned": "churn"}


def open_users(p: Parameters) -> UserBase:
    """Return the users that these parameters describe: simulated, or one's own.

    Raises:
        DataError: for a table of one's own that does not meet the contract.
        ParameterError: for a label of something that is not there.
    """
    if p.data:
        return _open_own(p)
    from .simulated import open_world

    return open_world(p)


def _open_own(p: Parameters) -> UserBase:
    from .own import read_users  # only a run on own data reads files

    own = read_users(p)
    names, columns = own.names, own.relation.columns
    words = {**names, **{c: Name(WORDS[c]) for c in WORDS if _unsaid(p, names, c)}}
    factors = {c: names[c] for c in columns if c.startswith("factor_")}
    rows, shown = stand_together(own.relation, factors, fewest=p.fewest_in_group)
    return UserBase(
        parameters=p,
        units=rows,
        ungrouped=own.relation,
        factors=shown,
        outcomes={c: Outcome(c, words[c]) for c in OUTCOMES if c in columns},
        onboarding=names.get(ONBOARDING),
        activity=names.get(ACTIVITY),
        words=names["users"],
        onboarding_was=p.onboarding_was,
        notes=(*own.statements, *_left_out(own.relation, factors, shown, p.fewest_in_group)),
        theirs=names,
    )


def _left_out(
    rows: duckdb.DuckDBPyRelation,
    factors: Mapping[str, Name],
    shown: Collection[Factor],
    fewest: int,
) -> Iterator[Statement]:
    """Tell which factors divide nobody, and why."""
    for column in sorted(set(factors) - {factor.column for factor in shown}):
        name, way = factors[column], Name("fewest_in_group")
        ((alike,),) = rows.aggregate(
            f"count(DISTINCT {column}) + count(DISTINCT 1) FILTER ({column} IS NULL) < 2"
        ).fetchall()
        if alike:
            yield Statement(f"Everybody has the same {name}, so it divides nobody.", (name,))
            continue
        least = Fact("fewest_in_group", fewest, "count")
        text = f"No group of {name} has {least} rows, so it divides nobody; {way} sets the limit."
        yield Statement(text, (name, least, way))


def _unsaid(p: Parameters, names: Mapping[str, Name], column: str) -> bool:
    # Who took over the contract's own name, such as `day_30`, has not said how to speak of it.
    return column in names and column not in p.labels and names[column].text.lower() == column
