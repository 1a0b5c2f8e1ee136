"""Enforce it: the data plane that holds both sides of an exchange to the published contract."""
