"""Who can reach whom as one page with a picture and a table: no network, and no script, has to be there to read it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from importlib.resources import files

from calicoctl.analysis.connectivity.crowds import Crowd
from calicoctl.printers.connectivity.answer import Answer, services
from calicoctl.printers.connectivity.markup import Markup, element, joined
from calicoctl.printers.connectivity.picture import Box
from calicoctl.printers.connectivity.svg import drawing, is_too_large, stylesheet

_SHOWN = 12
"""So many names are open to see in a field; the others are a click away."""


def show(answer: Answer) -> str:
    """The page."""
    style = Markup(stylesheet() + _file("page.css"))
    script = Markup(_file("page.js"))
    guard = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; base-uri 'none'; form-action 'none'"
    )
    head = [
        Markup('<meta charset="utf-8">'),
        _void("meta", http_equiv="Content-Security-Policy", content=guard),
        _void("meta", name="viewport", content="width=device-width, initial-scale=1"),
        _void("meta", name="color-scheme", content="light dark"),
        element("title", answer.title),
        element("style", style),
    ]
    body = [_header(answer), element("main", joined(list(_main(answer)))), element("script", script)]
    page = element("html", element("head", joined(head)), element("body", joined(body)), lang="en")
    return f"<!doctype html>\n{page}\n"


def _file(name: str) -> str:
    return (files("calicoctl.printers.connectivity") / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """What lets a browser know that a style or a script is the one that was meant, and not one out of a manifest."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _void(name: str, /, **attributes: str) -> Markup:
    return Markup(element(name, **attributes).removesuffix("/>") + ">")


def _header(answer: Answer) -> Markup:
    found = answer.connectivity
    notes = [element("p", note, class_="note") for note in answer.notes]
    remarks = [element("p", remark) for remark in answer.remarks]
    counted = f"{_count(len(found.crowds), 'group')}, {_count(len(found.rows), 'row')}"
    basis = element("p", f"{answer.basis} \N{MIDDLE DOT} {counted}", class_="quiet")
    return element("header", joined([element("h1", answer.title), basis, *remarks, *notes]))


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _main(answer: Answer) -> Iterator[Markup]:
    if is_too_large(answer.connectivity):
        yield element(
            "p", "There are too many groups for a picture: --focus and --group-by leave fewer.", class_="quiet"
        )
    elif answer.connectivity.rows:
        drawn = drawing(answer)
        picture = element(
            "svg",
            drawn.content,
            class_="connectivity",
            width=drawn.width,
            height=drawn.height,
            viewBox=f"0 0 {drawn.width:g} {drawn.height:g}",
            role="img",
            aria_label="The picture of what the table below says",
        )
        yield element("div", picture, class_="picture", tabindex="0", role="region", aria_label="Picture")
    if answer.connectivity.rows:
        yield element("h2", "What is allowed")
        yield _search()
        yield _table("rows", ("FROM", "TO", "ALLOWED"), _rows(answer))
    yield element("h2", "Who is who")
    yield _table("groups", ("GROUP", "WHAT IT IS", "MEMBERS"), map(_group, answer.connectivity.crowds))


def _search() -> Markup:
    field = _void(
        "input",
        id="query",
        type="search",
        placeholder="Search: web, from:web, to:database, 3306",
        aria_label="Search in what is allowed",
        autocomplete="off",
        spellcheck="false",
    )
    count = element("output", id="count", class_="quiet", aria_live="polite")
    return element("div", field, count, id="search", class_="search", hidden=True)


def _table(name: str, headings: Sequence[str], rows: Iterator[Markup]) -> Markup:
    head = element("tr", *(element("th", heading, scope="col") for heading in headings))
    return element("table", element("thead", head), element("tbody", joined(list(rows))), id=name)


def _rows(answer: Answer) -> Iterator[Markup]:
    for row in answer.connectivity.rows:
        ends = (element("td", *_listed(answer.parts(side))) for side in row.ends)
        yield element("tr", *ends, element("td", services(row), class_="allowed"))


def _listed(names: Mapping[str, Sequence[str]]) -> list[Markup]:
    """Names, of which most are folded away in a long list. What a name stands for can be found by the search, too."""
    chips = [
        element("span", name, class_="chip", title=", ".join(parts) if len(parts) > 1 else None)
        for name, parts in names.items()
    ]
    rest = chips[_SHOWN:]
    return [*chips[:_SHOWN], *([element("details", element("summary", f"{len(rest)} more"), *rest)] if rest else [])]


def _group(crowd: Crowd) -> Markup:
    people: dict[str, Sequence[str]] = {}
    for one in crowd.inhabitants:
        name = one.endpoint.name if one.endpoint else "everything that is no endpoint"
        known = f" ({', '.join(map(str, one.addresses))})" if one.addresses else ""
        people[f"{name}{known}{one.where or ''}"] = ()
    return element("tr", element("td", crowd.name), element("td", Box((crowd,)).size), element("td", *_listed(people)))
