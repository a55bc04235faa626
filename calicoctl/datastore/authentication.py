"""Users and roles of etcd: read, and added to. Nothing is removed."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, NamedTuple

from etcd3 import etcdrpc as rpc

from calicoctl.datastore.client import Datastore
from calicoctl.datastore.connection import Connection
from calicoctl.datastore.retry import Attempts
from calicoctl.datastore.transaction import encode_key, prefix_range_end
from calicoctl.errors import PermissionDenied, WriteResultUnknown

_ACCESS = ("read", "write", "readwrite")
"""Names of the values of `authpb.Permission.Type`, as in etcdctl."""
_ALL_KEYS = (b"\0", b"\0")
"""Range of all keys, as `etcdctl role grant-permission ROLE ACCESS "" --prefix` grants it."""
ROOT = "root"
"""Role that may change users and roles, and the user with it that etcd requires to enable authentication."""
_NO_PASSWORD = b"\x1a\x02\x08\x01"
"""`options { no_password: true }` of an `AuthUserAddRequest`: field 3, a message whose field 1 is 1. The messages of
python3-etcd3 are older than this field of etcd 3.4. protobuf keeps and sends fields that a message does not have."""


class GrantedPermission(NamedTuple):
    """Permission of a role for a range of keys."""

    access: str
    """`read`, `write` or `readwrite`."""
    key: bytes
    range_end: bytes
    """End of the range; empty for a single key."""

    @classmethod
    def for_prefix(cls, access: str, prefix: str) -> GrantedPermission:
        """Return the permission for all keys with a prefix."""
        key = encode_key(prefix)
        return cls(access, key, prefix_range_end(key))

    def __str__(self) -> str:
        if (self.key, self.range_end) == _ALL_KEYS:
            return f"{self.access} all keys"
        key = self.key.decode(errors="backslashreplace")
        if not self.range_end:
            return f"{self.access} {key}"
        if self.range_end == prefix_range_end(self.key):
            return f"{self.access} {key}*"
        return f"{self.access} {key} to {self.range_end.decode(errors='backslashreplace')}"


def read_role(datastore: Datastore, name: str, existing: Collection[str]) -> frozenset[GrantedPermission] | None:
    """Return the permissions of a role; None if it is not one of `existing`."""
    if name not in existing:
        return None
    answer = datastore.call(_method("RoleGet"), rpc.AuthRoleGetRequest(role=name), f"read role '{name}'")
    return frozenset(GrantedPermission(_ACCESS[each.permType], each.key, each.range_end) for each in answer.perm)


def read_user(datastore: Datastore, name: str, existing: Collection[str]) -> frozenset[str] | None:
    """Return the roles of a user; None if the user is not one of `existing`."""
    if name not in existing:
        return None
    answer = datastore.call(_method("UserGet"), rpc.AuthUserGetRequest(name=name), f"read user '{name}'")
    return frozenset(answer.roles)


def list_roles(datastore: Datastore) -> frozenset[str]:
    """Return the names of all roles."""
    return frozenset(datastore.call(_method("RoleList"), rpc.AuthRoleListRequest(), "list roles").roles)


def list_users(datastore: Datastore) -> frozenset[str]:
    """Return the names of all users."""
    return frozenset(datastore.call(_method("UserList"), rpc.AuthUserListRequest(), "list users").users)


def require_root(datastore: Datastore) -> None:
    """Check that the user may change users and roles.

    Raises:
        PermissionDenied: the user is logged in and does not have the role root.
    """
    name = datastore.settings.username
    if datastore.is_logged_in and name and ROOT not in (read_user(datastore, name, (name,)) or ()):
        problem = "permission denied, users and roles require a user with the role root"
        raise PermissionDenied(*datastore.unreachable_error(problem, "change users and roles").messages)


def add_role(datastore: Datastore, name: str) -> None:
    """Add a role without permissions."""
    _add(datastore, "RoleAdd", rpc.AuthRoleAddRequest(name=name), f"add role '{name}'")


def grant_permission(datastore: Datastore, role: str, permission: GrantedPermission) -> None:
    """Grant a permission. One for the same range is replaced."""
    row = {"permType": _ACCESS.index(permission.access), "key": permission.key, "range_end": permission.range_end}
    request = rpc.AuthRoleGrantPermissionRequest(name=role, perm=row)
    datastore.call(_method("RoleGrantPermission"), request, f"grant '{permission}' to role '{role}'")


def add_user(datastore: Datastore, name: str, password: str | None) -> None:
    """Add a user without roles. Without a password, the user can log in only with a certificate: etcd 3.4 or later."""
    request = rpc.AuthUserAddRequest(name=name, password=password or "")
    if password is None:
        request.MergeFromString(_NO_PASSWORD)
    _add(datastore, "UserAdd", request, f"add user '{name}'")


def grant_role(datastore: Datastore, user: str, role: str) -> None:
    """Give a role to a user."""
    request = rpc.AuthUserGrantRoleRequest(user=user, role=role)
    datastore.call(_method("UserGrantRole"), request, f"grant role '{role}' to user '{user}'")


def _add(datastore: Datastore, method: str, request: object, operation: str) -> None:
    """Send a request. If an earlier attempt was not answered, it may have been executed, so existence is a success."""
    try:
        datastore.call_write(_method(method), request, operation, Attempts(is_write=True))
    except WriteResultUnknown as error:
        if "name already exists" not in error.lines[0]:
            raise


def _method(name: str) -> Callable[[Connection], Callable[..., Any]]:
    return lambda connection: connection.authentication_method(name)
