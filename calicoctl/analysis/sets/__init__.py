"""Exact sets of addresses, ports and services.

Begin with `services.ServiceSet`. `intervals` and `rectangles` implement it, `service_text` formats it. `addresses` has
addresses, networks and the partition of the address space; `bitsets` has sets of small numbers as one integer.
"""
