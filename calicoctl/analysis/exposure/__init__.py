"""Exposure: the labels and profiles that an endpoint that does not exist yet needs to reach others, or to be reached.

`exposure` has the entry point, `compute_exposure`. Labels are not sampled: `decision_diagram` represents the allowed
services as a function of all labels, `label_space` makes such functions from selectors, and `symbolic_match` evaluates
the rules. `expression` turns a set of labels into a selector again.
"""
