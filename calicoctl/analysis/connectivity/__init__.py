"""Connectivity of a policy set as rows of named endpoint groups.

`rows` has the entry point, `compute_connectivity`. The other modules are its steps: `focus` restricts traffic blocks,
`subgroups` finds endpoints with the same connectivity, `row_drafts` builds rows, `group_names` names the groups.
"""
