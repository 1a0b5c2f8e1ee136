"""The whole story on loopback: registry, gateway and services as processes, and what each call answers."""
