"""Values of v1 fields: names, labels, networks, protocols, numbers, set membership."""
