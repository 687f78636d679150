"""World `retail`: a shop sells products of five categories to customers who come, buy and leave.

A *purchase*, one row of `transactions`, is one *product* bought by one *customer* at one time, in
some *quantity* of units, for an *amount* of money. An *order* is all that a customer buys on one
day; by the rules a purchase *begins* an order, or *joins* the one before. A customer has a
*spending power*, which sets quantities, a *frequency*, which sets how often they buy, and
*preferences* among categories; by *taste* they may prefer some products of a category to others.
They *arrive* and *leave*; what they may buy was *launched* before. The days `ahead`, after the
record, are *later*: an analyst has not seen them.

A customer's *exposure* to buying in some days is the number of those days in which they are
there, each weighed by the season and the whole by how often the customer buys.

`parameters` declares the world, `rules` holds what follows from them, `catalogue` draws products,
`people` draws customers, `plan` shares the purchases among blocks of customers, `purchases` draws
what a block buys, `expectations` and `truth` work out from the rules what is to be expected,
`causes` lists what acts on what, `contract` says what the tables hold, `world` is the door and
`stream` writes worlds that are too large for memory.
"""
