"""Experiments: what a treatment changed, and what else could look like it.

`power` plans; `false_positives` tests the test; `outliers` cleans. `experiments` compares arms from
moments and counts, `comparing` picks the test by the kind of metric, `ratios` compares ratios of
means, and `p_values` says what a p-value can bear.

`segments` asks whether an effect differs between groups, from what `crossed` has read, and
`families` how often many tests find something; `subgroups` shows what a group chosen after
treatment does. `sequential` looks before the end. `mediation` splits an effect by way of another
metric, with `links` beneath. `decisions` weighs, with `beliefs` beneath.
"""
