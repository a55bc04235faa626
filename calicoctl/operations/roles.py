"""Implementation of `etcd roles`: add the roles and users of etcd that are missing. Nothing is removed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from calicoctl.datastore import authentication
from calicoctl.datastore.authentication import ROOT, GrantedPermission
from calicoctl.errors import CalicoctlError, Refused
from calicoctl.operations.permissions import EtcdRole
from calicoctl.operations.write.outcome import Action, Outcome, Report
from calicoctl.resource import Identifier

if TYPE_CHECKING:
    from collections.abc import Callable

    from calicoctl.datastore.client import Datastore

_FIRST_VERSION_WITHOUT_PASSWORD = (3, 4)
"""Version of etcd with users that have no password. Earlier ones would create a user with an empty password."""


class RoleUser(NamedTuple):
    """User of etcd with a role."""

    name: str
    role: EtcdRole


class PlannedRole(NamedTuple):
    """Role with its missing permissions."""

    name: str
    exists: bool
    missing: tuple[GrantedPermission, ...]
    other: tuple[GrantedPermission, ...]
    """Permissions of the role that the table does not have."""

    @property
    def outcome(self) -> Outcome:
        """Action on the role."""
        notes = tuple(f"granted: {each}" for each in self.missing) if self.exists else ()
        return Outcome(Identifier("role", (self.name,)), _action(self.exists, bool(self.missing)), notes=notes)

    @property
    def warnings(self) -> Iterator[str]:
        """Messages about the other permissions."""
        for each in self.other:
            yield f"role/{self.name} also has the permission '{each}' (etcdctl role revoke-permission removes it)"


class PlannedUser(NamedTuple):
    """User with a missing or granted role."""

    user: RoleUser
    exists: bool
    has_role: bool
    other_roles: tuple[str, ...]

    @property
    def outcome(self) -> Outcome:
        """Action on the user."""
        action = _action(self.exists, not self.has_role)
        notes = () if self.has_role else (f"role {self.user.role.name}",)
        return Outcome(Identifier("user", (self.user.name,)), action, notes=notes)

    @property
    def warnings(self) -> Iterator[str]:
        """Messages about the other roles."""
        for each in self.other_roles:
            yield f"user/{self.user.name} also has the role '{each}' (etcdctl user revoke-role removes it)"


def _action(exists: bool, changed: bool) -> Action:
    return Action.CREATED if not exists else Action.CONFIGURED if changed else Action.UNCHANGED


@dataclass(frozen=True)
class RolesPlan:
    """Missing roles, permissions and users."""

    roles: tuple[PlannedRole, ...]
    users: tuple[PlannedUser, ...]
    has_root: bool
    """Whether the user root exists and has the role root, which etcd requires to enable authentication."""

    @property
    def new_users(self) -> tuple[str, ...]:
        """Names of the users to create."""
        return tuple(each.user.name for each in self.users if not each.exists)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Messages about permissions and roles that are not removed."""
        by_role = (text for role in self.roles for text in role.warnings)
        return (*by_role, *(text for user in self.users for text in user.warnings))

    def report(self, *, dry_run: bool) -> Report:
        """Return the result of each role and user."""
        outcomes = (*(role.outcome for role in self.roles), *(user.outcome for user in self.users))
        return Report(outcomes, dry_run=dry_run)


def plan_roles(datastore: Datastore, roles: Sequence[EtcdRole], users: Sequence[RoleUser]) -> RolesPlan:
    """Compare roles and users with those of etcd.

    Raises:
        PermissionDenied: the user of the connection may not change users and roles.
        DatastoreUnreachable: a request failed.
    """
    authentication.require_root(datastore)
    known_roles, known_users = authentication.list_roles(datastore), authentication.list_users(datastore)
    return RolesPlan(
        tuple(_plan_role(each, authentication.read_role(datastore, each.name, known_roles)) for each in roles),
        tuple(_plan_user(each, authentication.read_user(datastore, each.name, known_users)) for each in users),
        ROOT in (authentication.read_user(datastore, ROOT, known_users) or ()),
    )


def _plan_role(role: EtcdRole, granted: frozenset[GrantedPermission] | None) -> PlannedRole:
    needed = {each[1:]: each for each in (GrantedPermission.for_prefix(*row) for row in role.permissions)}
    existing = {each[1:]: each for each in granted or ()}
    missing: list[GrantedPermission] = []
    other = [each for key_range, each in existing.items() if key_range not in needed]
    for key_range, permission in needed.items():
        found = existing.get(key_range)
        if found is None or permission.access == "readwrite" != found.access:
            missing.append(permission)
        elif found.access == "write":
            missing.append(permission._replace(access="readwrite"))  # a grant replaces that of the same range
        elif found.access != permission.access:
            other.append(found)
    return PlannedRole(role.name, granted is not None, tuple(missing), tuple(sorted(other)))


def _plan_user(user: RoleUser, roles: frozenset[str] | None) -> PlannedUser:
    granted = roles or frozenset()
    others = tuple(sorted(granted - {user.role.name}))
    return PlannedUser(user, roles is not None, user.role.name in granted, others)


def check_certificate_users(datastore: Datastore) -> None:
    """Check that etcd supports users without a password.

    Raises:
        Refused: etcd is too old.
    """
    version = datastore.status().version
    if tuple(int(part) for part in version.split(".")[:2] if part.isdigit()) < _FIRST_VERSION_WITHOUT_PASSWORD:
        raise Refused(f"etcd {version} has no users without a password, nothing was written (use etcd 3.4 or later)")


def apply_roles(datastore: Datastore, plan: RolesPlan, passwords: Mapping[str, str] | None) -> None:
    """Add the missing roles, permissions and users.

    Args:
        datastore: the connection.
        plan: the result of `plan_roles`.
        passwords: password of each new user; None for users that log in with certificates.

    Raises:
        DatastoreUnreachable: a request failed; the message has the finished steps.
    """
    finished: list[str] = []
    for name, execute in _steps(plan, passwords):
        try:
            execute(datastore)
        except CalicoctlError as error:
            done = f"done before: {', '.join(finished)}" if finished else "nothing was changed before"
            error.messages = (*error.messages, f"  {done} (run the command again for the rest)")
            raise
        finished.append(name)


def _steps(plan: RolesPlan, passwords: Mapping[str, str] | None) -> Iterator[tuple[str, Callable[[Datastore], None]]]:
    """Yield the requests with their names in messages."""
    for role in plan.roles:
        if not role.exists:
            yield f"role/{role.name} created", partial(authentication.add_role, name=role.name)
        for permission in role.missing:
            granted = f"role/{role.name} granted {permission}"
            yield granted, partial(authentication.grant_permission, role=role.name, permission=permission)
    for planned in plan.users:
        name, role_name = planned.user.name, planned.user.role.name
        if not planned.exists:
            password = None if passwords is None else passwords[name]
            yield f"user/{name} created", partial(authentication.add_user, name=name, password=password)
        if not planned.has_role:
            granted = f"user/{name} granted role {role_name}"
            yield granted, partial(authentication.grant_role, user=name, role=role_name)
