"""What taking up did, where units go together within clusters."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats

from knowntruth.methods.panels.panel import Panel, read
from knowntruth.methods.panels.unit_changes import changes
from knowntruth.methods.panels.uptake import TakeUp, taken_up
from knowntruth.story.estimates import Estimate

CLUSTERS = 15


def markets(seed: int = 5, units: int = 90, *, whole: bool = False) -> pd.DataFrame:
    """Users of markets whose demand moves; the later ones are offered something in period 2.

    With `whole`, markets are offered it, otherwise users.
    """
    random = np.random.default_rng([12, seed])
    market = np.arange(units) % CLUSTERS
    group = (market if whole else np.arange(units)) % 7 < 3
    keen = random.random(units) < 0.6
    moved = random.normal(size=CLUSTERS)
    rows = []
    for u in range(units):
        for t in range(4):
            d = float(t >= 2 and group[u] and keen[u])
            y = keen[u] + moved[market[u]] * (t >= 2) * (1 + group[u]) + 2 * d + random.normal()
            rows.append((u, t, int(group[u]), int(market[u]), d, y, 1.0 + u % 3))
    return pd.DataFrame(rows, columns=["unit", "period", "group", "market", "taken", "y", "w"])


def panel_of(data: pd.DataFrame, outcome: str = "y", *, cluster: str = "market") -> Panel:
    return read(
        data,
        unit="unit",
        period="period",
        outcome=outcome,
        group="group",
        start=2,
        weight="w",
        cluster=cluster,
    )


def found(data: pd.DataFrame, *, level: float = 0.9, cluster: str = "market") -> TakeUp:
    panels = (panel_of(data, name, cluster=cluster) for name in ("y", "taken"))
    return taken_up(*panels, level=level)


def by_statsmodels(data: pd.DataFrame, slope: float, *, of: str = "y") -> tuple[float, float]:
    """Return gap and clustered error of the changes of `of`, less `slope` times take-up's."""
    rows = data.groupby("unit")[["group", "market", "w"]].first()
    rows = rows.loc[[int(label) for label in panel_of(data).labels]]
    rows["move"] = changes(panel_of(data, of))[0] - slope * changes(panel_of(data, "taken"))[0]
    fit = smf.wls("move ~ group", rows, weights=rows["w"]).fit(
        cov_type="cluster", cov_kwds={"groups": rows["market"]}, use_t=True
    )
    return float(fit.params["group"]), float(fit.bse["group"])


@pytest.mark.parametrize("whole", [False, True])
def test_errors_of_offer_and_take_up_are_the_clustered_ones_of_statsmodels(whole: bool) -> None:
    data = markets(whole=whole)
    both = found(data)
    quantile = stats.t.isf(0.05, CLUSTERS - 1)
    for estimate, of in ((both.offered, "y"), (both.first_stage, "taken")):
        assert estimate is not None
        value, error = by_statsmodels(data, 0.0, of=of)
        reach = quantile * error
        assert estimate.value == pytest.approx(value, rel=1e-9)
        assert (estimate.low, estimate.high) == pytest.approx((value - reach, value + reach))


def test_fiellers_ends_are_where_clusters_just_explain_what_is_left() -> None:
    data = markets()
    taken = found(data).taken
    assert taken is not None
    for end in (taken.low, taken.high):
        gap, error = by_statsmodels(data, end)
        assert abs(gap / error) == pytest.approx(stats.t.isf(0.05, CLUSTERS - 1), rel=1e-8)


def test_units_that_move_together_leave_less_known_than_units_alone() -> None:
    data = markets(whole=True)
    together, alone = found(data).taken, found(data, cluster="unit").taken
    assert together is not None
    assert alone is not None
    assert together.value == pytest.approx(alone.value, rel=1e-12)
    assert width(together) > 1.5 * width(alone)


def width(estimate: Estimate) -> float:
    return estimate.high - estimate.low


def test_a_single_treated_cluster_has_no_spread() -> None:
    data = markets()
    data = data.assign(group=(data["market"] == 3).astype(int))
    one = found(data)
    assert one.offered is None
    assert one.reason == "fewer than 2 clusters have treated units"
    assert (one.units, one.treated) == (90, 6)
