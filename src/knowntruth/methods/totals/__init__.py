"""Totals: how few units make most of one, and at what price.

`concentration` says how few units make a total, by drawing them again; `power_laws` follows the
largest, beside `cut_lognormals`. `top_sets` compares who is on top by two measures, `prices` what
a sale brings.
"""
