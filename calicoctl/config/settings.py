"""The connection settings, and the rules that they must obey wherever they were written."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from calicoctl.config.endpoints import DEFAULT_AUTHORITY, DEFAULT_SCHEME, parse_endpoints
from calicoctl.errors import UsageProblem

DEFAULT_TIMEOUT = 6.0
"""Seconds in which the datastore must be reached, however many endpoints there are."""


@dataclass(frozen=True)
class Settings:
    """How to reach the datastore. Comes out of `load` already checked."""

    endpoints: tuple[str, ...]
    """URLs with scheme, host and port, all http or all https, in the order of preference."""
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    key_file: str | None = None
    cert_file: str | None = None
    ca_file: str | None = None
    origin: str = "default"
    """Where the endpoints were set: a file, the name of a variable, or `default`."""
    timeout: float = DEFAULT_TIMEOUT
    """Seconds, for reaching the datastore and for each request."""

    @property
    def secure(self) -> bool:
        """Whether the connection uses TLS."""
        return self.endpoints[0].startswith("https://")


class Given(NamedTuple):
    """One setting as the user wrote it."""

    text: str
    where: str
    """What to call it in a message: `ETCD_ENDPOINTS`, or `calicoctl.cfg:7: spec.etcdEndpoints`."""


class Source(NamedTuple):
    """All that was written in one place, under the field names of the configuration file."""

    given: Mapping[str, Given]
    """Fields that say something: an empty text counts as absent."""
    file: str | None
    """The file, or None for the environment."""
    problems: tuple[str, ...] = ()
    """What was wrong with its form."""


def settings_from(source: Source) -> Settings:
    """Check what was written and make settings of it.

    Raises:
        UsageProblem: with every problem of the source.
    """
    given = source.given
    endpoints, wrong = parse_endpoints(_endpoint_texts(given))
    problems = (
        *source.problems,
        *wrong,
        *_check_datastore_type(given),
        *_check_login(given),
        *_check_certificates(given, endpoints),
        *_check_files(given),
    )
    if problems:
        raise UsageProblem(*problems)

    def text(name: str) -> str | None:
        return given[name].text if name in given else None

    return Settings(
        endpoints=endpoints,
        username=text("etcdUsername"),
        password=text("etcdPassword"),
        key_file=text("etcdKeyFile"),
        cert_file=text("etcdCertFile"),
        ca_file=text("etcdCACertFile"),
        origin=source.file or _origin(given),
    )


def _origin(given: Mapping[str, Given]) -> str:
    for name in ("etcdEndpoints", "etcdAuthority", "etcdScheme"):
        if name in given:
            return given[name].where
    return "default"


def _endpoint_texts(given: Mapping[str, Given]) -> list[Given]:
    """The URLs one by one. A list of endpoints wins over authority and scheme, as in 1.6.5."""
    if listed := given.get("etcdEndpoints"):
        urls = [part.strip() for part in listed.text.split(",") if part.strip()]
        return [Given(url, listed.where) for url in urls or [""]]
    authority, scheme = given.get("etcdAuthority"), given.get("etcdScheme")
    # 1.6.5 had this default for the environment only; a file with an authority alone failed.
    url = f"{scheme.text if scheme else DEFAULT_SCHEME}://{authority.text if authority else DEFAULT_AUTHORITY}"
    return [Given(url, (authority or scheme or Given("", "default")).where)]


def _check_datastore_type(given: Mapping[str, Given]) -> Iterator[str]:
    kind = given.get("datastoreType")
    if kind is None or kind.text == "etcdv3":
        return
    if kind.text == "etcdv2":
        yield f"{kind.where}: this tool works with etcd v3: write etcdv3 or leave it out"
    elif kind.text == "kubernetes":
        yield f"{kind.where}: the Kubernetes datastore is not supported: write etcdv3 or leave it out"
    else:
        yield f"{kind.where}: unknown datastore type '{kind.text}' (expected etcdv3)"


def _check_login(given: Mapping[str, Given]) -> Iterator[str]:
    user, password = given.get("etcdUsername"), given.get("etcdPassword")
    if password and not user:
        yield f"{password.where}: a password needs a user name"
    if user and not password:
        yield f"{user.where}: a user name needs a password"


def _check_certificates(given: Mapping[str, Given], endpoints: tuple[str, ...]) -> Iterator[str]:
    key, cert = given.get("etcdKeyFile"), given.get("etcdCertFile")
    if key and not cert:
        yield f"{key.where}: a key needs its certificate"
    if cert and not key:
        yield f"{cert.where}: a certificate needs its key"
    if endpoints and endpoints[0].startswith("http://"):
        for name in ("etcdKeyFile", "etcdCertFile", "etcdCACertFile"):
            if name in given:
                # gRPC would send everything in plain text and say nothing.
                yield f"{given[name].where}: not used with {endpoints[0]} (write https:// or remove it)"


def _check_files(given: Mapping[str, Given]) -> Iterator[str]:
    for name in ("etcdKeyFile", "etcdCertFile", "etcdCACertFile"):
        if name not in given:
            continue
        text, where = given[name]
        try:
            with open(text, "rb") as file:  # noqa: PTH123
                file.read(1)
        except (OSError, ValueError) as error:
            reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
            yield f"{where}: {text}: {reason.lower()}"
