"""Policies, profiles, rules and endpoints as immutable values.

Begin with `policy_set.PolicySet`. `build` makes one from v1 resources; `source` has the origin of each value.
"""
