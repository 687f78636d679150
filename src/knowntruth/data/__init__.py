"""Somebody's own tables: what a case needs of one, and how one is read, mapped and checked.

`contract` declares a table and judges it; `reading` turns a file into cells, `mapping` finds
the columns and the arms, `checking` says what is wrong; `tables.open_table` does it all.
"""
