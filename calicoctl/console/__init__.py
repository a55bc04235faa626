"""What the verbs share towards the terminal: options, input, messages, results."""
