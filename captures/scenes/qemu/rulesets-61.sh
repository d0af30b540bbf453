# The scene rulesets on Linux 6.1 with iptables 1.8.9: NLSNIFF_KERNEL names a kernel 6.1, NLSNIFF_ROOT nothing.
. captures/scenes/qemu/rulesets.sh
