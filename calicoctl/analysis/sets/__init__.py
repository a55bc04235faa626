"""Exact sets of addresses, ports and services."""
