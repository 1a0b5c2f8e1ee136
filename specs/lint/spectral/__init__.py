"""Rulesets in Spectral's YAML, of the subset without JavaScript: read, chosen from, run over a contract.

Spectral reads its own dialect of JSONPath and evaluates it over a dereferenced copy. Here the same paths are
evaluated over the graph of the contract, so that no copy is made and each finding stands where its text does.
"""

from specs.lint.spectral.read import Fetch, read_ruleset
from specs.lint.spectral.ruleset import HouseRule, Rule, Ruleset, Selection
from specs.lint.spectral.run import lint_by

__all__ = ["Fetch", "HouseRule", "Rule", "Ruleset", "Selection", "lint_by", "read_ruleset"]
