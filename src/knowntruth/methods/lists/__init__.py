"""Lists: what to show each customer next, and how good that is.

`interactions` counts who bought what, and cuts a record in two. The models score products for
customers in one way (`list_models`): `popularity`, `item_neighbours`, `ease`, `count_factors`, and
`svd_plus_plus`, which learns from `ratings`; `rating_errors` says how far off it is, and
`rating_grid` tunes it. `top_lists` takes the best of scores.

`list_quality` judges lists by what was bought later, with `list_metrics` beneath. `list_reasons`
names the purchases that put a product on a list, and `list_faithfulness` takes them away again.
`model_files` keeps a model without running what is in its file, field by field (`model_fields`).
"""
