"""Kernels without their start: each is forked from a process that has imported everything already.

A kernel takes seconds to start and to import what chapters import, and tests of the book need a
hundred of them. `Nursery.launch` stands in for `jupyter_client.launcher.launch_kernel`. Run as a
script, this file is the process that is forked; it reads a line of JSON a kernel and answers with
the number of its process.
"""

from __future__ import annotations

import ast
import contextlib
import gc
import json
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path

LAUNCHER = ["-m", "ipykernel_launcher"]
CHAPTERS = Path(__file__).parents[2] / "notebooks"


class Forked:
    """A forked kernel, with what jupyter_client asks of a process."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return None as long as it runs; how it ended is not known."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            self.returncode = 0
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end."""
        start = time.monotonic()
        while self.poll() is None:
            if timeout is not None and time.monotonic() - start > timeout:
                raise subprocess.TimeoutExpired("kernel", timeout)
            time.sleep(0.01)
        return 0

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


class Nursery:
    """The process from which kernels are forked; it starts with the first one."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[str] | None = None

    def launch(self, cmd: list[str], *, env: Mapping[str, str], cwd: object = None, **_: object):
        """Return a kernel that was started as `cmd` would have started it."""
        assert cmd[1:3] == LAUNCHER
        if self.process is None:
            self.process = subprocess.Popen(
                [sys.executable, __file__], env=dict(env), text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            )  # fmt: skip
        order = {"arguments": cmd[3:], "environment": dict(env), "folder": str(cwd or Path.cwd())}
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return Forked(int(self.process.stdout.readline()))

    def close(self) -> None:
        """End the process."""
        if self.process is not None:
            self.process.stdin.close()
            self.process.wait()
            self.process.stdout.close()


def sources() -> Iterator[tuple[str, str]]:
    """Return the Python sources of chapters and of the package behind them, with their package."""
    import jupytext

    import knowntruth

    for path in CHAPTERS.glob("*.md"):
        cells = jupytext.read(path, fmt="md:myst").cells
        yield "\n".join(cell.source for cell in cells if cell.cell_type == "code"), ""
    root = Path(knowntruth.__file__).parent
    for part in ("cases", "data", "methods", "story", "worlds"):
        for path in (root / part).rglob("*.py"):
            yield path.read_text("utf-8"), ".".join(path.relative_to(root.parent).parent.parts)


def import_all() -> None:
    """Import what is imported anywhere in them, in functions too."""
    for source, package in sources():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Import | ast.ImportFrom):
                code = compile(ast.Module([node], []), "imports", "exec")
                with contextlib.suppress(ImportError):
                    exec(code, {"__package__": package, "__name__": f"{package}.imports"})


def begin(order: Mapping[str, object], parent: int) -> None:
    """Turn this process, which has just been forked, into a kernel."""
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    print(os.getpid(), flush=True)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.environ.clear()
    os.environ.update(order["environment"])
    os.chdir(order["folder"])
    # The kernel ends when the process that it was forked from ends.
    watch = f"--IPKernelApp.parent_handle={parent}"
    sys.argv = ["ipykernel_launcher", *order["arguments"], watch]
    kernelapp.launch_new_instance()


def reap(*_: object) -> None:
    """Take note of the kernels that have ended."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def serve() -> None:
    """Fork a kernel for each line that comes in."""
    with warnings.catch_warnings(action="ignore"):
        import_all()
    assert threading.active_count() == 1, "threads do not survive a fork"
    signal.signal(signal.SIGCHLD, reap)
    gc.freeze()
    own = os.getpid()
    for line in iter(sys.stdin.readline, ""):
        with warnings.catch_warnings(action="ignore"):
            # A library's thread in C, which looks after forks itself, is warned of.
            forked = os.fork()
        if not forked:
            begin(json.loads(line), own)
            os._exit(0)


if __name__ == "__main__":
    # A module of this folder must not replace one of a library.
    sys.path.pop(0)
    from ipykernel import kernelapp

    serve()
    os._exit(0)
