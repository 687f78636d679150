"""The command line: `knowntruth list | show | run | simulate | build`.

`commands` says what each does, `asking` turns what was typed into checked values, `folders`
makes output whole or not at all, `printing` shows tables, progress and errors.
What is slow to import is imported by the command that needs it.
"""

from .commands import app, main, status

__all__ = ["app", "main", "status"]
