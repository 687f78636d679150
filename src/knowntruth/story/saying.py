"""Saying: a sentence goes into the page together with the data it was made from.

Every number in a said sentence must trace to a fact or finding that is handed over with it;
`say` refuses the sentence otherwise, so a stray literal cannot reach a reader.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Protocol

from IPython.display import display

from .facts import Payload
from .findings import Finding
from .names import Name

SAID = "application/vnd.knowntruth.said+json"

NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


class Sayable(Protocol):
    """Anything a sentence may be made from: a fact, an estimate, a finding, a name."""

    def payload(self) -> Payload:
        """Return kind, name, numbers and forms."""


class UntracedNumberError(ValueError):
    """A sentence holds a number that none of its facts can be written as."""


def say(text: str, *facts: Sayable | Iterable[Sayable]) -> None:
    """Show `text` as Markdown, with the payloads of `facts` beside it in the same output.

    Raises:
        UntracedNumberError: when a number in `text` is not a form of any of the facts.
    """
    payloads = payloads_of(facts)
    check_traced(text, payloads)
    display({"text/markdown": text, SAID: {"sentence": text, "facts": payloads}}, raw=True)


def payloads_of(facts: Iterable[Sayable | Iterable[Sayable]]) -> list[Payload]:
    """Return the payload of each fact once, in order, with the names that findings bring."""
    found: list[Payload] = []
    for fact in _flat(facts):
        payload = fact.payload()
        if payload not in found:
            found.append(payload)
    return found


def check_traced(text: str, payloads: Iterable[Payload]) -> None:
    """Raise `UntracedNumberError` when a number of `text` traces to no payload."""
    stray = untraced(text, payloads)
    if stray:
        raise UntracedNumberError(
            f"{', '.join(stray)} in {text!r}: hand over the fact or finding it comes from"
        )


def untraced(text: str, payloads: Iterable[Payload]) -> list[str]:
    """Return the numbers of `text` that no payload can be written as."""
    known: set[str] = set()
    names: list[str] = []
    for payload in payloads:
        forms = payload["forms"]
        assert isinstance(forms, dict)
        if payload["kind"] == "name":
            names += [*map(str, forms.values()), str(payload["name"])]
        else:
            written = (number for form in forms.values() for number in NUMBER.findall(str(form)))
            known |= {number.rstrip(",") for number in written}
    # Longest first: one name may stand inside another.
    for name in sorted(filter(None, names), key=len, reverse=True):
        # A name such as "5" or "25%" must not eat a part of 125%.
        text = re.sub(rf"(?<![\d.,]){re.escape(name)}(?![.,]?\d)", " ", text)
    return [number for number in NUMBER.findall(text) if number.rstrip(",") not in known]


def _flat(facts: Iterable[Sayable | Iterable[Sayable]]) -> Iterator[Sayable]:
    for fact in facts:
        if isinstance(fact, Iterable):
            yield from _flat(fact)
            continue
        yield fact
        if isinstance(fact, Finding):
            yield from (fact.what, *fact.names)
        elif not isinstance(fact, Name) and hasattr(fact, "parts"):
            yield from _flat(fact.parts())
