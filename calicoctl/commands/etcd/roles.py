"""etcd roles: print or make the roles of etcd with the least permissions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import click

from calicoctl.console import connect, options, results
from calicoctl.console.completion import values
from calicoctl.console.messages import current_messages
from calicoctl.errors import UsageError
from calicoctl.printers import formats
from calicoctl.suggestion import suggestion

if TYPE_CHECKING:
    from calicoctl.operations.permissions import EtcdRole
    from calicoctl.operations.roles import RolesPlan, RoleUser


class _ApplyFlags(NamedTuple):
    apply: bool
    dry_run: bool
    certificates: bool
    password_file: str | None


@click.command()
@click.argument("names", nargs=-1, metavar="[ROLE...]", shell_complete=values.roles)
@click.option("--apply", is_flag=True, help="Add the missing roles, permissions and users to etcd.")
@click.option("--dry-run", is_flag=True, help="With --apply, show the changes without writing them.")
@click.option(
    "--user",
    "user_names",
    multiple=True,
    metavar="ROLE=USER",
    help="User with a role, instead of the user with the name of the role; can be repeated.",
)
@click.option("--certificates", is_flag=True, help="The users log in with certificates (CN=USER), without passwords.")
@click.option(
    "--password-file",
    metavar="FILE",
    shell_complete=values.files,
    help="With --apply, file with a line USER:PASSWORD for each new user; - is stdin.  [default: the terminal]",
)
@options.output_option(formats.ROLES)
@options.connection_options
def roles(
    names: tuple[str, ...],
    user_names: tuple[str, ...],
    output: formats.SelectedFormat,
    connection: options.ConnectionOptions,
    **flags: object,
) -> None:
    """Print the commands of etcdctl for roles of etcd with the least permissions, and for a user of each.

    Without ROLE, all roles are printed: calico-reader, calico-ci, calico-policy-writer and calico-admin. -o yaml and
    json print their permissions. Without --apply, no connection is made.

    --apply adds the missing parts to etcd, and reports each role and user. It removes nothing, changes no password, and
    does not enable authentication. If authentication is enabled, it requires a user with the role root.

    \b
    Example:
      calicoctl etcd roles
      calicoctl etcd roles calico-ci --user calico-ci=gitlab -o yaml
      calicoctl etcd roles --apply --password-file passwords
      calicoctl etcd roles --apply --certificates --dry-run
    """
    given = _ApplyFlags(**flags)  # type: ignore[arg-type]
    selected = _select_roles(names)
    users = _users(selected, user_names)
    if given.certificates and given.password_file is not None:
        raise UsageError("--certificates cannot be combined with --password-file: these users have no password")
    if given.apply:
        _apply(selected, users, given, formats.REPORT.select(output.name), connection)
        return
    if given.dry_run or given.password_file is not None:
        raise UsageError(f"{'--dry-run' if given.dry_run else '--password-file'} requires --apply")
    from calicoctl.printers.roles import RoleListing

    results.print_result(output.load()(RoleListing(selected, users, given.certificates)), output)


def _select_roles(names: Sequence[str]) -> list[EtcdRole]:
    from calicoctl.operations.permissions import ROLES

    by_name = {role.name: role for role in ROLES}
    return [_find(by_name, name, "") for name in dict.fromkeys(names)] or list(ROLES)


def _find(by_name: dict[str, EtcdRole], name: str, place: str) -> EtcdRole:
    if name not in by_name:
        remedy = suggestion(name, list(by_name)) or f" (roles are {', '.join(by_name)})"
        raise UsageError(f"{place}unknown role '{name}'{remedy}")
    return by_name[name]


def _users(selected: Sequence[EtcdRole], user_names: Sequence[str]) -> list[RoleUser]:
    """Return the users of the roles: those of `--user`, or one with the name of the role."""
    from calicoctl.operations.roles import RoleUser

    by_name = {role.name: role for role in selected}
    users: list[RoleUser] = []
    for text in dict.fromkeys(user_names):
        role_name, _, user = text.partition("=")
        if not user or ":" in user or not user.isprintable():
            raise UsageError(f"--user {text}: expected ROLE=USER, and a user name without a colon")
        users.append(RoleUser(user, _find(by_name, role_name, "--user: ")))
    users += [RoleUser(role.name, role) for role in selected if all(user.role is not role for user in users)]
    counts = Counter(user.name for user in users)
    if repeated := [name for name, count in counts.items() if count > 1]:
        raise UsageError(f"--user: {min(repeated)} has several roles (write one of them)")
    return users


def _apply(
    selected: Sequence[EtcdRole],
    users: Sequence[RoleUser],
    given: _ApplyFlags,
    output: formats.SelectedFormat,
    connection: options.ConnectionOptions,
) -> None:
    from calicoctl.console.passwords import complete_passwords, read_passwords
    from calicoctl.operations.roles import apply_roles, check_certificate_users, plan_roles

    known = {} if given.password_file is None else read_passwords(given.password_file)
    with connect.open_datastore(connection, announce=not given.dry_run) as datastore:
        plan = plan_roles(datastore, selected, users)
        if given.certificates and plan.new_users:
            check_certificate_users(datastore)
        if not given.dry_run:
            passwords = None if given.certificates else complete_passwords(plan.new_users, known)
            if passwords and not datastore.settings.uses_tls:
                current_messages().warn(["the connection has no TLS: passwords are sent in plain text"])
            apply_roles(datastore, plan, passwords)
        current_messages().warn(plan.warnings)
        results.print_report(plan.report(dry_run=given.dry_run), output)
        if not datastore.is_logged_in:
            _print_next_steps(plan)


def _print_next_steps(plan: RolesPlan) -> None:
    """Write to stderr how to enable authentication."""
    from calicoctl.printers.roles import ENABLE_COMMANDS

    *root_commands, enable = ENABLE_COMMANDS
    commands = [enable] if plan.has_root else [*root_commands, enable]
    current_messages().info(
        "unless authentication is enabled, every client has all permissions. These commands enable it, "
        "also for Calico, which needs its own user:",
        *(f"  {command}" for command in commands),
    )
