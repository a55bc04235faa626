"""Decisions on many observed flows.

Begin with `evaluation.FlowEvaluation`. `flow` has the flows, `end_resolver` resolves their ends to address classes,
`service_classes` maps their services to the few that rules distinguish, and `group_decision` decides on each
combination once. `comparison` compares two policy sets.
"""
