# Actions of every kind: added by themselves and with a filter, changed, listed, used by packets, flushed.
before() {
    ip link add veth0 type veth peer name veth1
    ip link add vxlan0 type vxlan external dstport 4789
    for link in veth0 veth1 vxlan0; do ip link set "$link" up; done
    ip addr add 192.0.2.1/24 dev veth0
    ip neigh add 192.0.2.2 lladdr 02:00:00:00:00:02 dev veth0 nud permanent
    for kind in bpf connmark csum ct ctinfo gact gate ife ipt mirred mpls nat pedit police sample simple skbedit skbmod \
        tunnel_key vlan; do
        modprobe "act_$kind" 2> /dev/null
    done
    for kind in act_meta_mark act_meta_skbprio act_meta_skbtcindex cls_flower cls_matchall sch_ingress nf_conntrack_ftp; do
        modprobe "$kind"
    done
    sleep 2
}

traffic() {
    for port in 53 80; do bash -c "echo hello > /dev/udp/192.0.2.2/$port"; done
}

# action KIND OPTIONS...: add it, list its kind.
action() {
    tell actions add action "$@"
    tell actions list action "$1"
}

scene() {
    listen tc monitor
    talk tc
    action gact drop index 10
    tell actions change action gact pass random netrand drop 5 index 10
    tell actions add action gact goto chain 7 index 11
    tell actions add action gact jump 2 index 12 cookie 0123456789abcdef
    tell actions add action gact trap index 13 no_percpu
    tell actions get action gact index 13
    tell actions del action gact index 12
    action mirred egress redirect dev veth1 index 20
    tell actions add action mirred ingress mirror dev veth1 pipe index 21
    action police rate 10mbit burst 20k mtu 2000 conform-exceed drop/pipe index 30
    tell actions add action police rate 40gbit burst 1m peakrate 50gbit mtu 64k overhead 14 linklayer atm conform-exceed reclassify index 31
    tell actions add action police pkts_rate 1000 pkts_burst 50 conform-exceed drop index 32
    action pedit munge ip ttl set 63 munge ip src set 192.0.2.9 pipe index 40
    tell actions add action pedit ex munge eth dst set 02:00:00:00:00:03 munge ip ttl add 255 munge tcp dport set 8080 \
        munge ip6 hoplimit set 5 munge udp sport set 99 index 41
    tell actions list action pedit
    action skbedit priority 1:10 mark 0x11/0xff queue_mapping 1 ptype host index 50
    tell actions add action skbedit inheritdsfield index 51
    action vlan push id 7 protocol 802.1ad priority 3 index 60
    tell actions add action vlan pop index 61
    tell actions add action vlan modify id 8 index 62
    tell actions add action vlan push_eth dst_mac 02:00:00:00:00:04 src_mac 02:00:00:00:00:05 index 63
    tell actions add action vlan pop_eth index 64
    tell actions list action vlan
    action csum ip4h icmp igmp tcp udp udplite sctp index 70
    action nat egress 192.0.2.0/24 198.51.100.1 index 80
    tell actions add action nat ingress any 198.51.100.2 index 81
    action ife encode allow mark use prio 7 dst 02:00:00:00:00:06 src 02:00:00:00:00:07 type 0xfefe index 90
    tell actions add action ife decode allow mark index 91
    tell actions list action ife
    action skbmod set dmac 02:00:00:00:00:08 set smac 02:00:00:00:00:09 set etype 0x0800 index 100
    tell actions add action skbmod swap mac index 101
    tell actions add action skbmod ecn index 102
    action sample rate 100 group 5 trunc 128 index 110
    action tunnel_key set src_ip 198.51.100.1 dst_ip 198.51.100.2 id 42 dst_port 4789 nocsum tos 0x10 ttl 60 vxlan_opts 5 index 120
    tell actions add action tunnel_key set src_ip 2001:db8::1 dst_ip 2001:db8::2 id 43 dst_port 6081 csum \
        geneve_opts 0102:80:11223344,0103:81:5566778899aabbcc index 121
    run python captures/scenes/tc_more.py actions
    tell actions add action tunnel_key unset index 124
    tell actions list action tunnel_key
    action mpls push protocol mpls_uc label 100 tc 3 ttl 60 bos 1 index 130
    tell actions add action mpls pop protocol ip index 131
    tell actions add action mpls modify label 200 tc 5 index 132
    tell actions add action mpls dec_ttl index 133
    tell actions add action mpls mac_push protocol mpls_uc label 300 ttl 9 index 134
    tell actions list action mpls
    action ct commit force mark 0x11/0xff label 00000000000000000000000000000001/00000000000000000000000000000003 \
        nat src addr 192.0.2.10-192.0.2.20 port 1000-2000 index 140
    tell actions add action ct nat dst addr 2001:db8::1-2001:db8::9 commit index 141
    tell actions add action ct clear index 142
    tell actions add action ct nat index 143
    tell actions add action ct commit zone 5 index 144
    tell actions list action ct
    action ctinfo dscp 0xfc000000 0x01000000 cpmark 0x00ffffff zone 3 index 150
    action connmark zone 6 index 160
    # As long as may be: tc sends 32 bytes, and what its stack held behind a shorter text.
    action simple sdata abcdefghijklmnopqrstuvwxyz01234 index 170
    action bpf bytecode "'1,6 0 0 4294967295'" index 180
    action gate clockid CLOCK_TAI base-time 1000000000 sched-entry open 300us 2 1500 sched-entry close 700us -1 -1 \
        cycle-time 1ms cycle-time-ext 10us priority 3 index 190

    # Several with one filter: what a packet meets one after another; the counters count.
    tell qdisc add dev veth0 clsact
    tell filter add dev veth0 egress protocol ip pref 1 flower ip_proto udp action gact index 10 \
        action police rate 1mbit burst 10k conform-exceed drop/pipe action skbedit mark 5 \
        action pedit ex munge ip ttl add 255 pipe action csum ip4h pipe action mirred egress mirror dev veth1
    tell filter add dev veth0 egress protocol ip pref 2 matchall action gact pass hw_stats disabled
    traffic
    tell filter show dev veth0 egress
    tell actions list action gact
    tell actions ls action police
    tell actions flush action gact
    tell actions flush action vlan
    tell qdisc del dev veth0 clsact
    tell actions flush action gact
    tell actions get action gact index 99
    tell actions add action mirred egress redirect dev nosuch0
    tell actions add action vlan push id 5000
    tell actions add action gact drop index 20 action police rate 1mbit burst 10k drop index 33
    hush
    deaf
}
