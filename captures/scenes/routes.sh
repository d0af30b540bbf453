# Routes of many shapes, and the kernel's refusals with the reasons that it gives (extended ACK).
before() {
    ip link add veth0 type veth peer name veth1
    ip link add veth2 type veth peer name veth3
    for link in lo veth0 veth1 veth2 veth3; do ip link set "$link" up; done
    ip addr add 192.0.2.1/24 dev veth0
    ip addr add 198.51.100.1/24 dev veth2
    ip addr add 2001:db8:1::1/64 dev veth0 nodad
    ip addr add 2001:db8:2::1/64 dev veth2 nodad
    sleep 2
}

scene() {
    listen ip monitor route nexthop
    run ip route add 203.0.113.0/24 via 192.0.2.254
    run ip route add 203.0.113.7 via 192.0.2.253 dev veth0 src 192.0.2.1 metric 50 proto static
    run ip route add 10.1.0.0/16 via 192.0.2.254 mtu lock 1300 advmss 1260 rtt 300ms rttvar 75ms window 65535 \
        cwnd 20 initcwnd 14 initrwnd 12 hoplimit 33 rto_min 200ms quickack 1 features ecn congctl reno
    run ip route add 10.2.0.0/16 nexthop via 192.0.2.254 dev veth0 weight 3 nexthop via 198.51.100.254 dev veth2 weight 1
    run ip route add 10.3.0.0/16 dev veth2 scope link tos 0x10
    run ip route add blackhole 10.4.0.0/16
    run ip route add unreachable 10.5.0.0/16 metric 7
    run ip route add prohibit 10.6.0.0/16 table 100
    run ip route add throw 10.7.0.0/16 table 4000
    run ip route add default via 192.0.2.254 onlink dev veth0 realm 5
    run ip route add 10.8.0.0/16 via inet6 2001:db8:1::fe dev veth0
    run ip route replace 203.0.113.0/24 via 192.0.2.252
    run ip route change 203.0.113.0/24 via 192.0.2.251 mtu 1400
    run ip route append 203.0.113.0/24 via 192.0.2.250 metric 9
    run ip nexthop add id 11 via 192.0.2.254 dev veth0
    run ip nexthop add id 12 via 198.51.100.254 dev veth2
    run ip nexthop add id 20 group 11,3/12,1
    run ip route add 10.9.0.0/16 nhid 20
    run ip -6 route add 2001:db8:100::/48 via 2001:db8:1::fe pref high
    run ip -6 route add 2001:db8:200::/48 nexthop via 2001:db8:1::fe weight 2 nexthop via 2001:db8:2::fe dev veth2
    run ip -6 route add 2001:db8:300::/48 dev veth0 expires 60 metric 2048 mtu 1280
    run ip -6 route add unreachable 2001:db8:400::/48
    run ip route get 203.0.113.7
    run ip route get 10.2.3.4 from 192.0.2.1 mark 7 ipproto udp sport 1000 dport 53
    run ip route get fibmatch 10.9.8.7
    run ip -6 route get 2001:db8:100::1

    fails ip route add 203.0.113.128/25 via 10.99.99.99
    fails ip route add 203.0.113.0/24 via 192.0.2.251
    fails ip route add 10.99.0.0/16 via 192.0.2.254 congctl nosuch
    fails ip route add 10.99.0.0/16 nhid 99
    fails ip route add 10.99.0.0/16 via 192.0.2.254 dev lo
    fails ip route del 10.99.0.0/16
    fails ip route get 10.4.1.1
    fails ip nexthop add id 11 via 192.0.2.254 dev veth0
    fails ip nexthop add id 30 group 11/99
    fails ip -6 route add 2001:db8:500::/48 via 2001:db8:99::1

    run ip route show table all
    run ip -6 route show table all
    run ip nexthop show
    run ip route show cache
    run ip route flush table 100
    run ip route del 10.2.0.0/16
    run ip nexthop del id 20
    run ip link set veth2 down
    deaf
}
