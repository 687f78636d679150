"""Order histories against those that the authors of the method made, and rows by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from knowntruth.errors import DataError
from knowntruth.methods.shops.order_histories import check_histories, histories

from . import cdnow

SMALL = pd.DataFrame(
    [
        ("A", "2024-01-01 09:00", 4.0),
        ("A", "2024-01-11 10:00", 6.0),
        ("A", "2024-01-11 23:59", 8.0),
        ("A", "2024-01-15 00:00", 30.0),
        ("B", "2024-01-31 12:00", 5.0),
        ("C", "2024-02-01 00:00", 7.0),
    ],
    columns=["customer", "date", "amount"],
).astype({"date": "datetime64[us]"})


def test_the_customers_of_cdnow_have_the_histories_that_their_authors_use() -> None:
    found = histories(cdnow.purchases(), end="1997-10-01", unit="W")
    published = cdnow.histories()
    # Eight more bought for nothing alone.
    assert (len(published), len(published.index.difference(found.index))) == (2357, 8)
    published = published.reindex(found.index)
    assert (found["frequency"] == published["frequency"]).all()
    for name, rounding in {"recency": 0.005, "age": 0.005, "value": 0.005}.items():
        gap = (found[name] - published[name]).abs()
        assert (gap[gap.notna()] <= rounding + 1e-9).all()
        assert (found[name].isna() == published[name].isna()).all()


def test_histories_are_those_by_hand() -> None:
    found = histories(SMALL, end="2024-02-01")
    assert list(found.index) == ["A", "B"]
    assert found.loc["A"].tolist() == [2, 14, 30, 22, pd.Timestamp("2024-01-01")]
    assert found.loc["B"].tolist()[:3] == [0, 0, 0]
    assert np.isnan(found["value"]["B"])
    assert histories(SMALL, end="2024-02-01", unit="W").loc["A"].tolist()[1:3] == [2, 30 / 7]


def test_start_and_end_leave_purchases_out() -> None:
    found = histories(SMALL, start="2024-01-11", end="2024-01-15")
    assert found.loc["A"].tolist()[:3] == [0, 0, 3]
    # The end may be a time of day: that day is observed.
    assert histories(SMALL, end="2024-01-31 13:00")["age"].to_dict() == {"A": 30, "B": 0}
    with pytest.raises(DataError, match="no purchase lies in the period"):
        histories(SMALL, start="2024-03-01", end="2024-04-01")


def test_the_order_of_rows_changes_nothing() -> None:
    shuffled = cdnow.purchases().sample(frac=1, random_state=1)
    expected = histories(cdnow.purchases(), end="1997-10-01")
    pd.testing.assert_frame_equal(histories(shuffled, end="1997-10-01"), expected)


def test_histories_that_do_not_go_together_are_refused() -> None:
    good = histories(SMALL, end="2024-02-01")
    check_histories(good)
    bad = {"frequency": 1.5, "recency": 40.0, "age": np.nan}
    for name, value in bad.items():
        with pytest.raises(DataError, match=f"column ({name}|recency)"):
            check_histories(good.assign(**{name: value}))
    with pytest.raises(DataError, match="no customers"):
        check_histories(good.head(0))
    with pytest.raises(ValueError, match="D or W"):
        histories(SMALL, end="2024-02-01", unit="M")  # type: ignore[arg-type]
