"""Shell completion."""

COMPLETE_VARIABLE = "_CALICOCTL_COMPLETE"
"""What the shell sets to get completions; the name is click's choice."""
