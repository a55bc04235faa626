"""Connects to the datastore."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from calicoctl.console.messages import current_messages
from calicoctl.console.option_types import ConnectionOptions
from calicoctl.console.terminal import is_terminal
from calicoctl.errors import DatastoreUnreachable, InvalidManifest

if TYPE_CHECKING:
    from calicoctl.config import Settings, SettingsSource
    from calicoctl.datastore.client import Datastore
    from calicoctl.resource import LocatedResource

_NO_SETTINGS = "  no datastore is configured (set ETCD_ENDPOINTS, or start a local etcd with: calicoctl etcd start)"
"""Detail of an error, because the default is an etcd on this machine, which few users have."""


def open_datastore(
    connection: ConnectionOptions, *, announce: bool, resources: Sequence[LocatedResource] = ()
) -> Datastore:
    """Connect to the datastore with the options of the command.

    Args:
        connection: options of the command.
        announce: whether to print the datastore on stderr if that is a terminal.
        resources: the resources of manifests.

    Raises:
        InvalidManifest: the datastore is unreachable, and the resources have deferred problems: these are certain.
    """
    from calicoctl.datastore import connect

    settings = load_settings(connection)
    try:
        datastore = connect(settings, connection.max_txn_ops)
    except DatastoreUnreachable as error:
        if problems := [problem for item in resources for problem in item.deferred_problems]:
            raise InvalidManifest(problems) from None
        if settings.is_default:
            error.messages = (*error.messages, _NO_SETTINGS)
        raise
    import logging  # already imported by gRPC

    logging.getLogger(__name__).info("datastore %s (from %s)", datastore.endpoint, settings.origin)
    if announce and is_terminal(sys.stderr):
        current_messages().info(f"datastore {datastore.endpoint} (from {settings.origin})")
    return datastore


def load_settings(connection: ConnectionOptions, endpoints_option: str = "--endpoints") -> Settings:
    """Return the settings of the connection with the options of the command.

    Args:
        connection: options of the command.
        endpoints_option: the option with the endpoints, for messages.
    """
    from calicoctl.config import build_settings

    settings = build_settings(load_source(connection, endpoints_option))
    return settings if connection.timeout is None else replace(settings, timeout=connection.timeout)


def load_source(connection: ConnectionOptions, endpoints_option: str = "--endpoints") -> SettingsSource:
    """Return the settings with their origin; arguments as of `load_settings`."""
    from calicoctl import config

    context = config.requested_context(connection.context, os.environ)
    source = config.load_source(connection.config, context, os.environ, pipe_seconds=connection.timeout)
    urls = connection.endpoints
    return source if urls is None else config.override_endpoints(source, config.SettingValue(urls, endpoints_option))
