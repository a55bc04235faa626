"""Elements of SVG and HTML, in which text is text: nothing that a manifest says becomes markup."""

from __future__ import annotations

from html import escape
from typing import NamedTuple

from calicoctl.printers.connectivity.graph import Box
from calicoctl.printers.connectivity.text_width import truncate_text
from calicoctl.printers.findings.xml_text import replace_invalid_xml


class Markup(str):
    """Text that is markup already."""

    __slots__ = ()


def element(name: str, /, *children: str, **attributes: str | float | bool | None) -> Markup:
    """An element. A child that is no `Markup` is text.

    The attribute `class_` stands for `class`, and `_` in names for `-`. None and False leave an attribute out.
    """
    inner = "".join(child if isinstance(child, Markup) else _escape_text(child) for child in children)
    start = name + "".join(_format_attribute(key, value) for key, value in attributes.items())
    return Markup(f"<{start}>{inner}</{name}>" if inner or name in _NEEDS_END_TAG else f"<{start}/>")


def join_markup(parts: list[Markup], separator: str = "\n") -> Markup:
    """Elements one after the other."""
    return Markup(separator.join(parts))


_NEEDS_END_TAG = frozenset(
    {"script", "style", "div", "span", "p", "td", "th", "table", "tbody", "button", "output", "ul", "h1"}
)
"""What HTML wants an end tag of, also when it is empty."""


def _format_attribute(key: str, value: str | float | bool | None) -> str:
    if value is None or value is False:
        return ""
    text = "" if value is True else format_number(value) if isinstance(value, float) else str(value)
    return f' {key.rstrip("_").replace("_", "-")}="{_escape_text(text)}"'


def format_number(value: float) -> str:
    """A coordinate, no longer than it has to be."""
    return f"{value:.1f}".removesuffix(".0")


def _escape_text(text: str) -> str:
    return escape(replace_invalid_xml(text), quote=True)


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
