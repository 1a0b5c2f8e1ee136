"""Compiles contracts to an immutable plan: routes, parameter readers, validators, scopes and policy chains.

Pure: a contract goes in, a plan or a `PlanError` comes out. Whatever a contract fixes is settled here,
once, so that a request pays only for what differs from request to request.
"""
