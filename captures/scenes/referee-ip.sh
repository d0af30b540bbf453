# `ip -json` as referee: links, addresses, routes, neighbours, rules and nexthops of many shapes, and what ip says of them.
scene=referee-ip
before() {
    ip link add veth0 type veth peer name veth1
    ip link add veth2 type veth peer name veth3
    ip link add dummy0 type dummy
    ip link add br0 type bridge vlan_filtering 1 stp_state 1 mcast_querier 1
    ip link set veth3 master br0
    ip link add bond0 type bond mode 802.3ad miimon 100 lacp_rate fast
    ip link add link veth0 name vlan7 type vlan id 7 ingress-qos-map 1:2 egress-qos-map 5:6
    ip link add link veth0 name mv0 type macvlan mode bridge
    ip link add vx0 type vxlan id 42 group 239.1.1.1 dev veth0 dstport 4789 srcport 1000 2000 ttl 5 ageing 100
    ip link add gre1 type gre local 192.0.2.1 remote 192.0.2.9 key 5 csum ttl 64
    ip link add vti1 type vti local 192.0.2.1 remote 192.0.2.15 key 11
    ip link add tnl1 type ip6tnl local 2001:db8::1 remote 2001:db8::c mode ipip6
    ip link add vrf0 type vrf table 1001
    ip link set dummy0 alias "a dummy" group 9
    ip link property add dev dummy0 altname the-other-name
    ip link set dummy0 master vrf0
    for link in lo veth0 veth1 veth2 veth3 dummy0 br0 vlan7 vx0 gre1 vrf0; do ip link set "$link" up; done
    ip addr add 192.0.2.1/24 broadcast + dev veth0 label veth0:web
    ip addr add 198.51.100.1 peer 198.51.100.2/32 dev veth2
    ip addr add 203.0.113.1/24 dev veth2 valid_lft 3000 preferred_lft 2000
    ip addr add 2001:db8:1::1/64 dev veth0 nodad
    ip addr add 2001:db8:2::1/64 dev veth2 nodad noprefixroute
    ip nexthop add id 1 via 192.0.2.2 dev veth0
    ip nexthop add id 2 via 2001:db8:1::2 dev veth0
    ip nexthop add id 3 blackhole
    ip nexthop add id 4 via 192.0.2.3 dev veth0
    ip nexthop add id 10 group 1,3/4
    ip nexthop add id 11 group 1/4,2 type resilient buckets 8 idle_timer 60 unbalanced_timer 120
    ip route add 10.1.0.0/16 via 192.0.2.2 metric 50 proto static src 192.0.2.1 mtu lock 1300 advmss 1260 window 65535 hoplimit 33 \
        initcwnd 14 congctl reno rto_min 200ms
    ip route add 10.2.0.0/16 nexthop via 192.0.2.2 dev veth0 weight 3 nexthop via 198.51.100.2 dev veth2 weight 1
    ip route add blackhole 10.3.0.0/16
    ip route add unreachable 10.4.0.0/16 metric 7 table 100
    ip route add 10.5.0.0/16 nhid 10
    ip route add default via 192.0.2.254 onlink dev veth0 realms 3/5
    ip route add 10.6.0.0/16 via inet6 2001:db8:1::fe dev veth0
    ip route add 10.7.0.0/16 dev veth2 scope link tos 0x10
    ip route add 10.8.0.0/16 encap mpls 300/400 ttl 9 via 192.0.2.2
    ip -6 route add 2001:db8:100::/48 via 2001:db8:1::fe pref high
    ip -6 route add 2001:db8:200::/48 nexthop via 2001:db8:1::fe weight 2 nexthop via fe80::5 dev veth2
    ip -6 route add 2001:db8:300::/48 dev veth0 expires 6000 metric 2048 mtu 1280
    ip neigh add 192.0.2.2 lladdr 02:00:00:00:00:02 dev veth0 nud permanent
    ip neigh add 192.0.2.3 lladdr 02:00:00:00:00:03 dev veth0 nud reachable protocol static
    ip neigh add 2001:db8:1::2 lladdr 02:00:00:00:00:04 router dev veth0 nud stale extern_learn
    ip neigh add proxy 192.0.2.10 dev veth0
    ip rule add from 10.0.0.0/8 to 203.0.113.0/24 fwmark 0x5/0xff tos 0x10 lookup 100 priority 5000
    ip rule add iif veth0 oif veth2 uidrange 1000-2000 ipproto tcp sport 10-20 dport 80 lookup main suppress_prefixlength 16 prio 5001
    ip rule add not from 192.0.2.0/24 blackhole prio 5002
    ip rule add goto 5002 prio 4000
    ip -6 rule add from 2001:db8::/32 lookup 100 protocol static
    sleep 2
}

scene() {
    ask ip -j -d -s link show
    ask ip -j -d -s addr show
    ask ip -j -d route show table all
    ask ip -j -d -6 route show table all
    ask ip -j -d -s neigh show
    ask ip -j neigh show proxy
    ask ip -j -d rule show
    ask ip -j -d -6 rule show
    ask ip -j -d nexthop show
    ask ip -j nexthop bucket show
    ask ip -j netconf show
    ask ip -j -s ntable show
    ask ip -j addrlabel list
    ask ip -j stats show dev veth0 group link
}
