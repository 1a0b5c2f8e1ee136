"""What is decided about a system behind that fails: state machines as values, the clock passed in.

`model` has what an operator sets, and each other module one decision. `gateway.guarded` acts on them.
"""
