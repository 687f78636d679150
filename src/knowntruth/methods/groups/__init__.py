"""Groups: names for units by rule, groups that a method finds, and whether there are any.

`rfm` names units by recency, frequency and money, read with `recency` from `unit_periods`;
`rfm_stability` asks whether the names hold.

`features` puts periods side by side, `repetition` says how much of them is one number, `maps`
draws them in two dimensions. `structure` asks whether there are groups at all, with `valleys` and
`dip` beneath; `cluster_number` how many k-means should make, by `gap`, silhouette and
`cluster_stability`; `k_means`, `density` and `mixtures` make them, as `clusters`. `segmentations`
compares ways to group by what they hold (`segment_value`) and foretell (`segment_prediction`).
"""
