"""Roles of etcd as commands of etcdctl, YAML and JSON."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from calicoctl.printers import record

if TYPE_CHECKING:
    from calicoctl.operations.permissions import EtcdRole
    from calicoctl.operations.roles import RoleUser

ENABLE_COMMANDS = ("etcdctl user add root", "etcdctl user grant-role root root", "etcdctl auth enable")
"""Commands that enable authentication. etcd requires the user root with the role root."""


class RoleListing(NamedTuple):
    """Roles and their users."""

    roles: Sequence[EtcdRole]
    users: Sequence[RoleUser]
    certificates: bool
    """Whether the users log in with certificates, without passwords."""


def format_text(listing: RoleListing) -> str:
    """Return a script with commands of etcdctl."""
    return "\n".join((*_script_lines(listing), ""))


def _script_lines(listing: RoleListing) -> Iterator[str]:
    for role in listing.roles:
        yield f"# {role.name}: {role.purpose}"
        yield from _wrapped_comment(describe_commands(role))
        yield f"etcdctl role add {role.name}"
        for permission in role.permissions:
            yield f"etcdctl role grant-permission {role.name} {permission.access} --prefix {permission.prefix}"
    if listing.certificates:
        yield "# A user logs in with a client certificate whose common name (CN) is the name of the user."
    else:
        yield "# The password of a user is the first word in USER.password. Without this file, no user is added."
    for user in listing.users:
        yield _user_command(user.name, certificate=listing.certificates)
        yield f"etcdctl user grant-role {shlex.quote(user.name)} {user.role.name}"
    yield "# After that, this enables authentication, also for Calico, which needs its own user:"
    yield from (f"# {command}" for command in ENABLE_COMMANDS)


def _user_command(name: str, *, certificate: bool) -> str:
    quoted, file = shlex.quote(name), shlex.quote(f"{name}.password")
    if certificate:
        return f"etcdctl user add {quoted} --no-password"
    # etcdctl reads one word, and without any, it would add a user with an empty password.
    return f"test -s {file} && etcdctl user add {quoted} --interactive=false < {file}"


def describe_commands(role: EtcdRole) -> str:
    """Return the commands that a role permits, as text."""
    reading, writing = ", ".join(role.reading_commands), ", ".join(role.writing_commands)
    if not writing:
        return reading
    return f"{reading}; {f'for kind {role.only_kind.name}: ' if role.only_kind else ''}{writing}"


def _wrapped_comment(text: str) -> list[str]:
    from textwrap import wrap

    return wrap(text, 116, initial_indent="# ", subsequent_indent="# ")


def format_yaml(listing: RoleListing) -> str:
    """Return a YAML list of the roles."""
    from calicoctl.manifest.writer import to_yaml

    return to_yaml(_records(listing))


def format_json(listing: RoleListing) -> str:
    """Return a JSON list of the roles."""
    return record.format_json(_records(listing))


def _records(listing: RoleListing) -> list[dict[str, Any]]:
    return [
        {
            "name": role.name,
            "purpose": role.purpose,
            "users": [user.name for user in listing.users if user.role is role],
            "permissions": [each._asdict() for each in role.permissions],
            "readingCommands": list(role.reading_commands),
            "writingCommands": list(role.writing_commands),
            "onlyKind": role.only_kind.name if role.only_kind else None,
        }
        for role in listing.roles
    ]
