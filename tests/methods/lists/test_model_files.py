"""Models saved and loaded: every kind, and every file that cannot be trusted."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from knowntruth import __version__
from knowntruth.errors import DataError
from knowntruth.methods.lists import count_factors, ease, item_neighbours, popularity, svd_plus_plus
from knowntruth.methods.lists.interactions import Interactions, interactions
from knowntruth.methods.lists.model_fields import put_together, taken_apart
from knowntruth.methods.lists.model_files import fingerprint, load, read_header, save
from knowntruth.methods.lists.ratings import ratings
from knowntruth.methods.shops import bg_nbd
from knowntruth.story.estimates import Estimate


def bought(n: int = 300) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "customer": [f"Zoë {i}" for i in rng.integers(20, size=n)],
            "product": [f"P{i}" for i in rng.integers(9, size=n)],
            "amount": rng.lognormal(3, 1, n),
        }
    )


PURCHASES = bought()
TRAIN = interactions(PURCHASES)
CATEGORIES = pd.Series({name: "even" if int(name[1:]) % 2 else "odd" for name in TRAIN.products})
MODELS: dict[str, Callable[[], Any]] = {
    "methods.lists.svd_plus_plus.SvdPlusPlus": lambda: svd_plus_plus.fit(
        ratings(PURCHASES), factors=3, epochs=2, seed=1
    ),
    "methods.lists.popularity.Popularity": lambda: popularity.fit(TRAIN),
    "methods.lists.popularity.PopularityWithinCategory": lambda: popularity.fit_within_category(
        TRAIN, categories=CATEGORIES
    ),
    "methods.lists.item_neighbours.ItemNeighbours": lambda: item_neighbours.fit(
        TRAIN, neighbours=2
    ),
    "methods.lists.ease.Ease": lambda: ease.fit(TRAIN),
    "methods.lists.count_factors.CountFactors": lambda: count_factors.fit(TRAIN, rank=3),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.npz"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a good file."""
    target = tmp_path_factory.mktemp("models") / "model.npz"
    model = MODELS["methods.lists.svd_plus_plus.SvdPlusPlus"]()
    return save(model, target, fingerprint=fingerprint(PURCHASES)).read_bytes()


def refused(path: Path, **options: Any) -> str:
    with pytest.raises(DataError) as caught:
        load(path, **options)
    return str(caught.value)


def rewritten(path: Path, written: bytes, change: Callable[[dict[str, Any]], object]) -> Path:
    """Write a good file again with another header, as numpy would."""
    path.write_bytes(written)
    with np.load(path) as file:
        members = dict(file)
    header = json.loads(members.pop("header").tobytes())
    change(header)
    text = np.frombuffer(json.dumps(header).encode(), "u1")
    np.savez(path, allow_pickle=False, header=text, **members)
    return path


@pytest.mark.parametrize("kind", MODELS)
def test_a_model_of_every_kind_comes_back_as_it_was(kind: str, path: Path) -> None:
    model = MODELS[kind]()
    save(model, path)
    found = load(path)
    assert type(found) is type(model)
    np.testing.assert_array_equal(found.scores(), model.scores())
    np.testing.assert_array_equal(found.scores(np.array([3, 1])), model.scores()[[3, 1]])
    pd.testing.assert_index_equal(found.train.customers, model.train.customers, exact=True)
    pd.testing.assert_index_equal(found.train.products, model.train.products, exact=True)
    assert (found.train.counts != model.train.counts).nnz == 0
    for field in dataclasses.fields(model):
        if isinstance(getattr(model, field.name), bool | int | float | str | tuple):
            assert getattr(found, field.name) == getattr(model, field.name)


def test_the_header_says_what_the_model_is(path: Path, written: bytes) -> None:
    path.write_bytes(written)
    found = read_header(path)
    assert (found.format, found.package) == (1, __version__)
    assert found.kind == "methods.lists.svd_plus_plus.SvdPlusPlus"
    assert found.fingerprint == fingerprint(PURCHASES)
    asked = {"factors": 3, "epochs": 2, "rate": 0.007, "regularisation": 0.02, "seed": 1}
    assert asked.items() <= found.parameters.items()


def test_numpy_alone_reads_the_arrays_without_pickle(path: Path, written: bytes) -> None:
    path.write_bytes(written)
    with np.load(path, allow_pickle=False) as file:
        assert all(file[name].dtype.hasobject is False for name in file.files)
        assert "Zoë 3" in file["header"].tobytes().decode()


def test_the_same_model_makes_the_same_bytes(path: Path, written: bytes) -> None:
    again = MODELS["methods.lists.svd_plus_plus.SvdPlusPlus"]()
    save(again, path, fingerprint=fingerprint(PURCHASES))
    assert path.read_bytes() == written


VALUES = {
    "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "big-endian": np.arange(3, dtype=">i4"),
    "no dimension": np.array(2.5),
    "times": np.array(["2023-01-01", "NaT"], dtype="M8[us]"),
    "sparse": sparse.csr_array(([1.0, 2.0], ([0, 2], [1, 0])), shape=(3, 2)),
    "texts": pd.Index(["b", "", "a\x00"], name="product"),
    "objects": pd.Index(["b", "a"], dtype=object),
    "numbers": pd.Index([3, 1]),
    "moments": pd.DatetimeIndex(["2023-01-01"], name="day"),
    "places": pd.RangeIndex(2, 8, 3),
    "column": pd.Series([1.5, np.nan], index=["x", "y"], name="price"),
    "column of texts": pd.Series({3: "x", 5: "y"}),
    "moment": pd.Timestamp("2023-05-06 07:08:09.123456").as_unit("ns"),
    "not finite": [float("inf"), float("-inf")],
    "mapping": {1: (None, True, 2, "t"), "two": [0.1 + 0.2, np.float32(0.5)]},
    "estimate": Estimate(value=1.0, low=-np.inf, high=2.0, level=0.9, n=3, null=None),
    "huge": 2**80,
}


@pytest.mark.parametrize("name", VALUES)
def test_a_value_of_every_kind_comes_back_through_json(name: str) -> None:
    value, arrays = VALUES[name], list[Any]()
    tree = json.loads(json.dumps(taken_apart(value, arrays), allow_nan=False))
    found = put_together(tree, arrays)
    if isinstance(value, pd.Index):
        pd.testing.assert_index_equal(found, value, exact=True)
    elif isinstance(value, pd.Series):
        pd.testing.assert_series_equal(found, value)
    elif isinstance(value, sparse.csr_array):
        np.testing.assert_array_equal(found.toarray(), value.toarray())
    elif isinstance(value, np.ndarray):
        np.testing.assert_array_equal(found, value)
        assert found.shape == value.shape
    else:
        assert found == value
        assert type(found) is type(value)
        assert getattr(found, "unit", None) == getattr(value, "unit", None)


@pytest.mark.parametrize("name", ["fortran", "big-endian"])
def test_arrays_are_written_row_by_row_with_the_small_end_first(name: str) -> None:
    arrays: list[Any] = []
    taken_apart(VALUES[name], arrays)
    (array,) = arrays
    assert array.tobytes() == array.tobytes(order="A")
    assert array.dtype == array.dtype.newbyteorder("<")
    assert array.tolist() == np.asarray(VALUES[name]).tolist()


def test_a_fitted_model_of_orders_is_kept_too(path: Path) -> None:
    model = bg_nbd.BgNbd(n=5, repeated=0, reason="nobody came back")
    assert load(save(model, path)).reason == "nobody came back"
    assert np.isnan(load(path).alpha)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (np.array([{}], dtype=object), "array of objects"),
        (pd.Index(["a", None]), "labels are"),
        ({1, 2}, "a set is not kept"),
        (print, "not kept"),
    ],
)
def test_what_could_run_code_is_not_written(value: Any, words: str, path: Path) -> None:
    with pytest.raises(ValueError, match=words):
        save(dataclasses.replace(TRAIN, left_out=value), path)
    assert list(path.parent.iterdir()) == []


def test_only_frozen_dataclasses_of_this_package_are_written(path: Path) -> None:
    @dataclasses.dataclass(frozen=True)
    class Other:
        x: int = 1

    with pytest.raises(ValueError, match="only frozen dataclasses"):
        save(Other(), path)


def test_a_file_is_only_replaced_where_that_was_said(path: Path) -> None:
    save(TRAIN, path)
    before = path.read_bytes()
    with pytest.raises(DataError, match="there already"):
        save(popularity.fit(TRAIN), path)
    assert path.read_bytes() == before
    save(popularity.fit(TRAIN), path, replace=True)
    assert isinstance(load(path), popularity.Popularity)
    assert [file.name for file in path.parent.iterdir()] == ["model.npz"]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(TRAIN, path)
    before = path.read_bytes()

    def full(self: Path, data: bytes) -> int:
        with self.open("wb") as file:
            file.write(data[:100])
        raise OSError("no space left")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="no space"):
        save(popularity.fit(TRAIN), path, replace=True)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["model.npz"]


def test_a_pickle_is_refused_and_never_run(path: Path) -> None:
    class Trap:
        def __reduce__(self) -> Any:
            return exec, ("raise SystemExit('it ran')",)

    path.write_bytes(pickle.dumps(Trap()))
    assert "it is a pickle" in refused(path)
    held = np.empty(1, dtype=object)
    held[0] = Trap()
    np.savez(path, header=held)
    assert "holds pickled objects" in refused(path)


def test_a_missing_a_foreign_and_a_cut_off_file_are_refused(path: Path, written: bytes) -> None:
    assert "there is no such file" in refused(path)
    path.write_text("customer,product\n")
    assert "no model file" in refused(path)
    np.savez(path, x=np.arange(3))
    assert "not written by model_files.save" in refused(path)
    for share in (0.1, 0.5, 0.99):
        path.write_bytes(written[: int(share * len(written))])
        assert "cut off" in refused(path)


def test_a_byte_that_changed_is_found_or_changes_nothing(path: Path, written: bytes) -> None:
    """CRC-32 finds a byte of the contents; dates and the like of the archive do not matter."""
    path.write_bytes(written)
    model, found = load(path), 0
    places = np.random.default_rng(1).choice(len(written), 150, replace=False)
    for place in places:
        damaged = bytearray(written)
        damaged[place] ^= 0x55
        path.write_bytes(damaged)
        try:
            again = load(path)
        except DataError:
            found += 1
        else:
            np.testing.assert_array_equal(again.scores(), model.scores())
            assert again.train.customers.equals(model.train.customers)
    assert found > 100


def test_a_newer_format_is_refused_with_the_version_to_update_to(
    path: Path, written: bytes
) -> None:
    rewritten(path, written, lambda header: header.update(format=2, package="9.8"))
    message = refused(path)
    assert "newer" in message
    assert "9.8" in message


def without_factors(header: dict[str, Any]) -> None:
    del header["model"]["fields"]["factors"]


@pytest.mark.parametrize(
    "change",
    [
        without_factors,
        lambda header: header.pop("model"),
        lambda header: header.update(kind="methods.lists.ease.Ease"),
        lambda header: header.update(format="new"),
        lambda header: header["model"].update(fields={"unknown": 1}),
        lambda header: header["model"]["fields"].update(customer_bias={"array": 99}),
        lambda header: header["model"]["fields"].update(customer_bias={}),
        lambda header: header["model"]["fields"].update(customer_bias=[1]),
        lambda header: header["model"]["fields"]["train"]["fields"].update(
            counts={"sparse": [1, 1, 1], "shape": [20, 9]}
        ),
        lambda header: header["model"]["fields"]["train"]["fields"]["counts"].update(shape=[20, 2]),
    ],
)
def test_a_header_that_was_tampered_with_is_refused(
    change: Callable[[dict[str, Any]], object], path: Path, written: bytes
) -> None:
    assert "damaged" in refused(rewritten(path, written, change))


@pytest.mark.parametrize(
    "name",
    [
        "os.system",
        "methods.lists.os.system",
        "methods.lists.model_files.Path",
        "methods.lists.model_files.save",
        "methods.lists.model_files.Problem",  # made in another module
        "errors.Problem",  # neither a method nor an estimate
        "methods.lists.nowhere.Model",
        "cli.build.Build",
        "methods..ease.Ease",
    ],
)
def test_a_file_makes_nothing_but_this_packages_own_dataclasses(
    name: str, path: Path, written: bytes
) -> None:
    def change(header: dict[str, Any]) -> None:
        header["model"]["fields"]["reason"] = {"class": name, "fields": {"command": "false"}}

    assert f"there is no model {name}" in refused(rewritten(path, written, change))


def test_a_model_of_other_purchases_is_refused_if_asked(path: Path, written: bytes) -> None:
    path.write_bytes(written)
    load(path, expect=fingerprint(PURCHASES))
    others = PURCHASES.iloc[1:]
    assert "fitted to other purchases" in refused(path, expect=fingerprint(others))


def test_a_fingerprint_is_blake2b_of_labels_and_sorted_purchases() -> None:
    table = pd.DataFrame(
        {"customer": ["b", "a", "b"], "product": ["x", "y", "x"], "amount": [3.0, 2.0, 1.0]}
    )
    expected = hashlib.blake2b(b'[["a", "b"], ["x", "y"]]', digest_size=16)
    for column, kind in (([0, 1, 1], "<i8"), ([1, 0, 0], "<i8"), ([2.0, 1.0, 3.0], "<f8")):
        expected.update(np.array(column, dtype=kind).tobytes())
    assert fingerprint(table) == expected.hexdigest()


def test_a_fingerprint_knows_no_order_of_rows_and_every_change() -> None:
    before = fingerprint(PURCHASES)
    assert fingerprint(PURCHASES.sample(frac=1, random_state=1).assign(more=1)) == before
    changed = [
        PURCHASES.assign(customer=PURCHASES["customer"].replace("Zoë 1", "Zoë 99")),
        PURCHASES.assign(amount=PURCHASES["amount"] * 2),
        PURCHASES.iloc[1:],
        pd.concat([PURCHASES, PURCHASES.iloc[:1]]),
        PURCHASES.assign(product=PURCHASES["product"].to_numpy()[::-1]),
    ]
    assert len({before, *map(fingerprint, changed)}) == 6


def test_a_file_that_was_compressed_again_is_read(path: Path, written: bytes) -> None:
    path.write_bytes(written)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    assert load(path).factors == 3
    assert isinstance(load(path).train, Interactions)
