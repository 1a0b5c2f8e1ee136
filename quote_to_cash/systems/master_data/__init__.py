"""Master data: legal entities, the service catalog, tax rules, and whether a tax registration can exist."""
