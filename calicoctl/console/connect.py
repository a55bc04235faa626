"""Connects to the datastore."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from calicoctl.console.messages import current_messages
from calicoctl.console.option_types import ConnectionOptions
from calicoctl.errors import DatastoreUnreachable, InvalidManifest

if TYPE_CHECKING:
    from calicoctl.config import Settings
    from calicoctl.datastore.client import Datastore
    from calicoctl.resource import LocatedResource


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
    except DatastoreUnreachable:
        if problems := [problem for item in resources for problem in item.deferred_problems]:
            raise InvalidManifest(problems) from None
        raise
    import logging  # already imported by gRPC

    logging.getLogger(__name__).info("datastore %s (from %s)", datastore.endpoint, settings.origin)
    if announce and sys.stderr and sys.stderr.isatty():
        current_messages().info(f"datastore {datastore.endpoint} (from {settings.origin})")
    return datastore


def load_settings(connection: ConnectionOptions) -> Settings:
    """Return the settings of the connection with the options of the command."""
    from calicoctl.config import load

    settings = load(connection.config, os.environ)
    return settings if connection.timeout is None else replace(settings, timeout=connection.timeout)
