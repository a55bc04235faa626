"""Results of policy tests as text: one module for each format."""
