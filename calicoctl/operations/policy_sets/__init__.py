"""The resources of manifests and datastore as the input of an analysis."""
