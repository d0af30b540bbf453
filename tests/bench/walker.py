"""nlsniff without patterns and without sweeps that print: `python walker.py ARGUMENTS OF NLSNIFF...`.

Every message is made, and walked into a tree, and what is printed is what that tree says. It is slow, and right if the
walker is: what nlsniff prints must be the same, byte for byte.
"""

import sys

from nlsniff.cli import main
from nlsniff.decode.patterns import Patterns
from nlsniff.output import columns

if __name__ == "__main__":
    vars(columns)["header_row"] = lambda *_: None
    setattr(Patterns, "find", lambda _self, _message: None)  # noqa: B010  no type of a method allows this
    sys.exit(main())
