"""Opening somebody's own experiment: their table, under the contract's names."""

from __future__ import annotations

from collections.abc import Mapping

from ...data.tables import OwnTable, open_table
from ..labels import in_full, label_words
from .contract import UNITS
from .experiment import ARMS, Experiment, Metric, Segment, Words
from .parameters import Parameters


def open_own(p: Parameters) -> Experiment:
    """Return the experiment in the table that `p.data` names.

    Raises:
        DataError: for a table that does not meet the contract.
        ParameterError: for a label of something that the table does not have.
    """
    table = open_table(
        p.data,
        UNITS,
        p.columns,
        control=p.control,
        treatment=p.treatment,
        metric_kinds=p.metric_kinds,
        blank_is_zero=p.blank_is_zero,
    )
    words = label_words(p.labels, _known_words(table))
    columns = table.relation.columns

    def metric(column: str) -> Metric:
        return Metric(column, words[column], table.metric_kinds.get(column, "mean"))

    return Experiment(
        parameters=p,
        units=table.relation,
        primary=metric("primary"),
        secondary=tuple(metric(c) for c in columns if c.startswith("secondary")),
        segments=tuple(Segment(c, words[c]) for c in columns if c.startswith("segment")),
        words=Words(words["units"], words["control"], words["treatment"]),
        intended_share=p.intended_share,
        covariate=words["covariate"] if "covariate" in columns else None,
        signals=tuple(metric(c) for c in columns if c.startswith("signal_")),
        offers=words["offers"] if "offers" in columns else None,
        notes=table.statements,
    )


def _known_words(table: OwnTable) -> Mapping[str, str]:
    """Return the user's own word for everything that a sentence may name."""
    words = {key: name.text for key, name in table.names.items()}
    for arm in ARMS:
        words[arm] = in_full(words[arm], words["arm"])
    return {"units": "units"} | words
