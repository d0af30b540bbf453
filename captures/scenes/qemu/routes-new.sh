# What rtnetlink has learned since the 6.1 of user-mode Linux: encapsulations with flavors and counters, nexthop groups
# with weights of 16 bits and statistics, rules by DSCP, flow label and masked ports, multicast and anycast addresses as
# events, entries of the bridge's tables that are remote or deleted at once; heard by a listener, and what `ip -j` says.
scene=routes-new
before() {
    for module in mpls_router mpls_iptunnel ila xfrm_interface bridge vxlan vrf dummy netdevsim ip_tunnel; do
        modprobe "$module" || echo "no module $module"
    done
    mount -t debugfs debugfs /sys/kernel/debug
    mount -t bpf bpf /sys/fs/bpf
    echo "10 1 4" > /sys/bus/netdevsim/new_device
    sleep 0.5
    ip link set "$(ls /sys/bus/netdevsim/devices/netdevsim10/net)" name sim0
    for at in 0 2; do ip link add "veth$at" type veth peer name "veth$((at + 1))"; done
    ip link add vrf1 type vrf table 1001
    ip link add xf1 type xfrm external
    ip link add br0 type bridge vlan_filtering 1 mcast_snooping 1 mcast_querier 1
    ip link add vx0 type vxlan dev veth0 dstport 4789 external vnifilter
    ip link add vx1 type vxlan id 42 dstport 4790 local 192.0.2.1
    ip link set vx0 master br0
    ip link set veth3 master br0
    for link in lo sim0 veth0 veth1 veth2 veth3 vrf1 xf1 br0 vx0 vx1; do ip link set "$link" up; done
    ip addr add 192.0.2.1/24 dev veth0
    ip addr add 192.0.2.5/24 dev sim0
    ip addr add 2001:db8:1::1/64 dev veth0 nodad
    echo 1000 > /proc/sys/net/mpls/platform_labels
    echo 1 > /proc/sys/net/vrf/strict_mode
    python3 captures/scenes/qemu/bpf_pin.py 10 0 /sys/fs/bpf/in
    python3 captures/scenes/qemu/bpf_pin.py 11 0 /sys/fs/bpf/out
    python3 captures/scenes/qemu/bpf_pin.py 12 0 /sys/fs/bpf/xmit
    python3 captures/scenes/qemu/bpf_pin.py 19 0 /sys/fs/bpf/local
    sleep 2
}

scene() {
    listen ip monitor all
    talk ip
    tell nexthop add id 1 via 192.0.2.2 dev veth0
    tell nexthop add id 2 via 192.0.2.3 dev veth0
    tell nexthop add id 3 encap mpls 100/200 via 192.0.2.4 dev veth0
    tell nexthop add id 7 via 192.0.2.3 fdb
    tell nexthop add id 8 via 192.0.2.4 fdb
    tell nexthop add id 10 group 1,300/2,65535/3
    tell nexthop add id 11 group 1,1000/2 type resilient buckets 4 idle_timer 60 unbalanced_timer 120
    tell nexthop add id 12 group 7/8 fdb
    tell nexthop add id 13 group 1/2 hw_stats on
    tell nexthop show
    tell nexthop get id 10
    tell nexthop bucket show id 11

    tell route add 10.1.0.0/16 nhid 10
    tell route add 10.2.0.0/16 dev xf1 encap xfrm if_id 77 link_dev veth0
    tell route add 10.3.0.0/16 dsfield 0x28 via 192.0.2.2
    tell route add 10.4.0.0/16 encap bpf in pinned /sys/fs/bpf/in out pinned /sys/fs/bpf/out xmit pinned /sys/fs/bpf/xmit headroom 14 dev veth0
    tell route add 10.5.0.0/16 encap mpls 300/400 ttl 9 via 192.0.2.2
    tell route add 10.6.0.0/16 encap ip id 42 dst 203.0.113.1 geneve_opts 0:0:00112233 dev veth0
    tell route add 10.7.0.0/16 encap ip id 43 dst 203.0.113.1 vxlan_opts 456 dev veth0
    tell route add 10.8.0.0/16 encap ip6 id 44 dst 2001:db8::9 erspan_opts 2:0:1:63 dev veth0
    tell route add 10.9.0.0/16 via 192.0.2.2 features ecn tcp_usec_ts initcwnd 9
    tell route add 2001:db8:a0::/48 encap seg6 mode encap.red segs 2001:db8::1,2001:db8::2 dev veth0
    tell route add 2001:db8:a1::/48 encap seg6 mode l2encap segs 2001:db8::1 dev veth0
    tell route add 2001:db8:a2::/48 encap seg6 mode l2encap.red segs 2001:db8::1,2001:db8::2 dev veth0
    tell route add 2001:db8:a3::/48 encap seg6 mode encap segs 2001:db8::1 tunsrc 2001:db8:1::1 dev veth0
    tell route add 2001:db8:b0::/48 encap seg6local action End flavors psp count dev veth0
    tell route add 2001:db8:b1::/48 encap seg6local action End flavors next-csid lblen 48 nflen 16 count dev veth0
    tell route add 2001:db8:b2::/48 encap seg6local action End.X nh6 2001:db8:1::9 flavors next-csid count dev veth0
    tell route add 2001:db8:b3::/48 encap seg6local action End.DT46 vrftable 1001 count dev vrf1
    tell route add 2001:db8:b4::/48 encap seg6local action End.DT4 vrftable 1001 dev vrf1
    tell route add 2001:db8:b5::/48 encap seg6local action End.DX2 oif veth0 count dev veth0
    tell route add 2001:db8:b6::/48 encap seg6local action End.DX4 nh4 192.0.2.9 count dev veth0
    tell route add 2001:db8:b7::/48 encap seg6local action End.DX6 nh6 2001:db8:1::9 dev veth0
    tell route add 2001:db8:b8::/48 encap seg6local action End.T table 254 count dev veth0
    tell route add 2001:db8:b9::/48 encap seg6local action End.B6 srh segs 2001:db8::5,2001:db8::6 dev veth0
    tell route add 2001:db8:ba::/48 encap seg6local action End.BPF endpoint pinned /sys/fs/bpf/local dev veth0
    tell route add 2001:db8:c0::/48 encap rpl segs 2001:db8::7,2001:db8::8 dev veth0
    tell route add 2001:db8:d0::/48 encap ioam6 freq 2/5 mode encap tunsrc 2001:db8:1::1 tundst 2001:db8::9 trace prealloc type 0xc00000 ns 1 size 12 dev veth0
    tell route add 2001:db8:e0::/48 encap ila 1111:2222:3333:4444 csum-mode neutral-map-auto ident-type luid hook-type input via 2001:db8:1::2
    tell route show table all

    tell rule add dscp 10 lookup 100 priority 5000
    tell rule add dscp 0x2/0x6 lookup 100 priority 5001
    tell rule add sport 0x10/0xfff0 dport 0x1/0x1 ipproto tcp lookup 100 priority 5002
    run ip -6 rule add flowlabel 0x12300/0xfff00 lookup 100 priority 5003
    run ip -6 rule add flowlabel 0x77 dscp 46 lookup 100 priority 5004
    tell rule add l3mdev oif vrf1 protocol static priority 5005
    tell rule show

    tell addr add 192.0.2.77/24 dev veth0 proto 77
    tell addr add 224.0.0.77/32 dev veth0 autojoin
    tell addr add 2001:db8:1::77/64 dev veth0 proto kernel_lo
    tell addr add 2001:db8:1::78/64 dev veth0 home mngtmpaddr
    echo 1 > /proc/sys/net/ipv6/conf/veth0/forwarding
    tell maddr add 01:00:5e:00:00:99 dev veth0
    tell neigh add 192.0.2.9 lladdr 02:00:00:00:00:09 dev veth0 extern_learn
    tell neigh add 192.0.2.10 dev veth0 managed
    tell neigh add 192.0.2.11 lladdr 02:00:00:00:00:11 dev veth0 nud stale extern_valid
    tell neigh show
    tell stats show dev sim0
    tell stats set dev sim0 l3_stats on
    tell stats show dev sim0 group offload subgroup hw_stats_info
    tell stats show dev sim0 group offload subgroup l3_stats
    hush

    talk bridge
    tell vni add vni 100-102 group 239.1.1.1 dev vx0
    tell vni show
    tell mdb add dev br0 port veth3 grp 239.1.1.2 permanent vid 1
    tell mdb add dev br0 port veth3 grp 239.1.1.3 permanent vid 1 filter_mode include source_list 192.0.2.50,192.0.2.51 proto zebra
    tell mdb add dev br0 port veth3 grp 239.1.1.4 permanent vid 1 filter_mode exclude source_list 192.0.2.50,192.0.2.51 proto zebra
    tell mdb replace dev br0 port veth3 grp 239.1.1.4 permanent vid 1 filter_mode include source_list 192.0.2.52
    tell mdb add dev br0 port br0 grp 01:00:5e:00:00:77 permanent vid 1
    tell mdb add dev vx1 port vx1 grp 239.1.1.5 permanent dst 198.51.100.1 src_vni 42
    tell mdb add dev vx1 port vx1 grp 239.1.1.5 src 192.0.2.60 permanent dst 198.51.100.2 dst_port 1111 vni 43 via veth0
    tell mdb add dev vx1 port vx1 grp ff0e::5 permanent dst 2001:db8::9 src_vni 42
    tell mdb show
    tell mdb get dev br0 grp 239.1.1.4 vid 1
    tell mdb get dev vx1 grp 239.1.1.5 src_vni 42
    tell mdb flush dev br0 vid 1 port veth3
    tell mdb flush dev vx1 vni 43
    tell fdb add 02:00:00:00:00:01 dev vx1 self nhid 12 permanent
    tell fdb add 02:00:00:00:00:02 dev vx1 self dst 198.51.100.1 port 4792 vni 44 via veth0 permanent
    tell fdb add 02:00:00:00:00:03 dev veth3 master static vlan 1 activity_notify
    tell fdb add 02:00:00:00:00:04 dev veth3 master dynamic extern_learn vlan 1
    tell fdb show
    tell fdb get 02:00:00:00:00:01 dev vx1 self
    tell fdb flush dev vx1 self dst 198.51.100.1
    tell fdb flush dev br0 brport veth3 vlan 1 noextern_learn
    hush

    deaf
    ask ip -j -d route show table all
    ask ip -j -d -6 route show table all
    ask ip -j -d rule show
    ask ip -j -d -6 rule show
    ask ip -j -d -s nexthop show
    ask ip -j nexthop bucket show
    ask ip -j -d -s neigh show
    ask ip -j -d -s addr show
}
