"""Opening creators: simulated, or read from somebody's own tables of sales."""

from __future__ import annotations

import pandas as pd

from .creators import Creators
from .parameters import Parameters


def open_creators(p: Parameters) -> Creators:
    """Return the creators that these parameters describe: simulated, or one's own.

    Raises:
        DataError: for tables of one's own that do not meet the contract.
        ParameterError: for a label of something that is not there.
    """
    if not p.data:
        from .simulated import open_world

        return open_world(p)
    from .own import read_creators  # only a run on own data reads files

    own = read_creators(p)
    return Creators(
        parameters=p,
        units=own.relation,
        months=pd.DatetimeIndex(own.months),
        words=own.names["creators"],
        sales=own.names["transactions"],
        value=own.names["gmv"],
        theirs={c: own.names[c] for c in own.relation.columns if c in own.names},
        notes=own.statements,
    )
