"""Results of operations as text: tables, manifests, JSON, pictures. Nothing here reads or writes."""
