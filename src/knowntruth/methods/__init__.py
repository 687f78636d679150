"""Statistics on any table: a method does not know whose data it is looking at.

`moments` reads a table once, `crossed` within groups; `tables` turns what is given into a
relation. `power` plans; `false_positives` tests the test; `outliers` cleans.

`experiments` compares arms from moments and counts, with `means` and `rates` beneath;
`comparing` picks the test by the kind of metric; `ratios` compares ratios of means;
`p_values` says what a p-value can bear.

`segments` asks whether an effect differs between groups, `families` how often many tests
find something; `subgroups` shows what a group chosen after treatment does. `life_tables` and
`survival` follow units until they leave; `sequential` looks before the end. `mediation`
splits an effect by way of another metric, with `links` beneath. `decisions` weighs, with
`beliefs` beneath. `replication` scores a method over many worlds.

`audit` finds what cannot be true of a table, `row_dependence` columns that share random numbers,
`goodness` whether data obey a rule that is known. `rates_by_group` compares groups of users,
`retention` follows them by day and cohort; `marginal_effects` says to what extent each factor
matters, all else equal, with `cells` and `logistic` beneath. `robust` finds middles that outliers
move little, by `medians` and `huber` from `counted` values; `influence` says how much the largest
make.

`predictors` says who will have an outcome. `prediction` says what that is worth: `ranking` by
the order of predictions, `calibration` by how often they come true, `ceilings` at the most,
with `outcomes` beneath. `intervals` makes the intervals that several methods share.

`engagement` reads sessions per active user from events, by way of `user_days`;
`engagement_change` says by whom it changed. `identification` tells which coefficients of a
regression the data can tell. `serial` compares stretches of days that are not independent.

`panel` reads units by period, `collapsing` makes groups of them units. `did` finds the effect of
one start, with `regression` beneath, beside the `two_by_two` table and `unit_changes`; `placebos`
move the start, `uptake` asks what an offer did to those who took it up. `event_study` follows the
effect through time and says what a pre-test can see. `wild_bootstrap` serves few clusters,
`honest` trends that are not parallel, `staggered` several starts, `synthetic_control` a single
treated unit, `triple_difference` units that the treatment cannot reach.

`concentration` says how few units make a total, by `resampling` them; `power_laws` follows the
largest, beside `cut_lognormals`. `top_sets` compares who is on top by two measures, `prices` what
a sale brings. `rfm` names units by recency, frequency and money, read with `recency` from
`unit_periods`; `rfm_stability` asks whether the names hold.

`features` puts months side by side, `repetition` says how much of them is one number, `maps` draws
them in two dimensions. `structure` asks whether there are groups at all, with `valleys` and `dip`
beneath; `cluster_number` how many k-means should make, by `gap`, silhouette and
`cluster_stability`; `k_means`, `density` and `mixtures` make them, as `clusters`. `segmentations`
compares ways to group by what they hold (`segment_value`) and foretell (`segment_prediction`).
"""
