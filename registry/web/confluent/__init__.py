"""The door for clients of schema registries: a subset of Confluent's REST API, under /confluent."""
