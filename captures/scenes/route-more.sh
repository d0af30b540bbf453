# The lesser tables of rtnetlink: nexthop objects, groups and resilient buckets, routes with every encapsulation that the
# kernel has, MPLS, multicast routing, netconf, address labels, neighbour tables, names of namespaces, statistics,
# tokens, anycast and multicast addresses; with a listener for all of it.
before() {
    for at in 0 2; do ip link add "veth$at" type veth peer name "veth$((at + 1))"; done
    for link in lo veth0 veth1 veth2 veth3; do ip link set "$link" up; done
    ip addr add 192.0.2.1/24 dev veth0
    ip addr add 198.51.100.1/24 dev veth2
    ip addr add 2001:db8:1::1/64 dev veth0 nodad
    ip addr add 2001:db8:2::1/64 dev veth2 nodad
    ip netns add other
    for module in mpls_router mpls_iptunnel ila lwtunnel ip_vti; do modprobe "$module" 2> /dev/null; done
    echo 1000 > /proc/sys/net/mpls/platform_labels
    echo 1 > /proc/sys/net/mpls/conf/veth0/input
    sleep 2
}

scene() {
    listen ip monitor all
    talk ip
    tell nexthop add id 1 via 192.0.2.2 dev veth0
    tell nexthop add id 2 via 198.51.100.2 dev veth2 onlink protocol static
    tell nexthop add id 3 via 2001:db8:1::2 dev veth0
    tell nexthop add id 4 blackhole
    tell nexthop add id 5 dev veth0
    tell nexthop add id 6 encap mpls 100/200 via 192.0.2.2 dev veth0
    tell nexthop add id 7 via 192.0.2.3 fdb
    tell nexthop add id 10 group 1,3/2,1
    tell nexthop add id 11 group 1/2 type resilient buckets 8 idle_timer 60 unbalanced_timer 120
    tell nexthop add id 12 group 7 fdb
    tell nexthop replace id 11 group 1/2 type resilient buckets 8 idle_timer 30
    tell nexthop show
    tell nexthop bucket show id 11
    tell nexthop bucket get id 11 index 3
    tell nexthop get id 10
    tell nexthop del id 4

    tell route add 10.1.0.0/16 nhid 10
    tell route add 10.2.0.0/16 encap mpls 300/400 ttl 9 via 192.0.2.2
    tell route add 10.3.0.0/16 encap ip id 42 dst 203.0.113.1 src 203.0.113.2 tos 8 ttl 64 key csum seq dev veth0
    tell route add 10.4.0.0/16 encap ip6 id 43 dst 2001:db8::9 src 2001:db8::8 hoplimit 9 tc 4 dev veth0
    tell route add 2001:db8:a::/48 encap seg6 mode encap segs 2001:db8::1,2001:db8::2 dev veth0
    tell route add 2001:db8:b::/48 encap seg6 mode inline segs 2001:db8::3 dev veth0
    tell route add 2001:db8:c::/48 encap seg6local action End.X nh6 2001:db8:1::9 count dev veth0
    tell route add 2001:db8:d::/48 encap seg6local action End.B6.Encaps srh segs 2001:db8::5,2001:db8::6 dev veth0
    tell route add 2001:db8:e::/48 encap seg6local action End.DT6 table 254 dev veth0
    tell route add 2001:db8:f::/48 encap rpl segs 2001:db8::7 dev veth0
    tell route add 2001:db8:10::/48 encap ioam6 mode inline trace prealloc type 0x800000 ns 1 size 12 dev veth0
    tell route add 2001:db8:11::/48 encap ila 1111:2222:3333:4444 csum-mode adj-transport ident-type luid via 2001:db8:1::2
    tell route add 10.5.0.0/16 nexthop encap mpls 500 via 192.0.2.2 dev veth0 weight 2 nexthop via 198.51.100.2 dev veth2
    run ip -f mpls -batch - << END
route add 100 as 200/201 via inet 192.0.2.2
route add 101 via inet6 2001:db8:1::2 ttl-propagate enabled
route add 102 nexthop as 103 via inet 192.0.2.2 dev veth0 nexthop as 104 via inet 198.51.100.2 dev veth2
route add 105 dev lo
route show
route get 100
netconf show
END
    tell route show table all
    run ip -6 route show table all
    tell rule add from 10.0.0.0/8 fwmark 0x5/0xff lookup 100 priority 5000 suppress_prefixlength 16
    tell rule show

    tell mroute show
    run python captures/scenes/route_more.py

    tell netconf show
    tell addrlabel add prefix 2001:db8:7::/48 label 77
    tell addrlabel add prefix 2001:db8:8::/48 dev veth0 label 78
    tell addrlabel list
    tell addrlabel del prefix 2001:db8:7::/48 label 77
    tell ntable change name arp_cache dev veth0 base_reachable 30000 retrans 900 queue 50
    tell ntable show
    tell netns set other 77
    tell netns list-id
    tell netns list-id nsid 77
    tell link add veth8 type veth peer name veth9 netns other
    tell link show dev veth8
    tell stats show dev veth0
    tell stats show dev veth0 group offload
    tell stats show dev veth0 group afstats
    tell token set ::1234 dev veth0
    tell token list
    tell maddr show dev veth0
    tell maddr add 01:00:5e:00:00:99 dev veth0
    tell tcp_metrics show
    tell addr add 2001:db8:1::77/64 dev veth0 valid_lft 100 preferred_lft 50 mngtmpaddr
    tell addr add 192.0.2.77/24 dev veth0 noprefixroute metric 55 label veth0:x
    tell addr show dev veth0
    tell neigh add 192.0.2.9 lladdr 02:00:00:00:00:09 dev veth0 nud reachable protocol static
    tell neigh add proxy 192.0.2.10 dev veth0
    tell neigh add 192.0.2.11 dev veth0 use
    tell neigh add 2001:db8:1::9 lladdr 02:00:00:00:00:09 router dev veth0 nud stale extern_learn
    tell neigh show
    tell neigh show proxy
    tell neigh get 192.0.2.9 dev veth0
    tell neigh flush dev veth0
    tell nexthop flush
    hush
    run ip -6 netconf show dev veth0
    deaf
}
