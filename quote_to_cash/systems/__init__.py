"""The systems of record behind the gateway: each serves its own contract from its own database."""
