"""Every figure that the original A/B-test notebook prints, through the package's methods.

`original.figures` replays them; here they are held against the notebook's output, against
what a run of its code gives beyond its prints, and against lifelines.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from importlib.resources import files
from typing import Any

import pandas as pd
import pytest
from lifelines import KaplanMeierFitter
from lifelines.statistics import logrank_test
from scipy import stats

from knowntruth.cases.ab_test import original
from knowntruth.cases.ab_test.original import Figure, Replay
from knowntruth.methods.experiments.experiments import sample_ratio
from knowntruth.methods.experiments.outliers import apply
from knowntruth.methods.moments import counts

SOURCE = files("knowntruth.cases.ab_test").joinpath("original.toml")
TEXTS = tomllib.loads(SOURCE.read_text("utf-8"))
ENTRIES = {entry["id"]: entry for entry in TEXTS["figure"]}
REASONS = {entry["id"]: entry["reason"] for entry in TEXTS["not_reproducible"]}
UNPRINTED = {"power_user_quantile_and_threshold", "sankey_and_km_plots"}


@pytest.fixture(scope="module")
def figures() -> dict[str, Figure]:
    return {figure.id: figure for figure in original.figures()}


@pytest.mark.parametrize("name", ENTRIES)
def test_the_figure_comes_out_as_printed(name: str, figures: dict[str, Figure]) -> None:
    figure = figures[name]
    assert figure.replayed == figure.printed == " · ".join(ENTRIES[name]["printed"])
    assert figure.agrees
    assert figure.reason == ""


@pytest.mark.parametrize("name", REASONS)
def test_a_figure_that_nothing_can_give_has_a_reason(name: str, figures: dict[str, Figure]) -> None:
    figure = figures[name]
    assert figure.printed
    assert figure.replayed is None
    assert not figure.agrees
    assert figure.reason == REASONS[name] != ""


def test_every_figure_is_either_replayed_or_has_a_reason_why_not(
    figures: dict[str, Figure],
) -> None:
    assert list(figures) == [*ENTRIES, *REASONS]
    assert len(original.figures()) == len(figures)
    assert (len(ENTRIES), len(REASONS)) == (47, 3)
    assert all(figure.section and figure.what for figure in figures.values())


def test_what_the_original_sets_or_never_prints_is_told_apart(figures: dict[str, Figure]) -> None:
    """A setting can only be repeated, and what is not printed is no print that agrees."""
    origins = Counter(figures[name].origin for name in ENTRIES)
    assert origins == {"printed": 40, "set": 5, "unprinted": 2}
    assert {name for name in ENTRIES if figures[name].origin == "unprinted"} == UNPRINTED


@pytest.mark.parametrize("name", [name for name in ENTRIES if name not in UNPRINTED])
def test_the_text_is_that_of_the_original(name: str, published: dict[str, dict[str, str]]) -> None:
    """Its numbers stand in one line of output, behind the segment that they are of, in order.

    A setting may stand in the code instead.
    """
    cell, printed = ENTRIES[name]["cell"], ENTRIES[name]["printed"]
    if ENTRIES[name].get("origin") == "set" and cell in published["code"]:
        assert all(re.search(whole(text), published["code"][cell]) for text in printed)
        return
    of_a_segment = name.startswith(("songs_by_", "conv_subgroup_"))
    texts = [*([name.rpartition("_")[2]] if of_a_segment else []), *printed]
    found = re.compile(".*".join(map(whole, texts)))
    assert any(map(found.search, published["output"][cell].splitlines()))


def whole(text: str) -> str:
    """A pattern for a text that is not a part of a longer number or word."""
    return rf"(?<![\w.+-]){re.escape(text)}(?![\w%]|\.\d)"


def curves(clean: pd.DataFrame) -> list[KaplanMeierFitter]:
    groups = [clean[clean.group == arm] for arm in ("Control", "Treatment")]
    return [KaplanMeierFitter().fit(rows.days_active, rows.churned) for rows in groups]


def test_what_the_gate_and_the_trimming_were_decided_on(
    replayed: Replay, derived: dict[str, Any]
) -> None:
    low, high = original.GATE
    assert low <= replayed.aa.rate.value <= high
    users, removed = replayed.users, replayed.trimmed.removed
    assigned = counts(users, by="group")
    assert list(assigned.values()) == derived["assigned_counts"]
    assert list(removed.values()) == [derived["removed_control"], derived["removed_treatment"]]
    flagged = apply(users, "songs_played", "flagged", by="group")
    assert list(flagged.removed.values()) == derived["bots_by_arm"]
    genuine = sum(removed.values()) - sum(flagged.removed.values())
    assert genuine == derived["removed_genuine"]
    assert sum(flagged.removed.values()) == derived["removed_bots"]
    check = sample_ratio(*assigned.values(), treatment_share=original.SHARE, level=0.99)
    assert check.estimate.p_value == pytest.approx(derived["srm_p_on_assigned"], rel=1e-12)


def test_the_lift_before_and_after_each_rule(replayed: Replay, derived: dict[str, Any]) -> None:
    users = replayed.users
    flagged = apply(users, "songs_played", "flagged", by="group").table.df()
    for rows, column, key, digits in (
        (users, "real_songs", "oracle_lift_before_outliers", 1e-12),
        (flagged, "songs_played", "lift_bots_only_removed", 1e-12),
        (users, "songs_played", "lift_untrimmed_with_bots", 1e-12),
        (replayed.clean, "songs_played", "lift_full", 1e-7),
    ):
        lift = original.songs(rows, column).lift
        assert lift is not None
        assert lift.value == pytest.approx(derived[key], rel=digits)


def test_the_statistics_behind_the_printed_p_values(
    replayed: Replay, derived: dict[str, Any]
) -> None:
    clean = replayed.clean
    listening, buying = original.songs(clean), original.conversion(clean)
    assert listening.control.value == pytest.approx(derived["control_mean"], rel=1e-13)
    assert listening.treatment.value == pytest.approx(derived["treatment_mean"], rel=1e-13)
    groups = clean.groupby("group").songs_played
    df = stats.ttest_ind(*(rows for _, rows in groups), equal_var=False).df
    # The original subtracts treatment from control.
    p = 2 * stats.t.sf(-derived["welch_t"], df)
    assert listening.difference.p_value == pytest.approx(p, rel=1e-9)
    half = (listening.difference.high - listening.difference.low) / 2
    t = listening.difference.value / half * stats.t.ppf(1 - original.ALPHA / 2, df)
    assert t == pytest.approx(-derived["welch_t"], rel=1e-12)
    p = 2 * stats.norm.sf(derived["conv_z"])
    assert buying.difference.p_value == pytest.approx(p, rel=1e-12)


# lifelines 0.30.0 calls pandas in a way that pandas 4 will not take.
@pytest.mark.filterwarnings(
    "ignore:Starting with pandas version 4.0 all arguments of sum:pandas.errors.Pandas4Warning"
)
def test_the_result_that_the_original_missed(replayed: Replay, derived: dict[str, Any]) -> None:
    """It draws survival curves and tests nothing: churn does differ."""
    clean = replayed.clean
    churn = original.conversion(clean, "churned")
    assert churn.control.value == pytest.approx(derived["churn_control"], rel=1e-12)
    assert churn.treatment.value == pytest.approx(derived["churn_treatment"], rel=1e-12)
    assert churn.difference.p_value == pytest.approx(derived["churn_diff_p"], rel=1e-9)
    control, treatment = (clean[clean.group == arm] for arm in ("Control", "Treatment"))
    test = logrank_test(
        control.days_active, treatment.days_active, control.churned, treatment.churned
    )
    assert test.test_statistic == pytest.approx(derived["logrank_chi2"], rel=1e-9)
    assert test.p_value == pytest.approx(derived["logrank_p"], rel=1e-9)
    for day, key in ((30, "km_S30"), (59, "km_S59")):
        survival = [round(float(curve.predict(day)), 4) for curve in curves(clean)]
        assert survival == derived[key]


def test_the_flow_counts_a_payer_who_never_played(
    replayed: Replay, derived: dict[str, Any]
) -> None:
    clean = replayed.clean
    idle = clean.query("group == 'Treatment' and songs_played == 0 and converted == 1")
    assert len(idle) == derived["sankey_premium_without_a_song"]
