"""Build of the artefacts of a release; `make dist` runs it."""
