"""Posts as a team writes them."""
