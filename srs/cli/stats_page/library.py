"""What the page takes from pygal, which leaves something behind when it is imported."""

from __future__ import annotations

import sys

from pygal import XY, Bar, HorizontalBar, HorizontalStackedBar
from pygal.style import Style
from pygal.util import compute_scale

# It adds a finder for plug-ins with maps, of a kind that Python 3.11 warns about at every later import.
sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__module__ != "pygal"]

__all__ = ["XY", "Bar", "HorizontalBar", "HorizontalStackedBar", "Style", "compute_scale"]
