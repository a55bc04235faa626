"""Users, passwords, tokens and what a user may do."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from calicoctl.config import Pem
from calicoctl.datastore import Range, Write
from calicoctl.errors import DatastoreUnreachable
from tests.support.etcd_server import Etcd
from tests.support.fixture_types import OpenDatastore

ROOT = {"username": "root", "password": "secret"}
BOB = {"username": "bob", "password": "builder"}


def test_a_login_over_http(users_etcd: Etcd, open_datastore: OpenDatastore) -> None:
    open_datastore(users_etcd.endpoint, **ROOT).commit([Write("/calico/plain", b"1", 0)])
    assert users_etcd.get("/calico/plain") == b"1"


def test_a_login_over_https(secure_users_etcd: Etcd, certificates: Path, open_datastore: OpenDatastore) -> None:
    datastore = open_datastore(secure_users_etcd.endpoint, ca=Pem(str(certificates / "ca.pem")), **ROOT)
    datastore.commit([Write("/calico/secure", b"1", 0)])
    assert secure_users_etcd.get("/calico/secure") == b"1"


def test_a_token_that_expires_is_renewed(users_etcd: Etcd, open_datastore: OpenDatastore) -> None:
    datastore = open_datastore(users_etcd.endpoint, **ROOT)
    token = datastore._connection and datastore._connection._token
    # Tokens of etcd end at whole seconds, and up to one later.
    time.sleep(2.5)
    datastore.commit([Write("/calico/late", b"1", 0)])
    assert users_etcd.get("/calico/late") == b"1"
    assert token != (datastore._connection and datastore._connection._token)


def test_the_users_of_etcd_may_change_meanwhile(users_etcd: Etcd, open_datastore: OpenDatastore) -> None:
    datastore = open_datastore(users_etcd.endpoint, **ROOT)
    users_etcd.etcdctl("user", "add", "carol:x")
    assert datastore.read([Range("/calico/x")]).entries_by_range == ((),)
    users_etcd.etcdctl("user", "delete", "carol")
    assert datastore.read([Range("/calico/x")]).entries_by_range == ((),)


@pytest.mark.parametrize("login", [{**ROOT, "password": "wrong"}, {"username": "nobody", "password": "x"}])
def test_a_wrong_login(users_etcd: Etcd, open_datastore: OpenDatastore, login: dict[str, str]) -> None:
    with pytest.raises(DatastoreUnreachable) as caught:
        open_datastore(users_etcd.endpoint, **login)
    assert caught.value.lines == (
        f"{users_etcd.endpoint}: can't log in as '{login['username']}': wrong user name or password",
    )


def test_a_password_that_changes_meanwhile(users_etcd: Etcd, open_datastore: OpenDatastore) -> None:
    users_etcd.etcdctl("user", "add", "dave:old")
    datastore = open_datastore(users_etcd.endpoint, username="dave", password="old")
    users_etcd.etcdctl("user", "passwd", "dave", "--interactive=false", input="new")
    with pytest.raises(DatastoreUnreachable, match="wrong user name or password"):
        datastore.read([Range("/x")])


def test_a_missing_login_is_an_error(users_etcd: Etcd, open_datastore: OpenDatastore) -> None:
    datastore = open_datastore(users_etcd.endpoint)
    with pytest.raises(DatastoreUnreachable, match="the datastore requires a user name and password"):
        datastore.read([Range("/calico/x")])


def test_missing_permissions(users_etcd: Etcd, open_datastore: OpenDatastore) -> None:
    datastore = open_datastore(users_etcd.endpoint, **BOB)
    assert datastore.read([Range("/calico/none/", prefix=True)]).entries_by_range == ((),)
    with pytest.raises(DatastoreUnreachable) as caught:
        datastore.commit([Write("/calico/a", b"1", 0), Write("/calico/b", b"1", 0)])
    assert caught.value.lines == (
        f"{users_etcd.endpoint}: can't write /calico/a and 1 more: permission denied (user 'bob')",
    )
    with pytest.raises(DatastoreUnreachable, match="can't read /other/: permission denied"):
        datastore.read([Range("/other/", prefix=True)])
    with pytest.raises(DatastoreUnreachable) as caught:
        datastore.read([Range("/calico/a"), Range("/other/", prefix=True)])
    assert caught.value.lines == (
        f"{users_etcd.endpoint}: can't read at least one of 2 key ranges (/calico/a and 1 more): permission denied "
        "(user 'bob')",
    )


def test_a_login_without_authentication_in_etcd(store: Etcd, open_datastore: OpenDatastore) -> None:
    assert open_datastore(store.endpoint, **ROOT).read([]).revision == store.revision()
