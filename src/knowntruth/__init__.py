"""Product-analytics case studies told in worlds whose truth is known.

`worlds` simulate tables and keep their truth; `data` reads somebody's own tables;
`cases` join either to a chapter; `methods` compute, `story` says it; `runs` execute
chapters and read them back; `site` makes the book.
"""

__version__ = "0.1.0"
