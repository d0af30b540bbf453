# The same as at-once.sh, but shorter, on two processors: there the programs' system calls, and the kernel's answers to
# them, happen at the same time.
. captures/scenes/at-once.sh
at_most=4
routes=150
batch=30
