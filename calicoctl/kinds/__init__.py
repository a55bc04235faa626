"""The kinds of v1 resources. A new kind is a schema in `schemas/`, a module here, and its entry in `KINDS`."""

from calicoctl.kinds.bgp_peer import BGP_PEER
from calicoctl.kinds.column import Column
from calicoctl.kinds.host_endpoint import HOST_ENDPOINT
from calicoctl.kinds.ip_pool import IP_POOL
from calicoctl.kinds.kind import Kind
from calicoctl.kinds.node import NODE
from calicoctl.kinds.policy import POLICY
from calicoctl.kinds.profile import PROFILE
from calicoctl.kinds.workload_endpoint import WORKLOAD_ENDPOINT
from calicoctl.storage import PREFIX

KINDS: tuple[Kind, ...] = (PROFILE, POLICY, NODE, IP_POOL, BGP_PEER, HOST_ENDPOINT, WORKLOAD_ENDPOINT)


def find_kind(word: str) -> Kind | None:
    """Return the kind with this name or alias, in any case; None if there is none."""
    return _KIND_BY_WORD.get(word.lower())


def kind_of_key(key: str) -> Kind | None:
    """Return the kind of the objects under an etcd key; None if the key has another prefix."""
    return _KIND_BY_PLURAL.get(key.removeprefix(PREFIX).partition("/")[0]) if key.startswith(PREFIX) else None


_KIND_BY_WORD = {word: kind for kind in KINDS for word in (kind.name.lower(), *kind.aliases)}
_KIND_BY_PLURAL = {kind.stored_kind.plural: kind for kind in KINDS}
__all__ = ["KINDS", "Column", "Kind", "find_kind", "kind_of_key"]
