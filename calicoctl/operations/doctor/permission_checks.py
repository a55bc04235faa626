"""Checks of `doctor`: the permissions of the user for each group of commands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from calicoctl.conversion.stored_object import IPAM_PREFIX
from calicoctl.datastore.client import Datastore
from calicoctl.datastore.inspection import find_denied_keys
from calicoctl.deadline import Deadline
from calicoctl.errors import ExitCode
from calicoctl.kinds import KINDS
from calicoctl.operations.doctor.check import DoctorCheck, fail_check, pass_check
from calicoctl.operations.history.entry import HISTORY_PREFIX
from calicoctl.operations.write.cluster import CLUSTER_KIND
from calicoctl.schema.v3_kinds import TIER_KIND
from calicoctl.storage import PREFIX


class CommandGroup(NamedTuple):
    """Commands with the same permissions."""

    commands: tuple[str, ...]
    permission: str
    """`read` or `readwrite`, as in `etcdctl role grant-permission`."""
    prefixes: frozenset[str]
    """Prefixes of the keys."""


_RESOURCES = frozenset((*(kind.stored_kind.prefix for kind in KINDS), CLUSTER_KIND.prefix, TIER_KIND.prefix))
_EVERYTHING = frozenset((PREFIX, IPAM_PREFIX))
_HISTORY = frozenset((HISTORY_PREFIX,))

COMMAND_GROUPS = (
    CommandGroup(
        (*("get", "wait", "set list", "set show", "diff", "plan", "trace", "connectivity", "test", "lint"), "version"),
        "read",
        _RESOURCES,
    ),
    CommandGroup(
        ("apply", "create", "replace", "delete", "edit", "patch", "label", "set add", "set remove"),
        "readwrite",
        _RESOURCES,
    ),
    CommandGroup(("export",), "read", _EVERYTHING),
    CommandGroup(("import",), "readwrite", _EVERYTHING),
    CommandGroup(("history",), "read", _HISTORY),
    CommandGroup(("rollback",), "readwrite", _RESOURCES | _HISTORY),
)


def check_permissions(datastore: Datastore, deadline: Deadline) -> Iterator[DoctorCheck]:
    """Yield the result for each group of commands.

    Raises:
        DatastoreUnreachable: a request failed for another reason than a missing permission.
    """
    prefixes = sorted(_RESOURCES | _EVERYTHING | _HISTORY)
    unreadable = find_denied_keys(datastore, (), prefixes, deadline.remaining)
    # A user without read permission is denied the condition of a write, too.
    keys = {f"{prefix}default": prefix for prefix in prefixes if prefix not in unreadable}
    unwritable = [keys[key] for key in find_denied_keys(datastore, tuple(keys), (), deadline.remaining)]
    denied = {"read": {*unreadable}, "readwrite": {*unreadable, *unwritable}}
    for group in COMMAND_GROUPS:
        yield _permission_check(group, sorted(group.prefixes & denied[group.permission]))


def _permission_check(group: CommandGroup, denied: list[str]) -> DoctorCheck:
    names = ", ".join(group.commands)
    if not denied:
        return pass_check("permissions", f"{group.permission}: {names}")
    return fail_check(
        "permissions",
        f"{group.permission} denied for {', '.join(denied)}: needed by {names} "
        f"(etcdctl role grant-permission ROLE {group.permission} --prefix {denied[0]})",
        ExitCode.UNREACHABLE,
    )
