# `bridge -json` as referee: VLANs, forwarding database, multicast groups and ports, and what bridge says of them.
scene=referee-bridge
before() {
    for at in 0 2 4; do ip link add "veth$at" type veth peer name "veth$((at + 1))"; done
    ip link add vx0 type vxlan local 192.0.2.1 dstport 4789 nolearning external
    ip link add br0 type bridge vlan_filtering 1 mcast_snooping 1 mcast_querier 1 vlan_stats_enabled 1
    for link in veth0 veth1 veth2 veth3 vx0 br0; do ip link set "$link" up; done
    for link in veth0 veth2 vx0; do ip link set "$link" master br0; done
    bridge link set dev vx0 vlan_tunnel on
    bridge link set dev veth0 cost 7 priority 3 guard on hairpin on learning off isolated on
    bridge vlan add dev veth0 vid 10
    bridge vlan add dev veth0 vid 20 pvid untagged
    bridge vlan add dev veth0 vid 100-110
    bridge vlan add dev br0 vid 100-105 self
    bridge vlan add dev vx0 vid 200-204
    bridge vlan add dev vx0 vid 200-204 tunnel_info id 5200-5204
    bridge vlan global set dev br0 vid 100 mcast_snooping 1 mcast_querier 1
    bridge fdb add 02:00:00:00:00:01 dev veth0 master static vlan 10
    bridge fdb add 02:00:00:00:00:02 dev veth2 master dynamic vlan 1
    bridge fdb append 02:00:00:00:00:03 dev vx0 dst 192.0.2.9 src_vni 76 vni 77 port 4788 self permanent
    bridge fdb add 02:00:00:00:00:04 dev veth0 master sticky static vlan 10
    bridge mdb add dev br0 port veth0 grp 239.1.1.1 permanent vid 10
    bridge mdb add dev br0 port veth2 grp 239.1.1.2 src 192.0.2.7 temp vid 1
    bridge mdb add dev br0 port veth0 grp ff0e::101 permanent vid 10
    bridge link set dev veth2 mcast_router 2
    sleep 2
}

scene() {
    ask bridge -j -d vlan show
    ask bridge -j -s -d vlan show
    ask bridge -j -d vlan tunnelshow
    ask bridge -j -d vlan global show
    ask bridge -j -d -s fdb show
    ask bridge -j -d -s mdb show
    ask bridge -j -d link show
}
