"""Facts that the checks of lint share."""
