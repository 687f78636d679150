"""The site: a static book from one run of each chapter.

`build` stages and decides what is out of date, `extension` and `renderers` make Sphinx
write our pages, `pages` finishes and checks them, `reproduce` builds twice and compares.
"""
