"""Cases: found by their folder, started by a notebook, and never half simulated, half own."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Self

import pydantic
import pytest

from knowntruth import cases
from knowntruth.cases import Blanks, Case, OwnData, refuse_mixture
from knowntruth.data.contract import Contract, Field
from knowntruth.errors import ParameterError
from knowntruth.parameters import Parameters, parameter


class World(Parameters):
    seed: int = parameter(42, "seed of the world")
    size: int = parameter(10, "size of the world", ge=1)
    growth: float = parameter(0.0, "growth of the world")


class Analysis(Parameters):
    alpha: float = parameter(0.05, "rate of false alarms")


class OwnShops(Blanks, OwnData):
    currency: str = parameter("", "currency of the table")


class Shops(OwnShops, Analysis, World):
    @pydantic.model_validator(mode="after")
    def _own_data_and_world_do_not_mix(self) -> Self:
        refuse_mixture(self, world=World, own=OwnShops)
        return self


CASE = Case(
    slug="shops",
    title="Shops",
    question="What sells?",
    world="shops",
    parameters=Shops,
    contract=Contract("units", "a shop", (Field(name="shop", kind="identifier", meaning="it"),)),
    opener=lambda p: p,
    example="",
    simulator=lambda _: ({}, {}),
)


class TestStarting:
    def test_what_a_notebook_has_assigned_are_its_parameters(self):
        namespace = {"size": 3, "_": 4, "In": [], "pytest": pytest, "again": CASE}
        opened = CASE.start(namespace)
        assert (opened.size, opened.alpha) == (3, 0.05)

    def test_a_misspelt_one_is_found(self):
        with pytest.raises(ParameterError, match=r"alhpa.*Did you mean alpha\?"):
            CASE.start({"alhpa": 0.1})


class TestMixture:
    @pytest.mark.parametrize(
        "given",
        [
            {},
            {"size": 3, "seed": 1, "alpha": 0.1},
            {"labels": {"shop": "inn"}},
            {"data": "x.csv", "seed": 1, "alpha": 0.1, "labels": {"shop": "inn"}},
            {"data": "x.csv", "columns": {"shop": "id"}, "blank_is_zero": ["id"], "currency": "€"},
            # Defaults say nothing: a notebook always assigns every parameter.
            {"data": "x.csv", "size": 10, "growth": 0.0},
            {"data": "", "columns": {}, "currency": ""},
        ],
    )
    def test_what_goes_together_is_accepted(self, given):
        CASE.check(given)

    def test_the_world_means_nothing_with_own_data(self):
        with pytest.raises(ParameterError, match=r"`size`, `growth` describe the simulated world"):
            CASE.check({"data": "x.csv", "growth": 0.1, "size": 3, "alpha": 0.1})

    def test_what_describes_own_data_means_nothing_without_it(self):
        given = {"columns": {"shop": "id"}, "currency": "€", "blank_is_zero": ["id"]}
        with pytest.raises(ParameterError) as caught:
            CASE.check(given)
        [problem] = caught.value.problems
        assert "`columns`, `blank_is_zero`, `currency` describe your own table" in problem.what
        assert problem.fix == "Give `data` as well"


class TestFinding:
    def test_cases_are_packages_and_what_they_share_is_none(self):
        found = cases.all_cases()
        assert {"opened", "many_worlds", "labels", "exercises"}.isdisjoint(found)
        assert all(case.slug == slug for slug, case in found.items())

    def test_finding_them_imports_nothing_slow(self):
        slow = {"pandas", "pandera", "duckdb", "numpy", "plotly", "scipy", "IPython"}
        script = (
            "import sys; from knowntruth import cases; assert cases.all_cases(); "
            f"print(sorted({slow!r} & set(sys.modules)))"
        )
        done = subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )
        assert done.stdout.strip() == "[]"
