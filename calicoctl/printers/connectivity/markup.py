"""Elements of SVG and HTML, in which text is text: nothing that a manifest says becomes markup."""

from __future__ import annotations

from html import escape

from calicoctl.printers.xmltext import clean


class Markup(str):
    """Text that is markup already."""

    __slots__ = ()


def element(name: str, /, *children: str, **attributes: str | float | bool | None) -> Markup:
    """An element. A child that is no `Markup` is text.

    The attribute `class_` stands for `class`, and `_` in names for `-`. None and False leave an attribute out.
    """
    inner = "".join(child if isinstance(child, Markup) else _text(child) for child in children)
    start = name + "".join(_attribute(key, value) for key, value in attributes.items())
    return Markup(f"<{start}>{inner}</{name}>" if inner or name in _CLOSED else f"<{start}/>")


def joined(parts: list[Markup], between: str = "\n") -> Markup:
    """Elements one after the other."""
    return Markup(between.join(parts))


_CLOSED = frozenset(
    {"script", "style", "div", "span", "p", "td", "th", "table", "tbody", "button", "output", "ul", "h1"}
)
"""What HTML wants an end tag of, also when it is empty."""


def _attribute(key: str, value: str | float | bool | None) -> str:
    if value is None or value is False:
        return ""
    text = "" if value is True else number(value) if isinstance(value, float) else str(value)
    return f' {key.rstrip("_").replace("_", "-")}="{_text(text)}"'


def number(value: float) -> str:
    """A coordinate, no longer than it has to be."""
    return f"{value:.1f}".removesuffix(".0")


def _text(text: str) -> str:
    return escape(clean(text), quote=True)
