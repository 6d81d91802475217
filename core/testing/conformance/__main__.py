"""``python -m gaff.testing.conformance TARGET...``."""

import sys

from gaff.testing.conformance.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
