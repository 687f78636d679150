"""Reproducing: the same sources give the same bytes, wherever and whenever they are built.

Two copies of the checkout are built in two folders, in different time zones, locales and
hash seeds, and every file is compared. `python -m knowntruth.site.reproduce` says which
files differ, and fails when any does.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

BUILD = "from pathlib import Path; from knowntruth.site.build import build; build(Path())"
COMPARED = ("html", "site")
PLACES = (
    ("a", {"TZ": "Pacific/Kiritimati", "LANG": "C", "LC_ALL": "C", "PYTHONHASHSEED": "1"}),
    (
        "another/place",
        {"TZ": "America/St_Johns", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "77"},
    ),
)


def copy(root: Path, target: Path) -> None:
    """Copy what git tracks, and what it would, from `root` to `target`."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, capture_output=True, check=True).stdout
    for name in listed.decode().split("\0"):
        source = root / name
        if name and source.is_file():
            place = target / name
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, place)


def built(root: Path, folder: Path, settings: dict[str, str]) -> Path:
    """Build a copy of `root` in `folder` under these settings; return what was built."""
    copy(root, folder)
    environment = os.environ | settings | {"PYTHONPATH": str(folder / "src")}
    subprocess.run([sys.executable, "-c", BUILD], cwd=folder, env=environment, check=True)
    return folder / "_build"


def differences(one: Path, other: Path) -> list[str]:
    """Return the names of the files that are not the same in both folders."""
    names = {
        path.relative_to(base).as_posix()
        for base in (one, other)
        for path in base.rglob("*")
        if path.is_file()
    }
    return sorted(name for name in names if _content(one / name) != _content(other / name))


def main() -> int:
    """Build twice, compare, report; return the exit status."""
    root = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        first, second = (built(root, Path(folder) / place, env) for place, env in PLACES)
        different = [
            f"{part}/{name}"
            for part in COMPARED
            for name in differences(first / part, second / part)
        ]
        files = sum(path.is_file() for part in COMPARED for path in (first / part).rglob("*"))
    for name in different:
        print(f"differs: {name}")
    print(f"{files} files built twice, {len(different)} differ")
    return 1 if different else 0


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


if __name__ == "__main__":
    sys.exit(main())
