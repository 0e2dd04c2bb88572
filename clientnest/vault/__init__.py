"""Secrets at rest: what the database keeps of others' passwords and tokens is sealed, and useless without the keys."""

from clientnest.vault.sealing import KeyMissing, Tampered, VaultError, key_id_of, seal, unseal

__all__ = ["KeyMissing", "Tampered", "VaultError", "key_id_of", "seal", "unseal"]
