"""Each form of `-o`: tables, manifests in 1.6.5's order, names."""

from __future__ import annotations

from typing import Any

import pytest

from calicoctl.errors import UsageError
from calicoctl.kinds import KINDS, Kind, find_kind
from calicoctl.printers.resources import OUTPUT_FORMATS, get_printer
from calicoctl.resource import Resource


def kind(name: str) -> Kind:
    found = find_kind(name)
    assert found
    return found


def resource(name: str, metadata: dict[str, Any], spec: dict[str, Any] | None = None) -> Resource:
    return kind(name).resource(*kind(name).normalize({"metadata": metadata, "spec": spec or {}}))


WEB = resource("profile", {"name": "web", "tags": ["a", "b"], "labels": {"x": "1"}})
LONG = resource("profile", {"name": "long-name"})
DB = resource(
    "policy",
    {"name": "db", "annotations": {"a10": "yes", "a2": "1.10", "A": "x\ny\n"}},
    {
        "order": 1234567.5,
        "selector": "role == 'db'",
        "ingress": [
            {
                "action": "allow",
                "protocol": "tcp",
                "source": {"notTag": "t", "net": "10.0.0.1", "selector": "has(a)"},
                "destination": {"ports": ["20:21", 80], "notNet": "10.1.2.3/8"},
            }
        ],
    },
)


def shown(form: str, *resources: Resource, kinds: list[Kind] | None = None) -> str:
    wanted = kinds or [each for each in KINDS if any(resource.kind == each.name for resource in resources)]
    return get_printer(form, wanted)(resources, wanted)


TABLES = [
    ("ps", [WEB, LONG], "NAME\nweb\nlong-name\n"),
    ("wide", [WEB, LONG], "NAME        TAGS\nweb         a,b\nlong-name\n"),
    ("wide", [DB], "NAME   ORDER           SELECTOR\ndb     1.2345675e+06   role == 'db'\n"),
    ("custom-columns=tags, NAME", [WEB, LONG], "TAGS   NAME\na,b    web\n       long-name\n"),
    ("name", [WEB, DB], "profile/web\npolicy/db\n"),
    ("ps", [WEB, DB], "KIND      NAME\nprofile   web\n\nKIND     NAME\npolicy   db\n"),
]


@pytest.mark.parametrize(
    ("form", "resources", "text"), TABLES, ids=[f"{row[0]}-{index}" for index, row in enumerate(TABLES)]
)
def test_tables(form: str, resources: list[Resource], text: str) -> None:
    assert [line.rstrip() for line in shown(form, *resources).splitlines()] == text.splitlines()


@pytest.mark.parametrize(
    ("form", "text"), [("ps", "NAME\n"), ("wide", "NAME   TAGS\n"), ("yaml", "[]\n"), ("json", "[]\n"), ("name", "")]
)
def test_nothing(form: str, text: str) -> None:
    lines = shown(form, kinds=[kind("profile")]).splitlines()
    assert [line.rstrip() for line in lines] == text.splitlines()


@pytest.mark.parametrize(
    ("character", "escaped"),
    [("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t"), ("\x1b", "\\x1b"), ("\x85", "\\x85"), ("\u2028", "\\u2028")],
)
def test_what_would_break_a_table_is_escaped(character: str, escaped: str) -> None:
    text = shown("wide", resource("policy", {"name": "a"}, {"selector": f"a == 'b{character}c'"}))
    assert [line.rstrip() for line in text.splitlines()] == [
        "NAME   ORDER   SELECTOR",
        f"a      <nil>   a == 'b{escaped}c'",
    ]


def test_yaml_has_its_keys_in_natural_order_and_is_not_folded() -> None:
    assert shown("yaml", DB) == (
        "- apiVersion: v1\n"
        "  kind: policy\n"
        "  metadata:\n"
        "    annotations:\n"
        "      A: |\n"
        "        x\n"
        "        y\n"
        '      a2: "1.10"\n'
        '      a10: "yes"\n'
        "    name: db\n"
        "  spec:\n"
        "    ingress:\n"
        "    - action: allow\n"
        "      destination:\n"
        "        notNets:\n"
        "        - 10.0.0.0/8\n"
        "        ports:\n"
        '        - "20:21"\n'
        "        - 80\n"
        "      protocol: tcp\n"
        "      source:\n"
        "        nets:\n"
        "        - 10.0.0.1/32\n"
        "        notTag: t\n"
        "        selector: has(a)\n"
        "    order: 1.2345675e+06\n"
        "    selector: role == 'db'\n"
        "    types:\n"
        "    - ingress\n"
    )


def test_json_has_its_fields_in_the_order_of_the_schema() -> None:
    assert (
        shown("json", DB)
        == """\
[
  {
    "kind": "policy",
    "apiVersion": "v1",
    "metadata": {
      "name": "db",
      "annotations": {
        "A": "x\\ny\\n",
        "a10": "yes",
        "a2": "1.10"
      }
    },
    "spec": {
      "order": 1234567.5,
      "ingress": [
        {
          "action": "allow",
          "protocol": "tcp",
          "source": {
            "nets": [
              "10.0.0.1/32"
            ],
            "selector": "has(a)",
            "notTag": "t"
          },
          "destination": {
            "ports": [
              "20:21",
              80
            ],
            "notNets": [
              "10.0.0.0/8"
            ]
          }
        }
      ],
      "selector": "role == 'db'",
      "types": [
        "ingress"
      ]
    }
  }
]
"""
    )


WRONG = [
    ("xml", f"-o xml: there is no such output (choose {', '.join(OUTPUT_FORMATS)})"),
    ("yaml=x", "-o yaml=x: there is no such output"),
    ("", "-o : there is no such output"),
    ("custom-columns=", "-o custom-columns= needs at least one heading"),
    ("custom-columns= , ", "-o custom-columns= needs at least one heading"),
    ("custom-columns=NAME,FOO", "-o custom-columns: there is no column FOO (columns are "),
    ("custom-columns=ORDER", "-o custom-columns: there is no column ORDER (columns are "),
    ("go-template={{.}}", "-o go-template is not supported"),
]


@pytest.mark.parametrize(("form", "message"), WRONG)
def test_forms_that_are_none(form: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        get_printer(form, [kind("profile")])
    assert caught.value.lines[0].startswith(message)


def test_without_a_kind_a_column_has_to_be_one_of_any_kind() -> None:
    get_printer("custom-columns=ORDER", None)
    with pytest.raises(UsageError, match="there is no column FOO"):
        get_printer("custom-columns=FOO", None)
