"""Posts as a team writes them: a variant for each account, the states each goes through, and when it is to go out."""
