"""Wording of simulations: what is said of a table and its rules is true for the numbers given."""

from __future__ import annotations

import math

import pytest

from knowntruth.story import Estimate, Fact, Finding, Name, PValue
from knowntruth.story import simulations as wording
from knowntruth.story.facts import Reason
from knowntruth.story.saying import check_traced, payloads_of

UNIT, ONBOARDING = Name("users"), Name("onboarding")
LIKELY, UNLIKELY = PValue("p", 0.4), PValue("p", 0.002)


def count(value, name="n"):
    return Fact(name, value, "count")


def ratio(value, low, high):
    estimate = Estimate(value=value, low=low, high=high, level=0.95, n=900, null=1.0)
    return Finding("ratio", Name("sign-ups"), estimate, names=(UNIT,))


class TestCauses:
    def test_a_cause_is_told_with_all_that_it_acts_on(self):
        effects = [Name("retention"), Name("churn"), Name("conversion")]
        assert wording.acts(Name("keenness"), effects[:1]).endswith("acts directly on retention.")
        assert wording.acts(Name("age"), effects).endswith("on retention, churn and conversion.")


class TestRules:
    def test_a_drop_of_nothing_is_no_drop(self):
        for how in ("late August", "as coded"):
            said = wording.drop_rule(how, Fact("drop", 0.0, "share"))
            assert said == "in this run none of them was to stay away."

    def test_a_drop_as_meant_and_as_coded_are_told_apart(self):
        share = Fact("drop", 0.1, "share")
        assert (
            wording.drop_rule("late August", share) == "by the rule 10% of them stay away after it."
        )
        coded = wording.drop_rule("as coded", share)
        assert "10% of them were to stay away" in coded
        assert "more of them stay away than was meant" in coded

    @pytest.mark.parametrize(
        ("p", "said"), [(LIKELY, "are no further apart than"), (UNLIKELY, "are further apart than")]
    )
    def test_a_rule_is_doubted_only_when_a_rare_chance_would_be_needed(self, p, said):
        assert said in wording.obeyed("incomes", p)
        assert wording.obeyed("incomes", p).startswith("Incomes: ")

    def test_events_are_held_against_their_chances(self):
        said = wording.total(Name("paying"), count(470), count(444.4), LIKELY)
        assert said == (
            "The chances of paying add up to 444; the table has 470, "
            "no further apart than chance makes them (p = 0.40)."
        )
        assert "further apart than chance usually" in wording.total(
            Name("paying"), count(470), count(200), UNLIKELY
        )

    def test_an_event_with_a_comma_is_closed_by_one(self):
        said = wording.total(Name("day 7, among those back"), count(1), count(2), LIKELY)
        assert "The chances of day 7, among those back, add up to 2" in said

    def test_what_cannot_happen_is_said_to_have_no_chance(self):
        said = wording.total(Name("paying"), count(0), count(0.0), PValue("p", 1.0))
        assert (
            said == "The rule leaves nobody a chance of paying in this run, and the table has none."
        )
        # A chance so small that it is written as none is one nevertheless.
        assert "chances of paying" in wording.total(Name("paying"), count(0), count(0.01), LIKELY)

    def test_takers_are_told_for_each_kind_of_user(self):
        def share(value):
            estimate = Estimate(
                value=value, low=value - 0.01, high=value + 0.01, level=0.95, n=9, unit="share",
                null=None,
            )  # fmt: skip
            return Finding("takes", ONBOARDING, estimate)

        both = {"keen": share(0.8), "others": share(0.35)}
        said = wording.takers(both, onboarding=ONBOARDING)
        assert said == "Onboarding was taken by 80.0% of the keen and 35.0% of the others."
        alone = wording.takers({"users": share(0.5)}, onboarding=ONBOARDING)
        assert alone == "Onboarding was taken by 50.0% of the users."


class TestAudit:
    BROKEN = (Name("day 30 without day 7"), count(67))

    def test_only_a_table_without_a_broken_row_is_called_sound(self):
        assert wording.audited([], count(6), unit=UNIT).endswith("no row breaks any of them.")
        said = wording.audited([self.BROKEN], count(6), unit=UNIT)
        assert "no row" not in said
        assert "day 30 without day 7 (67 of the users)" in said

    def test_one_rule_is_singular(self):
        assert "The only rule" in wording.audited([], count(1), unit=UNIT)
        said = wording.audited([self.BROKEN], count(1), unit=UNIT)
        assert said.startswith("The only rule that can be asked is broken: day 30")

    def test_a_reason_is_given(self):
        said = wording.cannot("how weekdays differ", Reason("why", "no row has a date"))
        assert said == "How weekdays differ cannot be told: no row has a date."


class TestWeekdays:
    MORE, FEWER = ratio(1.4, 1.1, 1.8), ratio(0.7, 0.5, 0.9)
    UNCLEAR, OPEN = ratio(1.3, 0.9, 1.9), ratio(1.3, -math.inf, math.inf)

    @pytest.mark.parametrize("found", [MORE, FEWER, UNCLEAR, OPEN])
    def test_a_side_is_taken_only_by_an_interval_that_leaves_one_out(self, found):
        said = wording.by_weekday(found, unit=UNIT)
        assert ("clearly more" in said) == (found.estimate.low > 1)
        assert ("clearly fewer" in said) == (found.estimate.high < 1)
        assert ("whether users prefer either cannot be told" in said) == (not found.is_clear)
        title = wording.weekday_title(found)
        assert (title.startswith("A working day brings")) == found.is_clear
        assert ("cannot be told" in title) == (not found.is_clear)

    def test_the_number_is_in_sentence_and_title(self):
        for said in (wording.by_weekday(self.MORE, unit=UNIT), wording.weekday_title(self.MORE)):
            assert f"{self.MORE:value} times the sign-ups of a day of the weekend" in said
            check_traced(said, payloads_of([self.MORE]))


class TestDependence:
    def test_a_scan_without_a_hit_says_what_is_seen_and_no_more(self):
        said = wording.dependence(count(0), count(12_345))
        assert said.startswith("In 12,345 looks nothing stands out: no column is seen")

    @pytest.mark.parametrize(
        ("hits", "words"), [(1, "1 pair of columns is"), (3, "3 pairs of columns are")]
    )
    def test_hits_are_counted(self, hits, words):
        said = wording.dependence(count(hits), count(100))
        assert words in said
        assert "not independent of one another" in said
        assert "should be" not in said

    def test_a_table_of_ones_own_may_be_sorted(self):
        assert "sorted" in wording.dependence(count(2), count(9), may_be_sorted=True)
        assert "sorted" not in wording.dependence(count(2), count(9))

    @pytest.mark.parametrize(
        ("lag", "rows"), [(1, "1 row further"), (13_594, "13,594 rows further")]
    )
    def test_what_a_row_tells_of_another_one(self, lag, rows):
        rate, base = Fact("rate", 0.849, "share", 1), Fact("base", 0.058, "share", 1)
        said = wording.shared(Name("pays"), Name("age = 55+"), count(lag), rate, base)
        assert rows in said
        assert said.endswith("with a chance of 84.9%; of all rows 5.8% have it.")


class TestFigures:
    def test_long_lists_are_cut_and_counted(self):
        numbers = wording.SEPARATOR.join(str(0.1 + i / 1e12) for i in range(18))
        assert wording.shortened(numbers).endswith("… (18 in all)")
        assert wording.shortened("1 · 2 · 3 · 4") == "1 · 2 · 3 · 4"

    def test_replayed_figures_are_counted_by_how(self):
        counts = {
            "all": 40,
            "exact": 13,
            "given": 8,
            "same": 21,
            "band": 17,
            "inside": 16,
            "cannot": 2,
        }
        facts = {key: count(value, key) for key, value in counts.items()}
        said = wording.replayed(facts)
        check_traced(said, payloads_of(facts.values()))
        assert "13 follow from the code alone" in said
        assert "16 of them lie where many replays do" in said
