"""Input of an analysis from the resources of manifests and of the datastore."""
