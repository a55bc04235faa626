"""What traffic two policy sets treat differently. `comparing` has the answer; the others are the steps to it."""
