"""Commands, one module each."""

VERBS = (
    *("apply", "create", "replace", "delete", "edit", "patch", "label", "validate", "diff", "plan"),
    *("get", "wait", "set", "trace", "connectivity", "test", "lint"),
    *("history", "rollback", "convert", "export", "import", "explain", "schema", "version"),
    *("config", "doctor", "completion", "etcd", "help"),
)
"""Names of all commands in the order of help. Each is a module in this package with a `command`."""
