"""Opening an experiment: simulated, or read from somebody's own table."""

from __future__ import annotations

from .experiment import Experiment
from .parameters import Parameters


def open_experiment(p: Parameters) -> Experiment:
    """Return the experiment that these parameters describe: simulated, or one's own."""
    if p.data:
        from .own import open_own  # only a run on own data reads files

        return open_own(p)
    from .simulated import open_world

    return open_world(p)
