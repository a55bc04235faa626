"""Checks of `doctor`: the permissions of the user for each group of commands."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.datastore.client import Datastore
from calicoctl.datastore.inspection import find_denied_keys
from calicoctl.deadline import Deadline
from calicoctl.errors import ExitCode
from calicoctl.kinds import KINDS
from calicoctl.operations.doctor.check import Check, failed, passed
from calicoctl.operations.read.lookup import TIER_KIND
from calicoctl.operations.write.cluster import CLUSTER_KIND

READING_COMMANDS = (
    *("get", "wait", "set list", "set show", "diff", "plan", "trace", "connectivity", "test", "lint", "export"),
    "version",
)
"""Commands that need read permission."""
WRITING_COMMANDS = (
    *("apply", "create", "replace", "delete", "edit", "patch", "label", "set add", "set remove", "import"),
)
"""Commands that need read and write permission."""

_PREFIXES = {kind.stored_kind.prefix for kind in KINDS} | {CLUSTER_KIND.prefix, TIER_KIND.prefix}


def check_permissions(datastore: Datastore, deadline: Deadline) -> Iterator[Check]:
    """Yield the result for commands that read, and for commands that write.

    Raises:
        DatastoreUnreachable: a request failed for another reason than a missing permission.
    """
    prefixes = sorted(_PREFIXES)
    unreadable = find_denied_keys(datastore, (), prefixes, deadline.remaining)
    yield _permission_check("read", READING_COMMANDS, unreadable)
    # A user without read permission is denied the condition of a write, too.
    keys = {f"{prefix}default": prefix for prefix in prefixes if prefix not in unreadable}
    unwritable = find_denied_keys(datastore, tuple(keys), (), deadline.remaining)
    yield _permission_check("readwrite", WRITING_COMMANDS, sorted({*unreadable, *(keys[key] for key in unwritable)}))


def _permission_check(permission: str, commands: tuple[str, ...], denied: list[str]) -> Check:
    names = ", ".join(commands)
    if not denied:
        return passed("permissions", f"{permission}: {names}")
    return failed(
        "permissions",
        f"{permission} denied for {', '.join(denied)}: needed by {names} "
        f"(etcdctl role grant-permission ROLE {permission} --prefix {denied[0]})",
        ExitCode.UNREACHABLE,
    )
