"""Host endpoints that become unreachable when policy changes.

Begin with `lost_access.find_lockouts`. `host_access` computes the reachable host endpoints of one policy set.
"""
