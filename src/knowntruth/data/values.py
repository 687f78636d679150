"""Values: what a cell means, as SQL over the cells of a file.

A cell is *blank* when it is empty or holds a usual mark for "nothing here"; otherwise it is
*filled*. Yes/no cells hold 0, 1, true, false, yes or no. Marks such as NA are blanks only
among numbers, yes/no and times: as a label, NA may well be a country.
"""

from __future__ import annotations

from dataclasses import dataclass

from .cells import literal
from .times import ZONED, Spelling, is_time, is_zoned

WHOLE_NUMBERS = frozenset(
    {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"}
    | {"UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"}
)
_BLANKS = "('', 'na', 'n/a', '#n/a', 'nan', 'null', 'none', '<na>', 'nat')"
_SPACE = "' ' || chr(9) || chr(160)"


def is_number(kind: str) -> bool:
    """Return whether a DuckDB type is a number's."""
    return is_whole(kind) or kind in {"FLOAT", "DOUBLE"} or kind.startswith("DECIMAL")


def is_whole(kind: str) -> bool:
    """Return whether a DuckDB type is a whole number's."""
    return kind in WHOLE_NUMBERS


@dataclass(frozen=True)
class Cell:
    """A column's cell: `column` in `cells`, of a DuckDB type.

    `comma` says that decimals are written with a comma, `words` that true, false, yes and no
    mean 1 and 0, and `blank_is_zero` that a blank among numbers is a zero; `spelling` is the
    way in which all dates of the column are known to be written.
    """

    column: str
    kind: str
    comma: bool = False
    words: bool = False
    blank_is_zero: bool = False
    spelling: Spelling | None = None

    @property
    def is_text(self) -> bool:
        """Whether the cell is text, or has to be read as such."""
        return not (is_number(self.kind) or self.kind == "BOOLEAN")

    @property
    def label(self) -> str:
        """SQL of the cell as a label: trimmed text, or NULL when empty."""
        if self.kind in {"FLOAT", "DOUBLE"}:
            # A whole number with a blank beside it is a float in many a file.
            whole = f"{self.column} = floor({self.column}) AND abs({self.column}) < 1e15"
            return (
                f"(CASE WHEN isnan({self.column}) THEN NULL WHEN {whole} "
                f"THEN {self.column}::BIGINT::VARCHAR ELSE {self.column}::VARCHAR END)"
            )
        return f"nullif({self.trimmed}, '')" if self.is_text else self.shown

    @property
    def has_label(self) -> str:
        """SQL of whether the cell holds a label: what `label IS NOT NULL` says, but quicker."""
        if not self.is_text:
            return self.is_filled
        # Text that begins with a visible character need not be trimmed, which is slow.
        return f"coalesce({self._text} >= '!' OR {self.trimmed} <> '', FALSE)"

    def is_label(self, label: str) -> str:
        """Return SQL of whether the cell holds this label."""
        if self.is_text:
            return f"{self.label} = {literal(label)}"
        return f"{self.column} = CAST({literal(label)} AS {self.kind})"

    @property
    def shown(self) -> str:
        """SQL of the cell as a person typed it."""
        return f"{self.column}::VARCHAR"

    @property
    def is_filled(self) -> str:
        """SQL of whether the cell holds anything, as a number, yes/no or time."""
        if self.kind in {"FLOAT", "DOUBLE"}:
            return f"({self.column} IS NOT NULL AND NOT isnan({self.column}))"
        if self.is_moment or not self.is_text:
            return f"({self.column} IS NOT NULL)"
        return f"({self.column} IS NOT NULL AND lower({self.trimmed}) NOT IN {_BLANKS})"

    @property
    def is_word(self) -> str:
        """SQL of whether the cell holds a word for yes or no."""
        if not self.is_text:
            return "FALSE"
        return f"coalesce(lower({self.trimmed}) IN ('true', 'false', 'yes', 'no'), FALSE)"

    @property
    def number(self) -> str:
        """SQL of the cell as a number: NULL when blank, and when it is no number."""
        if self.blank_is_zero:
            return f"(CASE WHEN {self.is_filled} THEN {self._number} ELSE 0 END)"
        return self._number

    @property
    def _number(self) -> str:
        if self.kind in {"FLOAT", "DOUBLE"}:
            return f"(CASE WHEN isnan({self.column}) THEN NULL ELSE {self.column}::DOUBLE END)"
        if self.kind == "BOOLEAN":
            return f"{self.column}::INTEGER::DOUBLE"
        if is_number(self.kind):
            return f"{self.column}::DOUBLE"
        text = self.trimmed
        if self.comma:
            # In such a file a dot divides thousands, or is a mistake: neither is a decimal.
            text = f"CASE WHEN contains({text}, '.') THEN NULL ELSE replace({text}, ',', '.') END"
        number = f"CASE WHEN {self.is_filled} THEN TRY_CAST({text} AS DOUBLE) END"
        if not self.words:
            return f"({number})"
        return (
            f"(CASE lower({self.trimmed}) WHEN 'true' THEN 1 WHEN 'yes' THEN 1 "
            f"WHEN 'false' THEN 0 WHEN 'no' THEN 0 ELSE ({number}) END)"
        )

    @property
    def is_moment(self) -> bool:
        """Whether the cell is a date or time without any reading."""
        return is_time(self.kind)

    @property
    def is_in_utc(self) -> bool:
        """Whether the cell names its time zone, and is read in UTC for that."""
        return is_zoned(self.kind) or self.spelling is ZONED

    @property
    def moment(self) -> str:
        """SQL of the cell as a TIMESTAMP, in UTC where it names a zone: NULL when it is none."""
        if is_zoned(self.kind):
            return f"make_timestamp(epoch_us({self.column}))"
        if self.is_moment:
            return f"({self.column}::TIMESTAMP)"
        if self.spelling is None:
            return "(NULL::TIMESTAMP)"
        return self.spelling.moment_of_fitting(self.trimmed)

    @property
    def has_comma(self) -> str:
        """SQL of whether the cell is a number written with a decimal comma."""
        if self.kind != "VARCHAR":
            return "FALSE"
        return f"coalesce(regexp_full_match({self.trimmed}, '[-+]?[0-9]*,[0-9]+'), FALSE)"

    @property
    def _text(self) -> str:
        return self.column if self.kind == "VARCHAR" else f"{self.column}::VARCHAR"

    @property
    def trimmed(self) -> str:
        """SQL of the cell as text, without spaces around it."""
        return f"trim({self._text}, {_SPACE})"
