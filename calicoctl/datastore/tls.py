"""Certificate files: checks before the connection, and TLS contexts."""

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
    """Return the contents of a file, or None without a path."""
    return Path(path).read_bytes() if path else None


def ca_file(settings: Settings) -> str | None:
    """Return the CA file of the settings, or that of the system (the default of gRPC is a built-in list)."""
    return settings.ca_file or ssl.get_default_verify_paths().cafile


def check_files(settings: Settings) -> None:
    """Check the contents and the expiry of the certificate files.

    Raises:
        UsageError: with a line for each problem.
    """
    try:
        for path in (settings.ca_file, settings.cert_file, settings.key_file):
            read_pem(path)  # errors of ssl do not contain the path
        problems = (*_check_ca_file(settings), *_check_certificate(settings))
    except OSError as error:
        problems = (f"{error.filename}: {(error.strerror or str(error)).lower()}",)
    if problems:
        raise UsageError(*problems, f"  (settings from: {settings.origin})")


def ssl_context(settings: Settings) -> ssl.SSLContext:
    """Return a client context with the CA file and client certificate of the settings.

    Raises:
        ssl.SSLError: a file is invalid.
    """
    result = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    result.set_alpn_protocols(["h2"])  # gRPC servers close connections without it
    if ca_path := ca_file(settings):
        result.load_verify_locations(ca_path)
    if settings.cert_file:
        # Without a password, OpenSSL prompts for one on the terminal.
        result.load_cert_chain(settings.cert_file, settings.key_file, password="")
    return result


def _check_ca_file(settings: Settings) -> Iterator[str]:
    if not settings.ca_file:
        return
    ca_context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        ca_context.load_verify_locations(settings.ca_file)
    except ssl.SSLError:
        yield f"{settings.describe_file(settings.ca_file)}: not a PEM file of CA certificates"
        return
    expiries = [ssl.cert_time_to_seconds(str(ca["notAfter"])) for ca in ca_context.get_ca_certs()]
    if expiries and max(expiries) < time.time():
        yield f"{settings.describe_file(settings.ca_file)}: the CA certificate expired on {_format_date(max(expiries))}"


def _check_certificate(settings: Settings) -> Iterator[str]:
    if not settings.cert_file or not settings.key_file:
        return
    pem, key = Path(settings.cert_file).read_text("latin-1"), Path(settings.key_file).read_text("latin-1")
    if _PEM_BEGIN not in pem:
        yield f"{settings.describe_file(settings.cert_file)}: not a PEM certificate"
    elif "PRIVATE KEY-----" not in key:
        yield f"{settings.describe_file(settings.key_file)}: not a PEM private key"
    elif "ENCRYPTED" in key:
        yield f"{settings.describe_file(settings.key_file)}: encrypted key (gRPC requires an unencrypted one)"
    else:
        yield from _check_key_pair(settings, settings.cert_file, settings.key_file, pem)


def _check_key_pair(settings: Settings, cert_file: str, key_file: str, pem: str) -> Iterator[str]:
    cert_name, key_name = settings.describe_file(cert_file), settings.describe_file(key_file)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(cert_file, key_file, password="")
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            yield f"{key_name}: not the key of {cert_name}"
        else:
            yield f"{cert_name}, {key_name}: {(error.reason or str(error)).replace('_', ' ').lower()}"
        return
    first_certificate = pem[pem.index(_PEM_BEGIN) : pem.index(_PEM_END) + len(_PEM_END)]
    if (expiry := _not_after(ssl.PEM_cert_to_DER_cert(first_certificate))) < time.time():
        yield f"{cert_name}: the certificate expired on {_format_date(expiry)}"


def _not_after(der: bytes) -> float:
    """Return the end of the validity of a certificate in seconds since 1970; infinity if not found.

    The standard library decodes only certificates of peers. Validity is the only field of a certificate with two
    consecutive times, as UTCTime or GeneralizedTime (RFC 5280, 4.1.2.5).
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
