"""Peers: the ends of the traffic that a question is about."""
