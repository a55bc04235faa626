"""Checks of `doctor` from the certificate files to the login."""

from __future__ import annotations

import ssl
import stat
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from calicoctl.config import Pem, Settings
from calicoctl.datastore import tls
from calicoctl.datastore.client import Datastore
from calicoctl.datastore.expiry import ca_expiry, certificate_expiry, format_date
from calicoctl.datastore.inspection import EndpointStatus, request_statuses, server_certificate_expiry
from calicoctl.deadline import Deadline
from calicoctl.errors import ExitCode, UsageError
from calicoctl.local_etcd import version_warning
from calicoctl.name_list import join_limited
from calicoctl.operations.doctor.check import DoctorCheck, fail_check, pass_check, skip_check, warn_check

_EXPIRY_WARNING_DAYS = 30
_SECONDS_PER_DAY = 86_400
_FILE_REMEDY = "replace the file, or correct the setting"
_NO_SETTINGS_REMEDY = "set ETCD_ENDPOINTS, or start a local etcd: calicoctl etcd start"
_TLS_REMEDY = "check the certificates of both sides, and the host in the URL"


def check_files(settings: Settings) -> Iterator[DoctorCheck]:
    """Yield the results for the CA, the client certificate and the client key."""
    if not settings.uses_tls:
        yield pass_check("files", "not used with http:// endpoints")
        return
    try:
        tls.check_files(settings)
    except UsageError as error:
        problems = (line for line in error.lines if not line.startswith(" "))
        yield from (fail_check("files", _with_remedy(line, _FILE_REMEDY), error.exit_code) for line in problems)
        return
    if ca := settings.ca:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        tls.load_ca(context, ca)
        yield _expiry_check("files", f"{ca.name}: CA certificate", ca_expiry(context))
    else:
        yield pass_check("files", "CA certificates of the system")
    if settings.certificate and settings.key:
        text = settings.certificate.read().decode("latin-1")
        yield _expiry_check("files", f"{settings.certificate.name}: client certificate", certificate_expiry(text))
        yield _check_key(settings.key)


def _check_key(key: Pem) -> DoctorCheck:
    mode = Path(key.path).stat().st_mode if key.path else 0
    if mode & (stat.S_IRGRP | stat.S_IROTH):
        return warn_check("files", f"{key.name}: other users can read the client key (chmod 600)")
    return pass_check("files", f"{key.name}: client key")


def _expiry_check(name: str, subject: str, expiry: float) -> DoctorCheck:
    if expiry == float("inf"):
        return pass_check(name, f"{subject}, expiry unknown")
    days = int((expiry - time.time()) // _SECONDS_PER_DAY)
    message = f"{subject}, expires in {days} days ({format_date(expiry)})"
    if days < _EXPIRY_WARNING_DAYS:
        return warn_check(name, f"{message}: renew it")
    return pass_check(name, message)


def check_endpoints(settings: Settings) -> tuple[list[DoctorCheck], list[str]]:
    """Return the result for each endpoint, and the healthy endpoints."""
    # A member that does not answer leaves time for the checks of the others.
    timeout = settings.timeout / 2 if len(settings.endpoints) > 1 else settings.timeout
    statuses = request_statuses(settings, timeout)
    healthy = [each.endpoint for each in statuses if not each.problem]
    remedy = _NO_SETTINGS_REMEDY if settings.is_default else ""
    checks = [_endpoint_check(each, remedy, is_needed=not healthy) for each in statuses]
    return checks + list(_check_versions({each.version for each in statuses if not each.problem})), healthy


def _check_versions(versions: set[str]) -> Iterator[DoctorCheck]:
    if len(versions) > 1:
        found = join_limited(sorted(versions), len(versions))
        yield warn_check("endpoint", f"the members have different versions: {found} (finish the upgrade of etcd)")


def _endpoint_check(status: EndpointStatus, remedy: str, *, is_needed: bool) -> DoctorCheck:
    if status.problem:
        message = f"{status.endpoint}: {_with_remedy(status.problem, remedy or _endpoint_remedy(status.problem))}"
        return fail_check("endpoint", message, ExitCode.UNREACHABLE) if is_needed else warn_check("endpoint", message)
    message = f"{status.endpoint}: etcd {status.version}, answered in {status.seconds * 1000:.0f} ms"
    if warning := version_warning(status.version):
        return warn_check("endpoint", f"{message}: {warning} (upgrade etcd)")
    return pass_check("endpoint", message)


def _with_remedy(problem: str, remedy: str) -> str:
    """Return a problem with a remedy, unless it contains one."""
    return problem if problem.endswith(")") else f"{problem} ({remedy})"


def _endpoint_remedy(problem: str) -> str:
    return _TLS_REMEDY if problem.startswith("TLS") else "check that etcd runs there, and firewalls on the way"


def check_certificates(settings: Settings, endpoints: Sequence[str], deadline: Deadline) -> Iterator[DoctorCheck]:
    """Yield the expiry of the certificate of each server."""
    if not settings.uses_tls:
        yield pass_check("certificate", "no TLS: requests and passwords are sent in plain text")
        return
    for endpoint in endpoints:
        if deadline.has_passed:
            yield skip_check("certificate", "no time is left (raise --timeout)")
            return
        try:
            expiry = server_certificate_expiry(endpoint, settings, deadline.remaining)
        except OSError as error:
            yield fail_check(
                "certificate", f"{endpoint}: {_with_remedy(str(error).lower(), _TLS_REMEDY)}", ExitCode.UNREACHABLE
            )
        else:
            yield _expiry_check("certificate", f"{endpoint}: server certificate", expiry)


def check_login(datastore: Datastore) -> DoctorCheck:
    """Return the result of the login. A rejected login does not get here."""
    username = datastore.settings.username
    if username is None:
        return pass_check("login", "without a user name")
    if datastore.is_logged_in:
        return pass_check("login", f"as user '{username}'")
    return warn_check("login", f"etcd does not require a login: user '{username}' is not used (etcdctl auth enable)")
