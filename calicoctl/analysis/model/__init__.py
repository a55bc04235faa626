"""Policies, profiles, rules and endpoints as immutable values."""
