# The smallest useful capture, for the README: a route that the kernel takes, one that it refuses and says why, and a
# look at the table.
before() {
    ip link add veth0 type veth peer name veth1
    ip link set veth0 up
    ip link set veth1 up
    ip addr add 192.0.2.1/24 dev veth0
    sleep 2 # duplicate address detection of IPv6 is over, so nothing but the scene speaks
}

scene() {
    run ip route add 198.51.100.0/24 via 192.0.2.254 dev veth0
    fails ip route add 203.0.113.0/24 via 10.9.9.9
    run ip route show
}
