"""Users of `musicstream`: who they are, what they hear, whether they pay, when they leave."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from .. import streams
from .parameters import SEGMENTS, Parameters, Shares
from .truth import END, FOLLOW_UP, hazard_for, risk

WORLD = "musicstream/"  # two worlds with one seed share no random numbers


def machine_threshold(p: Parameters) -> float:
    """Return the draw below which a user is a machine: exactly `outliers` users are."""
    if p.outliers == 0:
        return 0.0
    draws = streams.uniform(p.seed, WORLD + "machine", stop=p.users)
    return float(np.partition(draws, p.outliers)[p.outliers])


def users_between(p: Parameters, start: int, stop: int) -> pd.DataFrame:
    """Return users `start` to `stop - 1`, the same rows that a longer range would hold.

    Besides what an analyst sees, the columns `machine`, `lost` and `follow_up` (days from
    joining to the end of the test).
    """
    first = start // streams.BLOCK * streams.BLOCK
    size = stop - first

    def at(users: slice) -> slice:
        return slice(users.start - first, users.stop - first)

    def draw(name: str, sample: streams.Draw) -> streams.Values:
        return streams.column(p.seed, WORLD + name, sample, start=first, stop=stop)

    def uniform(name: str) -> streams.Values:
        return draw(name, lambda rng, users: rng.random(users.stop - users.start))

    def gamma(name: str, shape: float) -> streams.Values:
        return draw(name, lambda rng, users: rng.standard_gamma(shape, users.stop - users.start))

    def binomial(name: str, trials: streams.Values, chance: streams.Values) -> streams.Values:
        return draw(name, lambda rng, users: rng.binomial(trials[at(users)], chance[at(users)]))

    def pick(name: str, shares: Shares) -> streams.Values:
        edges = np.cumsum(list(shares.values()))[:-1]
        return np.searchsorted(edges, uniform(name), side="right").astype(np.int8)

    treated = uniform("arm") < p.treatment_share
    codes = {c: pick(c, getattr(p, name)) for c, name in SEGMENTS.items()}

    # Gamma variables add: a shared part makes listening before and during the test correlate
    # exactly as asked, and leaves each of them the original's distribution.
    shared = gamma("taste", p.songs_shape * p.pre_correlation)
    own = p.songs_shape * (1 - p.pre_correlation)
    lifts = _lifts(p, codes, size)
    scale = p.songs_scale * np.where(treated, 1 + lifts, 1.0)
    songs = np.floor(scale * (shared + gamma("songs", own))).astype(np.int64)
    before = np.floor(p.songs_scale * (shared + gamma("songs_before", own))).astype(np.int64)

    factors = np.array([p.conversion_factor.get(c, 1.0) for c in p.countries])[codes["country"]]
    chance = factors * (p.conversion_base + p.conversion_per_song * songs)
    chance = np.minimum(chance * np.where(treated, 1 + p.conversion_effect, 1.0), 1.0)
    converted = uniform("converted") < chance

    risks = {(c, t): risk(p, converted=c, treated=t) for c in (False, True) for t in (False, True)}
    follow_up = 1 + np.floor(FOLLOW_UP * uniform("follow_up")).astype(np.int64)
    churned, days = _leaving(p, risks, converted, treated, follow_up, uniform)

    machine = uniform("machine") < machine_threshold(p)
    span = p.outlier_high - p.outlier_low
    played = p.outlier_low + np.floor(span * uniform("machine_songs")).astype(np.int64)
    songs = np.where(machine, played, songs)
    before = np.where(machine, np.floor(played * uniform("machine_before")), before)
    blatant = machine & (uniform("disguised") >= p.outliers_disguised)

    def rate(base: float, effect: float) -> streams.Values:
        return np.minimum(base * np.where(treated, 1 + effect, 1.0), 1.0)

    offers = p.paywall_rate * np.where(treated, 1 + p.paywall_effect, 1.0) * songs
    lost_code = list(p.devices).index(p.lost_device)
    lost = treated & (codes["device"] == lost_code) & (uniform("lost") < p.lost_share)
    frame = pd.DataFrame(
        {
            "user_id": np.arange(first, stop),
            "joined": END - follow_up.astype("timedelta64[D]"),
            "arm": pd.Categorical.from_codes(
                treated.astype(np.int8), pd.Index(["control", "treatment"])
            ),
            **{
                c: pd.Categorical.from_codes(codes[c], pd.Index(getattr(p, name)))
                for c, name in SEGMENTS.items()
            },
            "songs_before": before.astype(np.int64),
            "songs_played": songs,
            "short_plays": np.where(
                blatant,
                songs,
                binomial("short_plays", songs, np.full(size, p.short_play_rate)),
            ),
            "playlist_adds": binomial(
                "playlist_adds", songs, rate(p.playlist_add_rate, p.playlist_add_effect)
            ),
            "shares": binomial("shares", songs, rate(p.share_rate, p.share_effect)),
            "paywall_views": draw("paywall", lambda rng, users: rng.poisson(offers[at(users)])),
            "converted": converted.astype(np.int64),
            "days_observed": days,
            "churned": churned.astype(np.int64),
            "machine": machine,
            "lost": lost,
            "follow_up": follow_up,
        }
    )
    return frame.iloc[start - first :].reset_index(drop=True)


def _lifts(p: Parameters, codes: dict[str, streams.Values], size: int) -> streams.Values:
    segment = p.lift_segment
    if segment is None:
        return np.full(size, p.lift)
    values = getattr(p, SEGMENTS[segment])
    return np.array([p.segment_lift.get(v, p.lift) for v in values])[codes[segment]]


def _leaving(
    p: Parameters,
    risks: dict[tuple[bool, bool], float],
    converted: streams.Values,
    treated: streams.Values,
    follow_up: streams.Values,
    uniform: Callable[[str], streams.Values],
) -> tuple[streams.Values, streams.Values]:
    """Return who left, and the days from joining to leaving or to the end of observation."""
    draws = uniform("leaving")
    if p.churn_timing == "independent":
        chance = np.select(
            [(converted == c) & (treated == t) for c, t in risks], list(risks.values())
        )
        return draws < chance, follow_up
    hazards = [hazard_for(r, FOLLOW_UP) for r in risks.values()]
    hazard = np.select([(converted == c) & (treated == t) for c, t in risks], hazards)
    with np.errstate(divide="ignore"):
        day = np.ceil(-np.log1p(-draws) / hazard)
    day = np.where(hazard > 0, np.maximum(day, 1), np.inf)
    left = day <= follow_up
    return left, np.where(left, day, follow_up).astype(np.int64)
