"""Peers: the two ends of the traffic in a question.

Begin with `peer.Peer`. `self_traffic` removes traffic of endpoints to themselves, `address_names` names addresses.
"""
