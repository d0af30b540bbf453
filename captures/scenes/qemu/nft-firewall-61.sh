# The scene nft-firewall on Linux 6.1 with nft 1.0.6: NLSNIFF_KERNEL names a kernel 6.1, NLSNIFF_ROOT nothing.
scene=nft-firewall-61
newer=
. captures/scenes/qemu/nft-firewall.sh
