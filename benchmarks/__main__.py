"""Run the benchmarks: `python -m benchmarks [NAME ...]`, all of them without a name.

A benchmark is a module of this folder with a function `main()`, which prints its table, or returns
something to print. Its docstring says what is compared with what. Each runs in a process of its
own, so that its peak memory is its own, and one after the other, so that none disturbs another.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path


def names() -> list[str]:
    """Every benchmark there is."""
    return sorted(
        path.stem for path in Path(__file__).parent.glob("*.py") if not path.stem.startswith("_")
    )


def show(name: str) -> None:
    """Run one benchmark in this process and print its table."""
    module = importlib.import_module(f"benchmarks.{name}")
    heading = (module.__doc__ or name).strip().splitlines()[0]
    print(f"{name}: {heading}\n", flush=True)
    table = module.main()
    if table is not None:
        print(table.to_string() if hasattr(table, "to_string") else table)
    print(flush=True)


def main(chosen: list[str]) -> int:
    """Run the chosen benchmarks; returns 1 when one of them failed."""
    unknown = sorted(set(chosen) - set(names()))
    if unknown:
        print(f"No benchmark named {', '.join(unknown)}. There are: {', '.join(names())}.")
        return 2
    if len(chosen) == 1:
        show(chosen[0])
        return 0
    failed = False
    for name in chosen or names():
        command = [sys.executable, "-m", "benchmarks", name]
        failed |= subprocess.run(command, check=False).returncode != 0
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
