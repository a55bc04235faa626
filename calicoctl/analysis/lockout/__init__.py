"""Which host endpoints a change of policy makes unreachable."""
