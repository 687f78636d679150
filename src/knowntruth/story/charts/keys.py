"""Keys: a legend that a page leaves as it is, on a phone as on a screen.

The page sets the first legend of a figure anew where there is little room; a second one keeps
what clicking on it does, and stays above the names of panels.
"""

from __future__ import annotations

from typing import Literal

import plotly.graph_objects as go

KEY = "legend2"
LINE = 24  # pixels from the drawing to the key, so that names of panels have room

Click = Literal["alone", "nothing"]


def key(figure: go.Figure, *, title: str = "", click: Click = "nothing", lift: int = 0) -> None:
    """Give a figure whose traces stand in `KEY` that legend, above everything else.

    Args:
        figure: whose height is set already.
        title: stands above the names.
        click: whether a click on a name shows its group alone.
        lift: pixels between the drawing and the key.
    """
    figure.update_layout(
        {
            KEY: {
                "title": {"text": title, "side": "top", "font": {"size": 12}},
                "orientation": "h",
                "x": 0,
                "xanchor": "left",
                "y": 1 + (lift + 4) / max(figure.layout.height - 90, 1),
                "yanchor": "bottom",
                "traceorder": "normal",
                "bgcolor": "rgba(0,0,0,0)",
                "itemsizing": "constant",
                "itemclick": "toggleothers" if click == "alone" else False,
                "itemdoubleclick": "toggle" if click == "alone" else False,
            }
        },
        showlegend=True,
    )
