from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from textwrap import dedent

import nbformat
import psutil
import pytest

from knowntruth.errors import ParameterError, RunError, UserError
from knowntruth.runs import execute, read

from .conftest import code

GREETING = code("print(f'{users} users')")


def outputs(path: Path) -> str:
    return "".join(
        output.get("text", "")
        for cell in nbformat.read(path, as_version=4).cells
        for output in cell.get("outputs", [])
    )


def test_a_run_leaves_an_executed_notebook_and_says_how_far_it_is(chapter, tmp_path):
    seen = []
    target = execute.run(
        chapter(GREETING), {"users": 60}, tmp_path / "new" / "tiny.ipynb",
        progress=lambda *step: seen.append(step),
    )  # fmt: skip
    assert outputs(target) == "60 users\n"
    assert [path.name for path in target.parent.iterdir()] == ["tiny.ipynb"]
    assert seen[-1] == ("tiny", 4, 4)


def test_equal_runs_give_equal_bytes_whatever_the_clock_the_zone_and_the_locale(
    chapter, tmp_path, monkeypatch
):
    case = chapter(
        code("print('one'); print('two')\nobject()"),
        code("import time; time.localtime().tm_zone, hash('word'), sorted({'b', 'a'})"),
    )
    first = execute.run(case, {}, tmp_path / "first.ipynb").read_bytes()
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.setenv("LC_ALL", "C")
    monkeypatch.setenv("PYTHONHASHSEED", "99")
    assert execute.run(case, {}, tmp_path / "second.ipynb").read_bytes() == first


def test_a_finished_notebook_keeps_its_parameters_and_no_time_path_or_address(chapter, tmp_path):
    target = execute.run(chapter(code("object()")), {"users": 60}, tmp_path / "tiny.ipynb")
    text = target.read_text(encoding="utf-8")
    assert read.parameters(target) == {"users": 60}
    for noise in ("start_time", "duration", "iopub", str(tmp_path), " at 0x"):
        assert noise not in text
    ids = [cell.id for cell in nbformat.read(target, as_version=4).cells]
    assert ids == [f"cell-{number:03d}" for number in range(1, len(ids) + 1)]


def test_the_record_holds_every_parameter_and_the_command_that_repeats_the_run(chapter, tmp_path):
    values = {"users": 60, "word": "two words"}
    target = execute.run(chapter(), values, tmp_path / "tiny.ipynb")
    record = read.provenance(target)
    assert record["command"] == "knowntruth run tiny -p users=60 -p 'word=two words'"
    assert [row["name"] for row in record["parameters"]] == ["seed", "users", "word", "data"]
    assert [row["name"] for row in record["parameters"] if row["changed"]] == ["users", "word"]


def test_parameters_are_refused_before_anything_is_executed(chapter, tmp_path):
    marker = tmp_path / "executed"
    case = chapter(code(f"open({str(marker)!r}, 'w').close()"))
    with pytest.raises(ParameterError) as caught:
        execute.run(case, {"user": 60, "seed": -1}, tmp_path / "out" / "tiny.ipynb")
    assert len(caught.value.problems) == 2
    assert not marker.exists()
    assert not (tmp_path / "out").exists()


def test_a_failing_cell_is_named_and_the_last_good_run_stays(chapter, tmp_path, kernels_left):
    target = execute.run(chapter(GREETING), {}, tmp_path / "out" / "tiny.ipynb")
    good = target.read_bytes()
    with pytest.raises(RunError) as caught:
        execute.run(chapter(GREETING, code("lift = 1 / 0")), {}, target)
    text = str(caught.value)
    for part in ("tiny", "cell [3]", "lift = 1 / 0", "ZeroDivisionError: division by zero"):
        assert part in text
    assert target.read_bytes() == good
    assert list(target.parent.iterdir()) == [target]
    assert kernels_left() == []


def test_a_warning_stops_a_run_and_is_shown(chapter, tmp_path):
    case = chapter(code("import warnings; warnings.warn('doubtful')"))
    with pytest.raises(RunError, match="doubtful"):
        execute.run(case, {}, tmp_path / "tiny.ipynb")
    assert not (tmp_path / "tiny.ipynb").exists()


def test_a_chapter_that_refuses_its_input_is_heard_in_its_own_words(chapter, tmp_path):
    case = chapter(
        code(
            """
            from knowntruth.errors import DataError, Problem
            raise DataError("This table cannot be used:", [Problem("arm", "is empty", "Fill it")])
            """
        )
    )
    with pytest.raises(UserError, match=r"This table cannot be used:\n  - arm: is empty\. Fill it"):
        execute.run(case, {}, tmp_path / "tiny.ipynb")


def test_a_run_that_takes_too_long_ends_with_its_kernel(chapter, tmp_path, kernels_left):
    case = chapter(code("import time; time.sleep(60)"))
    with pytest.raises(RunError, match="longer than 2 seconds"):
        execute.run(case, {}, tmp_path / "out" / "tiny.ipynb", timeout=2)
    assert kernels_left() == []
    assert not (tmp_path / "out").exists()


def test_a_kernel_that_dies_is_an_error_and_not_a_result(chapter, tmp_path):
    case = chapter(code("import os, signal; os.kill(os.getpid(), signal.SIGKILL)"))
    with pytest.raises(RunError, match="ended without a word"):
        execute.run(case, {}, tmp_path / "tiny.ipynb")
    assert not (tmp_path / "tiny.ipynb").exists()


def test_files_beside_the_caller_do_not_replace_libraries(chapter, tmp_path, monkeypatch):
    (tmp_path / "statistics.py").write_text("raise RuntimeError('taken for the library')")
    monkeypatch.chdir(tmp_path)
    case = chapter(code("import statistics; print(statistics.mean([1, 3]))"))
    assert outputs(execute.run(case, {}, tmp_path / "tiny.ipynb")) == "2\n"


def test_the_kernel_is_the_callers_python_whatever_kernels_are_installed(
    chapter, tmp_path, monkeypatch
):
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")
    case = chapter(code("import sys; print(sys.executable)"))
    assert outputs(execute.run(case, {}, tmp_path / "tiny.ipynb")) == f"{sys.executable}\n"


def test_cells_for_the_other_kind_of_data_are_left_out(chapter, tmp_path):
    case = chapter(
        code("print('world')", "simulated"),
        '+++ {"tags": ["own-data"]}\n\nYour table.\n\n+++\n',
        code("print('table')", "own-data"),
    )
    world = execute.run(case, {}, tmp_path / "world.ipynb")
    own = execute.run(case, {"data": "mine.csv"}, tmp_path / "own.ipynb")
    assert (outputs(world), outputs(own)) == ("world\n", "table\n")
    assert "Your table." not in world.read_text()
    assert "Your table." in own.read_text()


def test_one_failing_chapter_does_not_stop_the_others(chapter, tmp_path):
    bad = execute.Job(chapter(code("1 / 0")), tmp_path / "bad.ipynb")
    (tmp_path / "tiny.md").rename(tmp_path / "bad.md")
    bad = execute.Job(type(bad.case)(tmp_path / "bad.md"), bad.target)
    good = [execute.Job(chapter(GREETING), tmp_path / f"good{i}.ipynb") for i in range(2)]
    errors = execute.run_many([bad, *good])
    assert isinstance(errors[bad.target], RunError)
    assert [errors[job.target] for job in good] == [None, None]
    assert all(job.target.exists() for job in good)
    assert not bad.target.exists()


INTERRUPTED = """
import sys
from pathlib import Path
from conftest import TinyCase
from knowntruth.runs import execute
source, target = map(Path, sys.argv[1:3])
if sys.argv[3] == "run":
    execute.run(TinyCase(source), {}, target)
else:
    jobs = [execute.Job(TinyCase(source), target.with_name(f"{i}.ipynb")) for i in range(3)]
    execute.run_many(jobs)
"""


@pytest.mark.parametrize("how", ["run", "run_many"])
def test_an_interrupt_leaves_no_kernel_and_no_file(chapter, tmp_path, kernels_left, how):
    started = tmp_path / "started"
    case = chapter(code(f"import time; open({str(started)!r}, 'a').close(); time.sleep(120)"))
    target = tmp_path / "out" / "tiny.ipynb"
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent)}
    caller = subprocess.Popen(
        [sys.executable, "-c", dedent(INTERRUPTED), str(case.notebook), str(target), how],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    _wait(started.exists)
    kernels = psutil.Process(caller.pid).children(recursive=True)
    assert kernels_left(caller.pid)
    caller.send_signal(signal.SIGINT)
    _, told = caller.communicate(timeout=60)
    assert "KeyboardInterrupt" in told
    _wait(lambda: not any(kernel.is_running() for kernel in kernels))
    assert not target.parent.exists()


def _wait(until, seconds=60):
    deadline = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
