"""`python -m training` is `tf1keras`."""

import sys

from training.cli import main

sys.exit(main())
