"""The command line: what it prints, what it leaves, and with which status it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from knowntruth import cases, cli
from knowntruth.cli import printing
from knowntruth.errors import Problem, RunError, UserError
from knowntruth.runs import execute, read, report

GOOD = "version,revenue\nold,1\nnew,2\nold,3\nnew,4\n"
MAPS = ["--map", "arm=version", "--map", "primary=revenue"]
SENTENCE = "**No:** revenue &#60;b&#62; did not change."


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test stands in a folder with one good table, on a wide terminal."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "300")
    (tmp_path / "good.csv").write_text(GOOD)
    return tmp_path


@pytest.fixture
def executed(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Execution and report stand in for themselves; the values of each run are kept."""
    runs: list[dict[str, Any]] = []

    def run(case: cases.Case, values: dict[str, Any], target: Path, **_: object) -> Path:
        runs.append(dict(values))
        target.write_text("notebook")
        return target

    def write(notebook: Path, target: Path) -> Path:
        target.write_text(notebook.read_text() + " as a page")
        return target

    row = {
        "name": "primary", "what": "revenue <b>", "value": 0.25, "low": -0.5, "high": None,
        "level": 0.95, "n": 4, "p_value": 0.4, "null": 0.0, "unit": "relative",
        "method": "Welch's t-test", "sentence": SENTENCE,
    }  # fmt: skip
    monkeypatch.setattr(execute, "run", run)
    monkeypatch.setattr(report, "write", write)
    monkeypatch.setattr(read, "findings", lambda _: pd.DataFrame([row]))
    return runs


def listing(folder: Path) -> list[tuple[str, bytes | None]]:
    return sorted(
        (str(p.relative_to(folder)), p.read_bytes() if p.is_file() else None)
        for p in folder.rglob("*")
    )


def run(*arguments: str) -> int:
    return cli.status(["run", "ab_test", *arguments])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-p", "usrs=600"], ["usrs", "Did you mean users?"]),
        (["-p", "users=many"], ["users: cannot be the text 'many'"]),
        (["-p", "users=1"], ["users: cannot be 1"]),
        (["-p", "treatment_share=0"], ["treatment_share: cannot be 0", "0 < x < 1"]),
        (["-p", "treatment_share=1"], ["treatment_share: cannot be 1"]),
        (["-p", "intended_share=1", "--data", "good.csv", *MAPS], ["intended_share: cannot be 1"]),
        (
            ["-p", "users=1", "-p", "lft=2", "-p", "alpha=x"],
            ["users", "Did you mean lift?", "alpha"],
        ),
        (["-p", "users"], ["users: has no value"]),
        (["--map", "arm=version"], ["Give `data` as well"]),
        (["--data", "good.csv", *MAPS, "-p", "lift=0.3"], ["`lift`", "simulated world"]),
        (["--data", "god.csv", *MAPS], ["does not exist. Did you mean", "good.csv?"]),
        (["--data", "good.csv", "--map", "arm=versoin", *MAPS[2:]], ["--map arm=version"]),
        (["--data", "good.csv", "--map", "arm"], ["--map arm: does not say which column"]),
        (["--data", "good.csv", *MAPS, "--label", "primary"], ["does not say which words"]),
        (["--data", "good.csv", *MAPS, "--label", "primry=x"], ["labels.primry", "mean primary?"]),
        (["--data", "good.csv", *MAPS, "-p", "data=good.csv"], ["either with --data or with -p"]),
        (["--data", "good.csv", *MAPS, "-p", 'columns={"arm": "version"}'], ["with --map or"]),
        (["--data", "good.csv", *MAPS, "-p", "control=x"], ["has no control 'x'"]),
        (["--data", "bad.csv", "-p", "usrs=1", "--label", "x"], ["bad.csv", "usrs", "--label x"]),
    ],
)
def test_input_that_cannot_be_used_ends_with_2_and_writes_nothing(
    folder: Path,
    executed: list[Any],
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    said: list[str],
) -> None:
    before = listing(folder)
    assert run(*arguments) == 2
    shown = capsys.readouterr()
    for words in said:
        assert words in shown.err
    assert shown.out == ""
    assert "Traceback" not in shown.err
    assert listing(folder) == before
    assert executed == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty"),
        ("version,revenue\n", "has no rows"),
        ("version,revenue\nold,1\nnew,2\nmid,3\n", "has 3 arms"),
        ("version,revenue\nold,1\nold,2\n", "has only one arm"),
        ("version,revenue\nold,1\nold,2\nnew,\n", "has no value in the arm 'new'"),
        ("version,revenue\nold,1\nnew,many\n", "1 value is no number ('many' in row 3)"),
        ("version,revenue\nold,\nnew,\n", "is blank in all 2 rows"),
        ("version,revenue\nold,inf\nnew,2\n", "1 value is infinite"),
        ("version,revenue,unit\nold,1,u\nnew,2,u\nold,1,v\nnew,3,w\n", "is not unique"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_before_anything_is_executed(
    folder: Path,
    executed: list[Any],
    capsys: pytest.CaptureFixture[str],
    content: str,
    said: str,
) -> None:
    (folder / "table.csv").write_text(content)
    before = listing(folder)
    assert run("--data", "table.csv", *MAPS) == 2
    assert said in capsys.readouterr().err
    assert listing(folder) == before
    assert executed == []


def test_a_run_leaves_notebook_and_report_in_a_folder_of_its_own(
    folder: Path, executed: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    label = "primary=weekly earnings"
    assert run("--data", "good.csv", *MAPS, "--label", label, "-p", "alpha=0.1") == 0
    made = folder / "runs" / "ab_test"
    assert {p.name for p in made.iterdir()} == {"ab_test.ipynb", "ab_test.html"}
    assert [p.name for p in made.parent.iterdir()] == ["ab_test"]
    assert executed == [
        {
            "data": str(folder / "good.csv"),
            "columns": {"arm": "version", "primary": "revenue"},
            "labels": {"primary": "weekly earnings"},
            "alpha": 0.1,
        }
    ]
    shown = capsys.readouterr()
    assert str(Path("runs/ab_test/ab_test.html")) in shown.out
    assert shown.err == ""


def test_the_headline_is_plain_text_with_its_interval(
    executed: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run() == 0
    shown = capsys.readouterr().out
    assert "No: revenue <b> did not change." in shown
    assert "\N{MINUS SIGN}50% to no upper bound" in shown
    assert "+25%" in shown


def test_a_second_run_takes_the_next_free_number(folder: Path, executed: list[Any]) -> None:
    (folder / "runs").mkdir()
    (folder / "runs" / "ab_test-2").write_text("mine")
    assert [run(), run(), run()] == [0, 0, 0]
    names = {p.name for p in (folder / "runs").iterdir()}
    assert names == {"ab_test", "ab_test-2", "ab_test-3", "ab_test-4"}
    assert (folder / "runs" / "ab_test-2").read_text() == "mine"


def test_an_output_that_holds_something_is_refused_and_left(
    folder: Path, executed: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "out").mkdir()
    (folder / "out" / "mine.txt").write_text("mine")
    before = listing(folder)
    assert run("--output", "out") == 2
    assert "is not empty" in capsys.readouterr().err
    assert run("--output", "good.csv") == 2
    assert "is a file" in capsys.readouterr().err
    assert run("--output", "good.csv/out") == 2
    assert "cannot be made" in capsys.readouterr().err
    assert listing(folder) == before


def test_an_output_may_be_new_deep_or_empty(folder: Path, executed: list[Any]) -> None:
    (folder / "empty").mkdir()
    assert run("--output", "empty") == 0
    assert run("--output", "new/deep") == 0
    assert (folder / "empty" / "ab_test.html").is_file()
    assert (folder / "new" / "deep" / "ab_test.html").is_file()


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (RunError("The chapter failed:", [Problem("cell 3", "broke", "Look")]), 1, "cell 3: broke"),
        (UserError("This is wrong:", [Problem("x", "is odd", "Mend it")]), 2, "x: is odd"),
        (KeyboardInterrupt(), 130, "nothing was left behind"),
    ],
)
def test_whatever_goes_wrong_leaves_nothing_behind(
    folder: Path,
    executed: list[Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    status: int,
    said: str,
) -> None:
    def fail(_case: object, _values: object, target: Path, **_: object) -> None:
        target.write_text("half a notebook")
        raise error

    monkeypatch.setattr(execute, "run", fail)
    before = listing(folder)
    assert run() == status
    assert run("--output", "new/deep") == status
    assert said in capsys.readouterr().err
    assert listing(folder) == before


def test_a_mistake_of_ours_keeps_its_traceback_and_leaves_nothing(
    folder: Path, executed: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(report, "write", fail)
    before = listing(folder)
    with pytest.raises(ZeroDivisionError):
        run()
    assert listing(folder) == before


def test_column_names_may_hold_commas_equals_signs_and_spaces(
    folder: Path, executed: list[dict[str, Any]]
) -> None:
    (folder / "t.csv").write_text(
        '"which, arm",a=b,"x, y",z\nold,1,1,0\nnew,2,2,1\nold,3,3,1\nnew,4,5,0\n'
    )
    maps = ["--map", "arm=which, arm", "--map=primary=a=b", "--map", "secondary=x, y"]
    assert run("--data", "t.csv", *maps, "--map", "secondary=z") == 0
    assert executed[0]["columns"] == {
        "arm": "which, arm", "primary": "a=b", "secondary": ["x, y", "z"],
    }  # fmt: skip


def test_show_prints_question_parameters_contract_and_an_example(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.status(["show", "ab_test"]) == 0
    shown = capsys.readouterr().out
    case = cases.get("ab_test")
    for name in (*case.parameters.model_fields, *case.contract.names):
        assert name in shown
    for field in case.contract.fields:
        assert field.meaning in shown
    assert case.question in shown
    assert case.example in shown


def test_an_example_stays_one_line_on_a_narrow_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    cli.status(["show", "ab_test"])
    assert cases.get("ab_test").example in capsys.readouterr().out.splitlines()


def test_list_prints_every_case(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.status(["list"]) == 0
    shown = capsys.readouterr().out
    assert all(slug in shown for slug in cases.all_cases())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["show", "ab_tst"], "Did you mean ab_test?"),
        (["shw", "ab_test"], 'Did you mean "show"?'),
        (["run"], "requires an argument"),
        (["run", "ab_test", "--ouput", "x"], "--ouput"),
        (["simulate", "ab_test"], "--output"),
        (["build"], "is not in a checkout of the book"),
    ],
)
def test_a_command_that_makes_no_sense_ends_with_2(
    capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert cli.status(arguments) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("format_", ["csv", "parquet"])
def test_simulate_writes_tables_and_keeps_the_truth_apart(folder: Path, format_: str) -> None:
    arguments = ["simulate", "ab_test", "--output", "world", "--format", format_]
    assert cli.status([*arguments, "-p", "users=200", "-p", "outliers=3"]) == 0
    world = folder / "world"
    assert {p.name for p in world.iterdir()} == {
        f"users.{format_}", f"events.{format_}", "truth.json",
    }  # fmt: skip
    read_back = pd.read_csv if format_ == "csv" else pd.read_parquet
    users = read_back(world / f"users.{format_}")
    truth = json.loads((world / "truth.json").read_text())
    assert len(users) == 200
    assert not set(truth) & set(users.columns)
    assert truth["lift"] == pytest.approx(0.15, abs=0.01)


def test_a_shop_larger_than_a_chapter_allows_is_streamed_to_parquet(folder: Path) -> None:
    shop = ["simulate", "retail_customers", "--output", "shop", "-p", "customers=20001"]
    assert cli.status([*shop, "-p", "transactions=50000"]) == 2
    assert cli.status([*shop, "-p", "transactions=50000", "--format", "parquet"]) == 0
    rows = {path.stem: len(pd.read_parquet(path)) for path in (folder / "shop").iterdir()}
    assert {**rows, "later": 0} == {
        "transactions": 50_000, "customers": 20_001, "products": 50, "later": 0, "truth": 20_001,
    }  # fmt: skip
    before = listing(folder)
    assert cli.status([*shop, "--format", "parquet"]) == 2
    assert listing(folder) == before


def test_simulate_refuses_what_it_cannot_do_and_writes_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = listing(folder)
    world = ["simulate", "ab_test", "--output", "world"]
    assert cli.status([*world, "-p", "data=good.csv"]) == 2
    assert "is a table already" in capsys.readouterr().err
    assert cli.status([*world, "-p", "users=1"]) == 2
    assert cli.status(["simulate", "ab_test", "--output", "."]) == 2
    assert listing(folder) == before


def test_simulated_users_can_be_run_on_as_somebodys_own(
    folder: Path, executed: list[dict[str, Any]]
) -> None:
    assert cli.status(["simulate", "ab_test", "--output", "w", "-p", "users=300"]) == 0
    maps = [
        "primary=songs_played",
        "unit=user_id",
        "secondary=converted",
        "segments=country,device",
    ]
    words = [word for text in maps for word in ("--map", text)]
    assert run("--data", "w/users.csv", *words) == 0
    assert executed[0]["columns"]["segments"] == ["country", "device"]


def test_build_builds_the_checkout_around(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from knowntruth.site import build

    roots: list[Path] = []
    monkeypatch.setattr(build, "build", lambda root, **_: roots.append(root))
    (folder / "_toc.yml").touch()
    (folder / "notebooks" / "deep").mkdir(parents=True)
    monkeypatch.chdir(folder / "notebooks" / "deep")
    assert cli.status(["build"]) == 0
    assert roots == [folder]
    assert str(folder / "_build" / "html" / "index.html") in capsys.readouterr().out


def test_errors_are_a_table_on_a_terminal_and_text_is_never_markup(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from rich.console import Console

    monkeypatch.setattr(
        printing, "errors", lambda: Console(stderr=True, force_terminal=True, color_system=None)
    )
    assert run("-p", "[red]users[/red]=1") == 2
    shown = capsys.readouterr().err
    assert "what to do" in shown
    assert "[red]users[/red]" in shown


def test_help_imports_nothing_slow() -> None:
    slow = {"pandas", "pandera", "duckdb", "numpy", "pydantic", "plotly", "scipy", "IPython"}
    script = (
        "import sys, knowntruth.cli as cli; status = cli.status(['--help']); "
        f"print(sorted({slow!r} & set(sys.modules)), file=sys.stderr); sys.exit(status)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env=_environment(),
    )
    assert "simulate" in done.stdout
    assert done.stderr.strip() == "[]"


def test_the_module_is_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "knowntruth", "show", "nothing"],
        capture_output=True, text=True, check=False, env=_environment(),
    )  # fmt: skip
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
