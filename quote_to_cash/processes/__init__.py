"""Process services: they hold no data of their own and ask the systems through the gateway."""
