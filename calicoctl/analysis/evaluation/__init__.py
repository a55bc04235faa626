"""The decisions of the agent for all traffic, as exact sets."""
