"""Users: who stays, leaves and pays, what that goes with, and whether the table can be true.

`retention` follows users by day and cohort, `life_tables` and `survival` until they leave.
`rates_by_group` compares groups of them; `marginal_effects` says to what extent each factor
matters, all else equal, with `cells` and `logistic` beneath. `robust` finds middles that outliers
move little, by `medians` and `huber` from `counted` values; `influence` says how much the largest
make.

`audit` finds what cannot be true of a table, `row_dependence` columns that share random numbers,
`goodness` whether data obey a rule that is known.
"""
