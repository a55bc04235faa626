"""Guard against writes that would cut off host endpoints from SSH or from etcd."""
