"""Reading: queries, keys, decoded entries, labels."""
