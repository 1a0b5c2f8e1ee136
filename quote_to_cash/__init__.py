"""The system behind the contracts: the services that turn a quote into cash."""
