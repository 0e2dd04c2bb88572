"""One package per social network. None imports another."""
