"""Statistics on any table: a method does not know whose data it is looking at.

Each folder is a family, and its own text says what each method of it is for: `experiments` compare
arms, `users` stay, leave and pay, `predictions` say who will, `sessions` follow activity day by
day, `panels` tell what a treatment did without a lot, `totals` are carried by few, `groups` are
looked for, `shops` have customers who buy, and `lists` show them products.

Beneath them all: `tables` turns what is given into a relation, `moments` reads it once, `means`
and `rates` say what a test says of two of them. `intervals` makes the intervals that several
methods share, `resampling` those of any statistic, by drawing units again, and `resampled_ratios`
those of ratios of sums. `rank_correlation` says how far two orders go together. `checks` refuses
arguments. `replication` says how a method behaves over many worlds.
"""
