"""Evaluation of policy tests: expected and actual decisions.

Begin with `cases.CaseEvaluator`. `coverage` computes the rules that no case covers.
"""
