"""SVG and HTML elements. All text is escaped, so values from manifests never become markup."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import NamedTuple

from calicoctl.printers.findings.xml_text import replace_invalid_xml


class Markup(str):
    """Text that is already markup."""

    __slots__ = ()


class SvgFragment(NamedTuple):
    """SVG content with its origin at the top left corner."""

    content: Markup
    width: float
    """Width in pixels."""
    height: float
    """Height in pixels."""


def element(name: str, /, *children: str, **attributes: str | float | bool | None) -> Markup:
    """Return an element.

    Args:
        name: name of the element.
        children: content; escaped unless it is `Markup`.
        attributes: `class_` is `class`, and `_` is `-` in other names. None and False omit the attribute.
    """
    inner = "".join(child if isinstance(child, Markup) else _escape_text(child) for child in children)
    start = name + "".join(_format_attribute(key, value) for key, value in attributes.items())
    return Markup(f"<{start}>{inner}</{name}>" if inner or name in _NEEDS_END_TAG else f"<{start}/>")


def multiline_text(lines: Iterable[str], x: float, y: float, line_height: float, **attributes: str) -> Markup:
    """Return an SVG text of several lines.

    Args:
        lines: text of each line.
        x: horizontal position of all lines in pixels.
        y: baseline of the first line in pixels.
        line_height: distance of baselines in pixels.
        attributes: attributes of the text, as for `element`.
    """
    spans = (element("tspan", line, x=x, y=y + index * line_height) for index, line in enumerate(lines))
    return element("text", *spans, **attributes)


def svg_element(fragment: SvgFragment, **attributes: str) -> Markup:
    """Return an SVG picture of the size of the fragment, with more attributes as for `element`."""
    return element(
        "svg",
        fragment.content,
        class_="connectivity",
        width=fragment.width,
        height=fragment.height,
        viewBox=f"0 0 {fragment.width:g} {fragment.height:g}",
        role="img",
        **attributes,
    )


def join_markup(parts: Iterable[Markup]) -> Markup:
    """Return elements one after the other."""
    return Markup("\n".join(parts))


_NEEDS_END_TAG = frozenset(
    {"script", "style", "div", "span", "p", "td", "th", "table", "tbody", "button", "output", "ul", "h1"}
)
"""HTML elements that need an end tag even if they are empty."""


def _format_attribute(key: str, value: str | float | bool | None) -> str:
    if value is None or value is False:
        return ""
    text = "" if value is True else _format_number(value) if isinstance(value, float) else str(value)
    return f' {key.rstrip("_").replace("_", "-")}="{_escape_text(text)}"'


def _format_number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _escape_text(text: str) -> str:
    return escape(replace_invalid_xml(text), quote=True)
