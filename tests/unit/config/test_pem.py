"""Certificates and keys: files, and texts in memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from calicoctl.config import Pem


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    path.write_bytes(b"\xffcertificate")
    pem = Pem(str(path), origin="ETCD_CA_CERT_FILE")
    assert (pem.name, pem.read()) == (str(path), b"\xffcertificate")
    with pem.open_path() as opened:
        assert opened == str(path)


def test_a_text_is_a_file_only_in_the_context() -> None:
    pem = Pem(text="certificate \u00e9", origin="calicoctl.cfg:7:14: spec.etcdCert")
    assert (pem.name, pem.read()) == (pem.origin, "certificate \u00e9".encode())
    assert "certificate" not in repr(pem)
    with pem.open_path() as path:
        assert Path(path).read_bytes() == pem.read()
        assert Path(path).read_bytes() == pem.read()  # from the beginning again
        assert Path(path).resolve().name.startswith("memfd:")
    with pytest.raises(FileNotFoundError):
        Path(path).read_bytes()
