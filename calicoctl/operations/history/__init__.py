"""The history: a log of the commands that changed the datastore, in the datastore."""
