"""Network sets: networks with labels. Selectors of rules match their addresses as they match those of endpoints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from calicoctl.analysis.model.source import PolicySource
from calicoctl.analysis.sets.addresses import Address, Network, parse_network
from calicoctl.kinds.values.labels import NAMESPACE_LABEL
from calicoctl.kinds.values.names import STORED_NAMESPACE_PROFILE_PREFIX


@dataclass(frozen=True, eq=False)
class NetworkSet:
    """GlobalNetworkSet or NetworkSet of v3 (libcalico-go `updateprocessors/networksetprocessor.go`)."""

    origin: PolicySource
    labels: Mapping[str, str]
    """Labels without those of its profiles."""
    networks: tuple[Network, ...]
    profiles: tuple[str, ...] = ()
    """Profiles that it inherits labels from: that of its namespace."""

    def contains(self, address: Address) -> bool:
        """Return whether an address is in one of the networks."""
        return any(net.version == address.version and net.contains(address.value) for net in self.networks)


def build_network_set(origin: PolicySource) -> NetworkSet:
    """Build a network set. One of a namespace has the label of its namespace, and the labels of its profile."""
    metadata = origin.resource.metadata
    namespace = metadata.get("namespace")
    labels = {**metadata.get("labels", {}), **({NAMESPACE_LABEL: namespace} if namespace else {})}
    networks = tuple(_valid_networks(origin.resource.spec.get("nets", ())))
    return NetworkSet(origin, labels, networks, (STORED_NAMESPACE_PROFILE_PREFIX + namespace,) if namespace else ())


def _valid_networks(texts: Iterable[str]) -> Iterator[Network]:
    """Yield networks without the invalid ones, which the agent skips."""
    for text in texts:
        with suppress(ValueError):
            yield parse_network(text)
