"""Statistics on any table: a method does not know whose data it is looking at.

`moments` reads a table once; `experiments` compares arms from moments and counts, with
`means` and `rates` beneath; `power` plans; `outliers` cleans; `false_positives` tests the
test; `p_values` says what a p-value can bear. `tables` turns what is given into a relation.
"""
