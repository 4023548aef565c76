"""`python -m tabbook --help` lists the steps."""

import sys

from tabbook.cli import main

if __name__ == '__main__':
    sys.exit(main())
