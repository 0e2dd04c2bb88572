"""Where a workspace's events are sent, and what became of them."""
