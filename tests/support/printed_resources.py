"""Resources of several kinds, and how the printers show them."""

from __future__ import annotations

from typing import Any

from calicoctl.kinds import KINDS, Kind, find_kind
from calicoctl.printers import formats
from calicoctl.printers.resources import get_printer
from calicoctl.printers.resources.print_options import PrintOptions
from calicoctl.resource import Resource


def get_kind(name: str) -> Kind:
    found = find_kind(name)
    assert found
    return found


def make_resource(name: str, metadata: dict[str, Any], spec: dict[str, Any] | None = None) -> Resource:
    return get_kind(name).resource(*get_kind(name).normalize({"metadata": metadata, "spec": spec or {}}))


WEB = make_resource("profile", {"name": "web", "tags": ["a", "b"], "labels": {"x": "1"}})


LONG = make_resource("profile", {"name": "long-name"})


DB = make_resource(
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


def render(
    form: str,
    *resources: Resource,
    kinds: list[Kind] | None = None,
    headings: bool = True,
    labels: bool = False,
    single: bool = False,
) -> str:
    wanted = kinds or [each for each in KINDS if any(resource.kind == each.name for resource in resources)]
    print_options = PrintOptions(wanted, headings=headings, labels=labels, single=single)
    return get_printer(formats.RESOURCES.select(form), print_options)(resources, print_options)
