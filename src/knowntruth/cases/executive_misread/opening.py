"""Opening a launch: simulated, or read from somebody's own table of sessions."""

from __future__ import annotations

from ...story.names import Name
from .launch import Launch
from .parameters import Parameters


def open_launch(p: Parameters) -> Launch:
    """Return the launch that these parameters describe: simulated, or one's own.

    Raises:
        DataError: for a table of one's own that does not meet the contract.
        ParameterError: for a label of something that is not there.
    """
    if not p.data:
        from .simulated import open_world

        return open_world(p)
    from .own import read_events  # only a run on own data reads files

    own = read_events(p)
    return Launch(
        parameters=p,
        units=own.relation,
        launch=own.launch,
        words=own.names["users"],
        feature=own.names["feature"],
        sessions=own.names["sessions"],
        theirs={c: own.names.get(c, Name(c)) for c in own.relation.columns},
        notes=own.statements,
    )
