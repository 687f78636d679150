"""Panels: what a treatment did to units that are seen before and after, without a lot.

`panel` reads units by period, `collapsing` makes groups of them units. `did` finds the effect of
one start, with `regression` beneath, beside the `two_by_two` table and `unit_changes`; `placebos`
move the start, `uptake` asks what an offer did to those who took it up. `event_study` follows the
effect through time and says what a pre-test can see. `wild_bootstrap` serves few clusters, `honest`
trends that are not parallel, `staggered` several starts, `synthetic_control` a single treated unit,
`triple_difference` units that the treatment cannot reach.
"""
