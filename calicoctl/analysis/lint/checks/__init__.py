"""The checks of lint, one file a topic."""
