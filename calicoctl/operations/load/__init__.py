"""Loading of `-f` arguments: manifests, policy tests, suppression comments."""
