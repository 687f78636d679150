"""Shops: what sells, what is left of it, and what each customer will bring.

`purchases` says what every table of them needs. `key_figures` sums a shop up, with
`sales_by_group` by product, category or month. `customer_features` describes customers by what
they bought, and `segment_names` names groups of them by where their centres lie.

`order_histories` counts orders and the time since the last. `bg_nbd` expects the orders to come
(`bg_nbd_likelihood` and `beta_quadrature` beneath), `gamma_gamma` what they are worth, and
`lifetime_value` both together; `holdout` holds them against days held back. `offers` says what an
offer to some customers gains.
"""
