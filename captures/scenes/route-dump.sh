# A large table read in one go: a dump of 1,000 routes that comes in many frames and ends with NLMSG_DONE. Then a dump
# that the kernel filters itself.
before() {
    ip link add dummy0 type dummy
    ip addr add 192.0.2.1/24 dev dummy0
    ip link set dummy0 up
    i=0
    while [ $i -lt 1000 ]; do
        echo "route add 10.$((i / 250)).$((i % 250)).0/24 via 192.0.2.$((i % 200 + 2)) proto bird metric 32"
        i=$((i + 1))
    done | ip -batch -
    sleep 2
}

scene() {
    run ip route show table main > /dev/null
    run ip route show table main type unicast scope link
}
