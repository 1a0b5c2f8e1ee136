"""Is every value of one schema a value of another? Proved, refuted with a witness, or unknown.

`before AND NOT after` has a model exactly when the answer is no. `solver` looks for that model by
chaotic iteration over goals (sets of signed schema terms), so recursion needs no stack and a least
fixpoint is reached by construction. The method follows Attouche et al., "Witness Generation for JSON
Schema" (VLDB 2022), and Brzozowski's derivatives for strings.
"""
