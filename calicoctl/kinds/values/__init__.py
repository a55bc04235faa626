"""Values of v1 fields: names, networks, numbers, set membership."""
