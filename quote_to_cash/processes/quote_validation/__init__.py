"""Quote validation: may this quote be approved? Four groups of rules, every violation told."""
