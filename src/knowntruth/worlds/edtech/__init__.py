"""World `edtech`: people sign up to learn an instrument; some stay, some pay, most leave.

*Users* have an age, a skill, an instrument, a country and an income; some take a guided first
lesson, the *onboarding*. They stay or fall silent, complete lessons, pay, close the account.
A few are *outliers* of a stated kind. *Hidden* from the table is who is *keen*.

`parameters` declares the world, `rules` holds the chance of everything, `users` draws,
`lessons` counts lessons, `expectations` adds the rules up without drawing, `truth` asks them
what is true, `causes` lists what acts on what, `contract` says what the table holds.
"""
