"""Decisions on the traffic between two peers, each with an example packet.

Begin with `traffic.trace_traffic`. `decisions` computes the decisions; `explain` and `packet_match` follow one packet
through the rules.
"""
