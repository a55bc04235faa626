"""The verbs, one file each: options in, one call, result out."""

VERBS = (
    *("apply", "create", "replace", "delete", "edit", "patch", "label", "validate", "diff", "plan", "get", "wait"),
    *("trace", "connectivity", "test", "lint", "convert", "explain", "schema", "version", "completion", "etcd"),
)
"""All verbs in the order in which help lists them; each is a module here with a `command`."""
