"""The audit log as mathematics: entries, their chain, a Merkle tree over them, signed checkpoints, proofs.

Values in, values out. Where entries are kept is `registry.storage`; who writes them, `registry.usecases`.
"""
