"""Names of segments against centres by hand, the published descriptions, and laws."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from knowntruth.methods.shops.segment_names import PUBLISHED, matches_published, name_segments

GROUPS = np.repeat(["w", "x", "y", "z"], 30)


def customers(centres: dict[str, list[float]], seed: int = 1) -> pd.DataFrame:
    """Return thirty customers around each of four centres."""
    random = np.random.default_rng(seed)
    found = {name: np.repeat(of, 30) + random.normal(0, 0.1, 120) for name, of in centres.items()}
    return pd.DataFrame(found)


# Terciles of four equal groups lie in the second and in the third.
AS_PUBLISHED = customers(
    {"total_spending": [0, 4.9, 5.1, 9], "shopping_days": [0, 9, 1, 9], "spend_per_item": [5] * 4}
)


def test_levels_are_where_centres_lie_among_the_terciles_of_customers() -> None:
    found = name_segments(AS_PUBLISHED, GROUPS)
    for name in ("total_spending", "shopping_days", "spend_per_item"):
        low, high = np.percentile(AS_PUBLISHED[name], [100 / 3, 200 / 3])
        assert list(found.edges.loc[name]) == pytest.approx([low, high])
        for group in "wxyz":
            centre = AS_PUBLISHED[name][group == GROUPS].mean()
            level = "low" if centre < low else "high" if centre > high else "middle"
            assert found.levels.loc[group, name] == level
            assert found.centres.loc[group, name] == pytest.approx(centre)
    assert found.levels["total_spending"].tolist() == ["low", "middle", "middle", "high"]
    assert found.sizes == dict.fromkeys("wxyz", 30)


def test_names_list_what_is_not_in_the_middle() -> None:
    found = name_segments(AS_PUBLISHED[["total_spending", "shopping_days"]], GROUPS)
    assert found.names["w"] == "low total spending, low shopping days"
    words = {"total_spending": "spending", "shopping_days": "frequency"}
    named = name_segments(AS_PUBLISHED[list(words)], GROUPS, words=words)
    assert named.names["x"] == "high frequency"
    same = name_segments(pd.DataFrame({"a": [1.0, 1, 1]}), [0, 0, 0])
    assert same.names == {0: "middle in everything"}


def test_groups_with_the_same_levels_are_numbered_by_the_first_feature() -> None:
    found = name_segments(pd.DataFrame({"a": [0.0, 1, 5, 6, 10, 12]}), [0, 1, 2, 2, 3, 4]).names
    assert found == {0: "low a (2)", 1: "low a (1)", 2: "middle in everything",
                     3: "high a (2)", 4: "high a (1)"}  # fmt: skip


def test_the_published_descriptions_fit_the_groups_made_to_them_alone() -> None:
    rows = {name: list(levels) for name, levels in PUBLISHED.items()}
    levels = pd.DataFrame.from_dict(
        rows, orient="index", columns=["total_spending", "shopping_days"]
    )
    assert matches_published(levels) == {name: (name,) for name in PUBLISHED}
    # Spending that follows prices, and as many shopping days for everybody: none of them holds.
    levels["shopping_days"] = "middle"
    assert matches_published(levels) == dict.fromkeys(PUBLISHED, ())


def test_groups_found_in_data_are_matched() -> None:
    found = matches_published(name_segments(AS_PUBLISHED, GROUPS).levels)
    assert found["Value Seekers"] == ("w",)
    assert found["Frequent Shoppers"] == ("x",)
    assert found["High Spenders"] == ("z",)


def test_names_follow_centres_and_not_labels_or_units() -> None:
    found = name_segments(AS_PUBLISHED, GROUPS)
    other = name_segments(AS_PUBLISHED * 40, np.char.add("group ", GROUPS))
    assert list(found.names.values()) == list(other.names.values())
    assert (found.levels.to_numpy() == other.levels.to_numpy()).all()


def test_wrong_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="one a customer"):
        name_segments(AS_PUBLISHED, GROUPS[1:])
    with pytest.raises(ValueError, match="not finite"):
        name_segments(AS_PUBLISHED.shift(), GROUPS)
    with pytest.raises(ValueError, match="no levels of shopping_days"):
        matches_published(pd.DataFrame({"total_spending": ["low"]}))
