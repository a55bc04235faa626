"""Rules of profiles and policies: validation, normal form, conversion."""

DIRECTIONS = ("ingress", "egress")
"""Fields of a spec that contain rules."""
SIDES = ("source", "destination")
"""Fields of a rule that match an end of the connection."""
