"""What matrix and flow have in common: something drawn with its size, and the name of a box."""

from __future__ import annotations

from typing import NamedTuple

from calicoctl.printers.connectivity.lettering import fitted
from calicoctl.printers.connectivity.markup import Markup, element
from calicoctl.printers.connectivity.picture import Box


class Drawing(NamedTuple):
    """Something drawn, from the top left corner on."""

    content: Markup
    width: float
    height: float


def named(box: Box, size: float, most: float) -> list[Markup]:
    """The name of a box; what it shares with most others, such as `profile/`, stands back."""
    text = fitted(box.name, size, most)
    kind, slash, rest = text.partition("/")
    if slash and kind.isalpha():
        return [element("tspan", kind + slash, class_="kind"), element("tspan", rest)]
    return [element("tspan", text)]
