"""Reads the policy set of an analysis command."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from calicoctl.console.activity import ACTIVITY
from calicoctl.console.connect import open_datastore
from calicoctl.console.inputs import read_analysed_resources
from calicoctl.console.option_types import ConnectionOptions
from calicoctl.errors import UsageError

if TYPE_CHECKING:
    from calicoctl.analysis import PolicySet
    from calicoctl.operations.policy_sets.sources import PolicySources
    from calicoctl.resource import LocatedResource


def load_policy_set(
    filenames: Sequence[str], *, recursive: bool, with_datastore: bool, connection: ConnectionOptions
) -> tuple[PolicySet, str]:
    """Return the policy set of manifests, the datastore or both, and its description."""
    from dataclasses import replace

    from calicoctl import analysis

    disable_gc()
    resources = read_analysed_resources(filenames, recursive=recursive) if filenames else ()
    sources, basis = load_sources(resources, filenames, with_datastore=with_datastore, connection=connection)
    result = replace(analysis.build_policy_set(sources.sources, sources.notes), neighbor_discovery=True)
    return result, f"{basis}: {result.summary}"


def select_interface(policy_set: PolicySet, interface: str | None) -> PolicySet:
    """Return the policy set in which all traffic of nodes with host endpoints uses an interface; None: any interface.

    Raises:
        UsageError: no host endpoint has the interface.
    """
    from dataclasses import replace

    from calicoctl.analysis.model.host_interface import NamedInterface

    if interface is None:
        return policy_set
    names = {host.interface_name for node in policy_set.host_nodes.values() for host in node.hosts}
    if interface not in names:
        known = ", ".join(sorted(names - {"", "*"}))
        raise UsageError(f"--interface {interface}: no host endpoint has it (existing: {known or 'none'})")
    return replace(policy_set, interface=NamedInterface(interface))


def load_sources(
    resources: Sequence[LocatedResource],
    filenames: Sequence[str],
    *,
    with_datastore: bool,
    connection: ConnectionOptions,
    with_pools: bool = False,
) -> tuple[PolicySources, str]:
    """Return the resources of manifests, the datastore or both, and the names of these sources.

    With `with_pools`, they include the IP pools of the datastore.
    """
    from calicoctl.operations.policy_sets.sources import sources_from_datastore, sources_from_manifests

    disable_gc()
    if with_datastore and not filenames:
        raise UsageError("--with-datastore requires -f (without -f, the datastore is read anyway)")
    basis = [", ".join(filenames)] if filenames else []
    ACTIVITY.start("analyzing")
    if filenames and not with_datastore:
        return sources_from_manifests(resources), basis[0]
    with open_datastore(connection, announce=False) as datastore:
        return sources_from_datastore(datastore, resources, with_pools=with_pools), " applied to ".join(
            [*basis, f"datastore {datastore.endpoint}"]
        )


def disable_gc() -> None:
    """Disable garbage collection until the command ends.

    An analysis makes no reference cycles, but millions of objects: collection takes longer than making them.
    """
    import gc

    if gc.isenabled():
        gc.disable()
        click.get_current_context().call_on_close(gc.enable)
