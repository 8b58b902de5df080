"""`srs stats --html`: every view on one page that stands alone, with charts as SVG.

The charts are drawn by pygal: pure Python in a small wheel, it gives scales, axes, labels, stacks and areas
as SVG whose parts have classes, so that one style sheet colours them in the light, in the dark and on paper.
Nothing here is loaded without `--html`.
"""

from __future__ import annotations

MADE_BY = "srs stats --html"
"""What the page says made it; a file that says so may be written over."""
