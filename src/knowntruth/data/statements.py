"""Statements: what was done to somebody's table before anything was computed from it.

Each is a sentence, and the facts and names it was made from, ready for `story.say`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from ..story.facts import Fact
from ..story.names import Name
from .cells import TOTAL, Cells, literal
from .checking import Checker
from .columns import Column
from .periods import PARTS
from .times import DAY_FIRST, MONTH_FIRST


class Statement(NamedTuple):
    """A sentence about the table, and what it was made from."""

    text: str
    facts: tuple[Fact | Name, ...]


def tell(
    cells: Cells,
    checker: Checker,
    names: Mapping[str, Name],
    labels: tuple[str, str] | None,
    zeroed: Collection[str],
) -> tuple[Statement, ...]:
    """Return a statement for each choice that was made about rows and blank cells."""
    told = [
        *_left_out_rows(cells),
        *_left_out_arms(checker, names, labels),
        *_left_out_totals(cells, checker),
    ]
    told += _readings(checker, names)
    blanks = _blanks(checker, labels)
    for name, column in checker.columns.items():
        count = sum(blanks.get(name, {}).values())
        if count:
            since = names.get(column.since)
            told.append(_blank(column, names, blanks[name], zero=name in zeroed, since=since))
    return tuple(told)


def _left_out_rows(cells: Cells) -> list[Statement]:
    told = []
    if cells.empty_rows:
        count = Fact("empty rows", cells.empty_rows, "count")
        told.append(Statement(f"{_rows(count)} empty and left out.", (count,)))
    if cells.totals_rows:
        count = Fact("rows of totals", len(cells.totals_rows), "count")
        told.append(
            Statement(f"{_rows(count)} left out as totals at the end of the table.", (count,))
        )
    return told


def _left_out_arms(
    checker: Checker, names: Mapping[str, Name], labels: tuple[str, str] | None
) -> list[Statement]:
    arm = next((c for c in checker.columns.values() if c.field.kind == "arm"), None)
    if arm is None or not labels:
        return []
    ((kept,),) = checker.connection.execute("SELECT count(*) FROM units").fetchall()
    rows = checker.count_kept() - int(kept)
    count = Fact("rows of other arms", rows, "count")
    if not count.value:
        return []
    text = (
        f"{_rows(count)} left out, because {names['arm']} is neither {names['control']} nor "
        f"{names['treatment']} there."
    )
    return [Statement(text, (count, names["arm"], names["control"], names["treatment"]))]


def _left_out_totals(cells: Cells, checker: Checker) -> list[Statement]:
    used = {column.heading for column in checker.columns.values()}
    return [
        Statement(f"The column {name}, which looks like a total, is not used.", (name,))
        for name in (
            Name(heading)
            for heading in cells.headings
            if heading not in used and TOTAL.fullmatch(heading.casefold())
        )
    ]


def _readings(checker: Checker, names: Mapping[str, Name]) -> list[Statement]:
    told = []
    for column in checker.columns.values():
        name, spelling = names[column.name], column.cell.spelling
        if not column.is_time:
            continue
        if column.cell.is_in_utc:
            text = f"The times of {name} name a time zone: their days are days in UTC."
            told.append(Statement(text, (name,)))
        elif spelling is DAY_FIRST or spelling is MONTH_FIRST:
            text = f"The dates of {name} are read {spelling.name}, which fits them all."
            told.append(Statement(text, (name,)))
        elif spelling in PARTS:
            text = f"The periods of {name} are read {spelling.name}."
            told.append(Statement(text, (name,)))
    return told


def _blanks(checker: Checker, labels: tuple[str, str] | None) -> dict[str, dict[str, int]]:
    """Return the blank cells of each column that has any, by arm, among the rows kept."""
    short = [c for c in checker.columns.values() if c.filled < checker.rows]
    short = [c for c in short if c.field.blanks != "refused"]
    if not short:
        return {}
    arm = next((c for c in checker.columns.values() if c.field.kind == "arm"), None)
    label = "''"
    if arm and labels:
        cases = " ".join(f"WHEN {arm.cell.is_label(x)} THEN {literal(x)}" for x in labels)
        label = f"CASE {cases} END"
    # A blank in a row that is left out anyway costs nothing more.
    counts = ", ".join(
        f"count(*) FILTER ({c.blank if c.drops_rows else f'{c.blank} AND {checker.is_kept}'})"
        for c in short
    )
    rows = checker.connection.execute(f"SELECT {label}, {counts} FROM cells GROUP BY 1").fetchall()
    kept = [row for row in rows if row[0] is not None]
    return {
        column.name: {str(row[0]): int(row[i]) for row in sorted(kept, key=str) if row[i]}
        for i, column in enumerate(short, start=1)
    }


def _blank(
    column: Column,
    names: Mapping[str, Name],
    by_arm: Mapping[str, int],
    *,
    zero: bool,
    since: Name | None,
) -> Statement:
    name = names[column.name]
    count = Fact(f"blanks in {column.heading}", sum(by_arm.values()), "count")
    facts: list[Fact | Name] = [count, name]
    is_one = count.value == 1
    start = f"{name} is blank in {count} {'row' if is_one else 'rows'}"
    arms = {Name(label): Fact(f"blanks in {label}", n, "count") for label, n in by_arm.items()}
    if {"control", "treatment"} <= set(names):
        facts += [*arms, *arms.values()]
        start += f" ({', '.join(f'{n} in arm {label}' for label, n in arms.items())})"
    if since:
        end = f"a blank counts as the time of {since}"
        facts.append(since)
    elif zero:
        end = "a blank counts as zero"
    elif column.drops_rows:
        end = f"{'it is' if is_one else 'they are'} left out"
    elif column.field.blanks == "never":
        end = "a blank counts as never"
    elif column.field.blanks == "own group":
        end = (
            f"{'it forms' if is_one else 'they form'} a group of {'its' if is_one else 'their'} own"
        )
    else:
        end = f"{'it takes' if is_one else 'they take'} no part in what needs {name}"
        end += ", and in everything else " + ("it does" if is_one else "they do")
    return Statement(f"{start}: {end}.", tuple(facts))


def _rows(count: Fact) -> str:
    return f"{count} row was" if count.value == 1 else f"{count} rows were"
