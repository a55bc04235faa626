"""Reads flows from files: CSV, JSON lines, and flow logs of Calico.

Begin with `reader.FlowReader`. `formats` splits a file into records, `record_fields` turns a record into a flow.
"""
