"""Kernels: the Python processes that execute chapters, and their certain end.

A kernel uses the caller's interpreter and the caller's copy of this package, whatever
kernels are installed elsewhere. Its *workspace* is a temporary folder for its connection
file and its IPython profile, so that nobody's start-up files or history take part.
`Kernels` knows every process that it started and can end them all, from any thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import ensure_event_loop

import knowntruth

ONE_THREAD = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
# A Unix socket's address holds 104 bytes on macOS; the file name needs some of them.
LONGEST_SOCKET_FOLDER = 80
SECONDS_TO_DIE = 10


class StoppedError(RuntimeError):
    """A kernel was asked for after all kernels had been told to stop."""


class Kernels:
    """The kernels of one piece of work, one a workspace."""

    def __init__(self) -> None:
        """Start with no kernel."""
        self._managers: dict[Path, Any] = {}
        self.stopped = False

    def manager_class(self, workspace: Path) -> type[AsyncKernelManager]:
        """Return a kernel manager that starts one kernel of this collection in `workspace`."""
        kernels = self
        spec = kernel_spec(workspace)

        class Manager(AsyncKernelManager):
            def __init__(self, **kwargs: Any) -> None:
                if kernels.stopped:
                    raise StoppedError("the run was interrupted")
                kwargs |= {"connection_file": str(workspace / "kernel.json")}
                if os.name == "posix" and len(str(workspace)) <= LONGEST_SOCKET_FOLDER:
                    # Sockets in a folder of our own: two runs never race for one port.
                    kwargs |= {"transport": "ipc", "ip": str(workspace / "ipc")}
                super().__init__(**kwargs)
                kernels._managers[workspace] = self

            @property
            def kernel_spec(self) -> KernelSpec:
                return spec

        return Manager

    def end(self, workspace: Path) -> None:
        """Kill the kernel of a workspace, with everything that it started, if it still runs."""
        manager = self._managers.pop(workspace, None)
        process = getattr(getattr(manager, "provisioner", None), "process", None)
        if process is not None:
            _kill(process)

    def stop(self) -> None:
        """Kill every kernel and let no other start."""
        self.stopped = True
        for workspace in list(self._managers):
            self.end(workspace)


def kernel_spec(workspace: Path) -> KernelSpec:
    """Return how to start a kernel with the caller's interpreter."""
    return KernelSpec(
        argv=[
            sys.executable,
            "-m",
            "ipykernel_launcher",
            "-f",
            "{connection_file}",
            "--HistoryManager.enabled=False",
            # A statistics.py beside somebody's table must not replace the library's.
            "--InteractiveShellApp.ignore_cwd=True",
        ],
        env=environment(workspace),
        display_name="Python 3",
        language="python",
        interrupt_mode="signal",
    )


def environment(workspace: Path) -> dict[str, str]:
    """Return what a kernel's environment adds to the caller's, the same on every machine."""
    package = str(Path(knowntruth.__file__).resolve().parents[1])
    inherited = os.environ.get("PYTHONPATH", "")
    return {
        "PYTHONPATH": os.pathsep.join(filter(None, [package, inherited])),
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
        "PYTHONSTARTUP": "",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8",
        "LANG": "C.UTF-8",
        "IPYTHONDIR": str(workspace / "ipython"),
        "MPLBACKEND": "agg",
        "NO_COLOR": "1",
        **dict.fromkeys(ONE_THREAD, "1"),
    }


@contextlib.contextmanager
def event_loop() -> Iterator[None]:
    """Close the event loop that Jupyter's client makes for a thread, once the work is done."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        pass
    else:
        # Inside a running loop, as in a notebook, the client keeps a thread of its own.
        yield
        return
    loop = ensure_event_loop()
    try:
        yield
    finally:
        waiting = asyncio.all_tasks(loop)
        for task in waiting:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*waiting, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
        asyncio.set_event_loop(None)


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if os.name == "posix":
            # jupyter_client makes each kernel the leader of its own process group.
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(SECONDS_TO_DIE)
