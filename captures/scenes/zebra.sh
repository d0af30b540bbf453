# FRR's zebra at work: it dumps what is there, installs the routes of bgpd and staticd in batches of many requests a
# datagram, follows what others change, and takes the routes back when bgpd's peer is gone. iproute2 and a listener work
# beside it. All run under strace: zebra.truth.json says whose each frame is.
#
# Needs the package frr (8.4.4 made the recording). ROUTES says how many routes there are.
before() {
    mkdir -p /run/frr
    chown frr:frr /run/frr
    sysctl -q net.ipv4.ip_forward=1
    ip link set lo up
    for number in 0 1; do
        ip link add dummy$number type dummy
        ip link set dummy$number up
        ip addr add 192.0.$((number + 2)).1/24 dev dummy$number
    done
    ip netns add east
    ip link add veth0 type veth peer name veth1 netns east
    ip addr add 192.0.4.1/24 dev veth0
    ip link set veth0 up
    ip -n east addr add 192.0.4.2/24 dev veth1
    ip -n east link set veth1 up
    # By two gateways, to nowhere, by a gateway that is not there, and IPv6.
    python - << 'END' > /tmp/staticd.conf
for number in range(5):
    print(f"ip route 10.200.{number}.0/24 192.0.2.2\nip route 10.200.{number}.0/24 192.0.3.2")
    print(f"ip route 10.201.{number}.0/24 Null0")
    print(f"ip route 10.202.{number}.0/24 198.51.100.1")
    print(f"ipv6 route 2001:db8:{number}::/48 fe80::2 dummy1")
END
    cat > /tmp/bgpd.conf << 'END'
router bgp 65000
 bgp router-id 192.0.2.1
 neighbor 192.0.4.2 remote-as 65000
 neighbor 192.0.4.2 passive
END
    chmod 644 /tmp/*.conf
    sleep 2
}

routes() { wc -l < /proc/net/route; }
settled() { # settled: wait until the number of routes stays
    count=0
    last=
    until [ "$count" = "$last" ]; do
        sleep 2
        last=$count
        count=$(routes)
    done
    echo "$count routes"
}

scene() {
    listen traced ip monitor all
    traced /usr/lib/frr/zebra -f /dev/null > /tmp/zebra.log 2>&1 &
    zebra=$!
    until [ -S /run/frr/zserv.api ]; do sleep 0.1; done
    traced /usr/lib/frr/staticd -f /tmp/staticd.conf > /tmp/staticd.log 2>&1 &
    traced /usr/lib/frr/bgpd -f /tmp/bgpd.conf > /tmp/bgpd.log 2>&1 &
    sleep 3
    ip netns exec east python captures/scenes/bgp_peer.py 192.0.4.1 "${ROUTES:-5000}" &
    peer=$!
    traced sh -c 'for i in 1 2 3 4 5 6; do
        ip route add 10.100.$i.0/24 via 192.0.2.9; ip nexthop add id 900$i via 192.0.3.9 dev dummy1
        ip route get 10.0.$i.1; ip route add 10.0.$i.0/24 via 192.0.2.9; ip rule show; ip nexthop del id 900$i
    done' > /dev/null 2>&1 &
    other=$!
    until [ "$(routes)" -ge "${ROUTES:-5000}" ]; do sleep 1; done
    settled
    wait $other
    run traced ip link set dummy1 down
    settled
    run traced ip link set dummy1 up
    settled
    kill $peer
    until [ "$(routes)" -lt 100 ]; do sleep 1; done
    settled
    kill $zebra
    wait $zebra
    sleep 5 # the listener is behind
    deaf
    cat /tmp/zebra.log /tmp/staticd.log /tmp/bgpd.log
}
