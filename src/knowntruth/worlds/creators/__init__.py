"""World `creators`: people sell lessons on a platform, a few sell nearly everything.

A *creator* begins to sell in some month, is *there* until they *leave*, and *rests* in some of
the months between. In a month without rest they make a number of *transactions*, sales, at a
price of that month; what the sales bring is the *GMV*. Creators differ in hidden *size*, *price*
and *growth*; these cluster around as many centres as there are *types*, as far apart as the types
are *distinct*, or around one: a continuum. The *record* holds the creators who have made enough
sales in it; the months after it, which an analyst has not seen, are *later*.

`parameters` declares the world, `rules` holds the chance of everything, `people` draws creators,
`sales` draws what they sell, `record` picks those who have sold enough, `truth` works out from
the rules what was and is to be expected, `causes` lists what acts on what, `contract` says what
the table holds, `world` is the door and spells out what an analyst gets.
"""
