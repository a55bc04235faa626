"""v1 names to v3 names, as Calico's upgrade converters do (libcalico-go `lib/upgrade/converters/names.go`)."""

from __future__ import annotations

import re
from functools import lru_cache

_DNS_LABEL = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_LABEL = re.compile(_DNS_LABEL)
_SUBDOMAIN = re.compile(rf"{_DNS_LABEL}(?:\.{_DNS_LABEL})*")
_CONTAINER_ID = re.compile(r"[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?")
_QUALIFIED_NAME = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_SERVICE_NAME = re.compile(r"(?=.*[a-z])(?!.*--)[a-z0-9](?:[-a-z0-9]{0,13}[a-z0-9])?")

MAX_STORED_NAME = 253
"""Maximum number of characters of the name of a v3 object."""
NAMESPACE_PROFILE_PREFIX = "k8s_ns."
STORED_NAMESPACE_PROFILE_PREFIX = "kns."
"""Prefix of the v3 name of the profile of a Kubernetes namespace."""
_MAX_DNS_LABEL = 63
DNS_LABEL_FORM = f"write at most {_MAX_DNS_LABEL} lower-case letters, digits and '-'"
"""Remedy for a name that is not a DNS label."""
SERVICE_NAME_FORM = "write at most 15 lower-case letters, digits and single '-' between them, with a letter"
"""Remedy for a name that is not the name of a port."""


@lru_cache(maxsize=1024)
def normalize_name(name: str) -> str:
    """Return the v3 form of a name. Different names can have the same form.

    Lower case; `/` becomes `.`; other invalid characters become `-`; a run of `.` and `-` with a dot becomes one dot;
    no `.` or `-` at the ends.
    """
    if _LABEL.fullmatch(name):  # most names
        return name
    text = re.sub(r"[^-.a-z0-9]+", "-", name.lower().replace("/", "."))
    return re.sub(r"[.-]*\.[.-]*", ".", text).strip(".-")


def with_qualifier(name: str, v3_name: str) -> str:
    """Return `v3_name`, with eight hex digits of the SHA-1 of `name` appended if the two differ."""
    if v3_name == name:
        return v3_name
    digest = _sha1(name)
    return f"{v3_name}-{digest[:8]}"


@lru_cache(maxsize=1024)
def qualify_name(name: str) -> str:
    """Return the v3 form of a name, with the qualifier if it differs from the name."""
    return with_qualifier(name, normalize_name(name))


def v3_profile_name(name: str) -> str:
    """Return the v3 name of a profile. The profile of a Kubernetes namespace is `kns.NAMESPACE` in v3."""
    if name.startswith(NAMESPACE_PROFILE_PREFIX):
        name = STORED_NAMESPACE_PROFILE_PREFIX + name.removeprefix(NAMESPACE_PROFILE_PREFIX)
    return qualify_name(name)


def v3_policy_name(name: str) -> str:
    """Return the v3 name of a policy. It has no dots, since Calico takes the text before a dot for a tier."""
    return with_qualifier(name, normalize_name(name).replace(".", "-"))


def v3_node_name(name: str) -> str:
    """Return the v3 name of a node. It has no qualifier: two v1 names can have the same v3 name."""
    return normalize_name(name)


def has_qualifier(name: str, stored_name: str) -> bool:
    """Return whether a v3 name ends with the qualifier of this v1 name, so that no other v1 name has it."""
    digest = _sha1(name)
    return stored_name.endswith(f"-{digest[:8]}")


def is_subdomain(name: str) -> bool:
    """Return whether v3 accepts the text as a resource name (DNS-1123 subdomain, RFC 1123)."""
    return len(name) <= MAX_STORED_NAME and bool(_SUBDOMAIN.fullmatch(name))


def is_dns_label(text: str) -> bool:
    """Return whether Kubernetes accepts the text as the name of a namespace (RFC 1123, IsDNS1123Label)."""
    return len(text) <= _MAX_DNS_LABEL and is_long_dns_label(text)


def is_long_dns_label(text: str) -> bool:
    """Return whether a text is a DNS label, of any length."""
    return bool(_LABEL.fullmatch(text))


def is_container_id(text: str) -> bool:
    """Return whether v3 accepts the text as a container ID."""
    return bool(_CONTAINER_ID.fullmatch(text))


def stored_name_problem(name: str) -> str | None:
    """Return the reason why v3 rejects the name of an object, `NAME` or `NAMESPACE/NAME`; None if it is valid."""
    for part in name.split("/"):
        if len(part) > MAX_STORED_NAME:
            return f"makes a name of {len(part)} characters in the datastore (at most {MAX_STORED_NAME})"
        if not is_subdomain(part):
            return f"makes the name {part!r} in the datastore, which is not a DNS name"
    return None


def is_qualified_name(text: str) -> bool:
    """Return whether v3 accepts the text as the key of a label or annotation (Kubernetes IsQualifiedName)."""
    prefix, slash, name = text.rpartition("/")
    return bool(_QUALIFIED_NAME.fullmatch(name)) and (not slash or is_subdomain(prefix))


def is_service_name(text: str) -> bool:
    """Return whether Kubernetes and Calico 3.32 accept the text as the name of a port (RFC 6335, IsValidPortName)."""
    return bool(_SERVICE_NAME.fullmatch(text))


def _sha1(text: str) -> str:
    import hashlib

    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
