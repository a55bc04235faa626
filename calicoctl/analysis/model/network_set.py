"""Network sets: networks with labels. Selectors of rules match their addresses as they match those of endpoints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from calicoctl.analysis.model.source import PolicySource
from calicoctl.analysis.sets.addresses import Address, Network


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
