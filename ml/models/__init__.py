"""Models: expected performance of a draft, and best times of an account."""
