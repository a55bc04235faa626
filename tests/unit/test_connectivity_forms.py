"""Connectivity in each form of output, and names that mean something to it."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
from collections.abc import Iterable
from html.parser import HTMLParser
from io import StringIO
from typing import Any
from xml.etree import ElementTree as Xml

import pytest

from calicoctl.analysis.connectivity.grouping import Grouping
from calicoctl.analysis.connectivity.rows import compute_connectivity
from calicoctl.analysis.sets.services import ALL_SERVICES
from calicoctl.errors import UsageError
from calicoctl.printers.connectivity import OUTPUT_FORMATS, get_formatter
from calicoctl.printers.connectivity.answer import ConnectivityResult
from calicoctl.printers.connectivity.graph import make_graph
from calicoctl.printers.connectivity.text_width import text_width, truncate_text, wrap_text
from tests.analysed import policies_of

SVG = "{http://www.w3.org/2000/svg}"
NASTY = "x\"]; </svg></style></script><script>alert(1)</script> & `b` %%{init}%% #35; \\N\n\x1b[31m'"


def rule(**fields: Any) -> dict[str, Any]:
    return {"action": "allow", "source": {}, "destination": {}, **fields}


def profile(name: str, ingress: Iterable[Any] = (), egress: Iterable[Any] = (), **labels: str) -> dict[str, Any]:
    spec = {"ingress": list(ingress), "egress": list(egress)}
    return {"kind": "profile", "metadata": {"name": name, "labels": labels}, "spec": spec}


def endpoint(name: str, address: str, *profiles: str, **labels: str) -> dict[str, Any]:
    metadata = {"name": name, "node": "n", "orchestrator": "o", "workload": "w", "labels": labels}
    spec = {"interfaceName": "cali0", "ipNetworks": [address], "profiles": list(profiles)}
    return {"kind": "workloadEndpoint", "metadata": metadata, "spec": spec}


def answer(
    manifests: Iterable[dict[str, Any]], way: str = "profile", label: str = "", **more: Any
) -> ConnectivityResult:
    policies = policies_of(manifests)
    found = compute_connectivity(policies, Grouping(policies, way, label), more.get("services", ALL_SERVICES))
    shown = f"{way}:{label}" if label else way
    return ConnectivityResult(
        found, shown, "", ALL_SERVICES, more.get("basis", "a.yaml: this and that"), more.get("notes", ())
    )


MYSQL = rule(protocol="tcp", source={"selector": "role == 'web'"}, destination={"ports": [3306]})
OFFICE = rule(protocol="tcp", source={"nets": ["10.0.0.0/8"]}, destination={"ports": [443]})
SHOP = [
    profile("db", [MYSQL], [], role="db"),
    profile("web", [OFFICE], [rule()], role="web"),
    profile("idle", role="idle"),
    endpoint("db1", "10.1.0.1", "db"),
    endpoint("db2", "10.1.0.2", "db"),
    endpoint("web1", "10.2.0.1", "web"),
    endpoint("web2", "192.168.0.9", "web", tier="canary"),
    endpoint("idle1", "10.3.0.1", "idle"),
]


def many(count: int) -> list[dict[str, Any]]:
    """So many groups, each of which may send to the next one and to itself, on ports of their own."""
    return [
        profile(
            f"p{number:03}",
            [
                rule(protocol=protocol, source={"selector": f"n == '{source}'"}, destination={"ports": [number + 1]})
                for protocol, source in (("tcp", (number or count) - 1), ("udp", number))
            ],
            [rule()],
            n=str(number),
        )
        for number in range(count)
    ]


def show(form: str, some: ConnectivityResult) -> str:
    return get_formatter(form)(some)


@pytest.mark.parametrize("form", OUTPUT_FORMATS)
def test_every_form_ends_its_last_line_and_is_always_the_same(form: str) -> None:
    for manifests in ([], SHOP, many(30)):
        text = show(form, answer(manifests))
        assert text.endswith("\n")
        assert not text.endswith("\n\n")
        assert text == show(form, answer(manifests))


# --- text --------------------------------------------------------------------------------------------------


def test_text_is_a_table_of_rows() -> None:
    """Only one web server is in the office's network, so the profile is told in two parts."""
    assert show("text", answer(SHOP)).splitlines() == [
        "What policy allows, by profile",
        "(a.yaml: this and that)",
        "",
        "FROM                                               TO            ALLOWED",
        "profile/web                                        profile/db    tcp 3306",
        "profile/web                                        outside       all",
        "profile/web in 10.0.0.0/8, outside in 10.0.0.0/8   profile/web   tcp 443",
        "",
        "Nothing is allowed from or to profile/idle.",
    ]


def test_text_counts_what_a_list_leaves_out() -> None:
    some = [profile(f"p{number}", [rule()], [rule()]) for number in range(6)]
    assert "profile/p0, profile/p1, profile/p2 and 3 more" in show("text", answer(some))


def test_text_says_when_there_is_nothing_to_say() -> None:
    assert "neither endpoints nor profiles" in show("text", answer([]))
    assert show("text", answer([profile("a")])).splitlines()[-1] == "Nothing is allowed from or to anybody."


def test_text_is_a_line_a_row_whatever_names_are() -> None:
    text = show("text", answer([profile("p", [rule()], [rule()], k=NASTY)], "label", "k"))
    assert "\x1b" not in text
    assert len(text.splitlines()) == 6


def test_ip_versions_are_told_where_they_differ_and_only_there() -> None:
    pings = [profile("a", [rule(icmp={"type": 8})], [rule()]), endpoint("a1", "10.0.0.1", "a")]
    alone = show("text", answer(pings))
    assert re.search(r"^outside +profile/a +icmp 8$", alone, re.MULTILINE)
    pings[1]["spec"]["ipNetworks"].append("fd00::1")
    both = show("text", answer(pings))
    assert re.search(r"^outside +profile/a +icmp 8 \(IPv4 only\)$", both, re.MULTILINE)
    assert re.search(r"^outside +profile/a +icmpv6 8 \(IPv6 only\)$", both, re.MULTILINE)


def test_endpoints_have_the_shortest_names_that_tell_them_apart() -> None:
    some = [endpoint(name, f"10.0.0.{number}", "a") for number, name in enumerate(["x", "outside", ""], 1)]
    text = show("csv", answer([profile("a", [rule()], [rule()]), *some], "endpoint"))
    assert {row[0] for row in csv.reader(StringIO(text))} == {
        *("from", "x", "workloadEndpoint/n/o/w/outside", "workloadEndpoint/n/o/w", "outside")
    }


def test_a_part_is_named_by_several_labels_where_one_does_not_do() -> None:
    open_to = {"selector": "app == 'a' && tier == 'web'"}
    some = [
        endpoint(f"{app}-{tier}-{number}", f"10.0.{number}.{place}", "p", app=app, tier=tier)
        for number in (1, 2)
        for place, (app, tier) in enumerate([("a", "web"), ("a", "db"), ("b", "web")], 1)
    ]
    text = show("text", answer([profile("p", [rule(source=open_to)], [rule()]), *some]))
    assert "profile/p with app=a and tier=web   profile/p" in text


# --- JSON and CSV ------------------------------------------------------------------------------------------


def test_json_has_everything() -> None:
    value = json.loads(show("json", answer(SHOP, notes=["a note"])))
    head = {key: value[key] for key in ("formatVersion", "groupBy", "focus", "services", "basis", "notes")}
    assert head == {
        "formatVersion": 1,
        "groupBy": "profile",
        "focus": None,
        "services": ["all"],
        "basis": "a.yaml: this and that",
        "notes": ["a note"],
    }
    assert value["rows"] == [
        {"from": [web, canary], "to": to, "services": [services], "ipVersions": [4]}
        for web, canary, to, services in [
            ("profile/web in 10.0.0.0/8", "profile/web with tier=canary", ["profile/db"], "tcp 3306"),
            (
                "profile/web in 10.0.0.0/8",
                "profile/web with tier=canary",
                ["outside but not in 10.0.0.0/8", "outside in 10.0.0.0/8"],
                "all",
            ),
            (
                "profile/web in 10.0.0.0/8",
                "outside in 10.0.0.0/8",
                ["profile/web in 10.0.0.0/8", "profile/web with tier=canary"],
                "tcp 443",
            ),
        ]
    ]
    groups = {group["name"]: group for group in value["groups"]}
    assert list(groups) == [
        "profile/db",
        "profile/idle",
        "profile/web in 10.0.0.0/8",
        "profile/web with tier=canary",
        "outside but not in 10.0.0.0/8",
        "outside in 10.0.0.0/8",
    ]
    assert groups["profile/web with tier=canary"] == {
        "name": "profile/web with tier=canary",
        "heading": "profile/web",
        "whole": False,
        "focused": False,
        "ipVersions": [4],
        "members": [
            {"name": "workloadEndpoint/n/o/w/web2", "addresses": ["192.168.0.9"], "within": None, "without": None}
        ],
    }
    assert groups["outside but not in 10.0.0.0/8"]["members"] == [
        {"name": "outside", "addresses": None, "within": ["0.0.0.0/0", "::/0"], "without": ["10.0.0.0/8"]}
    ]


def test_csv_has_a_line_for_each_pair() -> None:
    rows = list(csv.reader(StringIO(show("csv", answer(SHOP)))))
    assert rows[0] == ["from", "to", "services", "ip versions"]
    assert [row for row in rows if row[2] == "tcp 443"] == [
        [source, destination, "tcp 443", "4"]
        for source in ("profile/web in 10.0.0.0/8", "outside in 10.0.0.0/8")
        for destination in ("profile/web in 10.0.0.0/8", "profile/web with tier=canary")
        # what a single endpoint would send to itself is no pair
        if source != destination
    ]
    assert {len(row) for row in rows} == {4}


def test_csv_keeps_every_name_as_it_is() -> None:
    rows = list(csv.reader(StringIO(show("csv", answer([profile("p", [rule()], [rule()], k=NASTY)], "label", "k")))))
    assert [f"k={NASTY}", f"k={NASTY}", "all", "4 6"] in rows


# --- graphs ------------------------------------------------------------------------------------------------


def test_dot_has_boxes_and_arrows() -> None:
    text = show("dot", answer([profile("db", [MYSQL], role="db"), profile("web", [], [rule()], role="web")]))
    assert text.splitlines()[1] == r'  label="What policy allows, by profile\na.yaml: this and that";'
    assert text.splitlines()[5:] == [
        '  n0 [label="profile/db", tooltip="profile/db"];',
        '  n1 [label="profile/web", tooltip="profile/web"];',
        '  n2 [label="outside", tooltip="outside", style="dashed,rounded"];',
        '  n1 -> n0 [label="tcp 3306"];',
        '  n1 -> n2 [label="all"];',
        "}",
    ]


def test_dot_is_dot_whatever_names_are() -> None:
    text = show("dot", answer([profile("p", [rule()], [rule()], k=NASTY)], "label", "k", basis=NASTY))
    string = r'"(?:[^"\\\n]|\\.)*"'
    bare = re.sub(string, "T", text)
    assert '"' not in bare
    for line in bare.splitlines()[1:-1]:
        assert re.fullmatch(r"  (\w+( -> \w+)? )?(\[\w+=\w+(, \w+=[\w#]+)*\]|label=T);", line), line
    if dot := shutil.which("dot"):
        subprocess.run([dot, "-Tsvg"], input=text, text=True, check=True, capture_output=True, timeout=60)


def test_mermaid_has_boxes_and_arrows() -> None:
    text = show("mermaid", answer([profile("db", [MYSQL], role="db"), profile("web", [], [rule()], role="web")]))
    assert text.splitlines() == [
        "flowchart LR",
        "  accTitle: What policy allows, by profile",
        "  accDescr: a.yaml: this and that",
        '  n0["profile/db"]',
        '  n1["profile/web"]',
        '  n2(["outside"])',
        '  n1 -->|"tcp 3306"| n0',
        '  n1 -->|"all"| n2',
    ]


def test_mermaid_gets_nothing_that_means_something_to_it() -> None:
    text = show("mermaid", answer([profile("p", [rule()], [rule()], k=NASTY)], "label", "k", basis=NASTY))
    assert re.findall(r"[<>`%{}\\&\x1b]", text.replace("-->", "")) == []
    (box,) = re.findall(r'^  n0\["(.*)"\]$', text, re.MULTILINE)
    assert re.sub(r"#(\d+);", lambda match: chr(int(match[1])), box) == f"k={NASTY}"


@pytest.mark.parametrize(("form", "most"), [("dot", 1000), ("mermaid", 500)])
def test_a_graph_that_nobody_could_read_is_refused(form: str, most: int) -> None:
    with pytest.raises(UsageError, match=rf"-o {form}: this would have [\d,]+ arrows, more than {most:,} \(use"):
        show(form, answer(profile(f"p{number}", [rule(protocol=number)], [rule()]) for number in range(40, 80)))


# --- pictures ----------------------------------------------------------------------------------------------


def texts(root: Xml.Element, class_: str) -> list[str]:
    found = [one for one in root.iter() if class_ in (one.get("class") or "").split()]
    return ["".join(one.itertext()) for one in found if one.tag == f"{SVG}text"]


def test_little_is_drawn_as_a_flow() -> None:
    root = Xml.fromstring(show("svg", answer(SHOP)))
    assert (root.get("role"), root.get("aria-labelledby")) == ("img", "title desc")
    assert root.findtext(f"{SVG}title") == "What policy allows, by profile"
    assert "profile/web \N{RIGHTWARDS ARROW} profile/db: tcp 3306." in (root.findtext(f"{SVG}desc") or "")
    flows = [one for one in root.iter(f"{SVG}g") if "flow" in (one.get("class") or "").split()]
    assert sorted(one.get("data-rows") or "" for one in flows) == ["0", "1", "2"]
    assert sorted(texts(root, "said")) == ["all", "tcp 3306", "tcp 443"]
    assert texts(root, "name").count("profile/db") == 1, "it only receives"
    assert "Nothing is allowed from or to profile/idle." in texts(root, "quiet")


@pytest.mark.parametrize("count", [9, 12, 50])
def test_more_is_drawn_as_a_matrix_with_a_field_for_each_pair(count: int) -> None:
    some = answer(many(count))
    root = Xml.fromstring(show("svg", some))
    cells = {
        (one.get("data-from"), one.get("data-to")): one.findtext(f"{SVG}title")
        for one in root.iter(f"{SVG}g")
        if "cell" in (one.get("class") or "").split()
    }
    found = make_graph(some.connectivity)
    assert cells.keys() == {(str(one), str(other)) for one, other in found.edges}
    arrow = "\N{RIGHTWARDS ARROW}"
    assert cells["1", "2"] == f"profile/p001 {arrow} profile/p002: tcp 3"
    heads = [one for one in root.iter(f"{SVG}g") if "head" in (one.get("class") or "").split()]
    assert len(heads) == 2 * len(found.boxes)
    if count > 9:
        numbers = texts(root, "key")
        assert len(set(numbers)) == len({title.rpartition(": ")[2] for title in cells.values() if title})


def test_a_picture_stands_on_its_own_in_light_and_dark() -> None:
    text = show("svg", answer(many(12)))
    assert "prefers-color-scheme: dark" in text
    assert re.findall(r"(?:href|src|url|@import)", text) == []
    for used in set(re.findall(r"var\((--\w+)\)", text)):
        assert len(re.findall(rf"{used}: #", text)) >= 1, used


def test_who_is_treated_alike_shares_a_box_when_there_are_many() -> None:
    some = answer(
        [profile("a", [rule()], [rule()]), *(endpoint(f"e{n}", f"10.0.0.{n}", "a") for n in range(1, 120))], "endpoint"
    )
    boxes = make_graph(some.connectivity).boxes
    assert [len(box.groups) for box in boxes] == [119, 1]
    assert (boxes[0].name, boxes[0].size_text) == ("e1, e2 and 117 more", "119 endpoints")


def test_a_picture_that_nobody_could_see_is_refused_and_left_out_of_the_page() -> None:
    some = answer(many(401))
    with pytest.raises(UsageError, match="rows and columns"):
        show("svg", some)
    page = show("html", some)
    assert "too many groups for a picture" in page
    assert "profile/p400" in page


def test_words_fit_into_their_room() -> None:
    long = "profile/" + "a-very-long-name-" * 8
    assert text_width(truncate_text(long, 12, 100), 12) <= 100
    assert truncate_text("short", 12, 100) == "short"
    for text in (long, "tcp 1,2,3,4,5:10,11,12:900,1000,2000,3000,4000; udp 53 from port 1024:65535", ""):
        shown = wrap_text(text, 12, 120, 3)
        assert len(shown) <= 3
        assert all(text_width(line, 12) <= 120 for line in shown)


# --- nasty names -------------------------------------------------------------------------------------------


class Page(HTMLParser):
    """The elements of a page, and the words in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.words += data


def nasty(count: int) -> ConnectivityResult:
    some = [profile(f"p{n}", [rule()], [rule()], k=f"{NASTY}{n}") for n in range(count)]
    closed = [profile(f"q{n}", [rule(protocol=n + 50)], [], k=f"{n}") for n in range(count)]
    return answer([*some, *closed], "label", "k", basis=NASTY, notes=[NASTY])


@pytest.mark.parametrize("count", [1, 8])
def test_names_never_become_markup(count: int) -> None:
    """In the flow and in the matrix."""
    root = Xml.fromstring(show("svg", nasty(count)))
    assert "script" not in {one.tag.rpartition("}")[2] for one in root.iter()}
    page = Page(show("html", nasty(count)))
    assert page.tags.count("script") == 1
    assert page.tags.count("style") == 1
    assert not {name for name in page.attributes if name.startswith("on") or name in {"href", "src", "style"}}
    assert "<script>alert(1)</script>" in page.words
    assert "\x1b" not in page.words


def test_a_page_says_the_same_without_its_script() -> None:
    page = Page(show("html", answer(SHOP, notes=["something to know"])))
    for words in (
        "6 groups, 3 rows",
        "profile/web",
        "tcp 3306",
        "workloadEndpoint/n/o/w/web2 (192.168.0.9)",
        "something to know",
    ):
        assert words in page.words
