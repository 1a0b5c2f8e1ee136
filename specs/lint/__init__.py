"""The house rules: what a contract should look like beyond being valid.

One rule is one module of ``specs.lint.rules`` with ``CODE``, ``SEVERITY``, ``LEVEL``, ``SOURCE`` and
``check``; its docstring is its manual. A new file there is a new rule.
"""

from specs.lint.run import Rule, all_rules, lint

__all__ = ["Rule", "all_rules", "lint"]
