"""What a chapter says and shows.

`numbers` writes numbers, `names` writes somebody's words safely, `estimates` hold a number
with its interval, `findings` add what it says and whether it was right, `saying` puts a
sentence into the page together with its data; `tables`, `figures`, `charts` and `diagrams` show
the rest. The wording of a field has a module each: `experiments`, `user_bases`, `predictions`, …
"""

from .estimates import Estimate
from .facts import Fact, PValue, Reason
from .findings import Finding, Grade
from .names import Name, listed
from .saying import say

__all__ = ["Estimate", "Fact", "Finding", "Grade", "Name", "PValue", "Reason", "listed", "say"]
