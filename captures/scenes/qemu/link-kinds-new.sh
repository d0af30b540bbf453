# Links of the kinds that user-mode Linux lacks, and settings that came after its 6.1; virtual functions, XDP programs,
# names of devlink ports; shown in all detail, and what `ip -j` says of them.
scene=link-kinds-new
before() {
    for module in batman-adv amt bareudp rmnet dummy_can pfcp virt_wifi wwan_hwsim gtp netkit wireguard xfrm_interface ovpn can-dev \
        vcan vxcan hsr macsec ip6_gre ip6_vti geneve vxlan vrf bonding team bridge nlmon netdevsim udp_tunnel ib_ipoib; do
        modprobe "$module" || echo "no module $module"
    done
    mount -t debugfs debugfs /sys/kernel/debug
    mount -t bpf bpf /sys/fs/bpf
    echo "10 1 4" > /sys/bus/netdevsim/new_device
    sleep 0.5
    ip link set "$(ls /sys/bus/netdevsim/devices/netdevsim10/net)" name sim0
    echo 2 > /sys/bus/netdevsim/devices/netdevsim10/sriov_numvfs
    for at in 0 2 4 6; do ip link add "veth$at" type veth peer name "veth$((at + 1))"; done
    for link in veth0 veth1 veth2 veth3 veth4 veth5 veth6 veth7; do ip link set "$link" up; done
    ip addr add 192.0.2.1/24 dev veth0
    ip addr add 2001:db8::1/64 dev veth0 nodad
    ip nexthop add id 7 via 192.0.2.3 fdb
    ip nexthop add id 8 group 7 fdb
    python3 captures/scenes/qemu/bpf_pin.py 6 2 /sys/fs/bpf/pass
}

add() { tell link add "$@"; }

scene() {
    talk ip
    add xf1 type xfrm dev veth0 if_id 77
    add xf2 type xfrm external
    add amt1 type amt mode gateway local 192.0.2.1 discovery 192.0.2.9 dev veth0 gateway_port 2268 relay_port 2269
    add amt2 type amt mode relay local 192.0.2.1 dev veth0 max_tunnels 9
    add netkit1 type netkit mode l2 blackhole scrub none peer forward name netkit2
    add netkit3 type netkit
    add wg1 type wireguard
    add bareudp1 type bareudp dstport 6635 ethertype mpls_uc srcportmin 100 multiproto
    add rmnet1 link veth6 type rmnet mux_id 5 ingress-deaggregation on egress-mapv4-checksum on ingress-mapv5-checksum on
    add pfcp1 type pfcp
    add wifi1 link veth7 type virt_wifi
    add bat1 type batadv ra BATMAN_IV
    add bat2 type batadv ra BATMAN_V
    add parentdev wwan0 name ww7 type wwan linkid 7
    add gtp1 type gtp role ggsn hsize 131 restart_count 7
    add ovpn1 type ovpn mode mp
    add nlmon8 type nlmon
    tell link set can0 type can bitrate 500000 sample-point 0.875 dbitrate 2000000 fd on restart-ms 100
    tell link set can0 up
    add vcan1 mtu 72 type vcan
    add vxcan1 type vxcan peer name vxcan2
    add hsr1 type hsr slave1 veth2 slave2 veth4 interlink veth5 supervision 45 version 1
    add ms1 link veth3 type macsec port 11 cipher gcm-aes-xpn-256 encrypt on send_sci on icvlen 16
    add ip6er1 type ip6erspan local 2001:db8::1 remote 2001:db8::b seq key 10 erspan_ver 2 erspan_dir egress erspan_hwid 5
    add vti61 type vti6 local 2001:db8::1 remote 2001:db8::d ikey 12 okey 13 fwmark 0x5
    add ip6gre1 type ip6gre external
    add tnl1 type ip6tnl local 2001:db8::1 remote 2001:db8::c allow-localremote
    add gn1 type geneve id 44 remote 2001:db8::9 local 2001:db8::1 ttl 9 df set flowlabel 0x123 udp6zerocsumtx innerprotoinherit
    add vx1 type vxlan id 42 remote 192.0.2.9 dstport 4789 nolocalbypass reserved_bits 0xf7ffffff000000ff
    add vx2 type vxlan id 43 group 239.1.1.1 dev veth0 dstport 4790 mcroute df inherit
    add vx3 type vxlan dstport 4791 external gpe vnifilter
    add br1 type bridge vlan_filtering 1 fdb_max_learned 99 fdb_local_vlan_0 1 stp_mode user mdb_offload_fail_notification 1
    add br2 type bridge mcast_snooping 1 mst_enabled 1 no_linklocal_learn 1
    tell link set vx1 master br1
    tell link set vx1 type bridge_slave neigh_suppress on neigh_vlan_suppress on backup_nhid 8 mab off
    tell link set vx1 type bridge_slave neigh_forward_grat off learning on locked on mab on
    add bond1 type bond mode 802.3ad miimon 100 coupled_control off lacp_strict on lacp_active on
    add bond2 type bond mode 802.3ad broadcast_neighbor on
    add dummy1 type dummy
    tell link set dummy1 master bond1
    tell link set dummy1 type bond_slave actor_port_prio 9 queue_id 3
    add team1 type team
    add vrf1 type vrf table 1001
    add mv1 link veth0 type macvlan mode bridge bcqueuelen 77 bclim 5
    add vlan7 link veth0 type vlan id 7 bridge_binding on mvrp on
    tell link set veth0 gso_max_size 60000 gso_ipv4_max_size 50000 gro_max_size 40000 gro_ipv4_max_size 30000
    tell link set veth0 inet forwarding on rp_filter 2
    tell link set sim0 vf 0 mac 02:00:00:00:00:10 vlan 100 qos 3 proto 802.1ad
    tell link set sim0 vf 0 max_tx_rate 100 min_tx_rate 10
    tell link set sim0 vf 1 spoofchk on trust on query_rss on state enable
    hush
    run ip link set veth0 xdpgeneric pinned /sys/fs/bpf/pass
    run ip link set veth0 xdpgeneric off
    run ip link set veth1 xdpdrv pinned /sys/fs/bpf/pass
    run ip link set sim0 xdpdrv pinned /sys/fs/bpf/pass
    run ip link xstats type bond
    run ip link xstats type bridge
    ask ip -j -d link show
    ask ip -j stats show dev veth0 group link
}
