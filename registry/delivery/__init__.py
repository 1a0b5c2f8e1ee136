"""Brings events to webhooks: signatures, the addresses that may be called, retries, and the worker."""
