"""What matrix and flow have in common: something drawn with its size, and the name of a box."""

from __future__ import annotations

from typing import NamedTuple

from calicoctl.printers.connectivity.lettering import truncate_text
from calicoctl.printers.connectivity.markup import Markup, element
from calicoctl.printers.connectivity.picture import Box


class SvgFragment(NamedTuple):
    """Something drawn, from the top left corner on."""

    content: Markup
    width: float
    height: float


def box_label(box: Box, font_size: float, max_width: float) -> list[Markup]:
    """The name of a box; what it shares with most others, such as `profile/`, stands back."""
    text = truncate_text(box.name, font_size, max_width)
    kind, slash, rest = text.partition("/")
    if slash and kind.isalpha():
        return [element("tspan", kind + slash, class_="kind"), element("tspan", rest)]
    return [element("tspan", text)]
