"""Fakes for tests of codecs."""

import sys
from pathlib import Path

# Tests are imported by their paths; what they share is found here.
sys.path.insert(0, str(Path(__file__).parent))
