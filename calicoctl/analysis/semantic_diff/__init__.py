"""Differences between two policy sets in allowed traffic.

`compare` has the entry point, `compare_policy_sets`. The other modules are its steps: `align` gives both sides the
same endpoints, `refinement` finds common address classes, `equivalence` finds directions that need no evaluation,
`difference` computes gained and lost traffic, `describe` and `group_names` add names and example packets.
"""
