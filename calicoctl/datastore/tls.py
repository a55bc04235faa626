"""Certificate files: what is wrong with them, found before anything is dialled."""

from __future__ import annotations

import calendar
import re
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

from calicoctl.config import Settings
from calicoctl.errors import UsageError

_PEM_BEGIN, _PEM_END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


def read_pem(path: str | None) -> bytes | None:
    """Read a file, if there is one."""
    return Path(path).read_bytes() if path else None


def ca_file(settings: Settings) -> str | None:
    """The file of trusted CAs: the user's, or the system's (gRPC would take a list of its own)."""
    return settings.ca_file or ssl.get_default_verify_paths().cafile


def check_files(settings: Settings) -> None:
    """Make sure that the files hold what they should, and that it has not expired.

    Raises:
        UsageProblem: one line for each thing that is wrong.
    """
    try:
        for path in (settings.ca_file, settings.cert_file, settings.key_file):
            read_pem(path)  # errors of ssl do not say which file
        problems = (*_check_ca_file(settings), *_check_certificate(settings))
    except OSError as error:
        problems = (f"{error.filename}: {(error.strerror or str(error)).lower()}",)
    if problems:
        raise UsageError(*problems, f"  (the settings come from: {settings.origin})")


def ssl_context(settings: Settings) -> ssl.SSLContext:
    """Build a context that trusts and presents what the settings say.

    Raises:
        ssl.SSLError: a file can't be used.
    """
    result = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    result.set_alpn_protocols(["h2"])  # gRPC servers close on those who do not ask for it
    if ca_path := ca_file(settings):
        result.load_verify_locations(ca_path)
    if settings.cert_file:
        # Without a password of ours OpenSSL would ask for one at the terminal.
        result.load_cert_chain(settings.cert_file, settings.key_file, password="")
    return result


def _check_ca_file(settings: Settings) -> Iterator[str]:
    if not settings.ca_file:
        return
    ca_context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        ca_context.load_verify_locations(settings.ca_file)
    except ssl.SSLError:
        yield f"{settings.ca_file}: not a PEM file of CA certificates"
        return
    expiries = [ssl.cert_time_to_seconds(str(ca["notAfter"])) for ca in ca_context.get_ca_certs()]
    if expiries and max(expiries) < time.time():
        yield f"{settings.ca_file}: the CA certificate expired on {_format_date(max(expiries))}"


def _check_certificate(settings: Settings) -> Iterator[str]:
    if not settings.cert_file or not settings.key_file:
        return
    pem, key = Path(settings.cert_file).read_text("latin-1"), Path(settings.key_file).read_text("latin-1")
    if _PEM_BEGIN not in pem:
        yield f"{settings.cert_file}: not a PEM certificate"
    elif "PRIVATE KEY-----" not in key:
        yield f"{settings.key_file}: not a PEM private key"
    elif "ENCRYPTED" in key:
        yield f"{settings.key_file}: the key is encrypted, which gRPC can't read"
    else:
        yield from _check_key_pair(settings.cert_file, settings.key_file, pem)


def _check_key_pair(cert_file: str, key_file: str, pem: str) -> Iterator[str]:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(cert_file, key_file, password="")
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            yield f"{key_file}: not the key of {cert_file}"
        else:
            yield f"{cert_file}, {key_file}: {(error.reason or str(error)).replace('_', ' ').lower()}"
        return
    first_certificate = pem[pem.index(_PEM_BEGIN) : pem.index(_PEM_END) + len(_PEM_END)]
    if (expiry := _not_after(ssl.PEM_cert_to_DER_cert(first_certificate))) < time.time():
        yield f"{cert_file}: the certificate expired on {_format_date(expiry)}"


def _not_after(der: bytes) -> float:
    """When a certificate ends, in seconds since 1970.

    The standard library decodes certificates of peers only. Validity is the one place of a certificate
    with two times in a row, UTCTime or GeneralizedTime (RFC 5280, 4.1.2.5).
    """
    times = re.search(rb"0.(?:\x17\x0d\d{12}Z|\x18\x0f\d{14}Z)(?:\x17\x0d(\d{12})Z|\x18\x0f(\d{14})Z)", der, re.DOTALL)
    if times is None:
        return float("inf")
    digits = (times[1] or times[2]).decode()
    if times[1]:
        digits = ("20" if digits < "50" else "19") + digits
    return calendar.timegm(time.strptime(digits, "%Y%m%d%H%M%S"))


def _format_date(seconds: float) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(seconds))
