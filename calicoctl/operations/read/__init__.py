"""Reading: names to keys, keys to resources."""
