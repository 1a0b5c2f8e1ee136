"""One file per policy: each decides one thing about a request or an answer, from values alone.

`order.py` says which apply to an operation and in which order; no policy imports another.
"""
