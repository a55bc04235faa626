"""Connectivity as text, data or pictures: one module for each output format."""
