"""Check of the English in all texts of the project with Vale; `docs/style.md` has the rules."""
