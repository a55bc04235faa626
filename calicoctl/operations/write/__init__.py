"""Writing: plan, commit in one or several transactions, roll back."""
