"""Implementation of the commands on resources and a datastore. Operations return results and print nothing."""
