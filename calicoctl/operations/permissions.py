"""The least permissions in etcd of each group of commands, and the roles with these permissions.

`doctor`, `etcd roles` and `docs/datastore/roles.md` follow from the tables `COMMAND_GROUPS` and `ROLES`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from calicoctl.conversion.stored_object import IPAM_PREFIX
from calicoctl.kinds import KINDS, Kind
from calicoctl.kinds.policy import POLICY
from calicoctl.operations.history.entry import HISTORY_PREFIX
from calicoctl.operations.write.cluster import CLUSTER_KIND
from calicoctl.operations.write.references import NODE_REFERENCE_PREFIXES
from calicoctl.schema.v3_kinds import ANALYSED_V3_KINDS, STAGED_KINDS, TIER_KIND
from calicoctl.storage import PREFIX


class Permission(NamedTuple):
    """Permission for the keys with a prefix."""

    access: str
    """`read` or `readwrite`, as in `etcdctl role grant-permission`."""
    prefix: str


class CommandGroup(NamedTuple):
    """Commands with the same permissions."""

    commands: tuple[str, ...]
    reads: frozenset[str]
    """Prefixes of the keys that the commands read."""
    writes: frozenset[str] = frozenset()
    """Prefixes of the keys that the commands also write."""

    @property
    def access(self) -> str:
        """The highest access that the commands need."""
        return "readwrite" if self.writes else "read"


_WRITTEN = frozenset((*(kind.stored_kind.prefix for kind in KINDS), CLUSTER_KIND.prefix, TIER_KIND.prefix))
"""Resources, and the state of the datastore, which the first write initialises."""
_RESOURCES = _WRITTEN.union(
    (kind.prefix for kind in (*ANALYSED_V3_KINDS, *STAGED_KINDS)),
    NODE_REFERENCE_PREFIXES,
)
"""These, the objects of Calico 3 that affect traffic, which the analysis and the lockout check read, and the address
blocks of nodes, which `--prune` and the deletion of a node read."""
_EVERYTHING = frozenset((PREFIX, IPAM_PREFIX))
_HISTORY = frozenset((HISTORY_PREFIX,))

_READ = CommandGroup(
    (*("get", "wait", "set list", "set show", "diff", "plan", "trace", "connectivity", "test", "lint"), "version"),
    _RESOURCES,
)
_WRITE = CommandGroup(
    ("apply", "create", "replace", "delete", "edit", "patch", "label", "set add", "set remove"), _RESOURCES, _WRITTEN
)
_WRITE_POLICIES = _WRITE._replace(commands=tuple(name for name in _WRITE.commands if name != "label"))
"""Policies have no labels."""
_EXPORT = CommandGroup(("export",), _EVERYTHING)
_IMPORT = CommandGroup(("import",), _EVERYTHING, _EVERYTHING)
_HISTORY_COMMAND = CommandGroup(("history",), _HISTORY)
_ROLLBACK = CommandGroup(("rollback",), _RESOURCES | _HISTORY, _WRITTEN | _HISTORY)

COMMAND_GROUPS = (_READ, _WRITE, _EXPORT, _IMPORT, _HISTORY_COMMAND, _ROLLBACK)


class EtcdRole(NamedTuple):
    """Role of etcd with the least permissions for its commands."""

    name: str
    purpose: str
    """Noun phrase: the user of the role."""
    groups: tuple[CommandGroup, ...]
    only_kind: Kind | None = None
    """The kind of resources that the role may write; None for all kinds."""

    @property
    def permissions(self) -> tuple[Permission, ...]:
        """The permissions, without the redundant ones."""
        writes = frozenset[str]().union(*(group.writes for group in self.groups))
        if self.only_kind:
            writes &= {self.only_kind.stored_kind.prefix} | _HISTORY
        reads = frozenset[str]().union(*(group.reads for group in self.groups))
        rows = [("readwrite", prefix) for prefix in _shortest(writes)]
        rows += [("read", prefix) for prefix in _shortest(reads) if not _covers(writes, prefix)]
        return tuple(Permission(*row) for row in rows)

    @property
    def reading_commands(self) -> tuple[str, ...]:
        """The commands of the role that write nothing."""
        return tuple(name for group in self.groups if not group.writes for name in group.commands)

    @property
    def writing_commands(self) -> tuple[str, ...]:
        """The commands of the role that write; with `only_kind`, for resources of this kind only."""
        return tuple(name for group in self.groups if group.writes for name in group.commands)


ROLES = (
    EtcdRole("calico-reader", "user who reads everything and changes nothing", (_READ, _EXPORT, _HISTORY_COMMAND)),
    EtcdRole("calico-ci", "CI job that compares, analyses and tests manifests", (_READ,)),
    EtcdRole(
        "calico-policy-writer",
        "author of policies",
        (_READ, _HISTORY_COMMAND, _WRITE_POLICIES, _ROLLBACK),
        POLICY,
    ),
    EtcdRole("calico-admin", "administrator of all resources", COMMAND_GROUPS),
)
"""Roles that `calicoctl etcd roles` makes. A role that writes may write the history: its changes are recorded."""


def _covers(prefixes: Iterable[str], prefix: str) -> bool:
    return any(prefix.startswith(other) for other in prefixes)


def _shortest(prefixes: frozenset[str]) -> list[str]:
    """Return the prefixes that do not begin with another one, in order."""
    return sorted(prefix for prefix in prefixes if not _covers(prefixes - {prefix}, prefix))
