"""An opened table: what its columns are called, mean, and lack."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import causaldata
import hypothesis
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowntruth.data.arms import is_control
from knowntruth.data.contract import Contract
from knowntruth.data.mapping import hints, split_maps
from knowntruth.data.tables import OwnTable, open_table
from knowntruth.errors import DataError
from knowntruth.story.saying import payloads_of, untraced

Opened = Callable[..., OwnTable]


def told(table: OwnTable) -> str:
    return " ".join(statement.text for statement in table.statements)


@pytest.mark.parametrize(
    ("cells", "kind", "values"),
    [
        ("0 1 1 0", "proportion", [0, 1, 1, 0]),
        ("0.0 1.0 1 0", "proportion", [0, 1, 1, 0]),
        ("yes No TRUE false", "proportion", [1, 0, 1, 0]),
        ("yes 0 1 no", "proportion", [1, 0, 1, 0]),
        ("0 1 1 2", "mean", [0, 1, 1, 2]),
        ("1e3 -.5 +7 0", "mean", [1000, -0.5, 7, 0]),
    ],
)
def test_a_metric_of_nothing_but_yes_and_no_is_a_proportion(
    opened: Opened, cells: str, kind: str, values: list[float]
) -> None:
    text = "arm,primary\n" + "".join(
        f"{arm},{cell}\n" for arm, cell in zip("abab", cells.split(), strict=True)
    )
    table = opened(text)
    assert table.metric_kinds == {"primary": kind}
    assert [value for _, value in table.relation.fetchall()] == values


@pytest.mark.parametrize("key", ["paid", "primary"])
def test_the_users_word_on_a_metric_holds(opened: Opened, key: str) -> None:
    text = "arm,paid\na,0\nb,1\na,1\nb,0\n"
    table = opened(text, {"primary": "paid"}, metric_kinds={key: "mean"})
    assert table.metric_kinds == {"primary": "mean"}


def test_columns_carry_the_contracts_names_and_keep_the_users_for_prose(opened: Opened) -> None:
    table = opened(
        "Version,Net rev,bought,returned,country\n"
        "old,5,1,2,x\nnew,6,0,3,y\nold,7,0,4,x\nnew,8,1,5,y\n",
        {
            "arm": "Version",
            "primary": "Net rev",
            "secondary": ["returned", "bought"],
            "segments": "country",
        },
    )
    assert table.relation.columns == ["arm", "primary", "secondary_1", "secondary_2", "segment_1"]
    assert {name: word.text for name, word in table.names.items()} == {
        "arm": "Version", "primary": "Net rev", "secondary_1": "returned",
        "secondary_2": "bought", "segment_1": "country", "control": "old", "treatment": "new",
    }  # fmt: skip
    assert table.metric_kinds == {
        "primary": "mean", "secondary_1": "mean", "secondary_2": "proportion",
    }  # fmt: skip


def test_a_column_with_the_contracts_own_name_needs_no_map(opened: Opened) -> None:
    text = (
        "arm,primary,secondary_1,secondary_2,segments\na,1,2,3,x\nb,1,2,3,x\na,2,2,3,x\nb,4,5,6,x\n"
    )
    table = opened(text)
    assert table.relation.columns == ["arm", "primary", "secondary_1", "secondary_2", "segment_1"]


def test_a_column_mapped_to_another_field_is_not_taken_for_its_own_name(opened: Opened) -> None:
    table = opened("arm,x,unit\na,1,u\nb,2,u\na,3,v\nb,4,v\n", {"primary": "x", "segments": "unit"})
    assert not table.has("unit")


def test_a_blank_metric_costs_only_that_metric_and_is_told_by_arm(opened: Opened) -> None:
    table = opened("arm,primary,secondary\na,,1\na,2,1\na,3,0\nb,4,1\nb,5,\nb,n/a,0\n")
    assert table.arms == {"control": 3, "treatment": 3}
    counts = table.relation.aggregate('arm, count("primary"), count(secondary_1)', "arm")
    assert sorted(counts.fetchall()) == [("control", 2, 3), ("treatment", 2, 2)]
    assert "primary is blank in 2 rows (1 in arm a, 1 in arm b)" in told(table)
    assert "secondary is blank in 1 row (1 in arm b)" in told(table)


def test_a_blank_is_a_zero_only_where_somebody_said_so(opened: Opened) -> None:
    text = "arm,spent,flagged\na,,\na,2,\nb,3,\nb,,1\n"
    columns = {"primary": "spent"}
    zero = opened(text, columns, blank_is_zero=["spent"])
    assert [row[1:] for row in zero.relation.fetchall()] == [(0, 0), (2, 0), (3, 0), (0, 1)]
    assert "spent is blank in 2 rows (1 in arm a, 1 in arm b): a blank counts as zero." in told(
        zero
    )
    with pytest.raises(DataError, match="only one value"):
        opened(text, columns)


def test_a_blank_label_is_a_group_of_its_own_and_na_is_a_label(opened: Opened) -> None:
    table = opened("arm,primary,segments\na,1,NA\nb,2,\na,3,NA\nb,4,DE\n")
    assert table.levels == {"segment_1": ("NA", "(blank)", "DE")}
    assert "segments is blank in 1 row (1 in arm b): it forms a group of its own" in told(table)


def test_of_three_arms_two_may_be_chosen_and_the_rest_is_told(opened: Opened) -> None:
    text = "arm,primary\nA,1\nB,2\nC,3\nA,4\nB,5\n,6\n"
    table = opened(text, control="b", treatment="A")
    assert table.arms == {"control": 2, "treatment": 2}
    assert table.names["control"].text == "B"
    assert "2 rows were left out, because arm is neither B nor A there." in told(table)


def test_a_repeated_unit_counts_only_among_the_arms_compared(opened: Opened) -> None:
    text = "unit,arm,primary\n1,A,1\n2,B,2\n1,C,3\n3,A,4\n4,B,5\n"
    assert opened(text, control="A", treatment="B").rows == 4


@pytest.mark.parametrize(
    "label",
    ["0", "false", "FALSE", "Control", "ctrl", "A", "a", "baseline", "off", "old", "Old page",
     "control_group", "Group A", "variant-0", "placebo", "Control (no email)", "status quo"],
)  # fmt: skip
def test_usual_labels_of_a_control_are_known(label: str) -> None:
    assert is_control(label)


@pytest.mark.parametrize("label", ["1", "true", "B", "new", "treatment", "10", "group b", "offer"])
def test_labels_of_a_treatment_are_not_taken_for_a_control(label: str) -> None:
    assert not is_control(label)


def test_html_and_markdown_in_cells_come_out_as_text(opened: Opened) -> None:
    bold, link = "<b onclick=x>**new**</b>", "[x](javascript:y)"
    text = f'arm,"{link}",segments\nold,1,{bold}\n{bold},2,{bold}\nold,,_x_\n{bold},4,`y`\nold,3,\n'
    table = opened(text, {"primary": link})
    assert table.names["treatment"].text == bold
    assert table.levels["segment_1"][0] == bold
    for statement in table.statements:
        assert not set("<>`*_[]") & set(statement.text)
    assert f"{table.names['primary']} is blank" in told(table)


def test_every_number_of_a_statement_traces_to_its_facts(opened: Opened) -> None:
    text = (
        "arm 1;x9;seg;Total\nA;1;u;1\nB;;;1\nC;3;v;1\n;;;\nA;4;u;1\nB;5;;1\nB;5;;1\n"
        + "A;;u;1\n" * 3
        + "B;;u;1\n" * 6
        + "Total;9;;9\n"
    )
    columns = {"arm": "arm 1", "primary": "x9", "segments": "seg"}
    table = opened(text, columns, control="A", treatment="B")
    assert len(table.statements) == 6
    assert "x9 is blank in 10 rows (3 in arm A, 7 in arm B)" in told(table)
    for statement in table.statements:
        assert untraced(statement.text, payloads_of(statement.facts)) == []


def test_the_nsw_experiment_gives_its_published_difference_and_standard_error(
    tmp_path: Path, units: Contract
) -> None:
    # Dehejia & Wahba 1999: 1,794.34; Welch's standard error 671.00.
    frame = causaldata.nsw_mixtape.load_pandas().data
    frame.to_csv(tmp_path / "nsw.csv", index=False)
    columns: dict[str, str | list[str]] = {
        "arm": "treat", "primary": "re78", "covariate": "re75", "segments": ["black", "marr"],
    }  # fmt: skip
    table = open_table(tmp_path / "nsw.csv", units, columns)
    rows = table.relation.aggregate(
        'arm, avg("primary"), var_samp("primary") / count("primary")', "arm"
    ).fetchall()
    (control, control_square), (treated, treated_square) = (row[1:] for row in sorted(rows))
    assert treated - control == pytest.approx(1794.34, abs=0.005)
    assert math.sqrt(control_square + treated_square) == pytest.approx(671.00, abs=0.005)
    assert table.arms == {"control": 260, "treatment": 185}
    assert table.metric_kinds == {"primary": "mean"}


def summary(path: Path, contract: Contract, columns: dict[str, Any]) -> Any:
    table = open_table(path, contract, columns)
    names = [name for name in ("primary", "secondary_1") if table.has(name)]
    sums = ", ".join(f'count("{name}"), sum("{name}")' for name in names)
    rows = table.relation.aggregate(f"arm, count(*), {sums}", "arm").fetchall()
    statements = sorted(told(table).split("."))
    return sorted(rows), dict(table.metric_kinds), table.levels, statements


cells = st.one_of(st.none(), st.integers(-50, 50).map(lambda n: n / 4))
tables = st.lists(
    st.tuples(st.sampled_from(["old", "new"]), cells, st.booleans(), st.sampled_from("xyz")),
    min_size=8,
    max_size=30,
).filter(
    lambda rows: all(
        sum(1 for arm, value, *_ in rows if arm == label and value is not None) > 1
        for label in ("old", "new")
    )
)


@hypothesis.settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture],
)
@given(rows=tables, data=st.data())
def test_order_and_names_of_columns_and_rows_change_nothing(
    rows: list[Any], data: st.DataObject, tmp_path: Path, units: Contract
) -> None:
    frame = pd.DataFrame(rows, columns=["arm", "primary", "secondary", "segments"])
    path = tmp_path / "t.csv"
    frame.to_csv(path, index=False)
    expected = summary(path, units, {})
    order = data.draw(st.permutations(range(len(frame))))
    columns = data.draw(st.permutations(list(frame)))
    frame.iloc[order][columns].to_csv(path, index=False)
    assert summary(path, units, {}) == expected
    theirs = {"arm": "Their arm", "primary": "rev, EUR", "secondary": "a=b", "segments": "z"}
    frame.rename(columns=theirs).to_csv(path, index=False, sep=";")
    rows_, kinds, levels, statements = summary(path, units, theirs)
    assert (rows_, kinds, levels) == expected[:3]
    assert len(statements) == len(expected[3])


def test_a_map_is_split_at_the_first_equals_sign_and_at_commas() -> None:
    assert split_maps(["arm=a=b", "secondary=x, y"], ["x", "y"]) == {
        "arm": "a=b", "secondary": ["x", "y"],
    }  # fmt: skip


def test_a_comma_in_a_columns_own_name_does_not_divide_it() -> None:
    known = ["Revenue, EUR", "Returns"]
    assert split_maps(["primary=Revenue,  EUR"], known) == {"primary": "Revenue, EUR"}
    maps = ["secondary=Revenue, EUR", "secondary=Returns"]
    assert split_maps(maps, known) == {"secondary": known}
    assert {"Revenue, EUR", "Returns"} <= hints(maps)


@pytest.mark.parametrize("text", ["arm", "=x", "arm=", "secondary=x,,y"])
def test_a_map_without_two_sides_is_refused(text: str) -> None:
    with pytest.raises(DataError, match="does not say which column"):
        split_maps([text], ["x", "y"])
