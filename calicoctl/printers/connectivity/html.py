"""Connectivity as a self-contained HTML page with a picture and a table; it is readable without its script."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256

from calicoctl.analysis.connectivity.peer_groups import EndpointGroup
from calicoctl.analysis.connectivity.rows import Connectivity
from calicoctl.errors import UsageError
from calicoctl.name_list import count_noun
from calicoctl.printers.connectivity.graph import Box
from calicoctl.printers.connectivity.markup import Markup, element, join_markup, svg_element
from calicoctl.printers.connectivity.result import ConnectivityResult, format_row_services
from calicoctl.printers.connectivity.svg import draw_connectivity, read_asset

_MAX_VISIBLE_NAMES = 12
"""Maximum number of names in a cell that are visible without a click."""


def format_result(result: ConnectivityResult) -> str:
    """Return the page."""
    style = Markup(read_asset("picture.css") + read_asset("page.css"))
    script = Markup(read_asset("page.js"))
    security_policy = (
        f"default-src 'none'; style-src {_csp_hash(style)}; script-src {_csp_hash(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    head = [
        Markup('<meta charset="utf-8">'),
        _void_element("meta", http_equiv="Content-Security-Policy", content=security_policy),
        _void_element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        _void_element("meta", name="color-scheme", content="light dark"),
        element("title", result.title),
        element("style", style),
    ]
    body = [_page_header(result), element("main", join_markup(_page_content(result))), element("script", script)]
    page = element("html", element("head", join_markup(head)), element("body", join_markup(body)), lang="en")
    return f"<!doctype html>\n{page}\n"


def _csp_hash(text: str) -> str:
    """Return the CSP source of a style or script, so that the browser does not run any other."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _void_element(name: str, /, **attributes: str) -> Markup:
    return Markup(element(name, **attributes).removesuffix("/>") + ">")


def _page_header(result: ConnectivityResult) -> Markup:
    connectivity = result.connectivity
    notes = [element("p", note, class_="note") for note in result.notes]
    isolation_notes = [element("p", isolation_note) for isolation_note in result.isolation_notes]
    counts = f"{count_noun(len(connectivity.groups), 'group')}, {count_noun(len(connectivity.rows), 'row')}"
    basis = element("p", f"{result.basis} \N{MIDDLE DOT} {counts}", class_="muted")
    return element("header", join_markup([element("h1", result.title), basis, *isolation_notes, *notes]))


def _page_content(result: ConnectivityResult) -> Iterator[Markup]:
    if result.connectivity.rows:
        yield _picture(result.connectivity)
        yield element("h2", "Allowed traffic")
        yield _search_field()
        yield _table_element("rows", ("FROM", "TO", "ALLOWED"), _connectivity_rows(result))
    yield element("h2", "Groups")
    yield _table_element("groups", ("GROUP", "SIZE", "MEMBERS"), map(_group_row, result.connectivity.groups))


def _picture(connectivity: Connectivity) -> Markup:
    try:
        fragment = draw_connectivity(connectivity)
    except UsageError:
        return element("p", "Too many groups for a picture (select fewer with --focus or --group-by)", class_="muted")
    svg = svg_element(fragment, aria_label="Picture of the table below")
    return element("div", svg, class_="picture", tabindex="0", role="region", aria_label="Picture")


def _search_field() -> Markup:
    field = _void_element(
        "input",
        id="query",
        type="search",
        placeholder="Search: web, from:web, to:database, 3306",
        aria_label="Search the allowed traffic",
        autocomplete="off",
        spellcheck="false",
    )
    count = element("output", id="count", class_="muted", aria_live="polite")
    return element("div", field, count, id="search", class_="search", hidden=True)


def _table_element(name: str, headings: Sequence[str], rows: Iterator[Markup]) -> Markup:
    head = element("tr", *(element("th", heading, scope="col") for heading in headings))
    return element("table", element("thead", head), element("tbody", join_markup(rows)), id=name)


def _connectivity_rows(result: ConnectivityResult) -> Iterator[Markup]:
    for row in result.connectivity.rows:
        ends = (element("td", *_name_elements(result.groups_by_name(side))) for side in row.ends)
        yield element("tr", *ends, element("td", format_row_services(row), class_="allowed"))


def _name_elements(names: Mapping[str, Sequence[str]]) -> list[Markup]:
    """Return names, those after the first few collapsed.

    Args:
        names: names, each with the names of its groups; the search finds these, too.
    """
    name_spans = [
        element("span", name, class_="chip", title=", ".join(group_names) if len(group_names) > 1 else None)
        for name, group_names in names.items()
    ]
    rest = name_spans[_MAX_VISIBLE_NAMES:]
    return [
        *name_spans[:_MAX_VISIBLE_NAMES],
        *([element("details", element("summary", f"{len(rest)} more"), *rest)] if rest else []),
    ]


def _group_row(group: EndpointGroup) -> Markup:
    members: dict[str, Sequence[str]] = {}
    for member in group.members:
        name = member.endpoint.name if member.endpoint else "non-endpoint addresses"
        addresses_text = f" ({', '.join(map(str, member.addresses))})" if member.addresses else ""
        members[f"{name}{addresses_text}{member.network_expression or ''}"] = ()
    return element(
        "tr", element("td", group.name), element("td", Box((group,)).size_text), element("td", *_name_elements(members))
    )
