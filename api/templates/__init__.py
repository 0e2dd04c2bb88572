"""Templates of posts."""
