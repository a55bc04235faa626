"""Certificate files: checks before the connection, and TLS contexts."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator

from calicoctl.config import Pem, Settings
from calicoctl.datastore.expiry import PEM_BEGIN, ca_expiry, certificate_expiry, format_date
from calicoctl.errors import UsageError, os_reason


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
        problems = (f"{error.filename}: {os_reason(error)}",)
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
        load_ca(result, ca)
    if settings.certificate and settings.key:
        _load_client_certificate(result, settings.certificate, settings.key)
    return result


def load_ca(context: ssl.SSLContext, ca: Pem) -> None:
    """Load CA certificates into a context.

    Raises:
        ssl.SSLError: they are invalid.
    """
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
        load_ca(context, ca)
    except ssl.SSLError:
        yield f"{ca.name}: not a PEM file of CA certificates"
        return
    if (expiry := ca_expiry(context)) < time.time():
        yield f"{ca.name}: the CA certificate expired on {format_date(expiry)}"


def _check_certificate(certificate: Pem | None, key: Pem | None) -> Iterator[str]:
    if not certificate or not key:
        return
    certificate_text, key_text = certificate.read().decode("latin-1"), key.read().decode("latin-1")
    if PEM_BEGIN not in certificate_text:
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
    if (expiry := certificate_expiry(certificate_text)) < time.time():
        yield f"{certificate.name}: the certificate expired on {format_date(expiry)}"
