"""Options, input, output and connections of the commands."""
