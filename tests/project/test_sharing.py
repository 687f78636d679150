"""How tests are shared out between two workers: tests/conftest.py."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

CONFTEST = Path(__file__).parents[1] / "conftest.py"


def test_a_file_stays_on_one_worker_and_so_does_the_site(tmp_path: Path) -> None:
    tests = tmp_path / "tests"
    for name in ("site/test_a.py", "site/test_b.py", "story/test_c.py", "story/test_d.py"):
        path = tests / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(f"def test_{i}(): pass" for i in range(4)))
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --import-mode=importlib")
    shutil.copy(CONFTEST, tests)
    command = [sys.executable, "-m", "pytest", "-n", "2", "-v", "tests"]
    shown = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    workers = defaultdict(set)
    for worker, folder, file in re.findall(r"\[(gw\d)\].* PASSED tests/(\w+)/(\w+)\.py::", shown):
        workers[folder if folder == "site" else file].add(worker)
    assert {name: len(found) for name, found in workers.items()} == {
        "site": 1,
        "test_c": 1,
        "test_d": 1,
    }
