"""Traces: what the agent decides on traffic between two peers, and by which rules."""
