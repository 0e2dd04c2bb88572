"""The weekly slots of accounts' queues."""
