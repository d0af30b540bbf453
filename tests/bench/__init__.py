"""nlsniff against tshark on the same file in the same run: `python -m tests.bench`."""
