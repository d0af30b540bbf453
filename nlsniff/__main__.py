"""`python -m nlsniff`."""

from nlsniff.cli import main

if __name__ == "__main__":
    main()
