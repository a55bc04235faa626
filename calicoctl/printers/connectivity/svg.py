"""Who can reach whom as a picture: a flow when there is little, or else a matrix. It needs nothing but itself."""

from __future__ import annotations

from importlib.resources import files

from calicoctl.analysis.connectivity.rows import Connectivity
from calicoctl.printers.connectivity.answer import ARROW, Answer, services, shortened
from calicoctl.printers.connectivity.drawing import Drawing
from calicoctl.printers.connectivity.flow import flow, is_clear
from calicoctl.printers.connectivity.lettering import fitted, lines
from calicoctl.printers.connectivity.limits import refuse_more
from calicoctl.printers.connectivity.markup import Markup, element, joined
from calicoctl.printers.connectivity.matrix import matrix
from calicoctl.printers.connectivity.picture import picture

_MARGIN = 20.0
_MOST = 400
"""So many rows and columns a screen still holds."""
_TOLD = 100
"""So many rows are told to those who can't see them."""


def show(answer: Answer) -> str:
    """A document with the picture, a title and what it is worked out from."""
    drawn = drawing(answer)
    wide = max(drawn.width, 640.0) + 2 * _MARGIN
    foot = [line for remark in answer.remarks for line in lines(remark, 12, wide - 2 * _MARGIN, 3)]
    high = drawn.height + 96 + 18 * len(foot)
    head = [
        element("text", fitted(answer.title, 19, wide - 2 * _MARGIN), class_="title", x=_MARGIN, y=38.0),
        element("text", fitted(answer.basis, 12, wide - 2 * _MARGIN), class_="quiet", x=_MARGIN, y=58.0),
    ]
    tail = [
        element("text", line, class_="quiet", x=_MARGIN, y=drawn.height + 92 + 18 * place)
        for place, line in enumerate(foot)
    ]
    content = element("g", drawn.content, transform=f"translate({(wide - drawn.width) / 2:g} 76)")
    parts = [
        element("title", answer.title, id="title"),
        element("desc", _description(answer), id="desc"),
        element("style", Markup(stylesheet())),
        element("rect", class_="ground", width="100%", height="100%"),
        *head,
        content,
        *tail,
    ]
    root = element(
        "svg",
        joined(parts),
        xmlns="http://www.w3.org/2000/svg",
        class_="connectivity",
        width=wide,
        height=high,
        viewBox=f"0 0 {wide:g} {high:g}",
        role="img",
        aria_labelledby="title desc",
    )
    return f"{root}\n"


def drawing(answer: Answer) -> Drawing:
    """The picture alone.

    Raises:
        UsageProblem: there is more than anybody could see.
    """
    if is_clear(answer.connectivity):
        return flow(answer.connectivity)
    found = picture(answer.connectivity)
    refuse_more(len(found.boxes), _MOST, "svg", "rows and columns")
    return matrix(found)


def is_too_large(found: Connectivity) -> bool:
    """Whether there is more than anybody could see."""
    return min(len(found.crowds), len(found.alike)) > _MOST


def stylesheet() -> str:
    """The colours and letters of pictures."""
    return (files("calicoctl.printers.connectivity") / "picture.css").read_text(encoding="utf-8")


def _description(answer: Answer) -> str:
    rows = answer.connectivity.rows
    told = [
        f" {ARROW} ".join(shortened(answer.names(side), 5) for side in row.ends) + f": {services(row)}."
        for row in rows[:_TOLD]
    ]
    more = [f"And {len(rows) - _TOLD} more."] if len(rows) > _TOLD else []
    return " ".join([f"{answer.basis}.", *told, *more, *answer.remarks])
