"""Checks of `doctor`: the permissions of the user for each group of commands."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.datastore.client import Datastore
from calicoctl.datastore.inspection import find_denied_keys
from calicoctl.deadline import Deadline
from calicoctl.errors import ExitCode
from calicoctl.operations.doctor.check import DoctorCheck, fail_check, pass_check
from calicoctl.operations.permissions import COMMAND_GROUPS, CommandGroup


def check_permissions(datastore: Datastore, deadline: Deadline) -> Iterator[DoctorCheck]:
    """Yield the result for each group of commands.

    Raises:
        DatastoreUnreachable: a request failed for another reason than a missing permission.
    """
    prefixes = sorted({prefix for group in COMMAND_GROUPS for prefix in group.reads})
    unreadable = {*find_denied_keys(datastore, (), prefixes, deadline.remaining)}
    # A user without read permission is denied the condition of a write, too.
    keys = {f"{prefix}default": prefix for prefix in prefixes if prefix not in unreadable}
    unwritable = {keys[key] for key in find_denied_keys(datastore, tuple(keys), (), deadline.remaining)}
    for group in COMMAND_GROUPS:
        yield _permission_check(group, unreadable, unwritable)


def _permission_check(group: CommandGroup, unreadable: set[str], unwritable: set[str]) -> DoctorCheck:
    names = ", ".join(group.commands)
    unwritten = group.writes & (unreadable | unwritable)
    denied = sorted(unwritten or group.reads & unreadable)
    if not denied:
        return pass_check("permissions", f"{group.access}: {names}")
    access = "readwrite" if unwritten else "read"
    return fail_check(
        "permissions",
        f"{access} denied for {', '.join(denied)}: needed by {names} "
        f"(etcdctl role grant-permission ROLE {access} --prefix {denied[0]}; calicoctl etcd roles prints all)",
        ExitCode.UNREACHABLE,
    )
