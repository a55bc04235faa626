"""Fields of a flow record, and the flow that they describe.

The names are those of calicoctl's own output, of the flow logs of Calico Enterprise and Calico Cloud (`flows.log`,
docs.tigera.io "Flow log data types"), and of the flow API of Calico 3.32 (`whisker-backend/pkg/apis/v1/flows.go`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

from calicoctl.analysis.flows.flow import EndKind, Flow, FlowEnd, FlowError
from calicoctl.kinds.values.protocols import (
    ICMP,
    ICMP_BY_VERSION,
    MAX_PORT,
    PORT_PROTOCOLS,
    protocol_name,
    protocol_number,
)

Record = Mapping[str, str]
"""Values of a record by canonical field name."""

HEADER_EXAMPLE: Final = "from,to,protocol,port"
_FIELD_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "from": ("from", "source", "src"),
    "to": ("to", "destination", "dest", "dst"),
    "protocol": ("protocol", "proto"),
    "port": ("port", "dest_port", "destination_port", "dst_port"),
    "source_port": ("source_port", "src_port"),
    "icmp_type": ("icmp_type", "type"),
    "icmp_code": ("icmp_code", "code"),
    "action": ("action",),
    **{
        f"{end}_{part}": (f"{end}_{part}",)
        for end in ("source", "dest")
        for part in ("ip", "namespace", "name", "name_aggr", "type")
    },
}
_ENDS: Final = (("from", "source"), ("to", "dest"))
"""Field of calicoctl's own records for each end, and the prefix of the fields in flow logs."""
_NETWORKS: Final[Mapping[str, EndKind]] = {
    **dict.fromkeys(("pub", "public network"), "public network"),
    **dict.fromkeys(("pvt", "private network"), "private network"),
}
"""Names of non-endpoints in flow logs."""
_NO_VALUES: Final = frozenset(("", "-", "null", "*"))
_AGENT_PROTOCOLS: Final = {"icmp6": 58, "ipip": 4, "esp": 50}
"""Names of protocols in flow logs that v1 does not have (Felix `collector/utils/utils.go`)."""
_PORT_FIELDS: Final = ("source_port", "port")
_ICMP_FIELDS: Final = ("icmp_type", "icmp_code")
_ACTIONS: Final = frozenset(("allow", "deny"))
_MAX_BYTE: Final = 255


def _normalize(name: str) -> str:
    return "".join(char for char in name.lower() if char.isalnum())


_CANONICAL: Final = {_normalize(name): field for field, names in _FIELD_NAMES.items() for name in names}


@lru_cache(maxsize=1024)
def canonical_field(name: str) -> str:
    """Return the canonical name of a field or column, in any case and with any separators; empty if unknown."""
    return _CANONICAL.get(_normalize(name), "")


def check_repeated(names: Iterable[str]) -> None:
    """Check that no two fields or columns have the same meaning.

    Raises:
        FlowError: two have.
    """
    first: dict[str, str] = {}
    for name in names:
        field = canonical_field(name)
        if field and field in first:
            raise FlowError(f"{first[field]!r} and {name!r} have the same meaning (remove one of them)")
        first[field] = name


def check_fields(fields: Iterable[str]) -> None:
    """Check that records with some canonical fields can be flows.

    Raises:
        FlowError: a required field is missing.
    """
    present = set(fields)
    for own, prefix in _ENDS:
        if not present.intersection((own, f"{prefix}_ip", f"{prefix}_name", f"{prefix}_name_aggr")):
            raise FlowError(f"no field {own!r} (write {HEADER_EXAMPLE})")
    if "protocol" not in present:
        raise FlowError(f"no field 'protocol' (write {HEADER_EXAMPLE})")


def flow_from_record(record: Record, line: int) -> Flow:
    """Return the flow of a record.

    Raises:
        FlowError: a value is missing or invalid.
    """
    check_fields(record)
    source, destination = (_end(record, own, prefix) for own, prefix in _ENDS)
    protocol = _protocol(record["protocol"])
    first, second = _service_numbers(record, protocol)
    return Flow(source, destination, protocol, first, second, line, _action(record))


def _action(record: Record) -> str:
    """Return the recorded action, `allow` or `deny`; empty if there is none."""
    action = _value(record, "action").lower()
    if action and action not in _ACTIONS:
        raise FlowError(f"action {record['action']!r} is unknown (write allow or deny, or nothing)")
    return action


def _service_numbers(record: Record, protocol: int) -> tuple[int | None, int | None]:
    """Return the ports, or the ICMP type and code."""
    ports = [_number(record, field, MAX_PORT) for field in _PORT_FIELDS]
    icmp_type, code = icmp = [_number(record, field, _MAX_BYTE) for field in _ICMP_FIELDS]
    name = protocol_name(protocol)
    if protocol in PORT_PROTOCOLS:
        _check_unused(_ICMP_FIELDS, (value is not None for value in icmp), name)
        if ports[1] is None:
            raise FlowError(f"no port (write a port from 0 to {MAX_PORT} for {name})")
        return ports[0], ports[1]
    is_icmp = protocol in ICMP_BY_VERSION.values()
    if is_icmp and icmp_type is None and ports[1] and not _value(record, "to"):
        return _icmp_of_port(protocol, ports[1])
    _check_unused(_PORT_FIELDS, map(bool, ports), name)  # flow logs have port 0 for protocols without ports
    if not is_icmp:
        _check_unused(_ICMP_FIELDS, (value is not None for value in icmp), name)
        return None, None
    if code is not None and icmp_type is None:
        raise FlowError("an ICMP code without a type (write both)")
    return icmp_type, code


def _icmp_of_port(protocol: int, port: int) -> tuple[int, int]:
    """Return the ICMP type and code that the agent records as the destination port of a flow log.

    The type is the high byte with iptables (Felix `collector/iptables.go`), and the low byte with eBPF, which also
    records those of ICMPv6 (`bpf-gpl/parsing.h`). The source port is then the identifier of an echo request.
    """
    high, low = divmod(port, _MAX_BYTE + 1)
    return (high, low) if protocol == ICMP and high else (low, high)


def _check_unused(fields: Iterable[str], given: Iterable[bool], protocol: str) -> None:
    """Check that a record has no value in fields that its protocol does not have.

    Raises:
        FlowError: a field has a value.
    """
    for field, has_value in zip(fields, given, strict=True):
        if has_value:
            text = _words(field)
            raise FlowError(f"{text} is given, but {protocol} has none (remove the {text}, or change the protocol)")


def _words(field: str) -> str:
    return field.replace("_", " ").replace("icmp", "ICMP")


def _protocol(text: str) -> int:
    number = _AGENT_PROTOCOLS.get(text.lower()) or protocol_number(text)
    if text in _NO_VALUES or number is None:
        raise FlowError(f"protocol {text!r} is unknown (write tcp, udp, icmp, icmpv6, sctp, or 0 to 255)")
    return number


def _number(record: Record, field: str, highest: int) -> int | None:
    text = record.get(field, "").removesuffix(".0")
    if text in _NO_VALUES:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= highest):
        raise FlowError(f"{_words(field)} {text!r} is invalid (write a number from 0 to {highest})")
    return int(text)


def _end(record: Record, own: str, prefix: str) -> FlowEnd:
    """Return an end. A pod is identified by its name: addresses are used again."""
    if text := record.get(own, ""):
        return agent_end("", "", text) if _NETWORKS.get(text.lower()) else FlowEnd(text)
    values = {part: _value(record, f"{prefix}_{part}") for part in ("ip", "namespace", "name", "name_aggr", "type")}
    name = values["name"] or values["name_aggr"]
    if values["type"] == "hep":
        name = values["name_aggr"] or name
    is_endpoint = values["type"] in {"wep", "hep"} or (not values["type"] and values["namespace"] and name)
    if values["ip"] and not is_endpoint:
        return FlowEnd(values["ip"])
    if not name:
        raise FlowError(f"no value for {own!r} (write an address or a name)")
    return agent_end(values["type"], values["namespace"], name)


def _value(record: Record, field: str) -> str:
    text = record.get(field, "")
    return "" if text in _NO_VALUES else text


def agent_end(kind: str, namespace: str, name: str) -> FlowEnd:
    """Return an end of a flow log.

    Args:
        kind: `wep`, `hep`, `ns` or `net`; empty if the log does not have it.
        namespace: namespace of a workload endpoint or network set; `-` or empty for none.
        name: name of the endpoint, or its start with `*`; `pub` or `pvt` for a non-endpoint.

    Raises:
        FlowError: the end is a network set.
    """
    if kind == "ns":
        raise FlowError(f"{name!r} is a network set, which is not an end (write the address instead)")
    if network := _NETWORKS.get(name.lower()):
        return FlowEnd(network, network)
    if namespace in _NO_VALUES:
        return FlowEnd(name, "host")
    return FlowEnd(f"{namespace}/{name}", "pod")
