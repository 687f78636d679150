"""Score by price: what a model scores each product, against its price, a panel for each model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ..facts import Fact
from ..saying import Sayable
from . import drawing, logs
from .drawing import Known, Label, named, text
from .keys import KEY, key
from .points import LOOKS, MOST


@dataclass(frozen=True)
class Scored:
    """A model's scores of products.

    Attributes:
        model: its name.
        products: their names.
        prices: more than zero.
        scores: one a product.
        together: how prices and scores go together, such as a rank correlation.
        groups: of the products, such as categories; all one group where it is left out.
    """

    model: Label
    products: Sequence[Label]
    prices: Sequence[float]
    scores: Sequence[float]
    together: Known | Fact | None = None
    groups: Sequence[Label] = ()

    def __post_init__(self) -> None:
        """Refuse what is no price and score for each product."""
        n = len(self.products)
        if not n or {len(self.prices), len(self.scores)} != {n} or len(self.groups) not in {0, n}:
            raise ValueError("a model has at least one product, each with a price and a score")
        if min(self.prices) <= 0:
            raise ValueError("a price is more than zero")

    @property
    def heading(self) -> str:
        """The name of the model, and how prices and scores go together."""
        return text(self.model) + ("" if self.together is None else f": {self.together}")

    def __iter__(self) -> Iterator[Sayable]:
        """Yield what the words on this model are made from."""
        yield from (named(self.model), Fact("products", len(self.products), "count"))
        if self.together is not None:
            yield self.together


def score_by_price(
    rows: Sequence[Scored], *, price: str = "price", score: str = "score"
) -> go.Figure:
    """Return a panel for each model, with prices on a logarithmic axis.

    Scores of different models have different scales, so each panel has its own.

    Args:
        rows: models.
        price: name of the price, with its currency.
        score: name of the score.

    Raises:
        ValueError: without any model.
    """
    if not rows:
        raise ValueError("a chart of scores needs at least one model")
    figure = make_subplots(
        rows=len(rows), cols=1, shared_xaxes=True, vertical_spacing=0.28 / (len(rows) + 1),
        subplot_titles=[row.heading for row in rows],
    )  # fmt: skip
    groups = list(dict.fromkeys(text(group) for row in rows for group in row.groups))
    for number, row in enumerate(rows, 1):
        own = [text(group) for group in row.groups]
        for at, group in enumerate(groups if own else [""]):
            look = LOOKS[at % len(LOOKS)]
            found = [i for i in range(len(row.products)) if not own or own[i] == group]
            found = found[:: max(len(row.products) // MOST, 1)]
            figure.add_scatter(
                row=number, col=1, x=[row.prices[i] for i in found],
                y=[row.scores[i] for i in found], mode="markers", name=group, legend=KEY,
                legendgroup=group, showlegend=bool(group) and number == 1,
                marker={"color": look.colour, "symbol": look.symbol, "size": 7, "opacity": 0.75},
                hovertext=[f"{text(row.products[i])}<br>{text(price)} {row.prices[i]:,.2f}"
                           f"<br>{text(score)} {row.scores[i]:,.3g}" for i in found],
                hovertemplate=drawing.HOVER,
            )  # fmt: skip
        figure.update_yaxes(row=number, col=1, title=text(score), nticks=5)
    prices = [one for row in rows for one in row.prices]
    figure.update_xaxes(**logs.axis(prices))
    figure.update_xaxes(row=len(rows), col=1, title=f"{text(price)} (each step a multiple)")
    figure.update_layout(height=110 + 230 * len(rows))
    if groups:
        key(figure, click="alone", lift=22)
    return figure


def score_by_price_in_words(
    rows: Sequence[Scored], *, price: str = "price", score: str = "score"
) -> str:
    """Return what `score_by_price` shows, for somebody who cannot see it."""
    told = "; ".join(
        f"{row.heading} ({Fact('products', len(row.products), 'count')} products)" for row in rows
    )
    return (
        f"Points for products, {text(price)} to the right by powers of ten and {text(score)} "
        f"upwards, a panel for each model: {told}."
    )
