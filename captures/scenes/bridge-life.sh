# A bridge from its making to its end: VLANs one by one and in ranges, their options, tunnel ids, forwarding database,
# multicast groups, spanning trees, VXLAN filters; counters; and what the kernel refuses. Three programs listen, none of
# them to links: each change of a VLAN is one of its port, too, and would be told again in full.
before() {
    for at in 0 2; do ip link add "veth$at" type veth peer name "veth$((at + 1))"; done
    ip link add vx0 type vxlan id 42 local 192.0.2.1 dstport 4789 nolearning
    ip link add vx1 type vxlan dstport 4790 external vnifilter
    for link in veth0 veth1 veth2 veth3 vx0 vx1; do ip link set "$link" up; done
    ip link add dummy0 type dummy
    ip link add br1 type bridge vlan_filtering 1 vlan_default_pvid 0
    ip link set dummy0 master br1
    sleep 2
}

scene() {
    listen bridge monitor vlan
    listen bridge monitor fdb
    listen bridge monitor mdb
    run ip link add br0 type bridge vlan_filtering 1 mcast_snooping 1 mcast_querier 1 mcast_stats_enabled 1 vlan_stats_enabled 1
    run ip link set br0 up
    for link in veth0 veth2 vx0; do run ip link set "$link" master br0; done
    talk bridge
    tell vlan add dev veth0 vid 10
    tell vlan add dev veth0 vid 20 pvid untagged
    tell vlan add dev veth0 vid 100-140
    tell vlan add dev veth2 vid 100-120 untagged
    tell vlan add dev br0 vid 100-105 self
    tell vlan show
    tell vlan show dev veth0
    tell vlan set dev veth0 vid 10 state blocking
    tell vlan set dev veth0 vid 100-110 mcast_router 2
    tell vlan global set dev br0 vid 100 mcast_snooping 1 mcast_querier 1 mcast_igmp_version 3 mcast_mld_version 2 \
        mcast_query_interval 9000 mcast_last_member_count 3
    tell vlan global show dev br0
    tell vlan tunnelshow
    tell link set dev vx0 vlan_tunnel on
    tell vlan add dev vx0 vid 200-204
    tell vlan add dev vx0 vid 200-204 tunnel_info id 5200-5204
    tell vlan add dev vx0 vid 210
    tell vlan add dev vx0 vid 210 tunnel_info id 999
    tell vlan tunnelshow dev vx0
    tell vlan del dev vx0 vid 210 tunnel_info id 999
    tell vlan del dev veth0 vid 120-130

    tell fdb add 02:00:00:00:00:01 dev veth0 master static vlan 10
    tell fdb add 02:00:00:00:00:02 dev veth2 master dynamic vlan 100
    tell fdb append 02:00:00:00:00:03 dev vx0 dst 192.0.2.9 vni 77 port 4788 via veth1 self permanent
    tell fdb append 02:00:00:00:00:03 dev vx0 dst 192.0.2.10 self permanent
    tell fdb add 02:00:00:00:00:04 dev veth0 master sticky static vlan 10
    tell fdb add 02:00:00:00:00:05 dev veth1 self
    tell fdb replace 02:00:00:00:00:02 dev veth2 master static vlan 100
    tell fdb get 02:00:00:00:00:01 br br0 vlan 10
    tell fdb show
    tell fdb show br br0 dynamic
    tell fdb del 02:00:00:00:00:02 dev veth2 master vlan 100
    tell fdb flush dev br0

    tell mdb add dev br0 port veth0 grp 239.1.1.1 permanent vid 10
    tell mdb add dev br0 port veth2 grp 239.1.1.2 src 192.0.2.7 temp vid 100
    tell mdb add dev br0 port veth0 grp ff0e::101 permanent vid 10
    tell mdb add dev br0 port veth0 grp 01:00:5e:7f:00:01 permanent vid 10
    tell mdb add dev br0 port veth2 grp 239.1.1.3 vid 100 filter_mode include source_list 192.0.2.8/192.0.2.9 proto 16
    tell mdb add dev br0 port veth2 grp 239.1.1.9 src 192.0.2.7 temp vid 100
    tell mdb add dev br0 port br0 grp 239.1.1.4 permanent
    tell mdb show
    tell mdb show dev br0
    tell mdb del dev br0 port veth0 grp 239.1.1.1 vid 10

    tell link set dev veth0 cost 7 priority 3 state 3 guard on hairpin on fastleave on root_block on learning off flood off \
        mcast_flood off mcast_to_unicast on bcast_flood off neigh_suppress on isolated on
    tell link set dev veth1 hwmode veb
    tell link show
    tell link show dev veth0
    tell vni add vni 1000-1010 dev vx1
    tell vni add vni 2000 remote 192.0.2.9 dev vx1
    tell vni show dev vx1
    tell vni delete vni 1000-1005 dev vx1
    tell vlan add dev veth1 vid 5
    tell vlan add dev veth0 vid 4095
    tell fdb add 02:00:00:00:00:01 dev veth0 master static vlan 999
    tell fdb del 02:00:00:00:00:09 dev veth0 master
    tell mdb add dev br0 port veth1 grp 239.1.1.1
    tell mdb add dev br0 port veth0 grp 192.0.2.5
    # Multiple spanning trees, of which this iproute2 does not know.
    run python captures/scenes/bridge_more.py on
    tell vlan add dev br1 vid 100-110 self
    tell vlan add dev dummy0 vid 100-110
    run python captures/scenes/bridge_more.py trees
    hush
    run ip link set veth0 nomaster
    run ip link del br0
    deaf
}
