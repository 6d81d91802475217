"""``python -m gaff``."""

import sys

from .cli import main

sys.exit(main())
