"""Folders that are made whole or not at all."""

from __future__ import annotations

import contextlib
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

from ..errors import Problem, UserError


def refuse_occupied(output: Path | None) -> None:
    """Raise UserError when `output` is there and is not an empty folder."""
    if output is None or not (output.exists() or output.is_symlink()):
        return
    if output.is_dir() and not any(output.iterdir()):
        return
    what = "is not empty" if output.is_dir() else "is a file"
    problem = Problem(str(output), what, "Name a folder that is not there yet")
    raise UserError("This output cannot be used:", [problem])


class Folder:
    """A folder in the making; `path` is where it stands now."""

    def __init__(self, path: Path) -> None:
        self.path = path


@contextlib.contextmanager
def new_folder(output: Path | None, default: Path) -> Iterator[Folder]:
    """Yield a folder beside the target, and rename it to the target once complete.

    Whatever goes wrong, neither it nor a parent made for it is left.
    """
    target = output or default
    made = [parent for parent in target.absolute().parents if not parent.exists()]
    folder = Folder(target.parent / f".{target.name}-{uuid.uuid4().hex[:8]}")
    try:
        try:
            folder.path.mkdir(parents=True)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            problem = Problem(str(target), f"cannot be made: {reason}", "Name another --output")
            raise UserError("This output cannot be used:", [problem]) from None
        yield folder
        if output is None:
            target = _free(default)
        elif output.is_dir():
            output.rmdir()
        folder.path = folder.path.rename(target)
    except BaseException:
        shutil.rmtree(folder.path, ignore_errors=True)
        for parent in made:
            with contextlib.suppress(OSError):
                parent.rmdir()
        raise


def _free(default: Path) -> Path:
    """Return `default`, or the first of `default-2`, `default-3`, … that is not there."""
    target, number = default, 1
    while target.exists() or target.is_symlink():
        number += 1
        target = default.with_name(f"{default.name}-{number}")
    return target
