"""`python -m posture` is the command line."""

from posture.cli import main

main()
