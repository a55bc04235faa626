"""Policy tests: cases, whether they hold, and which rules decide in them."""
