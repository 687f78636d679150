"""The case ab_test: it checks before it opens, and both ways of opening give one shape."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from knowntruth import cases
from knowntruth.cases import ab_test
from knowntruth.cases.ab_test.contract import UNITS
from knowntruth.cases.ab_test.simulated import is_machine
from knowntruth.errors import ParameterError, UserError
from knowntruth.parameters import describe, parse
from knowntruth.story import Name


@pytest.fixture(scope="module")
def simulated():
    return ab_test.start({"users": 5000, "event_log": True})


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    rng = np.random.default_rng(1)
    table = pd.DataFrame(
        {
            "version": rng.choice(["A", "B"], 400),
            "spent": rng.gamma(2, 10, 400),
            "bought": rng.integers(0, 2, 400),
            "country": rng.choice(["NO", "SE"], 400),
        }
    )
    path = tmp_path_factory.mktemp("own") / "test.csv"
    table.to_csv(path, index=False)
    return ab_test.start(
        {
            "data": str(path),
            "columns": {
                "arm": "version", "primary": "spent", "secondary": "bought", "segments": "country",
            },
            "labels": {"primary": "spending"},
        }
    )  # fmt: skip


class TestStarting:
    def test_a_notebook_finds_misspelt_parameters_among_its_names(self):
        import math

        namespace = {
            "seed": 1, "lfit": 0.2, "In": [], "Out": {}, "_": 3, "math": math, "exit": exit,
        }  # fmt: skip
        with pytest.raises(ParameterError, match=r"lfit.*Did you mean lift\?"):
            ab_test.start(namespace)

    def test_all_problems_come_at_once(self):
        with pytest.raises(ParameterError) as caught:
            ab_test.start({"users": "many", "lift": float("inf"), "alfa": 0.1, "power": 2.0})
        assert {p.where for p in caught.value.problems} == {"users", "lift", "alfa", "power"}

    def test_world_parameters_and_own_data_do_not_mix(self):
        with pytest.raises(ParameterError, match="`lift`"):
            ab_test.start({"data": "x.csv", "lift": 0.2})
        with pytest.raises(ParameterError, match="`control`"):
            ab_test.start({"control": "A"})

    def test_texts_become_values_by_the_type_of_their_field(self):
        values = parse(
            ab_test.CASE.parameters,
            ["users=600", "lift=0", 'segment_lift={"iOS": 0.3}', "event_log=false",
             "control=0", "intended_share=none", "aa_tests=1e3"],
        )  # fmt: skip
        assert values == {
            "users": 600, "lift": 0, "segment_lift": {"iOS": 0.3}, "event_log": False,
            "control": "0", "intended_share": None, "aa_tests": 1000,
        }  # fmt: skip
        with pytest.raises(ParameterError, match="more than once"):
            parse(ab_test.CASE.parameters, ["lift=1", "lift=2"])

    def test_every_parameter_has_a_meaning_and_a_range(self):
        table = describe(ab_test.CASE.parameters)
        assert (table["meaning"].str.len() > 10).all()
        assert (table["range"].str.len() > 0).all()

    def test_an_unknown_case_suggests_the_nearest(self):
        with pytest.raises(UserError, match="Did you mean ab_test"):
            cases.get("abtest")


class TestOneShape:
    @pytest.mark.parametrize("kind", ["simulated", "own"])
    def test_units_have_the_columns_of_the_contract(self, kind, request):
        case = request.getfixturevalue(kind)
        counts = {
            "secondary": len(case.secondary),
            "segments": len(case.segments),
            "signals": len(case.signals),
        }
        allowed = {*UNITS.columns(counts), *(f.name for f in UNITS.fields if not f.several)}
        assert set(case.units.columns) <= allowed
        assert set(case.counts) == {"control", "treatment"}
        assert sum(case.counts.values()) == len(case.units)

    def test_it_is_the_case_that_it_was_opened_from(self, simulated):
        assert simulated.slug == ab_test.CASE.slug
        assert simulated.contract is ab_test.CASE.contract

    def test_only_the_simulated_one_knows_the_truth(self, simulated, own):
        assert simulated.is_simulated
        assert simulated.primary.true_lift == simulated.truth.lift
        assert not own.is_simulated
        assert own.primary.true_lift is own.true_share is None

    def test_only_the_simulated_one_has_tables_of_a_world(self, simulated, own):
        assert len(simulated.users) == len(simulated.units)
        assert simulated.events["user_id"].isin(simulated.users["user_id"]).all()
        assert own.users is own.events is None

    def test_own_words_and_labels_are_used(self, own):
        assert own.primary.name == Name("spending")
        assert own.words.control == Name("version = A")
        assert [m.kind for m in own.metrics] == ["mean", "proportion"]

    def test_a_label_for_something_that_is_not_there_is_refused(self):
        with pytest.raises(ParameterError, match=r"Did you mean primary\?"):
            ab_test.start({"labels": {"primry": "x"}, "event_log": False})

    def test_machines_are_found_by_how_they_play(self):
        case = ab_test.start({})
        flagged = case.users.loc[is_machine(case.users), "user_id"]
        assert set(flagged) == set(case.truth.machines)

    def test_disguised_machines_are_not_found(self):
        case = ab_test.start({"outliers_disguised": 1.0, "event_log": False})
        assert not is_machine(case.users).any()
