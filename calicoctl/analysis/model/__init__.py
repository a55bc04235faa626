"""Policies, profiles, rules and endpoints as immutable values.

Begin with `policy_set.PolicySet`. `build` makes one from v1 resources, `rule` has the rules, `source` the origin of
each value.
"""
