"""Every figure that the original A/B-test notebook prints, through the package's methods.

Its data set is re-drawn with numpy's legacy generator in the original's order of draws:
the normals of its A/A tests first, then its users. `ab_test.toml` has the figures.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from lifelines import KaplanMeierFitter
from lifelines.statistics import logrank_test
from scipy import stats

from knowntruth.methods.experiments import Comparison, proportions, sample_ratio, welch
from knowntruth.methods.false_positives import FalsePositives, bare_t_test
from knowntruth.methods.moments import counts, summarise
from knowntruth.methods.outliers import Cleaned, apply
from knowntruth.methods.power import sample_size

PUBLISHED = tomllib.loads((Path(__file__).parent / "ab_test.toml").read_text("utf-8"))
FIGURES = {figure["id"]: figure["printed"] for figure in PUBLISHED["figure"]}
DERIVED = PUBLISHED["derived"]

EFFECT, ALPHA, POWER, SHARE = 0.05, 0.05, 0.80, 0.10
LEVEL = 1 - ALPHA
TESTS, UNITS, MEAN, SD = 1_000, 1_000, 20, 5
USERS = 40_000
TRIM, HEAVY = 0.99, 0.75
GATE = 0.04, 0.06


def draw_users(rng: np.random.RandomState, n: int = USERS) -> pd.DataFrame:
    """Draw the original's table, call by call in its order; `real_songs` is before its bots."""
    group = rng.choice(["Control", "Treatment"], size=n, p=[0.90, 0.10])
    users = pd.DataFrame(
        {
            "user_id": range(n),
            "group": group,
            "country": rng.choice(["US", "UK", "DE", "IN"], n, p=[0.4, 0.2, 0.2, 0.2]),
            "device": rng.choice(["iOS", "Android"], n, p=[0.5, 0.5]),
            "age_group": rng.choice(
                ["18-24", "25-34", "35-44", "45+"], n, p=[0.35, 0.35, 0.2, 0.1]
            ),
        }
    )
    treated = group == "Treatment"
    songs = np.zeros(n, dtype=int)
    songs[~treated] = rng.gamma(2, 10, size=(~treated).sum()).astype(int)
    songs[treated] = rng.gamma(2, 11.5, size=treated.sum()).astype(int)
    propensity = (0.05 + songs * 0.002) * np.where(users.country == "US", 1.2, 1.0)
    converted = rng.binomial(1, propensity.clip(max=1.0))
    days = rng.randint(1, 60, size=n)
    risk = 0.30 - 0.20 * (converted == 1) - 0.05 * treated
    churned = rng.binomial(1, risk.clip(0, 1))
    bots = rng.choice(users.index, size=50, replace=False)
    played = songs.copy()
    played[bots] = rng.randint(1000, 5000, size=50)
    return users.assign(
        songs_played=played,
        propensity=propensity,
        converted=converted,
        days_active=days,
        churned=churned,
        real_songs=songs,
        automated=users.index.isin(bots),
    )


@dataclass(frozen=True)
class Original:
    """The original, re-run through the package's methods."""

    aa: FalsePositives
    users: pd.DataFrame
    trimmed: Cleaned
    clean: pd.DataFrame


@pytest.fixture(scope="module")
def original() -> Original:
    rng = np.random.RandomState(42)
    aa = bare_t_test(TESTS, UNITS, mean=MEAN, sd=SD, level=LEVEL, rng=rng)
    users = draw_users(rng)
    trimmed = apply(users, "songs_played", "trim", quantile=TRIM, by="group")
    return Original(aa, users, trimmed, trimmed.table.df())


def songs(rows: pd.DataFrame, column: str = "songs_played") -> Comparison:
    found = summarise(rows, [column], by="group")
    return welch(found["Control"], found["Treatment"], column, level=LEVEL)


def conversion(rows: pd.DataFrame, column: str = "converted") -> Comparison:
    found = summarise(rows, [column], by="group")
    arms = (found[arm].samples[column].tally for arm in ("Control", "Treatment"))
    return proportions(*arms, level=LEVEL)


def heavy_listeners(clean: pd.DataFrame) -> tuple[float, pd.DataFrame]:
    threshold = clean.songs_played.quantile(HEAVY)
    return threshold, clean[clean.songs_played >= threshold]


def curves(clean: pd.DataFrame) -> list[KaplanMeierFitter]:
    groups = [clean[clean.group == arm] for arm in ("Control", "Treatment")]
    return [KaplanMeierFitter().fit(rows.days_active, rows.churned) for rows in groups]


@pytest.fixture(scope="module")
def found(original: Original) -> dict[str, list[str]]:
    """Each figure, computed and written with the format of the original's print."""
    clean, trimmed = original.clean, original.trimmed
    design = sample_size(EFFECT, alpha=ALPHA, power=POWER, treatment_share=SHARE)
    split = counts(clean, by="group")
    srm = sample_ratio(split["Control"], split["Treatment"], treatment_share=SHARE, level=0.99)
    listening, buying = songs(clean), conversion(clean)
    assert listening.lift is not None
    threshold, heavy = heavy_listeners(clean)
    power_users = conversion(heavy)
    assert power_users.lift is not None
    treatment = clean[clean.group == "Treatment"]
    figures = {
        "power_params": [f"{x:.2f}" for x in (EFFECT, ALPHA, POWER, SHARE, 1 - SHARE)],
        "n_control_needed": [f"{int(design.control):,}"],
        "n_treatment_needed": [f"{int(design.treatment):,}"],
        "n_total_needed": [f"{int(design.total):,}"],
        "aa_false_positive_rate": [f"{original.aa.rate.value:.1%}"],
        "aa_params": [str(x) for x in (TESTS, UNITS, MEAN, SD)],
        "aa_gate": [str(x) for x in GATE],
        "n_users": [f"{len(original.users):,}"],
        "trim_quantile": [str(TRIM)],
        "p99_threshold": [f"{trimmed.threshold:.0f}"],
        "removed": [str(sum(trimmed.removed.values()))],
        "clean_n": [f"{len(clean):,}"],
        "srm_observed": [str(split["Control"]), str(split["Treatment"])],
        "srm_expected": [str(srm.expected_control), str(srm.expected_treatment)],
        "srm_p": [f"{srm.estimate.p_value:.5f}"],
        "lift_songs": [f"{listening.lift.value:.2%}"],
        "lift_songs_p": [f"{listening.difference.p_value:.5f}"],
        "conv_treatment": [f"{buying.treatment.value:.2%}"],
        "conv_control": [f"{buying.control.value:.2%}"],
        "conv_p": [f"{buying.difference.p_value:.5f}"],
        "power_user_quantile_and_threshold": [str(HEAVY), f"{threshold:.0f}"],
        "power_user_conv_control": [f"{power_users.control.value:.2%}"],
        "power_user_conv_treatment": [f"{power_users.treatment.value:.2%}"],
        "power_user_lift": [f"{power_users.lift.value:+.2%}"],
        "power_user_p": [f"{power_users.difference.p_value:.4f}"],
        "sankey_and_km_plots": [
            str(len(treatment)),
            str((treatment.songs_played > 0).sum()),
            str(treatment.converted.sum()),
            *(f"{curve.predict(30):.4f}" for curve in curves(clean)),
        ],
    }
    printed_columns = list(original.users.columns[:10])
    for row in range(5):
        values = original.users.loc[row, printed_columns]
        figures[f"head_row_{row}"] = [f"{v:g}" if isinstance(v, float) else str(v) for v in values]
    for segment, prefix, lift_format in (
        ("device", "songs_by_device_", ".6f"),
        ("age_group", "songs_by_age_", ".2%"),
    ):
        for value, rows in clean.groupby(segment):
            figures[f"{prefix}{value}"] = songs_of_a_segment(rows, lift_format)
    for segment in ("device", "country", "age_group"):
        for value, rows in clean.groupby(segment):
            compared = conversion(rows)
            assert compared.lift is not None
            figures[f"conv_subgroup_{value}"] = [
                f"{compared.lift.value:+.2%}",
                f"{compared.difference.p_value:.4f}",
            ]
    return figures


def songs_of_a_segment(rows: pd.DataFrame, lift_format: str) -> list[str]:
    compared = songs(rows)
    assert compared.lift is not None
    means = (f"{arm.value:.6f}" for arm in (compared.control, compared.treatment))
    return [*means, format(compared.lift.value, lift_format)]


@pytest.mark.parametrize("name", FIGURES)
def test_the_figure_comes_out_as_printed(name: str, found: dict[str, list[str]]) -> None:
    assert found[name] == FIGURES[name]


def test_every_figure_is_either_asserted_or_has_a_reason_why_not(
    found: dict[str, list[str]],
) -> None:
    reasons = {figure["id"]: figure["reason"] for figure in PUBLISHED["not_reproducible"]}
    assert set(found) == set(FIGURES)
    assert not set(FIGURES) & set(reasons)
    assert (len(FIGURES), len(reasons)) == (47, 3)
    assert all(reasons.values())


def test_what_the_gate_and_the_trimming_were_decided_on(original: Original) -> None:
    low, high = GATE
    assert low <= original.aa.rate.value <= high
    users, removed = original.users, original.trimmed.removed
    assigned = counts(users, by="group")
    assert list(assigned.values()) == DERIVED["assigned_counts"]
    assert list(removed.values()) == [DERIVED["removed_control"], DERIVED["removed_treatment"]]
    flagged = apply(users, "songs_played", "flagged", by="group")
    assert list(flagged.removed.values()) == DERIVED["bots_by_arm"]
    genuine = sum(removed.values()) - sum(flagged.removed.values())
    assert genuine == DERIVED["removed_genuine"]
    assert sum(flagged.removed.values()) == DERIVED["removed_bots"]
    check = sample_ratio(*assigned.values(), treatment_share=SHARE, level=0.99)
    assert check.estimate.p_value == pytest.approx(DERIVED["srm_p_on_assigned"], rel=1e-12)


def test_the_lift_before_and_after_each_rule(original: Original) -> None:
    users = original.users
    flagged = apply(users, "songs_played", "flagged", by="group").table.df()
    for rows, column, key, digits in (
        (users, "real_songs", "oracle_lift_before_outliers", 1e-12),
        (flagged, "songs_played", "lift_bots_only_removed", 1e-12),
        (users, "songs_played", "lift_untrimmed_with_bots", 1e-12),
        (original.clean, "songs_played", "lift_full", 1e-7),
    ):
        lift = songs(rows, column).lift
        assert lift is not None
        assert lift.value == pytest.approx(DERIVED[key], rel=digits)


def test_the_statistics_behind_the_printed_p_values(original: Original) -> None:
    clean = original.clean
    listening, buying = songs(clean), conversion(clean)
    assert listening.control.value == pytest.approx(DERIVED["control_mean"], rel=1e-13)
    assert listening.treatment.value == pytest.approx(DERIVED["treatment_mean"], rel=1e-13)
    groups = clean.groupby("group").songs_played
    df = stats.ttest_ind(*(rows for _, rows in groups), equal_var=False).df
    # The original subtracts treatment from control.
    p = 2 * stats.t.sf(-DERIVED["welch_t"], df)
    assert listening.difference.p_value == pytest.approx(p, rel=1e-9)
    half = (listening.difference.high - listening.difference.low) / 2
    t = listening.difference.value / half * stats.t.ppf(1 - ALPHA / 2, df)
    assert t == pytest.approx(-DERIVED["welch_t"], rel=1e-12)
    p = 2 * stats.norm.sf(DERIVED["conv_z"])
    assert buying.difference.p_value == pytest.approx(p, rel=1e-12)


# lifelines 0.30.0 calls pandas in a way that pandas 4 will not take.
@pytest.mark.filterwarnings(
    "ignore:Starting with pandas version 4.0 all arguments of sum:pandas.errors.Pandas4Warning"
)
def test_the_result_that_the_original_missed(original: Original) -> None:
    """It draws survival curves and tests nothing: churn does differ."""
    clean = original.clean
    churn = conversion(clean, "churned")
    assert churn.control.value == pytest.approx(DERIVED["churn_control"], rel=1e-12)
    assert churn.treatment.value == pytest.approx(DERIVED["churn_treatment"], rel=1e-12)
    assert churn.difference.p_value == pytest.approx(DERIVED["churn_diff_p"], rel=1e-9)
    control, treatment = (clean[clean.group == arm] for arm in ("Control", "Treatment"))
    test = logrank_test(
        control.days_active, treatment.days_active, control.churned, treatment.churned
    )
    assert test.test_statistic == pytest.approx(DERIVED["logrank_chi2"], rel=1e-9)
    assert test.p_value == pytest.approx(DERIVED["logrank_p"], rel=1e-9)
    for day, key in ((30, "km_S30"), (59, "km_S59")):
        survival = [round(float(curve.predict(day)), 4) for curve in curves(clean)]
        assert survival == DERIVED[key]


def test_the_flow_counts_a_payer_who_never_played(original: Original) -> None:
    clean = original.clean
    idle = clean.query("group == 'Treatment' and songs_played == 0 and converted == 1")
    assert len(idle) == DERIVED["sankey_premium_without_a_song"]
