"""The notebook that this chapter began as: what it printed, and what the methods here give.

Its data set is *re-drawn* with numpy's legacy generator in its own order of draws: the normals
of its A/A tests first, then its users. A figure is *replayed* when the package's methods,
applied to that data set, write it in the notebook's format. `original.toml` has its texts.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal

import numpy as np
import pandas as pd

from ...methods.experiments.experiments import Comparison, proportions, sample_ratio, welch
from ...methods.experiments.false_positives import FalsePositives, bare_t_test
from ...methods.experiments.outliers import Cleaned, apply
from ...methods.experiments.power import sample_size
from ...methods.experiments.segments import Effects, effects
from ...methods.moments import counts, summarise
from ...methods.users.life_tables import life_table
from ...methods.users.survival import kaplan_meier

SEED = 42
EFFECT, ALPHA, POWER, SHARE = 0.05, 0.05, 0.80, 0.10
LEVEL = 1 - ALPHA
SPLIT_LEVEL = 0.99
TESTS, UNITS, MEAN, SD = 1_000, 1_000, 20, 5
GATE = 0.04, 0.06
USERS, BOTS = 40_000, 50
TRIM, HEAVY = 0.99, 0.75
DAY = 30
PRINTED_ROWS, PRINTED_COLUMNS = 5, 10

Texts = dict[str, list[str]]
Origin = Literal["printed", "set", "unprinted"]


@dataclass(frozen=True)
class Figure:
    """A figure of the original, one number or a few that stand together.

    Attributes:
        id: a key for programs.
        section: the step of the analysis.
        what: its numbers, in words.
        printed: the original's text.
        replayed: the same from the re-drawn data; None where no computation can give it.
        reason: why it cannot; empty where it can.
        origin: `printed` where the notebook's output or prose shows it; `set` where its code
            sets it, so that the replay can only repeat it; `unprinted` where its code computes
            it and prints nothing, so that `printed` is from a run of that code.
    """

    id: str
    section: str
    what: str
    printed: str
    replayed: str | None
    reason: str
    origin: Origin = "printed"

    @property
    def agrees(self) -> bool:
        """Whether the replay gives the original's text, to the last digit."""
        return self.replayed == self.printed


@dataclass(frozen=True)
class Replay:
    """The original's data, re-drawn.

    Attributes:
        aa: its A/A tests.
        users: one row a user, see `draw_users`.
        trimmed: the users after its rule for outliers.
        clean: the rows that are left, with `arm` in lower case.
    """

    aa: FalsePositives
    users: pd.DataFrame
    trimmed: Cleaned
    clean: pd.DataFrame


def figures() -> list[Figure]:
    """Return every figure of the original beside its replay, in the order of the analysis."""
    source = files(__package__).joinpath("original.toml").read_text("utf-8")
    texts: Mapping[str, list[dict[str, Any]]] = tomllib.loads(source)
    found = _replayed(replay())
    return [
        *(_figure(entry, replayed=found[entry["id"]]) for entry in texts["figure"]),
        *(_figure(entry, replayed=None) for entry in texts["not_reproducible"]),
    ]


def replay() -> Replay:
    """Return the original's A/A tests and users, drawn and trimmed as it did."""
    rng = np.random.RandomState(SEED)
    aa = bare_t_test(TESTS, UNITS, mean=MEAN, sd=SD, level=LEVEL, rng=rng)
    users = draw_users(rng)
    trimmed = apply(users, "songs_played", "trim", quantile=TRIM, by="group")
    clean = trimmed.table.df()
    return Replay(aa, users, trimmed, clean.assign(arm=clean["group"].str.lower()))


def draw_users(rng: np.random.RandomState, n: int = USERS) -> pd.DataFrame:
    """Draw the original's table, call by call in its order.

    Two columns are not in the original: `real_songs`, before bots overwrite some of
    `songs_played`, and `automated`, which tells those bots.
    """
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
    propensity = (0.05 + songs * 0.002) * np.where(users["country"] == "US", 1.2, 1.0)
    converted = rng.binomial(1, propensity.clip(max=1.0))
    days = rng.randint(1, 60, size=n)
    risk = 0.30 - 0.20 * (converted == 1) - 0.05 * treated
    churned = rng.binomial(1, risk.clip(0, 1))
    bots = rng.choice(users.index, size=BOTS, replace=False)
    played = songs.copy()
    played[bots] = rng.randint(1000, 5000, size=BOTS)
    return users.assign(
        songs_played=played,
        propensity=propensity,
        converted=converted,
        days_active=days,
        churned=churned,
        real_songs=songs,
        automated=users.index.isin(bots),
    )


def songs(rows: pd.DataFrame, column: str = "songs_played") -> Comparison:
    """Compare the mean songs of both groups as the original does, with Welch's test."""
    found = summarise(rows, [column], by="group")
    return welch(found["Control"], found["Treatment"], column, level=LEVEL)


def conversion(rows: pd.DataFrame, column: str = "converted") -> Comparison:
    """Compare a rate of both groups as the original does, with the pooled z-test."""
    found = summarise(rows, [column], by="group")
    control, treatment = (found[arm].samples[column].tally for arm in ("Control", "Treatment"))
    return proportions(control, treatment, level=LEVEL)


def _figure(entry: Mapping[str, Any], *, replayed: Iterable[str] | None) -> Figure:
    return Figure(
        id=entry["id"],
        section=entry["section"],
        what=entry["what"],
        printed=_joined(entry["printed"]),
        replayed=None if replayed is None else _joined(replayed),
        reason=entry.get("reason", ""),
        origin=entry.get("origin", "printed"),
    )


def _joined(texts: Iterable[str]) -> str:
    """Return the texts as one; some of them have commas."""
    return " · ".join(texts)


def _replayed(found: Replay) -> Texts:
    """Return every figure as text, in the format of the original's print."""
    return {
        **_plan(found.aa),
        **_table(found.users),
        **_cleaning(found),
        **_split(found.clean),
        **_arms(found.clean),
        **_segments(found.clean),
        **_heavy_listeners(found.clean),
        **_drawings(found.clean),
    }


def _plan(aa: FalsePositives) -> Texts:
    design = sample_size(EFFECT, alpha=ALPHA, power=POWER, treatment_share=SHARE)
    return {
        "power_params": [f"{x:.2f}" for x in (EFFECT, ALPHA, POWER, SHARE, 1 - SHARE)],
        "n_control_needed": [f"{int(design.control):,}"],
        "n_treatment_needed": [f"{int(design.treatment):,}"],
        "n_total_needed": [f"{int(design.total):,}"],
        "aa_false_positive_rate": [f"{aa.rate.value:.1%}"],
        "aa_params": [str(x) for x in (TESTS, UNITS, MEAN, SD)],
        "aa_gate": [str(x) for x in GATE],
    }


def _table(users: pd.DataFrame) -> Texts:
    head = users.iloc[:PRINTED_ROWS, :PRINTED_COLUMNS]
    rows = {
        f"head_row_{i}": [f"{x:g}" if isinstance(x, float) else str(x) for x in row]
        for i, row in enumerate(head.itertuples(index=False))
    }
    return {"n_users": [f"{len(users):,}"], **rows}


def _cleaning(found: Replay) -> Texts:
    return {
        "trim_quantile": [str(TRIM)],
        "p99_threshold": [f"{found.trimmed.threshold:.0f}"],
        "removed": [str(sum(found.trimmed.removed.values()))],
        "clean_n": [f"{len(found.clean):,}"],
    }


def _split(clean: pd.DataFrame) -> Texts:
    n = counts(clean)
    ratio = sample_ratio(n["control"], n["treatment"], treatment_share=SHARE, level=SPLIT_LEVEL)
    return {
        "srm_observed": [str(n["control"]), str(n["treatment"])],
        "srm_expected": [str(ratio.expected_control), str(ratio.expected_treatment)],
        "srm_p": [f"{ratio.estimate.p_value:.5f}"],
    }


def _arms(clean: pd.DataFrame) -> Texts:
    listening, buying = songs(clean), conversion(clean)
    return {
        "lift_songs": [_lift(listening, ".2%")],
        "lift_songs_p": [f"{listening.difference.p_value:.5f}"],
        "conv_treatment": [f"{buying.treatment.value:.2%}"],
        "conv_control": [f"{buying.control.value:.2%}"],
        "conv_p": [f"{buying.difference.p_value:.5f}"],
    }


def _segments(clean: pd.DataFrame) -> Texts:
    texts: Texts = {}
    for segment, key, form in (("device", "device", ".6f"), ("age_group", "age", ".2%")):
        listening: Effects = effects(clean, "songs_played", segment, kind="mean", level=LEVEL)
        for value, one in listening.by_value.items():
            means = (f"{arm.value:.6f}" for arm in (one.control, one.treatment))
            texts[f"songs_by_{key}_{value}"] = [*means, _lift(one, form)]
    for segment in ("device", "country", "age_group"):
        buying: Effects = effects(clean, "converted", segment, kind="proportion", level=LEVEL)
        for value, one in buying.by_value.items():
            p = f"{one.difference.p_value:.4f}"
            texts[f"conv_subgroup_{value}"] = [_lift(one, "+.2%"), p]
    return texts


def _heavy_listeners(clean: pd.DataFrame) -> Texts:
    threshold = clean["songs_played"].quantile(HEAVY)
    buying = conversion(clean[clean["songs_played"] >= threshold])
    return {
        "power_user_quantile_and_threshold": [str(HEAVY), f"{threshold:.0f}"],
        "power_user_conv_control": [f"{buying.control.value:.2%}"],
        "power_user_conv_treatment": [f"{buying.treatment.value:.2%}"],
        "power_user_lift": [_lift(buying, "+.2%")],
        "power_user_p": [f"{buying.difference.p_value:.4f}"],
    }


def _drawings(clean: pd.DataFrame) -> Texts:
    treatment = clean[clean["arm"] == "treatment"]
    lives = life_table(clean, duration="days_active", event="churned")
    staying = (kaplan_meier(lives[arm], level=LEVEL).at(DAY) for arm in ("control", "treatment"))
    return {
        "sankey_and_km_plots": [
            str(len(treatment)),
            str((treatment["songs_played"] > 0).sum()),
            str(treatment["converted"].sum()),
            *(f"{share.value:.4f}" for share in staying),
        ]
    }


def _lift(found: Comparison, form: str) -> str:
    """Return the lift, which every control of the original is far enough from zero to have."""
    assert found.lift is not None
    return format(found.lift.value, form)
