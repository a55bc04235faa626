"""Facts about a policy set that the checks share."""
