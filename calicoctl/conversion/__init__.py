"""v1 resources to stored v3 objects and back, without loss."""
