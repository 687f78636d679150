"""`python -m knowntruth`, the same as the command `knowntruth`."""

from __future__ import annotations

from .cli import main

main()
