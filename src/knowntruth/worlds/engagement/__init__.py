"""World `engagement`: an app launches a feature, and sessions per active user fall.

*Users* sign up, are active on some days and have one to four *sessions* on each of those. They
differ in hidden *activity*. Some get *access* to the feature, in one *wave* or several (a wave's
users are a *cohort*, cohort 0 never gets it); most who get it *take it up*; a session in which
they meet it is *exposed*. What the feature does is its *effect*: sessions per active day that
would not have happened without it. Whoever uses the product on the *web*, and not in the app, is
given access like everybody, to a feature that is not there. Users live in *markets*, one by
default, which may have good days and drifts of their own and may get access as a whole. Launch
comes with a season and with a burst of new users, which have nothing to do with it.

`parameters` declares the world, `rules` holds the chance of everything, `markets` draws what days
and places add, `users` draws people, `user_days` draws the days on which they are active, `daily`
adds those up for any number of users in little memory, `events` spells them out, `truth` works
out from the rules what is to be expected with and without the feature, `causes` lists what acts
on what, `contract` says what the tables hold, `world` is the door.
"""
