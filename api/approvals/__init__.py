"""Who has to approve what, what was decided, links for clients, and delegates."""
