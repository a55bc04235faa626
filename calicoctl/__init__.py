"""calicoctl: manage Calico v1 security policy in an etcd v3 datastore."""

__version__ = "0.1.0"
