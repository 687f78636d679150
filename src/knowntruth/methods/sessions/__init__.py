"""Sessions: how active users are, how far that changed, and what a table of it can tell.

`engagement` reads sessions per active user from events, by way of `user_days`;
`engagement_change` says by whom it changed. `identification` tells which coefficients of a
regression the data can tell. `serial` compares stretches of days that are not independent.
"""
