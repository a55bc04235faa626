"""Formatters: results of operations to text, without input or output."""
