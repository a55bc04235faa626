"""The verbs, one file each: options in, one call, result out."""

VERBS = ("apply", "create", "replace", "delete", "diff", "get", "explain", "schema", "version", "etcd")
"""All verbs in the order in which help lists them; each is a module here with a `command`."""
