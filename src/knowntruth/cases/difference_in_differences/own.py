"""Opening somebody's own panel: their table, long or wide, under the contract's names.

A wide table becomes a long one: its periods are counted from the first one of treatment, which
is zero. Who is treated since when comes from a column, or from a group and a `start`; either
way each row of the result holds its unit's first treated period.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import duckdb

from ...data.contract import Contract
from ...data.mapping import wanted
from ...data.periods import written
from ...data.reading import headings
from ...data.statements import Statement
from ...data.tables import OwnTable, open_table
from ...errors import DataError, Problem
from ...story.names import Name, listed
from ..labels import label_words
from . import own_checks
from .contract import LONG, PANEL, TREATMENT, WIDE, long_table, wide_table
from .own_treatment import Period, first_treated

TITLE = "This table cannot be used:"
# Words for what no column of the table names; a wide table has no column of these either.
WORDS = {
    "units": "units",
    "treated": "treated units",
    "controls": "controls",
    "treatment": "the treatment",
}
_WIDE_WORDS = {"period": "period", "outcome": "outcome"}


class Parameters(Protocol):
    """What the owner of a table says about it."""

    @property
    def data(self) -> str:
        """File or folder with the table."""

    @property
    def columns(self) -> Mapping[str, str | list[str]]:
        """Contract name → the user's column."""

    @property
    def labels(self) -> Mapping[str, str]:
        """Contract name → the user's words for it."""

    @property
    def start(self) -> str:
        """The first period of treatment, written as the table's periods; "" without a group."""


@dataclass(frozen=True)
class OwnPanel:
    """Somebody's own panel.

    Attributes:
        relation: one row a unit and period: `unit`, `period` (BIGINT, DOUBLE, DATE or
            TIMESTAMP), `outcome`, `first_treated` (as `period`, one a unit, NULL where never),
            and those of `weight`, `cluster` (text), `take_up`, `affected`, `placebo_1`, …,
            `covariate_1`, … that the table has; DOUBLE but where said, NULL where nothing is
            known.
        names: this run's word for each column, and for "units", "treated", "controls" and
            "treatment".
        periods: each period in order, and how the table writes it.
        statements: what was done to the table, and what it holds that should be known.
    """

    relation: duckdb.DuckDBPyRelation
    names: Mapping[str, Name]
    periods: Mapping[Period, Name]
    statements: tuple[Statement, ...]


def read_panel(p: Parameters) -> OwnPanel:
    """Return the panel in the table that `p.data` names.

    Raises:
        DataError: for a table that does not meet the contract or is no panel, and for a start
            that is missing, no period of the table, or its first.
        ParameterError: for a label of something that the table does not have.
    """
    contract, unused, problems = _contract(p)
    try:
        table = open_table(p.data, contract, p.columns)
    except DataError as error:
        raise DataError(error.title, [*problems, *error.problems]) from None
    if problems:
        raise DataError(TITLE, problems)
    is_wide = WIDE[0] in contract.names
    rows, periods = _from_wide(table) if is_wide else _with_types(table)
    problems = own_checks.too_few_or_many(table, periods)
    if not problems:
        rows, problems = first_treated(rows, table, periods, p.start, is_wide=is_wide)
        problems += own_checks.cut_units(rows, table)
    problems = problems or own_checks.one_sided(rows, table, periods)
    if problems:
        raise DataError(TITLE, problems)
    known = {key: name.text for key, name in table.names.items()}
    names = label_words(p.labels, (_WIDE_WORDS if is_wide else {}) | known | WORDS)
    told = [*table.statements, *(_unused(heading) for heading in unused)]
    if is_wide:
        told.append(_turned(table))
    order = PANEL.columns(dict.fromkeys(PANEL.names, len(rows.columns)))
    return OwnPanel(
        relation=rows.project(", ".join(f'"{name}"' for name in order if name in rows.columns)),
        names=names,
        periods=periods,
        statements=(*told, *own_checks.statements(rows, names, periods)),
    )


def _contract(p: Parameters) -> tuple[Contract, list[str], list[Problem]]:
    """Return the contract to read by, columns that it passes over, and what is missing.

    What was mapped goes before what a column happens to be called: a column `after` beside a
    mapped period is no outcome of a wide table.

    Raises:
        DataError: for maps and a start that contradict each other.
    """
    here = headings(p.data, wanted(PANEL, p.columns))
    mapped = {name for name in PANEL.names if name in p.columns}
    named = {
        name
        for name in PANEL.names
        if name not in mapped and {name, *PANEL[name].columns()} & set(here)
    }
    is_long = bool(mapped & set(LONG)) or set(LONG) <= named
    is_wide = bool(mapped & set(WIDE)) or (not is_long and set(WIDE) <= named)
    told = [name for name in TREATMENT if name in mapped] or [
        name for name in TREATMENT if name in named
    ]
    by_group = "treated" in told and (is_wide or len(told) == 1 or bool(p.start))
    problems = _contradictions(p.start, mapped, told, is_wide=is_wide, by_group=by_group)
    if problems:
        raise DataError(TITLE, problems)
    # What tells the treatment is one of two; the other is not even looked for.
    other = TREATMENT[not by_group] if told else ""
    contract = wide_table() if is_wide else long_table(other)
    unused = [n for n in PANEL.names if n in named and n in here and n not in contract.names]
    usable = by_group or (bool(told) and not is_wide)
    return contract, unused, [] if usable else [_untreated(is_wide=is_wide)]


def _contradictions(
    start: str, mapped: set[str], told: list[str], *, is_wide: bool, by_group: bool
) -> list[Problem]:
    """Return what cannot hold together in the things that were said of a table."""
    problems = []
    if set(TREATMENT) <= mapped and not is_wide:
        what = "is mapped beside first_treated, and either tells who is treated"
        problems.append(Problem("--map treated", what, "Map only one of them"))
    elif start and told and not by_group and not is_wide:
        what = "means nothing with first_treated, which tells it of each unit"
        problems.append(Problem("start", what, "Leave it out"))
    if is_wide:
        fixes = dict.fromkeys(LONG, "Map either this, or before and after")
        fixes["first_treated"] = "Map whether a unit is treated between them to treated"
        fixes["placebo"] = "Leave it out"
        what = "means nothing with before and after, which tell of a table of one row a unit"
        problems += [Problem(f"--map {n}", what, fixes[n]) for n in fixes if n in mapped]
    if is_wide and start:
        what = "means nothing with before and after, between which treatment begins"
        problems.append(Problem("start", what, "Leave it out"))
    return problems


def _untreated(*, is_wide: bool) -> Problem:
    group = "--map treated=THEIR_COLUMN (1 for units that are treated, 0 for the others)"
    fix = f"Write {group}"
    if not is_wide:
        fix += " with -p start=THEIR_FIRST_PERIOD; or --map first_treated=THEIR_COLUMN"
    return Problem(PANEL.name, "does not tell which units are treated", fix)


def _with_types(table: OwnTable) -> tuple[duckdb.DuckDBPyRelation, Mapping[Period, Name]]:
    """Return the rows with periods in their plainest type, and all periods in order."""
    rows, spelling = table.relation, table.spellings.get("period")
    columns = [name for name in ("period", "first_treated") if name in rows.columns]
    kinds = {str(rows.types[rows.columns.index(name)]) for name in columns}
    if len(kinds) == 1:  # otherwise they are refused, as they cannot be compared
        is_number = kinds == {"DOUBLE"}
        plain = "floor({0})" if is_number else "date_trunc('day', {0})"
        tests = " AND ".join(
            f"coalesce(bool_and({name} = {plain.format(name)}), true)" for name in columns
        )
        ((is_plain,),) = rows.aggregate(tests).fetchall()
        if is_plain:
            cast = f"CAST({{0}} AS {'BIGINT' if is_number else 'DATE'}) AS {{0}}"
            rows = rows.project(
                ", ".join(cast.format(c) if c in columns else f'"{c}"' for c in rows.columns)
            )
    found = rows.filter("outcome IS NOT NULL").project("period").distinct().order("period")
    periods = [period for (period,) in found.limit(own_checks.MOST_PERIODS + 1).fetchall()]
    return rows, {period: Name(written(period, spelling)) for period in periods}


def _from_wide(table: OwnTable) -> tuple[duckdb.DuckDBPyRelation, Mapping[Period, Name]]:
    """Return the rows of a wide table as those of a long one, and the names of its periods."""
    columns = table.relation.columns
    before, after = ([c for c in columns if c.startswith(f"{stem}_")] for stem in WIDE)
    outcomes = [*before, *after]
    places = range(-len(before), len(after))
    kept = [f'"{c}"' for c in columns if c not in {*outcomes, "take_up"}]
    spread = table.relation.project(
        ", ".join(
            [
                *kept,
                *(["take_up AS taken"] if "take_up" in columns else []),
                f"unnest({list(places)}) AS place",
                f"unnest([{', '.join(outcomes)}]) AS outcome",
            ]
        )
    )
    taken = ["CASE WHEN place < 0 THEN 0 ELSE taken END AS take_up"] if "take_up" in columns else []
    rows = spread.project(", ".join([*kept, "CAST(place AS BIGINT) AS period", "outcome", *taken]))
    names = (table.names[c] for c in outcomes)
    return rows, dict(zip(places, names, strict=True))


def _unused(heading: str) -> Statement:
    name = Name(heading)
    return Statement(f"The column {name} is not used, because others tell the same.", (name,))


def _turned(table: OwnTable) -> Statement:
    before, after = (
        [name for column, name in table.names.items() if column.startswith(f"{stem}_")]
        for stem in WIDE
    )
    text = (
        f"The table has a row for each unit: {listed(before)} became its "
        f"{'period' if len(before) == 1 else 'periods'} before the treatment, "
        f"and {listed(after)} {'that' if len(after) == 1 else 'those'} from its start on."
    )
    return Statement(text, (*before, *after))
