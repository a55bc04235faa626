"""Shell completion."""

COMPLETE_VARIABLE = "_CALICOCTL_COMPLETE"
"""Environment variable that requests completions (Click: `_PROGRAM_COMPLETE`)."""
