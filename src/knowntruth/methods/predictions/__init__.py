"""Predictions: who will have an outcome, and what it is worth to be told.

`predictors` makes them. `prediction` says what they are worth: `ranking` by their order,
`calibration` by how often they come true, `ceilings` at the most, with `outcomes` beneath.
"""
