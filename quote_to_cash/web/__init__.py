"""The HTTP edge shared by the services: contracts bound to handlers, errors told as problem details."""
