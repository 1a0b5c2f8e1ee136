"""Lets ``python -m pactolus`` be the command line, as the demo starts its child processes."""

from pactolus.cli import main

if __name__ == "__main__":
    main()
