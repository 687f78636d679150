"""World `musicstream`: a recommender is tried on some users of a music service.

*Users* are assigned to an arm, listen, may pay, and may leave. Some are machines.
*Tables*: `users` (one row a user, what an analyst sees) and `events` (the log of which the
users table is the aggregation). *Truth* is worked out from the parameters, not from the draws.

`parameters` declares the world, `world` simulates it, `users` and `events` draw its tables,
`truth` knows what is true in it, `contract` says what its tables hold.
"""
