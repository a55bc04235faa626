"""The guard against writes that would cut off hosts from SSH or from etcd."""
