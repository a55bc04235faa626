"""Builds validated settings from the settings of a source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from calicoctl.config.checks import find_problems
from calicoctl.config.endpoints import parse_endpoints
from calicoctl.config.history_limit import parse_history_limit
from calicoctl.config.pem import Pem
from calicoctl.config.setting_value import SettingValue
from calicoctl.config.settings import (
    DEFAULT_AUTHORITY,
    DEFAULT_ORIGIN,
    DEFAULT_SCHEME,
    HISTORY_FIELD,
    SETTINGS,
    Setting,
    Settings,
    SettingsSource,
)
from calicoctl.errors import UsageError


def build_settings(source: SettingsSource) -> Settings:
    """Validate the settings of a source.

    Raises:
        UsageError: one line for each problem of the source.
    """
    values = source.values
    endpoints, endpoint_problems = parse_endpoints(endpoint_urls(values))
    problems = (*source.problems, *endpoint_problems, *find_problems(values, endpoints))
    if problems := problems or tuple(_find_missing(source)):
        raise UsageError(*problems)
    attributes = {
        setting.attribute: _attribute_value(setting, values[setting.field])
        for setting in SETTINGS
        if setting.attribute and setting.field in values
    }
    return replace(Settings(endpoints, origin=source.file or _endpoints_origin(values)), **attributes)


def _find_missing(source: SettingsSource) -> Iterator[str]:
    """Yield a problem if a file has no endpoints: as in calicoctl 1.6.5, it is the only source of settings."""
    if source.file and not source.has_endpoints:
        yield f"{source.file}: spec.etcdEndpoints: missing (expected http://HOST:PORT)"


def _attribute_value(setting: Setting, value: SettingValue) -> Any:
    if setting.field == HISTORY_FIELD:
        return parse_history_limit(value.text)
    if setting.is_file:
        return Pem(path=value.text, origin=value.origin)
    return Pem(text=value.text, origin=value.origin) if setting.text_of else value.text


def _endpoints_origin(values: Mapping[str, SettingValue]) -> str:
    for name in ("etcdEndpoints", "etcdAuthority", "etcdScheme"):
        if name in values:
            return values[name].origin
    return DEFAULT_ORIGIN


def endpoint_urls(values: Mapping[str, SettingValue]) -> list[SettingValue]:
    """Return the URLs. As in calicoctl 1.6.5, etcdEndpoints takes precedence over etcdAuthority and etcdScheme."""
    if listed := values.get("etcdEndpoints"):
        urls = [part.strip() for part in listed.text.split(",") if part.strip()]
        return [SettingValue(url, listed.origin) for url in urls or [""]]
    authority, scheme = values.get("etcdAuthority"), values.get("etcdScheme")
    # calicoctl 1.6.5 has this default for the environment only, and rejects a file with only etcdAuthority.
    url = f"{scheme.text if scheme else DEFAULT_SCHEME}://{authority.text if authority else DEFAULT_AUTHORITY}"
    return [SettingValue(url, (authority or scheme or SettingValue("", DEFAULT_ORIGIN)).origin)]
