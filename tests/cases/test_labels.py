"""Labels: words of the user's where given, and never a label of nothing."""

from __future__ import annotations

import pytest

from knowntruth.cases.labels import in_full, is_bare, label_words
from knowntruth.errors import ParameterError
from knowntruth.story import Name

KNOWN = {"units": "users", "primary": "songs played", "secondary": "conversion"}


class TestLabelWords:
    def test_a_label_stands_in_for_the_word_of_the_case(self):
        words = label_words({"primary": "<earnings>"}, KNOWN)
        assert words["primary"] == Name("<earnings>")
        assert words["units"] == Name("users")
        assert list(words) == list(KNOWN)

    def test_every_label_of_something_that_is_not_there_is_told(self):
        with pytest.raises(ParameterError) as caught:
            label_words({"primry": "a", "units": "b", "zzz": "c"}, KNOWN)
        primry, zzz = caught.value.problems
        assert (primry.where, primry.fix) == ("labels.primry", "Did you mean primary?")
        assert (zzz.where, zzz.fix) == ("labels.zzz", "There are units, primary, secondary")


class TestBareLabels:
    @pytest.mark.parametrize("label", ["0", "1", "2.0", "True", "yes", "B", ""])
    def test_a_label_that_says_nothing_brings_its_column_along(self, label):
        assert is_bare(label)
        assert in_full(label, "premium") == f"premium = {label}"

    @pytest.mark.parametrize("label", ["control", "new page", "v2", "18-34", "1.2.3"])
    def test_a_label_that_speaks_for_itself_stands_alone(self, label):
        assert not is_bare(label)
        assert in_full(label, "premium") == label
