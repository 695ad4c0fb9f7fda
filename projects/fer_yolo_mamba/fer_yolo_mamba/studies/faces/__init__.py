"""How well a detector finds real faces and names their expressions.

Measured on sets kept apart; what is chosen, shifts, temperature and
threshold, is chosen on others.
"""
