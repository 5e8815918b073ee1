"""`python -m training` is `tf1keras`."""

import sys

from training.cli import main

if __name__ == "__main__":  # not in the processes that it starts
    sys.exit(main())
