"""All kinds. A new one is a schema in `schemas/`, a file here, and its line in `KINDS`."""

from calicoctl.kinds.bgp_peer import BGP_PEER
from calicoctl.kinds.host_endpoint import HOST_ENDPOINT
from calicoctl.kinds.ip_pool import IP_POOL
from calicoctl.kinds.kind import Column, Kind
from calicoctl.kinds.node import NODE
from calicoctl.kinds.policy import POLICY
from calicoctl.kinds.profile import PROFILE
from calicoctl.kinds.workload_endpoint import WORKLOAD_ENDPOINT

KINDS: tuple[Kind, ...] = (PROFILE, POLICY, NODE, IP_POOL, BGP_PEER, HOST_ENDPOINT, WORKLOAD_ENDPOINT)


def find_kind(word: str) -> Kind | None:
    """The kind that a word on the command line means, in any case; None when it means none."""
    return _KIND_BY_WORD.get(word.lower())


def kind_of_key(key: str) -> Kind | None:
    """Return the kind of the resource that is stored under a key, or None."""
    return next((kind for kind in KINDS if key.startswith(kind.stored_kind.prefix)), None)


_KIND_BY_WORD = {word: kind for kind in KINDS for word in (kind.name.lower(), *kind.aliases)}


__all__ = ["KINDS", "Column", "Kind", "find_kind", "kind_of_key"]
