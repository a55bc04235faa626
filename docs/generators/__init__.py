"""The generated parts of the documentation: reference, tables, lint codes, pictures and manual pages."""
