"""Hypothesis strategies: selectors, text that is hard to write down, and v1 resources out of `schemas/`.

Resources are built from the schemas by one function over the keywords of JSON Schema, so a new kind needs nothing
here unless its schema has a new keyword or a new format: then `UnknownKeywordError` says so. What the schema
can't say is repaired by what the kind's own check finds.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from functools import cache
from typing import Any, cast

from hypothesis import assume
from hypothesis import strategies as st

from calicoctl.kinds import Kind
from calicoctl.resource import Resource
from calicoctl.schema.formats import FORMATS
from calicoctl.schema.store import Schema, load_schema
from calicoctl.selector import nodes as n

# --- selectors ---------------------------------------------------------------------------------------------

# Few labels and values, so that they meet; keywords are among them, since they are label names too.
LABELS = st.sampled_from(["a", "b", "in", "not", "has", "calico/k8s_ns", "-", "1.5"])
LABEL_VALUES = st.sampled_from(["", "x", "xy", "yx", "it's", 'say "x"', "日本", "\n"]) | st.text(
    st.characters(exclude_characters="'", exclude_categories=["Cs"]), max_size=4
)
_SETS = st.frozensets(LABEL_VALUES, max_size=3)
_CONDITIONS: tuple[st.SearchStrategy[n.Node], ...] = (
    *(
        st.builds(cast("Any", operator), LABELS, _SETS if issubclass(operator, n.SetComparison) else LABEL_VALUES)
        for operator in n.OPERATORS
    ),
    st.builds(n.Has, LABELS),
    st.builds(n.All),
)


def _compound(operands: st.SearchStrategy[n.Node]) -> st.SearchStrategy[n.Node]:
    several = st.lists(operands, min_size=2, max_size=4).map(tuple)
    return st.builds(n.Not, operands) | st.builds(n.And, several) | st.builds(n.Or, several)


def selector_trees(*, with_global: bool = True, max_leaves: int = 12) -> st.SearchStrategy[n.Node]:
    """Trees of any selector; without `global()` those that v1 takes."""
    conditions = st.one_of(*_CONDITIONS, *([st.builds(n.Global)] if with_global else []))
    return st.recursive(conditions, _compound, max_leaves=max_leaves)


def selectors() -> st.SearchStrategy[str]:
    """Texts of selectors that v1 takes, with blanks around them."""
    texts = selector_trees(with_global=False, max_leaves=3).map(n.canonical)
    blanks = st.sampled_from(["", "", "", " ", "\t"])
    # A label value may hold the text `global()`, which is refused wherever it stands.
    return st.builds("{}{}{}".format, blanks, texts | st.just(""), blanks).filter(_has_format("selector"))


# --- text --------------------------------------------------------------------------------------------------

_NAUGHTY_STRINGS = (
    *("", " ", "\t", "\n", "\r", "\r\n", "\x00", "\x07", "\x1b", "\x7f", "\x85", "\xa0", "\u2028", "\ufeff", "\ufffe"),
    *("\uffff", "😀", "é", "日本", "~", "null", "Null", "true", "True", "yes", "Y", "no", "on", "off", "=", "<<", "-"),
    *("--", "---", "--- a", "...", "... a", "- a", "? a", ": a", "a: b", "a:", "a #b", "#", "&a", "*a", "!a", "!!str"),
    *("|", ">", "%a", "@", "`", "[", "]", "{", "}", ",", "a, b", "'", '"', "it's", "\\", "\\n", "10", "010", "0o7"),
    *("0x1F", "0b1", "1_000", "1.", ".5", "1.10", "1e3", "1e+20", "+1", "-1", ".inf", "-.INF", ".nan", "20:21"),
    *("80:90", "1:30:00", "22:59.5", "2016-01-01", "2016-01-01 10:00:00", "1" * 5000, " lead", "trail ", "a  b"),
    *("a\nb", "a\n\nb\n", "\na", "a\n", "a\n\n", "  a\nb", "a \nb", "a\n  b", "a\tb\nc", "x" * 130, "a b " * 60),
)


def naughty_strings() -> st.SearchStrategy[str]:
    """Texts that YAML and JSON, of any version, are known to stumble over. No half surrogate pairs."""
    anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
    piece = st.sampled_from(_NAUGHTY_STRINGS) | anything
    return piece | st.lists(piece, min_size=2, max_size=4).map("".join)


# --- values of a schema ------------------------------------------------------------------------------------


class UnknownKeywordError(LookupError):
    """A schema has a keyword or a format that `values` does not know: teach it here."""


_ASSERTION_KEYWORDS = (
    "const",
    "enum",
    "pattern",
    "format",
    "minimum",
    "maximum",
    "maxLength",
    "minItems",
    "uniqueItems",
    "dependentRequired",
)
_STRUCTURE_KEYWORDS = ("type", "items", "properties", "required", "additionalProperties", "propertyNames")
_ANNOTATIONS = (
    *("$schema", "$id", "title", "description", "default", "examples", "patternErrorMessage"),
    *("otherNames", "laterFields", "otherValues"),
)
_KEYWORDS = frozenset((*_ASSERTION_KEYWORDS, *_STRUCTURE_KEYWORDS, *_ANNOTATIONS))


def values_of_schema(schema: Schema) -> st.SearchStrategy[Any]:
    """Values that are valid by a schema without references, as plain JSON."""
    # Deferred: what a strategy of a whole schema says of itself has pages.
    return st.deferred(lambda: _values_by_keyword(schema))


def _values_by_keyword(schema: Schema) -> st.SearchStrategy[Any]:
    if unknown := set(schema) - _KEYWORDS:
        raise UnknownKeywordError(f"keywords without a strategy: {sorted(unknown)}")
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return st.one_of(*(_STRATEGIES_BY_TYPE[kind](schema) for kind in kinds))


_NAMES = (
    *("", "a", "A", "0", "-", "_", ".", "..", "a-b", "a_b", "a.b", "a/b", "a--b", "a.-b", "a/", "/a", "default", "Web"),
    *("010", "1.10", "1e3", "0x1F", "true", "yes", "No", "null", "2016-01-01", "k8s_ns.a", "knp.default.a", "kns.a"),
    *("default.web", "calico/k8s_ns", "example.com/role", "projectcalico.org/tier", "eth0", "x" * 63, "X-" * 64),
)


def _strings(schema: Schema) -> st.SearchStrategy[str]:
    if "format" in schema:
        if schema["format"] not in _STRATEGIES_BY_FORMAT:
            raise UnknownKeywordError(f"a format without a strategy: {schema['format']}")
        return _STRATEGIES_BY_FORMAT[schema["format"]].filter(_has_format(schema["format"]))
    if "pattern" in schema:
        pattern = schema["pattern"].removesuffix("(?!\\n)")
        known = [text for text in (*schema.get("examples", ()), *_NAMES) if re.fullmatch(pattern, text)]
        texts = st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True)
        texts = texts.filter(lambda text: not text.endswith("\n") and len(text) <= schema.get("maxLength", 1000))
        # Texts out of a pattern cost much time, and those of 63 characters do not find more than short ones.
        return st.one_of(st.sampled_from(known), st.sampled_from(known), texts) if known else texts
    return naughty_strings()


def _integers(schema: Schema) -> st.SearchStrategy[int]:
    return st.integers(schema.get("minimum"), schema.get("maximum"))


def _numbers(schema: Schema) -> st.SearchStrategy[float]:
    low, high = schema.get("minimum"), schema.get("maximum")
    return st.one_of(
        st.integers(low, high),
        st.floats(low, high, allow_nan=False, allow_infinity=False),
        st.sampled_from([0, 0.5, 1e20, 1e21, 1e-7, 2**53 + 1]).filter(
            lambda number: (low is None or number >= low) and (high is None or number <= high)
        ),
    )


def _arrays(schema: Schema) -> st.SearchStrategy[list[Any]]:
    items, least = values_of_schema(schema["items"]), schema.get("minItems", 0)
    if schema.get("uniqueItems"):
        return st.lists(items, min_size=least, max_size=3, unique_by=repr)
    return st.lists(items, min_size=least, max_size=3)


def _objects(schema: Schema) -> st.SearchStrategy[dict[str, Any]]:
    fields = {name: values_of_schema(part) for name, part in schema.get("properties", {}).items()}
    required = {name: part for name, part in fields.items() if name in schema.get("required", ())}
    optional = {name: part for name, part in fields.items() if name not in required}
    objects: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(required, optional=optional)
    if isinstance(others := schema.get("additionalProperties"), dict):
        names = {"type": "string", **schema.get("propertyNames", {})}
        more = st.dictionaries(
            values_of_schema(names).filter(lambda name: name not in fields), values_of_schema(others), max_size=3
        )
        objects = st.builds(lambda one, other: {**one, **other}, objects, more)
    return objects.map(lambda value: _without_dependents(schema, value))


def _without_dependents(schema: Schema, value: dict[str, Any]) -> dict[str, Any]:
    """The object without the fields whose companions are not there."""
    needed = schema.get("dependentRequired", {})
    return {name: part for name, part in value.items() if all(other in value for other in needed.get(name, ()))}


_STRATEGIES_BY_TYPE: dict[str, Callable[[Schema], st.SearchStrategy[Any]]] = {
    "string": _strings,
    "integer": _integers,
    "number": _numbers,
    "boolean": lambda _: st.booleans(),
    "array": _arrays,
    "object": _objects,
}


def _has_format(name: str) -> Callable[[str], bool]:
    return lambda text: FORMATS[name](text) is None


_ADDRESSES = st.one_of(
    st.sampled_from(["10.0.0.1", "192.168.7.0", "0.0.0.0", "FD00:0::1", "fe80::1", "::", "2001:db8::"]),  # noqa: S104
    st.ip_addresses(v=4).map(str),
    st.ip_addresses(v=6).map(str),
    st.ip_addresses(v=6).map(lambda address: ipaddress.IPv6Address(address).exploded.upper()),
)
_PORTS = st.integers(1, 65535) | st.sampled_from([80, 443, 8080, 65535])
_STRATEGIES_BY_FORMAT: dict[str, st.SearchStrategy[str]] = {
    "selector": selectors(),
    "network": _ADDRESSES
    | st.builds(
        lambda address, length: f"{address}/{length if ':' in address else length % 33}",
        _ADDRESSES,
        st.integers(0, 128) | st.sampled_from([8, 16, 24, 32, 128]),
    ),
    "address": _ADDRESSES,
    "mac": st.sampled_from([":", "-"]).flatmap(
        lambda sign: st.lists(st.from_regex("[0-9a-fA-F]{2}", fullmatch=True), min_size=6, max_size=6).map(sign.join)
    ),
    "as-number": st.integers(0, 2**32 - 1).map(str)
    | st.builds("{}.{}".format, st.integers(0, 65535), st.integers(0, 65535)),
    "port": _PORTS.map(str)
    | _PORTS.map("{:07}".format)
    | st.lists(_PORTS, min_size=2, max_size=2).map(lambda pair: f"{min(pair)}:{max(pair)}"),
}


# --- resources ---------------------------------------------------------------------------------------------


@st.composite
def manifests(draw: st.DrawFn, kind: Kind) -> dict[str, Any]:
    """Valid manifests of a kind, as plain values and not in normal form."""
    manifest = draw(values_of_kind(kind.name))
    return _without_invalid_fields(kind, _with_required_fields(manifest, draw(st.randoms(use_true_random=False))))


@cache
def values_of_kind(name: str) -> st.SearchStrategy[Any]:
    """Valid manifests by the schema of a kind alone. Built once, since building takes more time than a draw."""
    return values_of_schema(load_schema(name))


def resources(kind: Kind) -> st.SearchStrategy[Resource]:
    """Resources of a kind: the normal forms of valid manifests."""
    return manifests(kind).map(lambda manifest: kind.resource(*kind.normalize(manifest)))


def _with_required_fields(manifest: dict[str, Any], random: Any) -> dict[str, Any]:
    """Give fields what they need beside them, so that the repair does not have to take them away."""
    metadata, spec = manifest["metadata"], manifest.get("spec", {})
    for rule in (*spec.get("ingress", ()), *spec.get("egress", ())):
        _with_protocol(rule, random)
    match manifest["kind"]:
        case "hostEndpoint":
            spec.setdefault("interfaceName", "eth0")
        case "bgpPeer":
            metadata["scope"] = "node" if "node" in metadata else "global"
        case "ipPool":
            metadata["cidr"] = str(ipaddress.ip_interface(metadata["cidr"]).network)
        case "workloadEndpoint":
            _with_addresses(manifest, random)
        case "node" if "bgp" in spec:
            spec["bgp"].setdefault("ipv4Address", "10.0.0.1/24")
    return manifest


def _with_protocol(rule: dict[str, Any], random: Any) -> None:
    sides = [rule.get(side, {}) for side in ("source", "destination")]
    if any(side.get(field) for side in sides for field in ("ports", "notPorts")):
        rule["protocol"] = random.choice(["tcp", "udp", "06", 17])
    elif rule.get("icmp") or rule.get("notICMP"):
        rule["protocol"] = random.choice([("icmp", 1), ("icmpv6", 58)][rule.get("ipVersion") == 6])


def _with_addresses(manifest: dict[str, Any], random: Any) -> None:
    metadata, spec = manifest["metadata"], manifest["spec"]
    metadata["orchestrator"] = random.choice(["k8s", "cni", "libnetwork", metadata["orchestrator"]])
    if metadata["orchestrator"] == "k8s":
        metadata["workload"] = "namespace.pod-1"
    own = [str(ipaddress.ip_interface(network).ip) for network in spec.get("ipNetworks", ())]
    spec["ipNetworks"] = own
    for nat, address in zip(spec.get("ipNATs", ()), own, strict=False):
        nat["internalIP"] = address
        nat["externalIP"] = address


def _without_invalid_fields(kind: Kind, manifest: dict[str, Any]) -> dict[str, Any]:
    """The manifest without what the check of its kind does not like; a required field can't be mended so."""
    while (finding := next(kind.check(manifest), None)) is not None:
        path = finding[0]
        parent: Any = manifest
        schema = load_schema(kind.name)
        for step in path[:-1]:
            parent = parent[step]
            schema = schema["items"] if isinstance(step, int) else schema.get("properties", {}).get(step, {})
        assume(path[-1] not in schema.get("required", ()))
        del parent[path[-1]]
    return manifest
