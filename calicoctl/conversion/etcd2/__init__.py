"""v1 manifests from the keys and values of a v1 datastore in etcd v2 (libcalico-go v1.7.3, lib/backend/model)."""
