# One change, three listeners: the kernel hands each its own copy, and the capture holds all of them. Then one change
# in the kernel that nobody asked for by netlink.
scene() {
    listen ip monitor all
    listen ip -4 monitor address route
    listen ip monitor link address
    run ip link add dummy0 type dummy
    run ip link set dummy0 up
    run ip addr add 192.0.2.1/24 dev dummy0
    run ip route add 198.51.100.0/24 via 192.0.2.254
    run ip route del 198.51.100.0/24
    run ip addr del 192.0.2.1/24 dev dummy0
    run sh -c 'echo 1400 > /sys/class/net/dummy0/mtu'
    run ip link del dummy0
    deaf
}
