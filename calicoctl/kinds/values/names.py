"""v1 names to v3 names: pure functions, the same results as Calico's own upgrade converters.

Sources: libcalico-go `lib/upgrade/converters/names.go` (behaviour recorded, rewritten here).
"""

from __future__ import annotations

import re

DNS_LABEL = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_LABEL = re.compile(DNS_LABEL)
_SUBDOMAIN = re.compile(rf"{DNS_LABEL}(?:\.{DNS_LABEL})*")
_QUALIFIED_NAME = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")

_NAMESPACE_PROFILE_PREFIX = "k8s_ns."


def normalize_name(name: str) -> str:
    """The name as v3 writes it, without telling it from others that come out alike.

    Lower case, `/` as `.`, other characters as `-`, runs that hold a dot as one dot, no `.` or `-` at the ends.
    """
    if _LABEL.fullmatch(name):  # most are so already
        return name
    text = re.sub(r"[^-.a-z0-9]+", "-", name.lower().replace("/", "."))
    return re.sub(r"[.-]*\.[.-]*", ".", text).strip(".-")


def with_qualifier(name: str, v3_name: str) -> str:
    """`v3_name`, with eight hex digits of the name's SHA-1 behind it when it differs from the name."""
    if v3_name == name:
        return v3_name
    digest = _sha1(name)
    return f"{v3_name}-{digest[:8]}"


def qualify_name(name: str) -> str:
    """The name as v3 writes it, with the qualifier when that is another one."""
    return with_qualifier(name, normalize_name(name))


def v3_profile_name(name: str) -> str:
    """The v3 name of a profile; that of a Kubernetes namespace is `kns.NAMESPACE` in v3."""
    if name.startswith(_NAMESPACE_PROFILE_PREFIX):
        name = "kns." + name.removeprefix(_NAMESPACE_PROFILE_PREFIX)
    return qualify_name(name)


def v3_policy_name(name: str) -> str:
    """The v3 name of a policy. It has no dots: what stands before one was taken for a tier."""
    return with_qualifier(name, normalize_name(name).replace(".", "-"))


def v3_node_name(name: str) -> str:
    """The v3 name of a node. It has no qualifier: two v1 names can come out alike."""
    return normalize_name(name)


def has_qualifier(name: str, stored_name: str) -> bool:
    """Whether a stored name ends with the qualifier of this very v1 name: then it can be no other's."""
    digest = _sha1(name)
    return stored_name.endswith(f"-{digest[:8]}")


def is_subdomain(name: str) -> bool:
    """Whether v3 takes the text as the name of a resource (DNS-1123 subdomain, RFC 1123)."""
    return len(name) <= 253 and bool(_SUBDOMAIN.fullmatch(name))


def is_qualified_name(text: str) -> bool:
    """Whether v3 takes the text as the key of a label or an annotation (Kubernetes' IsQualifiedName)."""
    prefix, slash, name = text.rpartition("/")
    return bool(_QUALIFIED_NAME.fullmatch(name)) and (not slash or is_subdomain(prefix))


def _sha1(text: str) -> str:
    import hashlib

    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
