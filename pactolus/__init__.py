"""The door: the command line, and the only place that wires the packages together."""
