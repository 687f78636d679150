"""The EdTech chapter on somebody's own users: a report about them and nothing else."""

from __future__ import annotations

import re
from html import unescape
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from lifelines.datasets import load_rossi
from scipy.optimize import minimize
from scipy.special import expit

from knowntruth.runs import report

from .conftest import FIGURE
from .every_report import EveryReport
from .reading import cells


def figure(run, name):
    """Return the words of the figure of that name."""
    return next(f for f in run.payloads(FIGURE) if f["name"] == name)


def estimates(run, name):
    """Return the estimates that a figure shows, as value, low and high in percent."""
    numbers = re.findall(r"at ([\d.]+)% \(([\d.]+)% to ([\d.]+)%\)", figure(run, name)["alt"])
    return [tuple(map(float, three)) for three in numbers]


@pytest.fixture(scope="module")
def rossi(chapter, tmp_path_factory):
    """Return the report on the released prisoners of Rossi, Berk & Lenihan (lifelines)."""
    path = tmp_path_factory.mktemp("rossi") / "rossi.csv"
    load_rossi().to_csv(path, index=False)
    return chapter(
        "edtech_simulation",
        {
            "data": str(path),
            "columns": {
                "churned": "arrest", "onboarding": "fin", "factors": ["race", "mar", "paro"],
            },
            "labels": {
                "churned": "rearrest", "onboarding": "financial aid", "users": "people",
                "factor_2": "marriage", "factor_3": "parole",
            },
            "onboarding_was": "randomised",
        },
    )  # fmt: skip


@pytest.fixture(scope="module")
def cdnow(chapter, tmp_path_factory):
    """Return the report on the customers of CDNOW, of whom two days are known."""
    spec = find_spec("lifetimes")  # whose files are read; the package is not imported
    assert spec is not None
    names = ["master", "customer", "day", "discs", "spent"]
    source = Path(str(spec.origin)).parent / "datasets" / "CDNOW_sample.txt"
    log = pd.read_fwf(source, header=None, names=names, dtype=str)
    early = log[log["day"] <= "19970930"]
    path = tmp_path_factory.mktemp("cdnow") / "cdnow.csv"
    early.groupby("customer")["day"].agg(first="min", last="max").reset_index().to_csv(path)
    return chapter(
        "edtech_simulation",
        {
            "data": str(path),
            "columns": {"user": "customer", "signed_up": "first", "last_active": "last"},
            "labels": {"users": "customers"},
            "observed_until": "1997-09-30",
        },
    )


def markup():
    """Return a table whose names and labels are markup, and whose days contradict themselves."""
    rng, n = np.random.default_rng(1), 2000
    days = (rng.random((n, 3)) < [0.5, 0.3, 0.15]).astype(float)
    days[rng.random((n, 3)) < 0.05] = np.nan
    labels = np.array(["<img src=x>", "*a*", "p|q", "$y$", "`t`", None], dtype=object)
    return pd.DataFrame(
        {
            "*d1*": days[:, 0],
            "d|7": days[:, 1],
            "$d$_{30}": days[:, 2],
            "<b>x</b>": rng.choice(labels, n),
            "<script>alert(1)</script>": np.where(
                rng.random(n) < 0.1, np.nan, rng.gamma(1.5, 2, n).round(2)
            ),
            "[gone](x)": (rng.random(n) < 0.2).astype(int),
            "on <i>": rng.choice([0, 1, np.nan], n, p=[0.5, 0.4, 0.1]),
        }
    )


@pytest.fixture(scope="module")
def hostile(chapter, tmp_path_factory):
    """Return the report on that table."""
    path = tmp_path_factory.mktemp("hostile") / "hostile.parquet"
    markup().to_parquet(path)
    return chapter(
        "edtech_simulation",
        {
            "data": str(path),
            "columns": {
                "day_1": "*d1*", "day_7": "d|7", "day_30": "$d$_{30}", "factors": "<b>x</b>",
                "activity": "<script>alert(1)</script>", "churned": "[gone](x)",
                "onboarding": "on <i>",
            },
        },
    )  # fmt: skip


@pytest.fixture(scope="module")
def paying(chapter, tmp_path_factory):
    """Return the report on who pays, by a factor with many small groups and one with none."""
    rng, n = np.random.default_rng(2), 2500
    weights = 1 / np.arange(1, 41) ** 1.5
    plan = rng.choice(["basic", "plus", "pro"], n, p=[0.5, 0.3, 0.2])
    frame = pd.DataFrame(
        {
            "city": [f"city {i}" for i in rng.choice(40, n, p=weights / weights.sum())],
            "plan": plan,
            "shop": "web",
            "converted": (rng.random(n) < np.where(plan == "pro", 0.15, 0.05)).astype(int),
        }
    )
    path = tmp_path_factory.mktemp("paying") / "paying.csv"
    frame.to_csv(path, index=False)
    run = chapter(
        "edtech_simulation",
        {"data": str(path), "columns": {"factors": ["city", "plan", "shop"]}},
    )
    return run, frame


@pytest.fixture(scope="module")
def alike(chapter, tmp_path_factory):
    """Return the report on sixty users who all pay, do nothing, and are as good as alike."""
    frame = pd.DataFrame({"converted": [1] * 60, "activity": 0, "day_7": [0, 1, 1] * 20})
    frame["onboarding"], frame["factors"] = [0, 1] * 30, ["a", "b", "c"] * 20
    path = tmp_path_factory.mktemp("alike") / "alike.csv"
    frame.to_csv(path, index=False)
    return chapter("edtech_simulation", {"data": str(path)})


class TestEveryReport(EveryReport):
    simulated = re.compile(
        r"\b(?:in truth|true effect|the truth is|this world|many worlds|by the rule|the rule\b|"
        r"keen|oracle|ceiling|seed|etude|guitar|instruments?|lessons?|guided|random numbers)\b",
        re.I,
    )
    but = ("such as lessons", "took the guided start")

    @pytest.fixture(params=["rossi", "cdnow", "hostile", "paying", "alike"])
    def run(self, request):
        found = request.getfixturevalue(request.param)
        return found[0] if isinstance(found, tuple) else found

    def test_the_first_sections_are_those_of_the_chapter(self, run):
        typed = [cell.source for cell in run.notebook.cells if cell.cell_type == "markdown"]
        assert "Here nobody knows the truth" in typed[0]
        assert re.findall(r"^## (.*)$", "\n".join(typed), flags=re.M)[:3] == [
            "The answer first", "What a table cannot say", "Does the table contradict itself?",
        ]  # fmt: skip


class TestTheReleasedPrisoners:
    # Rossi, Berk & Lenihan 1980: of 432 released prisoners 114 were arrested again within a
    # year, 48 of the 216 with financial aid and 66 of the 216 without.
    def test_the_rates_are_the_published_ones(self, rossi):
        assert rossi.finding("overall_churned")["value"] == pytest.approx(114 / 432)
        alt = figure(rossi, "overall_churned_by_factor_1")["alt"]
        assert f"without financial aid at {100 * 66 / 216:.1f}%" in alt
        assert f"with financial aid at {100 * 48 / 216:.1f}%" in alt

    def test_the_aid_is_read_as_given_by_lot(self, rossi):
        crude = rossi.finding("crude_churned_onboarding_1")
        assert crude["value"] == pytest.approx(48 / 216 - 66 / 216)
        assert "A lot decided who took it" in rossi.text
        assert "chose it themselves" not in rossi.text

    def test_the_adjusted_difference_is_the_standardised_one(self, rossi):
        # scipy 1.17: maximum likelihood of the logistic regression, then everybody with the
        # aid and everybody without it.
        data = load_rossi()
        x = np.column_stack([np.ones(432), data[["race", "mar", "paro", "fin"]]])
        y = data["arrest"].to_numpy()
        fit = minimize(
            lambda b: np.sum(np.logaddexp(0, x @ b) - y * (x @ b)), np.zeros(5), tol=1e-10
        )
        others = x[:, :4] @ fit.x[:4]
        effect = np.mean(expit(others + fit.x[4]) - expit(others))
        found = rossi.finding("effect_churned_onboarding_1")["value"]
        assert found == pytest.approx(effect, abs=1e-5)

    def test_sections_without_columns_say_so(self, rossi):
        for words in (
            "This table has too few columns for any rule to be asked.",
            "The day of sign-up is not in this table",
            "This table holds no retention that could be divided",
            "This table does not hold who pays",
            "This table holds no activity",
            "nothing can be weighed",
        ):
            assert words in rossi.text


class TestTheCustomersOfCdnow:
    def test_those_who_come_back_are_as_many_as_was_published(self, cdnow):
        # Fader, Hardie & Lee 2005: 1,411 of 2,357 customers bought nothing more in weeks 1 to 39.
        after = next(f for f in cdnow.facts if f.get("value") == pytest.approx(946 / 2357))
        assert after["n"] == 2357
        assert f"{100 * 946 / 2357:.1f}%" in figure(cdnow, "silence")["title"]

    def test_it_says_how_retention_was_made(self, cdnow):
        assert "are made from the days of first and last" in cdnow.text
        assert "as seen until 1997-09-30." in cdnow.text

    def test_the_dictionary_holds_the_columns_of_the_table(self, cdnow):
        words = {row[0]: row[1] for row in cells(cdnow, "Data dictionary")}
        assert words["user"] == "customer"
        assert words["signed_up"] == "first"
        assert words["day_30"] == "day-30 retention"

    def test_without_factors_nothing_is_compared(self, cdnow):
        assert "Nothing in the table divides these customers" in cdnow.text
        assert "there is nothing to hold equal" in cdnow.text
        assert {f["name"] for f in cdnow.payloads(FIGURE)} == {"curves", "silence", "cohorts"}


class TestMarkupInNames:
    TAGS = re.compile(r"<(?:script|img|i>|b>)", re.I)

    def test_it_comes_out_as_text_in_prose_tables_and_figures(self, hostile):
        for text in hostile.sentences:
            assert not re.search(r"\*[ad]1?\*|\]\(x|\$[dy]\$|`t`|&#38;#", text), text
        for output in hostile.outputs:
            data = output.get("data", {})
            shown = data.get("text/html", "") + data.get("text/markdown", "")
            assert not self.TAGS.search(shown), shown
            assert "&amp;#" not in shown
            assert "&#38;" not in shown
            drawing = str(data.get("application/vnd.plotly.v1+json", ""))
            assert not re.search(r"<(?:b>x|i>|img|script)", drawing)

    def test_the_page_holds_no_markup_of_the_table(self, hostile, tmp_path):
        page = report.write(hostile.path, tmp_path / "report.html").read_text(encoding="utf-8")
        body = re.sub(r"<script.*?</script>", "", page.split("<main", 1)[1], flags=re.S)
        # Code is shown with its own markup, and the table's words are nowhere in it as markup.
        assert not re.search(r"<img src=x|<b>x</b>|on <i>|<script>alert", body)

    def test_contradictions_are_counted_as_pandas_counts_them(self, hostile):
        users = markup()
        broken = {row[0]: row[2] for row in cells(hostile, "The audit")[1:]}
        for later, earlier in (("d|7", "*d1*"), ("$d$_{30}", "*d1*"), ("$d$_{30}", "d|7")):
            count = ((users[later] == 1) & (users[earlier] == 0)).sum()
            assert broken[f"{later} without {earlier}"] == f"{count:,}"

    def test_blanks_are_reported_and_an_unknown_onboarding_is_no_group_without_it(self, hostile):
        users = markup()
        assert hostile.text.count("is blank in") == 6
        known = users[users["$d$_{30}"].notna()]
        without = known.loc[known["on <i>"] == 0, "$d$_{30}"].mean()
        alt = unescape(figure(hostile, "overall_day_30_by_factor_1")["alt"])
        assert f"without on <i> at {100 * without:.1f}%" in alt
        assert alt.count("without on <i>") == 1


class TestManySmallGroups:
    def test_they_stand_together_and_a_factor_of_one_group_is_left_out(self, paying):
        run, frame = paying
        small = (frame["city"].value_counts() < 100).sum()
        assert f"{small} groups of city have fewer than 100 users each" in run.text
        assert "Everybody has the same shop, so it divides nobody." in run.text

    def test_a_column_of_the_contracts_name_is_spoken_of_in_words(self, paying):
        run, _ = paying
        assert run.sentences[0].startswith("**Conversion is ")

    def test_the_largest_difference_is_that_of_the_table(self, paying):
        run, frame = paying
        rates = frame.groupby("plan")["converted"].mean()
        gap = run.finding("crude_converted_factor_2_pro")["value"]
        assert gap == pytest.approx(rates["pro"] - rates["basic"])
        assert "it clearly differs by plan" in run.text

    def test_predictions_are_read_and_not_held_against_a_ceiling(self, paying):
        run, _ = paying
        predictors = [row[0] for row in cells(run, "What the predictions are worth")[1:]]
        assert predictors == ["logistic regression", "boosted trees"]


class TestUsersWhoAreAlike:
    def test_what_cannot_be_told_is_said_to_be_so(self, alike):
        for words in (
            "**Conversion is 100.0%**",
            "No group of factors has 100 rows, so it divides nobody",
            "This table does not hold retention on several days",
            "no activity in which users differ",
            "cannot be predicted",
        ):
            assert words in alike.text

    def test_the_effect_on_retention_is_that_of_the_table(self, alike):
        # Users come in sixes: of the three with the onboarding two stay, and so without it.
        assert alike.finding("crude_day_7_onboarding_1")["value"] == pytest.approx(0, abs=1e-9)
