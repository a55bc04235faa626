"""What the verbs do, over resources and a datastore. Returns outcomes and listings, prints nothing."""
