"""The checks of lint: each module has the name of its check and a function `find`."""
