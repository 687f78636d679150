"""Opening a rollout: simulated, or read from somebody's own panel."""

from __future__ import annotations

from ...data.periods import written
from ...story.names import Name
from .parameters import Parameters
from .rollout import Rollout


def open_rollout(p: Parameters) -> Rollout:
    """Return the rollout that these parameters describe: simulated, or one's own.

    Raises:
        DataError: for a table of one's own that does not meet the contract.
        ParameterError: for a label of something that is not there.
    """
    if not p.data:
        from .simulated import open_world

        return open_world(p)
    from .own import read_panel  # only a run on own data reads files

    own = read_panel(p)
    words = own.names
    return Rollout(
        parameters=p,
        units=own.relation,
        words=words["units"],
        outcome=words["outcome"],
        treated=words["treated"],
        controls=words["controls"],
        treatment=words["treatment"],
        period=words["period"],
        written={
            period: name
            for period, name in own.periods.items()
            if name.text != written(period, None)
        },
        theirs={c: words.get(c, Name(c)) for c in own.relation.columns},
        notes=own.statements,
    )
