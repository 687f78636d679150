"""The chapter on a misread drop in many worlds: it runs, and every sentence is true for its run."""

from __future__ import annotations

import math
import re

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats

from knowntruth.worlds.engagement.parameters import Parameters
from knowntruth.worlds.engagement.truth import truth_of

from .conftest import FIGURE
from .every_report import EveryReport
from .every_world import EveryWorld, fixtures_of
from .reading import finding, pages, plain, rows

SLUG = "executive_misread"
FEW = {"users": 1_500, "replications": 0}
WORLDS = {
    "default": {"replications": 6},
    "no effect": {"effect": 0.0},
    "negative effect": {"effect": -0.05},
    "neither season nor burst": {"season": 0.0, "burst": 0.0},
    "a rise": {"season": 0.03, "replications": 4},
    "400 users": {"users": 400},
    "nobody has access": {"access_share": 0.0, "replications": 4},
    "nobody takes it up": {"take_up": 0.0},
    "later waves": {"waves": [7, 20]},
    "few days": {"days_before": 5, "days_after": 4},
    "two days on either side": {"days_before": 2, "days_after": 2, "users": 200},
    "days that stick": {"day_spread": 0.02, "day_persistence": 0.9},
    "everything with access is exposed": {
        "exposure_first": 1.0, "exposure_later": 1.0, "exposure_by_activity": 0.0,
        "access_share": 1.0, "take_up": 1.0,
    },
    "markets, trends and an effect that grows": {
        "markets": 8, "market_spread": 0.02, "access": "by market", "access_share": 0.5,
        "trend_gap": 0.02, "anticipation": 0.05, "effect_later": 0.1, "alpha": 0.2,
    },
    "other names": {
        "labels": {
            "users": "*people*", "sessions": "<b>drills</b>", "feature": "{Tour 1} & co",
            "user": "<script>who</script>",
        },
    },
}  # fmt: skip


world, run, opened = fixtures_of(SLUG, {name: FEW | one for name, one in WORLDS.items()})


@pytest.fixture(scope="module")
def events(opened):
    """Return the sessions with their day, and whether it is one since the launch."""
    table = opened.units.df()
    day = table["time"].dt.normalize()
    return table.assign(day=day, since=day >= opened.launch)


def values(world):
    return FEW | WORLDS[world]


def parameters_of(world):
    fields = Parameters.model_fields
    return Parameters(**{k: v for k, v in values(world).items() if k in fields})


def ratios(events):
    """Return sessions per active user by day."""
    users = events.groupby("day")["user"]
    return users.size() / users.nunique()


class TestEveryWorld(EveryWorld):
    sentences, figures, sections, graded, exercises = 30, 4, 20, 1, 6
    before = "*"  # a column's name in quotes keeps its small letter


class TestTheMeeting:
    """What is said of the events, against the same counted anew with pandas."""

    def test_the_change_is_that_of_the_mean_daily_ratios(self, run, events):
        before, since = (ratios(events[events["since"] == side]) for side in (False, True))
        said = run.sentences[0]
        assert f"{before.mean():.3f}" in said
        assert f"{since.mean():.3f}" in said
        change = finding(run, "change")
        if change is None:
            assert "cannot be told" in said
            return
        value = since.mean() - before.mean()
        assert change["value"] == pytest.approx(value)
        shows = any(digit in change["forms"]["size"] for digit in "123456789")
        assert ("rose by" in said) == (value > 0 and shows)
        assert ("fell by" in said) == (value < 0 and shows)

    def test_both_tests_are_those_of_scipy(self, run, events):
        pairs = {
            "drop": [ratios(events[events["since"] == side]) for side in (True, False)],
            "cut": [ratios(events[events["exposed"] == side]) for side in (1, 0)],
        }
        for name, (one, other) in pairs.items():
            found = finding(run, name)
            if found is None:
                assert min(len(one), len(other)) < 4
                continue
            test = stats.ttest_ind(one, other, equal_var=False)
            assert found["value"] == pytest.approx(one.mean() - other.mean())
            assert found["p_value"] == pytest.approx(test.pvalue, rel=1e-6)

    @pytest.mark.filterwarnings("ignore:The design matrix is rank-deficient")
    def test_the_regression_is_that_of_statsmodels(self, run, events):
        days = events.groupby(["day", "exposed", "since"])["user"].agg(["size", "nunique"])
        days = days.reset_index().assign(after=lambda t: t["since"].astype(int))
        days["ratio"] = days["size"] / days["nunique"]
        if days["exposed"].nunique() < 2:
            assert "there is nothing to regress on" in run.text
            return
        fit = smf.ols("ratio ~ exposed + after + exposed:after", data=days).fit()
        table = rows(pages(run)["What the regression prints"])
        printed = [float(row[1].replace("\N{MINUS SIGN}", "-")) for row in table]
        assert printed == pytest.approx(list(fit.params), abs=6e-5)
        assert f"its data can tell {np.linalg.matrix_rank(fit.model.exog)} apart" in run.text

    def test_the_meeting_decides_by_the_majority_of_its_clear_numbers(self, run):
        ways = [f["direction"] for f in (finding(run, n) for n in ("drop", "cut", "row")) if f]
        down, up = ways.count("lower"), ways.count("higher")
        end = "roll" if down > up else "keep"
        decided = [s for s in run.sentences if re.search(r"meeting decides to (roll|keep)", s)]
        assert len(decided) == 2
        assert all(f"decides to {end} " in said for said in decided)

    def test_what_the_decision_costs_is_the_truth_times_what_is_stated(self, run, world):
        p = parameters_of(world)
        effect = truth_of(p).effect_on_eligible
        real = 0.0 if math.isnan(effect) else 0.02 * 1_000_000 * 90 * effect
        said = next(s for s in run.sentences if s.startswith("The meeting decides"))
        if real == 0:
            assert "either choice is as good" in said
            return
        assert f"{float(f'{abs(real):.3g}'):,.0f}" in said
        rolls_back = "decides to roll" in said
        assert ("happens to be right" in said) == (rolls_back == (real < 0))


class TestOpenEyes:
    def test_user_days_of_both_kinds_are_counted_as_pandas_does(self, run, events):
        kinds = events[events["since"]].groupby(["user", "day"])["exposed"].agg(["min", "max"])
        if events[events["since"]]["exposed"].nunique() < 2:
            assert "no parts whose whole could be looked at" in run.text
            return
        counts = {
            "only exposed": (kinds["min"] == 1).sum(), "only others": (kinds["max"] == 0).sum(),
            "both kinds": (kinds["min"] < kinds["max"]).sum(),
        }  # fmt: skip
        table = {row[0]: row[1] for row in rows(pages(run)["Active user-days since the launch"])}
        assert table == {name: f"{count:,}" for name, count in counts.items()}

    def test_the_sign_turns_where_pandas_sees_it_turn(self, run, events):
        since = events[events["since"]]
        if events["exposed"].nunique() < 2:
            return
        exposed, others = (ratios(events[events["exposed"] == side]) for side in (1, 0))
        late = ratios(since[since["exposed"] == 0])
        over, same = exposed.mean() - others.mean(), exposed.mean() - late.mean()
        assert ("The sign turns" in run.text) == (over * same < 0)

    def test_the_test_of_exposure_rejects_where_its_p_values_say_so(self, run, world):
        found = [r for c, page in pages(run).items() if c.startswith("The same test") for r in
                 rows(page)]  # fmt: skip
        if not found:
            assert "there is no test to try elsewhere" in run.text
            return
        assert len(found) == 3
        rejected = sum(float(row[-1]) < values(world).get("alpha", 0.05) for row in found)
        words = {
            0: "none of the three",
            1: "one of the three",
            2: "two of the three",
            3: "all three",
        }
        assert f"The test rejects in {words[rejected]}" in run.text

    def test_days_are_said_to_stick_only_where_that_is_clear(self, run):
        found = finding(run, "stick")
        if found is None:
            assert "How far days go together cannot be told" in run.text
            return
        sticks = found["direction"] == "higher"
        size = f"(autocorrelation {found['forms']['value']}, "
        assert any(s.startswith(f"A day goes along with the day before {size}") for s in
                   run.sentences) == sticks  # fmt: skip

    def test_without_dependence_welchs_test_keeps_its_promise_and_breaks_it_where_days_stick(
        self, run, world
    ):
        figure = next((f for f in run.payloads(FIGURE) if f["name"] == "false_alarms"), None)
        if figure is None:
            assert "How often each test is wrong cannot be told" in run.text
            return
        calm, sticky = (float(share) for share in re.findall(r"([\d.]+)%", figure["alt"])[:2])
        promised = 100 * values(world).get("alpha", 0.05)
        # 200 records; with four days Welch's test is careful rather than right.
        error = 100 * math.sqrt(promised / 100 * (1 - promised / 100) / 200)
        assert calm < promised + 4 * error
        assert sticky > 2 * promised + 4 * error or promised > 10


class TestTruth:
    def test_the_truth_that_is_told_is_that_of_the_parameters(self, run, world):
        truth = truth_of(parameters_of(world))
        change = finding(run, "change")
        if change is not None:
            naive = truth.naive
            assert change["truth"] == pytest.approx(naive["after"] - naive["before"], abs=1e-12)
        for name in ("drop", "cut", "row"):
            found = finding(run, name)
            effect = truth.effect_on_eligible
            if found is not None:
                assert found["truth"] == pytest.approx(0.0 if math.isnan(effect) else effect)

    def test_causes_add_up_to_the_change_that_is_to_be_expected(self, run, world):
        shown = next(f for f in run.payloads(FIGURE) if f["name"] == "causes")
        facts = {f["name"]: f["value"] for f in shown["facts"] if f["kind"] == "fact"}
        causes = [value for name, value in facts.items() if name.startswith("cause_")]
        naive = truth_of(parameters_of(world)).naive
        assert len(causes) == 4
        assert sum(causes) == pytest.approx(naive["after"] - naive["before"], abs=1e-6)
        feature = naive["after"] - naive["after_without"]
        assert facts["cause_the feature"] == pytest.approx(feature, abs=1e-6)

    def test_with_access_is_set_against_without_only_where_both_are_there_from_the_launch_on(
        self, run, opened
    ):
        found = finding(run, "by_access")
        access = opened.access
        groups = 0 if access is None else access["first"].isna().nunique()
        assert (found is not None) == (groups == 2)
        if found is None:
            assert re.search("cannot be told|nobody is left|nobody has access", run.text)


class TestManyWorlds:
    @pytest.mark.parametrize("world", [w for w, v in WORLDS.items() if v.get("replications")])
    def test_naive_readings_are_said_to_call_an_effect_as_often_as_the_table_has_it(
        self, world, chapter
    ):
        run = chapter(SLUG, values(world))
        page = pages(run)["How each reading behaves when the feature does nothing"]
        alarms = {
            plain(row[0]): float(row[5].split()[0]) for row in rows(page)
            if "effect (" in row[1] and "from before" not in row[1]
        }  # fmt: skip
        if not alarms:
            assert world == "nobody has access"
            return
        said = next(s for s in run.sentences if "worlds in which the feature does nothing" in s)
        assert said.startswith("In each of") == (set(alarms.values()) == {100.0})
        for label in alarms:
            assert f"“{label}”" in said


def test_the_figures_of_the_original_are_all_there_and_said_to_agree_only_if_they_do(run):
    [page] = [p for c, p in pages(run).items() if c.startswith("What the original")]
    table = rows(page)
    assert len(table) == 37
    kinds = [row[4].partition(":")[0] for row in table]
    agree = sum(
        row[5] == "✓" for row, kind in zip(table, kinds, strict=True) if kind.startswith("as one")
    )
    said = next(s for s in run.sentences if s.startswith("Of 37 figures"))
    bands = kinds.count("as one of many worlds")
    assert f"{bands} hang on" in said
    assert ("all of them lie" if agree == bands else f"{agree} of them lie") in said


class TestMarkupInNames:
    def test_it_comes_out_as_text(self, chapter):
        run = chapter(SLUG, values("other names"))
        for text in run.sentences:
            assert not re.search(r"<(?:script|b)>|\*people\*|\{Tour", text), text
        for page in pages(run).values():
            assert not re.search(r"<(?:script|b)>", page.partition("<tbody>")[2])
        for output in run.outputs:
            drawing = str(output.get("data", {}).get("application/vnd.plotly.v1+json", ""))
            assert "<b>drills" not in drawing
        assert "&lt;script&gt;who&lt;/script&gt;" in pages(run)["Data dictionary"]


def own_table(*, exposed=True, early=False):
    """Return sessions of 150 accounts on 24 days, in somebody's own words."""
    rng = np.random.default_rng(7)
    launch = pd.Timestamp("2024-03-04")
    days = pd.date_range("2024-02-19", periods=24)
    found = []
    for account in range(150):
        for day in days[rng.integers(0, 12) if account % 3 == 0 else 0 :]:
            count = rng.binomial(3, 0.35)
            for number in range(count):
                chance = 0.3 + 0.3 * (number > 0)
                met = rng.random() < (chance if day >= launch else 0.05 * early)
                minute = pd.Timedelta(minutes=int(rng.integers(0, 1440)))
                found.append((f"a{account}", day + minute, "yes" if met else "no"))
    table = pd.DataFrame(found, columns=["account", "started", "saw tour"])
    return table if exposed else table.drop(columns="saw tour")


OWN = {
    "with exposure": {}, "without exposure": {"exposed": False},
    "exposed too early": {"early": True},
}  # fmt: skip


@pytest.fixture(params=OWN, scope="module")
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def report(kind, chapter, tmp_path_factory):
    path = tmp_path_factory.mktemp("own") / "visits.csv"
    table = own_table(**OWN[kind])
    table.to_csv(path, index=False)
    columns = {"user": "account", "time": "started", "exposed": "saw tour"}
    return chapter(
        SLUG,
        {
            "data": str(path), "launch": "2024-03-04",
            "columns": {k: v for k, v in columns.items() if v in table},
            "labels": {"users": "accounts", "sessions": "visits", "feature": "the tour"},
        },
    )  # fmt: skip


class TestOwnTables(EveryReport):
    simulated = re.compile(
        r"\bin truth\b|\bthe meeting decides|chief executive|head of|the season|by default|"
        r"exercise|the truth is|the feature adds \d",
        re.I,
    )
    unknown = "Nobody knows the truth about this launch"

    @pytest.fixture
    def run(self, report):
        return report

    def test_this_tables_words_are_used(self, report):
        assert report.sentences[0].startswith("**Since the launch visits per active user ")
        assert "Whether the tour has to do with that cannot be told" in report.text

    def test_what_cannot_be_told_without_access_or_exposure_says_why(self, report, kind):
        assert "nobody knows who could meet the tour, and from when" in report.text
        if kind == "without exposure":
            assert "This table does not say in which visits the tour was met." in report.text
            assert "Without a column of exposure this table has no such cell." in report.text
        elif kind == "exposed too early":
            assert "the column is wrong" in report.text
            assert "The difference in differences is" in report.text
        else:
            assert "and 0 of them are exposed" in report.text
            assert "its data can tell 3 apart" in report.text

    def test_the_change_is_that_of_the_table(self, report, kind):
        table = own_table(**OWN[kind])
        day = table["started"].dt.normalize()
        users = table.groupby(day)["account"]
        ratio = users.size() / users.nunique()
        since = ratio.index >= pd.Timestamp("2024-03-04")
        change = ratio[since].mean() - ratio[~since].mean()
        assert finding(report, "change")["value"] == pytest.approx(change)
