"""Every file of `../shared/cases` in every output.

- `test_every_case.py`: all commands over all files, and the right value of each row of the READMEs.
- `python -m tests.cases`: the screen over all files; the suite opens a few.
"""
