"""Value of a setting, as written by the user."""

from __future__ import annotations

from typing import NamedTuple


class SettingValue(NamedTuple):
    """A setting as written by the user."""

    text: str
    origin: str
    """Source in messages: `ETCD_ENDPOINTS`, or `calicoctl.cfg:7: spec.etcdEndpoints`."""
