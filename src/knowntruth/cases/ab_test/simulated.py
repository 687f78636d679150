"""Opening a simulated experiment: the world's tables under the contract's names, and its truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import pandas as pd

from ...story.names import Name
from ...worlds.musicstream import groups
from ...worlds.musicstream.contract import EVENTS, USERS
from ...worlds.musicstream.parameters import SEGMENTS
from ...worlds.musicstream.truth import Truth, arm_of, as_data
from ...worlds.musicstream.world import World, simulate
from .. import opened
from ..labels import label_words
from .experiment import Experiment, Metric, Segment, Words
from .parameters import Parameters

# A person's plays vary in length; an account that cuts nine of ten short is a machine.
MACHINE_PLAYS = 20
MACHINE_SHORT_SHARE = 0.9
NOTICEABLE_GAP = -0.02  # the lift where the payers are, less the lift of all


@dataclass(frozen=True)
class Known(opened.Known):
    """Answers about what is true in a simulated experiment."""

    parameters: Parameters
    truth: Truth

    def lift_in(self, metric: str, segment: str, value: str) -> float | None:
        """Return the true lift of a metric within one value of a segment."""
        column = list(SEGMENTS)[int(segment.rpartition("_")[2]) - 1]
        lifts: Mapping[str, Mapping[str, float | None]] = (
            self.truth.lift_by_segment
            if metric == "primary"
            else self.truth.conversion_lift_by_segment
        )
        return lifts[column][value]

    def days_gained(self, until: int) -> float | None:
        """Return the true difference in days before leaving, counted up to day `until`."""
        p, days = self.parameters, []
        for arm, treated in ((self.truth.control, False), (self.truth.treatment, True)):
            mean = groups.mean_days_left(p, conversion=arm.conversion, treated=treated, until=until)
            if mean is None:
                return None
            days.append(mean)
        return days[1] - days[0]

    def heavy_before(self, at_least: float) -> float | None:
        """Return the true lift in paying among people heavy before the test."""
        return groups.heavy_before(self.parameters, at_least).lift

    def would_be_heavy(self, at_least: float) -> float | None:
        """Return the true lift in paying among people who would be heavy in control."""
        return groups.would_be_heavy(self.parameters, at_least).lift

    def offers_per_song(self) -> float:
        """Return the true relative change of offers a song."""
        return self.parameters.paywall_effect

    def direct_effect(self) -> float:
        """Return what treatment does to paying other than through listening, in shares."""
        without = self.parameters.model_copy(update={"conversion_effect": 0.0})
        return self.truth.treatment.conversion - arm_of(without, treated=True).conversion

    def expected_effect(self) -> float:
        """Return what treatment does to paying through listening, in shares."""
        without = self.parameters.model_copy(update={"conversion_effect": 0.0})
        return arm_of(without, treated=True).conversion - self.truth.control.conversion

    def why_flat(self) -> str:
        """Return why the money does not follow the listening in this world."""
        gap = min(self.money_gap(f"segment_{i}") for i in range(1, len(SEGMENTS) + 1))
        return _reason(self.direct_effect(), gap, self.expected_effect())

    def money_gap(self, segment: str) -> float:
        """Return the true lift where the payers are, less the lift of everybody."""
        column = list(SEGMENTS)[int(segment.rpartition("_")[2]) - 1]
        paying = total = 0.0
        for value, share in getattr(self.parameters, SEGMENTS[column]).items():
            control = arm_of(self.parameters, treated=False, within={column: value})
            paying += share * control.conversion * self.truth.lift_by_segment[column][value]
            total += share * control.conversion
        return paying / total - self.truth.lift if total > 0 else 0.0


def _reason(direct: float, gap: float, gain: float) -> str:
    if direct < 0 and gap < NOTICEABLE_GAP:
        return "several"
    if direct < 0:
        return "free ride"
    if gap < NOTICEABLE_GAP:
        return "wrong segment"
    return "power" if gain > 0 else "no gain"


def is_machine(users: pd.DataFrame) -> pd.Series:
    """Return which users act like machines: many plays, nearly all of them cut short."""
    plays = users["songs_played"]
    return (plays >= MACHINE_PLAYS) & (users["short_plays"] > MACHINE_SHORT_SHARE * plays)


def tables_of(p: Parameters) -> tuple[Mapping[str, pd.DataFrame], Mapping[str, Any]]:
    """Return the world's tables by name, and its truth as plain data."""
    world = simulate(p)
    return _tables(world), as_data(world.truth)


def open_world(p: Parameters) -> Experiment:
    """Return the experiment of a simulated world."""
    world = simulate(p)
    truth = world.truth
    users = USERS.validate(world.users)
    if world.events is not None:
        EVENTS.validate(world.events)
    columns = {
        "unit": "user_id",
        "arm": "arm",
        "primary": "songs_played",
        "secondary_1": "converted",
        "covariate": "songs_before",
        "segment_1": "country",
        "segment_2": "device",
        "segment_3": "age_group",
        "signal_1": "playlist_adds",
        "signal_2": "shares",
        "offers": "paywall_views",
        "duration": "days_observed",
        "event": "churned",
    }
    at_hand = {name: users[source] for name, source in columns.items() if source in users}
    units = pd.DataFrame(at_hand).assign(arm=users["arm"].astype(str))
    units["day"] = (users["joined"] - users["joined"].min()).dt.days
    units["automated"] = is_machine(users).astype(int)
    words = label_words(
        p.labels,
        {
            "units": "users",
            "control": "control",
            "treatment": "treatment",
            "primary": "songs played",
            "secondary": "conversion",
            "covariate": "songs played before the test",
            "signal_1": "playlist adds",
            "signal_2": "shares",
            "offers": "upgrade offers",
        },
    )
    return Experiment(
        reopen=open_world,
        parameters=p,
        units=duckdb.connect(config={"threads": 1}).from_df(units),
        primary=Metric(
            "primary",
            words["primary"],
            "mean",
            truth.lift,
            truth.treatment.songs - truth.control.songs,
        ),
        secondary=(
            Metric(
                "secondary_1",
                words["secondary"],
                "proportion",
                truth.conversion_lift,
                truth.conversion_difference,
            ),
        ),
        segments=tuple(
            Segment(f"segment_{i}", Name(name.replace("_", " ")))
            for i, name in enumerate(SEGMENTS, start=1)
        ),
        words=Words(words["units"], words["control"], words["treatment"]),
        signals=(
            _signal("signal_1", words, truth, p.playlist_add_rate, p.playlist_add_effect),
            _signal("signal_2", words, truth, p.share_rate, p.share_effect),
        ),
        offers=words["offers"],
        intended_share=p.treatment_share,
        covariate=words["covariate"] if p.pre_period else None,
        truth=truth,
        known=Known(p, truth),
        tables=_tables(world),
    )


def _tables(world: World) -> dict[str, pd.DataFrame]:
    tables = {"users": world.users}
    if world.events is not None:
        tables["events"] = world.events
    return tables


def _signal(
    column: str, words: Mapping[str, Name], truth: Truth, rate: float, effect: float
) -> Metric:
    control = rate * truth.control.songs
    treatment = min(rate * (1 + effect), 1.0) * truth.treatment.songs
    lift = treatment / control - 1 if control > 0 else None
    return Metric(column, words[column], "mean", lift, treatment - control)
