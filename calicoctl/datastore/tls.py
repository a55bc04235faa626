"""Certificate files: checks before the connection, and TLS contexts."""

from __future__ import annotations

import calendar
import re
import ssl
import time
from collections.abc import Iterator

from calicoctl.config import Pem, Settings
from calicoctl.errors import UsageError

_PEM_BEGIN, _PEM_END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


def read_pem(pem: Pem | None) -> bytes | None:
    """Return the contents of a certificate or key, or None without one."""
    return pem.read() if pem else None


def ca_certificates(settings: Settings) -> Pem | None:
    """Return the CA of the settings, or that of the system (the default of gRPC is a built-in list)."""
    system_path = ssl.get_default_verify_paths().cafile
    return settings.ca or (Pem(path=system_path) if system_path else None)


def check_files(settings: Settings) -> None:
    """Check the contents and the expiry of the certificates and the key.

    Raises:
        UsageError: with a line for each problem.
    """
    try:
        for pem in (settings.ca, settings.certificate, settings.key):
            read_pem(pem)  # errors of ssl do not contain the path
        problems = (*_check_ca(settings.ca), *_check_certificate(settings.certificate, settings.key))
    except OSError as error:
        problems = (f"{error.filename}: {(error.strerror or str(error)).lower()}",)
    if problems:
        raise UsageError(*problems, f"  (settings from: {settings.origin})")


def ssl_context(settings: Settings) -> ssl.SSLContext:
    """Return a client context with the CA and the client certificate of the settings.

    Raises:
        ssl.SSLError: a file is invalid.
    """
    result = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    result.set_alpn_protocols(["h2"])  # gRPC servers close connections without it
    if ca := ca_certificates(settings):
        _load_ca(result, ca)
    if settings.certificate and settings.key:
        _load_client_certificate(result, settings.certificate, settings.key)
    return result


def _load_ca(context: ssl.SSLContext, ca: Pem) -> None:
    with ca.open_path() as path:
        context.load_verify_locations(path)


def _load_client_certificate(context: ssl.SSLContext, certificate: Pem, key: Pem) -> None:
    with certificate.open_path() as certificate_path, key.open_path() as key_path:
        # Without a password, OpenSSL prompts for one on the terminal.
        context.load_cert_chain(certificate_path, key_path, password="")


def _check_ca(ca: Pem | None) -> Iterator[str]:
    if not ca:
        return
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        _load_ca(context, ca)
    except ssl.SSLError:
        yield f"{ca.name}: not a PEM file of CA certificates"
        return
    expiries = [ssl.cert_time_to_seconds(str(each["notAfter"])) for each in context.get_ca_certs()]
    if expiries and max(expiries) < time.time():
        yield f"{ca.name}: the CA certificate expired on {_format_date(max(expiries))}"


def _check_certificate(certificate: Pem | None, key: Pem | None) -> Iterator[str]:
    if not certificate or not key:
        return
    certificate_text, key_text = certificate.read().decode("latin-1"), key.read().decode("latin-1")
    if _PEM_BEGIN not in certificate_text:
        yield f"{certificate.name}: not a PEM certificate"
    elif "PRIVATE KEY-----" not in key_text:
        yield f"{key.name}: not a PEM private key"
    elif "ENCRYPTED" in key_text:
        yield f"{key.name}: encrypted key (gRPC requires an unencrypted one)"
    else:
        yield from _check_key_pair(certificate, key, certificate_text)


def _check_key_pair(certificate: Pem, key: Pem, certificate_text: str) -> Iterator[str]:
    try:
        _load_client_certificate(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), certificate, key)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            yield f"{key.name}: not the key of {certificate.name}"
        else:
            yield f"{certificate.name}, {key.name}: {(error.reason or str(error)).replace('_', ' ').lower()}"
        return
    begin, end = certificate_text.index(_PEM_BEGIN), certificate_text.index(_PEM_END) + len(_PEM_END)
    if (expiry := _not_after(ssl.PEM_cert_to_DER_cert(certificate_text[begin:end]))) < time.time():
        yield f"{certificate.name}: the certificate expired on {_format_date(expiry)}"


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
