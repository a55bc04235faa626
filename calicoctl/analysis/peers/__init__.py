"""Peers: the two ends of the traffic in a question.

Begin with `peer.Peer`. `peer_resolver` finds the endpoints of a peer.
"""
