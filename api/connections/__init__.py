"""Accounts of networks: connecting them, how they are, and the OAuth apps this is done with."""
