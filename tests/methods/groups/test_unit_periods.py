"""Tables of units by period: what is taken and what is refused, in words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from knowntruth.errors import DataError
from knowntruth.methods.groups.unit_periods import same_units_and_periods, unit_periods

GOOD = pd.DataFrame({"Jun": [1, 0], "Jul": [2.5, 4]}, index=["a", "b"])


def test_a_table_is_its_numbers_and_names() -> None:
    found = unit_periods(GOOD, "sales")
    assert found.values.tolist() == [[1, 2.5], [0, 4]]
    assert found.totals.tolist() == [3.5, 4]
    assert (list(found.units), list(found.periods)) == (["a", "b"], ["Jun", "Jul"])


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (GOOD.assign(Jul=[np.nan, 1]), "period Jul: it has values that are no finite number"),
        (GOOD.assign(Jul=["x", 1]), "period Jul: it has values that are no finite number"),
        (GOOD.assign(Jul=[np.inf, 1]), "period Jul: it has values that are no finite number"),
        (GOOD.assign(Jun=[-1, 1]), "period Jun: it has values below zero"),
        (GOOD.set_axis(["a", "a"]), "unit a stands twice"),
        (GOOD.set_axis(["Jun", "Jun"], axis=1), "period Jun stands twice"),
        (GOOD.iloc[:0], "no units or no periods"),
        (GOOD[[]], "no units or no periods"),
    ],
)
def test_what_is_wrong_is_said(table: pd.DataFrame, said: str) -> None:
    with pytest.raises(DataError, match=said):
        unit_periods(table, "sales")


def test_all_that_is_wrong_is_said_at_once() -> None:
    bad = GOOD.assign(Jun=[-1, 1], Jul=[np.nan, 1])
    with pytest.raises(DataError) as raised:
        unit_periods(bad, "sales")
    assert len(raised.value.problems) == 2


def test_a_second_table_is_put_in_the_order_of_the_first() -> None:
    turned = GOOD.iloc[::-1, ::-1] * 10
    _, found = same_units_and_periods(GOOD, turned, ("sales", "money"))
    assert found.values.tolist() == [[10, 25], [0, 40]]


def test_tables_of_different_units_do_not_go_together() -> None:
    with pytest.raises(DataError, match="unit b stands in one of them only"):
        same_units_and_periods(GOOD, GOOD.iloc[:1], ("sales", "money"))
    with pytest.raises(DataError, match="period Jul stands in one of them only"):
        same_units_and_periods(GOOD[["Jun"]], GOOD, ("sales", "money"))
