"""Who can reach whom, as rows of named crowds. `rows` has the answer; the others make its parts."""
