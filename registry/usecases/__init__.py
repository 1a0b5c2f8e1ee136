"""What the registry does, one module per concern; each use case is one function over the ports."""
