"""Decisions of the policy for all traffic, as Felix makes them.

Begin with `reachability.Reachability`. In the order of the computation: `policy_resolver` (policies that apply to an
endpoint), `address_space` (addresses as equivalence classes), `stages` (order of the policies and profiles),
`first_match` (the rule that decides).
"""
