"""What the agent's own validator refuses in a stored profile: it then ignores the profile's labels.

Its rules are programmed all the same. v1 manifests with any of this are refused; a store may hold it nevertheless.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from calicoctl.kinds.names import is_qualified_name
from calicoctl.kinds.rulechecks import check_rules
from calicoctl.kinds.v3only import shown_rules

_LABEL_VALUE = re.compile(r"(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
_ICMP_NAMES = ("ICMP", "ICMPv6")


def refusal(spec: Mapping[str, Any]) -> str:
    """The first thing that the agent refuses in the spec of a stored profile; empty when it takes it."""
    return next(_refusals(spec), "")


def _refusals(spec: Mapping[str, Any]) -> Iterator[str]:
    for key, value in (spec.get("labelsToApply") or {}).items():
        if not is_qualified_name(key) or not _LABEL_VALUE.fullmatch(str(value)):
            yield f"label {key}: {value!r} is no label of Kubernetes"
    for direction in ("ingress", "egress"):
        for index, rule in enumerate(spec.get(direction) or ()):
            if (rule.get("icmp") or rule.get("notICMP")) and rule.get("protocol") not in _ICMP_NAMES:
                yield f"{direction}[{index}]: icmp with protocol {rule.get('protocol')}, and not ICMP or ICMPv6 by name"
    rules = {direction: shown_rules(spec.get(direction)) for direction in ("ingress", "egress")}
    for path, message in check_rules(rules):
        yield f"{path[1]}[{path[2]}]: {message}"
