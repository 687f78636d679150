"""Wording of lifetime value and of an offer: who will buy, what it brings, and who gets the offer.

Every function takes findings, facts and names and returns Markdown; none computes a statistic.
A *way* foretells what customers will order; a *rule* says who gets an offer.
"""

from __future__ import annotations

from collections.abc import Mapping

from .facts import Fact
from .findings import Finding
from .names import Name, listed

WAYS = {
    "BG/NBD": "the model",
    "last period": "as in the time before",
    "mean": "the mean for all",
    "rate": "own rate, nobody leaves",
}
RULES = {
    "spending": "past revenue",
    "segment": "the report's segments",
    "value": "expected value",
    "lot": "by lot",
    "truth": "the truth",
}

SCORE = {
    "order_value": (
        "Divides by orders and draws customers again; who is there is the same in truth and table.",
        "Other customers would be like these.",
    ),
    "row_value": (
        "Divides by rows: an order with several products counts several times.",
        "Every order is one row.",
    ),
    "unit_revenue": (
        "Divides sums by sums, and keeps the rows of a customer together.",
        "Other customers would be like these.",
    ),
    "share": (
        "Draws customers again, with all that they bought.",
        "Other customers would be like these.",
    ),
    "margin": (
        "Takes costs off; what things cost the shop is in the table.",
        "The cost in the table is the whole cost.",
    ),
    "profitable": (
        "Revenue a unit is a price; what is left of it is another question.",
        "All products have the same share of margin, and sell alike.",
    ),
    "asserted": (
        "A number that was asserted is right by luck alone.",
        "There are as many kinds as somebody said.",
    ),
    "silhouette": (
        "Is not defined for one group, so it always finds two or more.",
        "There are kinds, and they are round.",
    ),
    "hollow": (
        "Claims groups only where a hollow lies between them; who has left makes one, too.",
        "Kinds have fewer customers between them than on either side.",
    ),
    "orders": (
        "Lets rates and leaving differ; knows no season, no trend, and nobody who is new.",
        "Rates stay as they are, and who leaves does so after an order.",
    ),
    "last": (
        "Takes the time just before for the time ahead: its season and its luck come with it.",
        "What comes is what was.",
    ),
    "money": (
        "Orders by the model times the value of an order, shrunk where few were seen.",
        "What an order is worth has nothing to do with how many there are.",
    ),
    "past": (
        "Takes the past share for the coming one; luck of the past does not come again.",
        "Who spent the most goes on doing so.",
    ),
    "ahead": (
        "Chosen on early days and held against later ones, which did not choose them.",
        "The days to come are like those held back.",
    ),
}


def _days(days: Fact) -> str:
    return f"{days} day" if days.value == 1 else f"{days} days"


# The answer first.


def coming(orders: Finding, money: Finding, days: Fact, *, customers: Name) -> str:
    """Say how many orders and how much money are expected of the customers."""
    return (
        f"**In the next {_days(days)} {orders:value} orders are expected** of the {customers} on "
        f"record ({orders:interval}), which bring {money:value} ({money:interval})."
    )


def came(orders: Finding, money: Finding) -> str:
    """Say what was to be expected in truth."""
    inside = [one.estimate.covers(one.truth or 0.0) for one in (orders, money)]
    said = f"In truth {orders:truth} orders and {money:truth} are to be expected: "
    if all(inside):
        return said + "both intervals hold that."
    if not any(inside):
        return said + "neither interval holds that."
    return said + f"the interval of {'orders' if inside[0] else 'money'} holds that, the other not."


def advice(rule: str, count: Fact, gain: Finding, raises: Fact, *, customers: Name) -> str:
    """Say to whom the offer goes, and what it gained in the days held back."""
    who = f"{count} {customers}" if count.value != 1 else f"{count} customer"
    start = {
        "higher": f"**The offer goes to {who}, by {RULES[rule]}**",
        "lower": "**The offer is not made**",
        "unclear": "**Whether the offer pays is not settled**",
    }[gain.direction]
    if not count.value:
        start = "**The offer is not made**, as of nobody so much is expected that it pays"
    return (
        f"{start}: chosen by {RULES[rule]} before the days held back, it would have gained "
        f"{gain:value} in them ({gain:interval}), if it raises what they bring by {raises}. That "
        "it does is an assumption, which only an experiment can test."
    )


# Holdout.


def histories_held(customers: Fact, again: Fact, *, word: Name) -> str:
    """Say how many customers there are to learn from, and how many ordered again."""
    return f"Of {customers} {word} who bought, {again} ordered again."


def holdout_title(expected: Fact, actual: Fact) -> str:
    """Say in a title what was expected of the days held back and what came."""
    return f"{expected} orders were foretold for the days held back, and {actual} came"


def judged(model: Finding, more: Mapping[str, Finding], *, customers: Name) -> str:
    """Say whether the model was off by less than each naive way, customer by customer."""
    said = f"For one of the {customers} the model is off by {model:value} orders ({model:interval})"
    worse = [name for name, one in more.items() if one.direction == "higher"]
    better = [name for name, one in more.items() if one.direction == "lower"]
    open_ = [name for name, one in more.items() if one.direction == "unclear"]
    parts = []
    if worse:
        parts.append(f"clearly less than {listed([f'“{WAYS[name]}”' for name in worse])}")
    if better:
        parts.append(f"clearly more than {listed([f'“{WAYS[name]}”' for name in better])}")
    if open_:
        parts.append(
            f"not clearly more or less than {listed([f'“{WAYS[name]}”' for name in open_])}"
        )
    return f"{said}, {'; '.join(parts)}." if parts else f"{said}."


def bias(one: Finding) -> str:
    """Say whether the model expects too much or too little on average."""
    if one.direction == "unclear":
        return (
            f"On average it is neither clearly too high nor too low ({one:value}, {one:interval})."
        )
    which = "high" if one.direction == "higher" else "low"
    return (
        f"On average it is too {which}, by {one:size} orders for each ({one:interval}). The model "
        "knows neither a season nor a trend, which can be a reason."
    )


def newcomers(count: Fact, *, customers: Name) -> str:
    """Say how many came only in the days held back."""
    if not count.value:
        return f"No new {customers} came in the days held back."
    if count.value == 1:
        return f"{count} more came in the days held back, of whom no record before could tell."
    return (
        f"{count} more {customers} came in the days held back; no record before could tell of them."
    )


def independent(ranks: Finding | None) -> str:
    """Say whether the worth of orders goes with their number, which gamma-gamma rules out."""
    if ranks is None:
        return "Whether the worth of an order goes with the number of orders cannot be told here."
    said = (
        "The value model takes what an order is worth to have nothing to do with how many there "
        f"are. The rank correlation of the two is {ranks:value} ({ranks:interval})."
    )
    if max(abs(ranks.estimate.low), abs(ranks.estimate.high)) < 0.25:
        return f"{said} That is little enough."
    if not ranks.is_clear:
        return f"{said} That leaves it open."
    return f"{said} So it takes too much for granted here."


def alive(mean: Fact, true: Fact | None, auc: Finding | None, *, customers: Name) -> str:
    """Say how many customers are put down as there still, and how well the model tells who."""
    said = f"At the end of the record the model puts the share of {customers} still there at {mean}"
    if true is None:
        return f"{said}. Nobody tells a shop that they left, so nobody can check that."
    said += f"; in truth it is {true}."
    if auc is None:
        return said
    return (
        f"{said} Of one who is there and one who left it puts the right one higher in {auc:value} "
        f"of pairs ({auc:interval})."
    )


# The offer.


def break_even(least: Fact | None, days: Fact, *, money: Name, customers: Name) -> str:
    """Say from how much expected money on the offer pays."""
    if least is None:
        return f"An offer that raises nothing pays for none of the {customers}."
    return (
        f"The offer pays for itself with {customers} who bring more than {least} of {money} in the "
        f"next {_days(days)}."
    )


def above(count: Fact, among: Fact, *, customers: Name) -> str:
    """Say of how many of the customers who can get the offer enough is expected."""
    if count.value >= among.value:
        return f"Of all {among} who can get it so much is expected."
    if not count.value:
        return f"Of {among} who can get it so much is expected of nobody."
    return (
        f"So much is expected of {count} of the {among} who can get it; the others would cost more."
    )


def chosen(gains: Mapping[str, Finding], more: Mapping[str, Finding], *, base: str) -> str:
    """Say which rules gained clearly more or less than the first one in the days held back."""
    said = f"By {RULES[base]} the offer would have gained {gains[base]:value}"
    said += f" ({gains[base]:interval}) in the days held back."
    higher = [RULES[name] for name, one in more.items() if one.direction == "higher"]
    lower = [RULES[name] for name, one in more.items() if one.direction == "lower"]
    open_ = [RULES[name] for name, one in more.items() if one.direction == "unclear"]
    if higher:
        said += f" Clearly more: {listed(higher)}."
    if lower:
        said += f" Clearly less: {listed(lower)}."
    if open_:
        said += f" Not clearly different: {listed(open_)}."
    return said


def in_truth(gains: Mapping[str, Fact]) -> str:
    """Say which rule gains most in the days ahead in truth, and how much of what can be gained."""
    most = gains["truth"]
    told = [f"{RULES[name]} {one}" for name, one in gains.items() if name != "truth"]
    return (
        f"In truth, over the days ahead, the rules gain: {'; '.join(told)}. Whoever knew the truth "
        f"would gain {most}."
    )


def offer_title(best: str, gain: Finding) -> str:
    """Say in a title which rule gained most, if any gained anything."""
    if gain.estimate.value <= 0:
        return f"No rule gains anything in the days held back: {gain:value} at most"
    return f"Most was gained by {RULES[best]}: {gain:value}"


def assumption(raises: Fact, cost: Fact) -> str:
    """Say what the table of the offer takes for granted."""
    return (
        f"All of this assumes that the offer raises what each chosen one brings by {raises}, at a "
        f"cost of {cost} each. No table of purchases can tell whether it does: who gets it must be "
        "drawn by lot, and held against those who did not."
    )
