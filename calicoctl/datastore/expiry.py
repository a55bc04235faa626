"""End of the validity of certificates."""

from __future__ import annotations

import calendar
import re
import ssl
import time

PEM_BEGIN = "-----BEGIN CERTIFICATE-----"
_PEM_END = "-----END CERTIFICATE-----"
_NEVER = float("inf")


def certificate_expiry(pem: str) -> float:
    """Return the end of the validity of the first certificate of a text, in seconds since 1970.

    Infinity if it is not found.
    """
    begin, end = pem.index(PEM_BEGIN), pem.index(_PEM_END) + len(_PEM_END)
    return _not_after(ssl.PEM_cert_to_DER_cert(pem[begin:end]))


def ca_expiry(context: ssl.SSLContext) -> float:
    """Return the last end of the validity of the CA certificates in a context, in seconds since 1970."""
    expiries = (ssl.cert_time_to_seconds(str(each["notAfter"])) for each in context.get_ca_certs())
    return max(expiries, default=_NEVER)


def format_date(seconds: float) -> str:
    """Return the date (UTC) of a time in seconds since 1970."""
    return time.strftime("%Y-%m-%d", time.gmtime(seconds))


def _not_after(der: bytes) -> float:
    """Return the end of the validity of a certificate in seconds since 1970; infinity if not found.

    The standard library decodes only certificates of peers. Validity is the only field of a certificate with two
    consecutive times, as UTCTime or GeneralizedTime (RFC 5280, 4.1.2.5).
    """
    times = re.search(rb"0.(?:\x17\x0d\d{12}Z|\x18\x0f\d{14}Z)(?:\x17\x0d(\d{12})Z|\x18\x0f(\d{14})Z)", der, re.DOTALL)
    if times is None:
        return _NEVER
    digits = (times[1] or times[2]).decode()
    if times[1]:
        digits = ("20" if digits < "50" else "19") + digits
    return calendar.timegm(time.strptime(digits, "%Y%m%d%H%M%S"))
