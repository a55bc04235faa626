"""Peers on the command line, such as `--from` and `--to`."""

from __future__ import annotations

from calicoctl.analysis import PolicySet
from calicoctl.analysis.peers import peer_syntax
from calicoctl.analysis.peers.peer import Peer
from calicoctl.errors import UsageError


def parse_peer(text: str, policy_set: PolicySet) -> Peer:
    """Return the peer for a text on the command line.

    Raises:
        UsageError: syntax error, or the peer does not exist or is ambiguous.
    """
    try:
        return peer_syntax.parse_peer(text, policy_set)
    except peer_syntax.InvalidPeer as error:
        raise UsageError(str(error)) from None
