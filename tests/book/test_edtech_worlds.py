"""The EdTech chapter in many worlds: it runs, and every sentence is true for its run."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from knowntruth import cases
from knowntruth.methods.users.marginal_effects import marginal_effects
from knowntruth.worlds.edtech.parameters import Parameters
from knowntruth.worlds.edtech.published import as_published
from knowntruth.worlds.edtech.truth import truth_of

from .conftest import FIGURE, SAID
from .every_world import EveryWorld, fixtures_of
from .reading import findings, pages, plain, rows

SLUG = "edtech_simulation"
LOT = {"onboarding_assignment": "randomised"}
FLAT = {
    "retention_by_age": {}, "retention_by_instrument": {}, "scaling": 1.0, "keen_retention": 1.0,
    "retention_by_income": {"lower": 1.0, "middle": 1.0, "higher": 1.0},
    "onboarding_day_1": 0.0, "onboarding_day_30": 0.0,
}  # fmt: skip


def published() -> dict[str, object]:
    """Return the values by which the published world differs from the default one."""
    made = as_published(seed=301, users=9_000)
    fields = Parameters.model_fields
    return {k: v for k, v in made.model_dump().items() if v != fields[k].default}


WORLDS = {
    "default": {},
    "by lot": {**LOT, "users": 6_000},
    "onboarding does nothing": {"onboarding_day_1": 0.0, "onboarding_day_30": 0.0, "users": 9_000},
    "onboarding harms": {
        **LOT, "onboarding_day_1": -0.6, "onboarding_day_30": -0.6, "users": 9_000,
    },
    "as published": published(),
    "no outliers": {"outliers": [], "users": 5_000},
    "200 users": {"users": 200},
    "nobody pays": {
        "conversion_by_stage": dict.fromkeys(("never", "day 1", "day 7", "day 30"), 0.0),
        "outliers": ["power", "idle"], "users": 3_000,
    },
    "nobody returns": {
        "day_1_base": 1e-9, "day_1_floor": 0.0, "outliers": ["power"], "users": 2_000,
    },
    "nearly everybody stays": {
        **FLAT, "day_1_base": 1.0, "day_7_base": 1.0, "day_30_base": 1.0, "day_1_floor": 1.0,
        "users": 6_000,
    },
    "other names": {
        "age_groups": {"<b>young</b> *x*": 0.5, "old [y](http://z)": 0.5},
        "skill_levels": {"<i>Pro</i>": 0.4, "`new` $x$": 0.6},
        "lessons_mean": {"<i>Pro</i>": 9.0, "`new` $x$": 5.0},
        "lessons_sd": {"<i>Pro</i>": 3.0, "`new` $x$": 2.0},
        "churn_by_age": {"<b>young</b> *x*": 0.5, "old [y](http://z)": 0.3},
        "countries": {"<b>A</b> {X}": 1.0, "B*c*_d_": 1.0, "25%": 1.0},
        "economies": {"<b>A</b> {X}": 0.9, "B*c*_d_": 0.1},
        "labels": {
            "users": "<u>people</u>", "activity": "*drills*", "onboarding": "{Tour 1} & co",
            "day_30": "month_1 rate", "factor_3": "<script>place</script>",
        },
        "users": 6_000,
    },
    "no rare countries on weekdays of one half": {
        "rare_share": 0.0, "fewest_in_group": 10, "retained_value": 0.0, "onboarding_cost": 0.0,
        "daily_weights": [float((day + 3) % 7 < 5) for day in range(15)] + [0.0] * 16,
        "users": 3_000,
    },
    "onboarding pays, said of four in five": {
        **LOT, "alpha": 0.2, "onboarding_day_1": 1.0, "onboarding_day_30": 1.0, "users": 5_000,
    },
    "nobody is keen": {"keen_share": 0.0, "users": 5_000},
}  # fmt: skip


world, run, opened = fixtures_of(SLUG, WORLDS)


def world_of(name):
    values = {k: v for k, v in WORLDS[name].items() if k in Parameters.model_fields}
    return Parameters(**values)


def level_of(name):
    return 1 - WORLDS[name].get("alpha", 0.05)


class TestEveryWorld(EveryWorld):
    sentences, figures, sections, graded, exercises = 40, 12, 20, 7, 8


class TestFactors:
    """By which factors each outcome differs, all else equal."""

    def test_clearly_differs_what_the_joint_test_says_after_holm(self, run, world, opened):
        asked_by_itself = False
        for outcome in ("day_30", "converted", "churned"):
            name = opened.outcomes[outcome].name
            (said,) = (s for s in run.sentences if s.startswith(f"**{name:capital} is "))
            found = marginal_effects(
                opened.units, outcome, opened.causes, level=level_of(world),
                references=opened.references,
            )  # fmt: skip
            looked_through = list(opened.causes)
            if not asked_by_itself and "1" in found.effects.get("onboarding", {}):
                # The onboarding has a question of its own, about the first outcome that can tell.
                asked_by_itself = True
                looked_through.remove("onboarding")
            tested = {f: test.p_value for f, test in found.joint.items() if f in looked_through}
            holm = multipletests(list(tested.values()), method="holm")[1] if tested else []
            names = {f: opened.column_names[f].text for f in opened.causes}
            clear = {names[f] for f, p in zip(tested, holm, strict=True) if p < 1 - level_of(world)}
            claimed = re.search(r"it clearly differs by (.*?)[;.]", plain(said))
            listed = re.split(r", | and ", claimed.group(1)) if claimed else []
            assert set(listed) == clear
            for untold in set(looked_through) - set(found.joint):
                if not found.reason:
                    assert f" {names[untold]}" in plain(said).partition("compare groups by")[2]
            if found.reason:
                assert "cannot be told" in said

    def test_groups_lie_above_or_below_only_when_clear_after_correction(self, run, world, opened):
        table, alpha = opened.units.df(), 1 - level_of(world)
        outcomes = {"stays": "day_30", "leaves": "churned", "pays": "converted"}
        compared = 0
        for said in run.payloads(SAID):
            tests = [f for f in said["facts"] if f["kind"] == "p-value" and "_by_" in f["name"]]
            if not tests or tests[0]["name"].partition("_")[0] not in outcomes:
                continue
            what, _, column = tests[0]["name"].partition("_by_")
            if column not in {f.column for f in opened.divided}:
                continue
            sentence = said["sentence"].replace("the small groups", "*&#40;small groups&#41;*")
            above, _, below = sentence.partition(" above")
            if " above" not in sentence:
                above, below = "", sentence
            sides = tuple(
                {plain(name) for name in re.findall(r"\*(.*?)\*", part)} for part in (above, below)
            )
            assert sides == standing_out(table, outcomes[what], column, opened, alpha)
            compared += 1
        assert compared >= 4


def standing_out(table, outcome, column, opened, alpha):
    """Return the groups above and below all others, by exact tests from the table itself."""
    labels = (
        table[column].astype(float).astype(int).astype(str)
        if column == "onboarding"
        else table[column]
    )
    counts = pd.crosstab(labels, table[outcome]).reindex(columns=[0.0, 1.0], fill_value=0)
    if len(counts) == 2:
        p_values = [stats.chi2_contingency(counts, correction=False).pvalue] * 2
        corrected = p_values
    else:
        cells = [[row.to_list(), (counts.sum() - row).to_list()] for _, row in counts.iterrows()]
        p_values = [min(stats.fisher_exact(cell).pvalue, 1.0) for cell in cells]
        corrected = multipletests(p_values, method="holm")[1]
    above, below = set(), set()
    for (label, row), p in zip(counts.iterrows(), corrected, strict=True):
        others = counts.sum() - row
        if p < alpha:
            higher = row[1.0] / row.sum() > others[1.0] / others.sum()
            (above if higher else below).add(opened.called(column, label).text)
    return above, below


class TestTruth:
    def test_the_truth_that_is_told_is_the_truth_of_the_parameters(self, run, world):
        truth = truth_of(world_of(world))
        columns = {
            "day_30": "day_30_retention", "converted": "premium_conversion", "churned": "churn",
        }  # fmt: skip
        for outcome, column in columns.items():
            told = run.finding(f"overall_{outcome}")["truth"]
            assert told == pytest.approx(truth.overall[column], abs=1e-12)
        for fact in findings(run, "onboarding_"):
            effect = truth.effect("day_30_retention", "onboarding", "1", "0")
            assert fact["truth"] == pytest.approx(effect, abs=1e-12)

    def test_no_model_is_expected_to_beat_the_oracle(self, run, world):
        facts = [f for f in run.facts if f["kind"] == "fact"]
        told = {f["name"]: f["value"] for f in facts if f["name"].startswith("expected_auc_")}
        if world == "nobody pays":
            assert told == {}
            assert "nothing to hold against a ceiling" in run.text
            return
        assert len(told) == 3
        assert told.pop("expected_auc_oracle") >= max(told.values()) - 1e-9

    def test_what_one_kind_of_outlier_adds_is_shown_for_those_switched_on(self, run, world):
        on = WORLDS[world].get("outliers", list(Parameters.model_fields["outliers"].default))
        caption = "What each kind of outlier adds to what the table says"
        assert len(rows(pages(run).get(caption, ""))) == len(on)
        assert ("This world has no outliers" in run.text) == (not on)
        title = next(f["title"] for f in run.payloads(FIGURE) if f["name"] == "centre")
        assert ("Outliers move" in title) == bool(on)


class TestAudit:
    def test_a_table_is_called_sound_only_when_no_row_breaks_a_rule(self, run, world):
        counted = [int(row[2].replace(",", "")) for row in rows(pages(run)["The audit"])]
        assert len(counted) == 6
        assert ("no row breaks any of them" in run.text) == (not any(counted))
        assert any(counted) == (world == "as published")
        for number in filter(None, counted):
            assert f"({number:,} of the users)" in run.text

    def test_broken_rows_are_those_of_the_table(self, run, opened):
        table = opened.units.df()
        broken = int(((table["day_30"] == 1) & (table["day_7"] == 0)).sum())
        counted = [row[2] for row in rows(pages(run)["The audit"])]
        assert f"{broken:,}" in counted


class TestOnboarding:
    def test_it_is_told_as_what_it_was(self, run, world):
        by_lot = world_of(world).onboarding_assignment == "randomised"
        told = [s for s in run.sentences if s.startswith("Among ") and "with all else known" in s]
        assert len(told) >= 2
        for sentence in told:
            assert ("A lot decided who took it" in sentence) == by_lot
            assert ("chose it themselves" in sentence) == (not by_lot)

    def test_the_side_and_the_doubt_follow_from_the_interval(self, run):
        sentence = next(s for s in run.sentences if "with all else known" in s)
        facts = next(s["facts"] for s in run.payloads(SAID) if s["sentence"] == sentence)
        crude, adjusted = (f for f in facts if f["kind"] == "finding")
        parts = [part.split("(")[0] for part in sentence.split("; with all else known")]
        for fact, part in zip((crude, adjusted), parts, strict=True):
            if "the same as" not in part:
                assert ("higher than" in part) == (fact["value"] > 0)
            assert ("chance alone" in part) == (
                fact["low"] <= 0 <= fact["high"] and "the same as" not in part
            )
        if "The interval holds that" in sentence or "The interval leaves" in sentence:
            holds = adjusted["low"] <= adjusted["truth"] <= adjusted["high"]
            assert ("The interval holds that." in sentence) == holds

    def test_the_title_says_better_or_worse_only_of_a_reading_that_is_wrong(self, run):
        shown = [f for f in run.payloads(FIGURE) if f["name"] == "onboarding"]
        for figure in shown:
            first = next(f for f in figure["facts"] if f["kind"] == "finding")
            low, high, truth = first["low"], first["high"], first["truth"]
            assert ("better than it is" in figure["title"]) == (low > truth)
            assert ("worse than it is" in figure["title"]) == (high < truth)

    def test_the_advice_follows_from_the_interval_of_the_gain(self, run):
        caption = "What the onboarding would bring, by each reading"
        gains = findings(run, "gain_")
        shown = rows(pages(run).get(caption, ""))
        assert len(shown) == len(gains)
        for row, gain in zip(shown, gains, strict=True):
            advice = "cannot be told"
            if gain["low"] > 0:
                advice = "do it"
            elif gain["high"] < 0:
                advice = "leave it"
            assert row[3] == advice

    def test_a_choice_is_called_wrong_only_against_the_true_gain(self, run, world):
        p, gains = cases.get(SLUG).check(WORLDS[world]), findings(run, "gain_")
        effect = truth_of(world_of(world)).effect("day_30_retention", "onboarding", "1", "0")
        true = p.reach * p.retained_value * effect - p.onboarding_cost
        for gain in gains:
            assert gain["truth"] == pytest.approx(true)
        wrong = [g for g in gains if (g["low"] > 0 > true) or (g["high"] < 0 < true)]
        assert bool(re.search(r"chooses? wrongly", run.text)) == bool(wrong)
        if gains and true:
            assert f"the right choice is to {'do it' if true > 0 else 'leave it'}" in run.text


def test_churn_of_the_retained_lies_on_the_side_that_the_table_has(run, world, opened):
    table = opened.units.df()
    rates = table.groupby("day_30")["churned"].mean()
    said = [s for s in run.sentences if ", churn is " in s and "among other" in s and "Among" in s]
    said = [s for s in said if "onboarding" not in s and "Tour" not in s]
    if len(rates) < 2:
        assert said == []
        assert "divides no churn" in run.text
        return
    (sentence,) = said
    if "the same as" not in sentence:
        assert ("higher than among other" in sentence) == (rates[1.0] > rates[0.0])


def test_the_default_world_tells_the_story_that_it_was_made_for(chapter):
    run = chapter(SLUG, {})
    assert "makes onboarding look better than it is" in next(
        f["title"] for f in run.payloads(FIGURE) if f["name"] == "onboarding"
    )
    assert "“Chosen, as they come”" in run.text
    assert "the rest is who chose it, or chance" in run.sentences[3]
    grades = {f["name"]: f["grade"] for f in findings(run, "onboarding_")}
    assert grades["onboarding_chosen_adjusted"] == "wrong"
    assert grades["onboarding_told_adjusted"] != "wrong"
    # The published notebook, drawn again with its own generator.
    assert "has age&#95;group &#61; 55+ with a chance of" in run.text


class TestWorldsThatLackSomething:
    def test_nobody_pays_and_that_is_said_wherever_paying_is_asked_for(self, chapter):
        run = chapter(SLUG, WORLDS["nobody pays"])
        assert "By which factors it differs cannot be told: fewer than 5 rows" in run.text
        assert "nothing can be said: nobody has the outcome" in run.text
        assert "Conversion cannot be predicted in this run" in run.text
        assert "too few pay in too many countries" in run.text
        assert "The rule leaves nobody a chance of paying" in run.text

    def test_nobody_returns_and_nothing_is_weighed(self, chapter):
        run = chapter(SLUG, WORLDS["nobody returns"])
        assert "Nobody of whom both are known has day-30 retention" in run.text
        assert "nothing can be weighed" in run.text
        assert "too few come back, or too few do not" in run.text

    def test_few_users_are_not_said_to_be_alike(self, chapter):
        run = chapter(SLUG, WORLDS["200 users"])
        assert "Nothing in the table divides" not in run.text
        assert "to compare groups by skill and onboarding" in run.sentences[0]
        assert "cannot be told" in next(
            f["title"] for f in run.payloads(FIGURE) if f["name"] == "sign_ups"
        )

    def test_where_nobody_is_keen_keenness_is_not_counted(self, chapter):
        run = chapter(SLUG, WORLDS["nobody is keen"])
        assert "of the others" not in run.text
        assert "keenness acts on nothing" in run.text

    def test_halves_without_sign_ups_are_not_compared(self, chapter):
        run = chapter(SLUG, WORLDS["no rare countries on weekdays of one half"])
        assert "All sign up in one half of August" in run.text
        assert "either choice is right" in run.text
        assert "no row falls on a weekend" in run.text


class TestMarkupInNames:
    MARKUP = re.compile(r"<(?:script|b|i|u)>|\*\*x|\]\(http|\$x\$|`new`|\*drills\*")

    def test_it_comes_out_as_text_in_prose_and_tables(self, chapter):
        run = chapter(SLUG, WORLDS["other names"])
        for text in [*run.sentences, *(p.partition("<tbody>")[2] for p in pages(run).values())]:
            assert not re.search(r"<(?:script|b|i|u)>", text), text
        for text in run.sentences:
            assert not self.MARKUP.search(text), text
        assert "&lt;script&gt;place&lt;/script&gt;" in pages(run)["Data dictionary"]
        # Escaped once: a reader sees the name, not its escapes.
        assert "month_1 rate without" in plain(pages(run)["The audit"])

    def test_it_comes_out_as_text_in_figures(self, chapter):
        for output in chapter(SLUG, WORLDS["other names"]).outputs:
            drawing = output.get("data", {}).get("application/vnd.plotly.v1+json")
            if drawing:
                assert not re.search(r"<(?:script|i>|u>|b>(?:young|A))", str(drawing))
