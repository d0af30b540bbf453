# Filters of every kind with keys of every sort, shared blocks and chains with a template; shown with their counters.
before() {
    ip link add veth0 type veth peer name veth1
    ip link add veth2 type veth peer name veth3
    for link in veth0 veth1 veth2 veth3; do ip link set "$link" up; done
    ip addr add 192.0.2.1/24 dev veth0
    ip neigh add 192.0.2.2 lladdr 02:00:00:00:00:02 dev veth0 nud permanent
    for kind in basic bpf cgroup flow flower fw matchall route u32; do modprobe "cls_$kind" 2> /dev/null; done
    for kind in canid cmp ipset ipt meta nbyte text u32; do modprobe "em_$kind" 2> /dev/null; done
    for kind in ip_set_hash_ip xt_addrtype sch_htb sch_ingress act_gact act_mirred act_police; do modprobe "$kind"; done
    sleep 2
}

traffic() {
    for port in 53 80 5001; do bash -c "echo hello > /dev/udp/192.0.2.2/$port"; done
}

filter() { tell filter add dev veth0 "$@"; }

scene() {
    listen tc monitor
    talk tc
    tell qdisc add dev veth0 root handle 1: htb
    tell class add dev veth0 parent 1: classid 1:10 htb rate 10mbit
    tell qdisc add dev veth0 clsact

    # u32: keys, a hash table, a mark, an offset taken from the packet
    filter parent 1: protocol ip pref 10 u32 match ip dst 192.0.2.0/24 match ip dport 53 0xffff match ip protocol 17 0xff flowid 1:10
    filter parent 1: protocol ip pref 10 handle 2: u32 divisor 256
    filter parent 1: protocol ip pref 10 u32 ht 800:: match ip src 192.0.2.0/24 hashkey mask 0x000000ff at 12 link 2:
    filter parent 1: protocol ip pref 10 u32 ht 2:1: match ip src 192.0.2.1 flowid 1:10
    filter parent 1: protocol ip pref 10 u32 ht 800:: match u32 0 0 offset at 0 mask 0x0f00 shift 6 plus 0 eat link 2:
    filter parent 1: protocol ip pref 10 u32 match mark 0x5 0xff match u8 0x40 0xf0 at nexthdr+0 flowid 1:10 action drop
    filter parent 1: protocol ipv6 pref 11 u32 match ip6 dst 2001:db8::/32 match ip6 priority 0x10 0xff skip_hw flowid 1:10

    # flower
    filter egress protocol ip pref 20 flower src_ip 192.0.2.1 dst_ip 192.0.2.0/24 ip_proto tcp src_port 1024-2048 dst_port 80 \
        tcp_flags 0x2/0x17 ip_tos 0x10/0xfc ip_ttl 64 ip_flags nofrag classid 1:10 action pass
    filter egress protocol ip pref 21 flower ip_proto udp dst_port 53/0xff00 src_port 4000 skip_hw action drop
    filter egress protocol ip pref 22 flower ip_proto sctp src_port 7 dst_port 9 action drop
    filter egress protocol ip pref 23 flower ip_proto icmp type 8 code 0 action drop
    filter egress protocol ipv6 pref 24 flower src_ip 2001:db8::1 dst_ip 2001:db8:1::/48 ip_proto icmpv6 type 128 code 0 action drop
    filter egress protocol arp pref 25 flower arp_op request arp_sip 192.0.2.1 arp_tip 192.0.2.0/24 \
        arp_sha 02:00:00:00:00:01 arp_tha 02:00:00:00:00:00/ff:ff:00:00:00:00 action drop
    filter egress protocol 802.1Q pref 26 flower vlan_id 7 vlan_prio 3 vlan_ethtype 802.1Q cvlan_id 8 cvlan_prio 1 \
        cvlan_ethtype ip num_of_vlans 2 action drop
    filter egress protocol mpls_uc pref 27 flower mpls_label 100 mpls_tc 3 mpls_bos 1 mpls_ttl 60 action drop
    filter egress protocol mpls_uc pref 28 flower mpls lse depth 1 label 100 tc 1 lse depth 2 label 200 bos 1 ttl 9 action drop
    filter ingress protocol ip pref 29 flower indev veth0 enc_key_id 42 enc_src_ip 198.51.100.1 enc_dst_ip 198.51.100.0/24 \
        enc_dst_port 4789 enc_tos 0x8 enc_ttl 60/0xf0 vxlan_opts 5 action drop
    filter ingress protocol ip pref 30 flower enc_dst_ip 2001:db8::2 enc_src_ip 2001:db8::/32 enc_key_id 9 \
        geneve_opts 0102:80:11223344/ffff:ff:ffffffff,0103:81:55667788 action drop
    filter ingress protocol ip pref 31 flower enc_key_id 9 erspan_opts 1:7:0:0 action drop
    filter ingress protocol ip pref 32 flower enc_key_id 9 erspan_opts 2:0:1:3/2:0:255:255 action drop
    filter ingress protocol ip pref 33 flower enc_key_id 9 gtp_opts 0:5/ff:3f action drop
    filter ingress protocol ip pref 34 flower ct_state +trk+est-inv ct_mark 0x11/0xff \
        ct_label 00000000000000000000000000000001/00000000000000000000000000000003 action drop
    filter ingress protocol all pref 35 flower dst_mac 02:00:00:00:00:01 src_mac 02:00:00:00:00:00/ff:ff:ff:00:00:00 \
        action drop
    filter ingress protocol ppp_ses pref 36 flower pppoe_sid 77 ppp_proto ip action drop
    filter ingress protocol ip pref 38 flower ip_flags frag/firstfrag action drop

    # the others
    filter egress protocol all pref 40 matchall skip_hw action drop
    filter parent 1: protocol ip pref 41 handle 6 fw classid 1:10
    filter parent 1: protocol ip pref 42 handle 0x7/0xff fw indev veth1 classid 1:10 action drop
    filter parent 1: protocol ip pref 43 route to 5 from 6 classid 1:10
    filter parent 1: protocol ip pref 43 route to 8 fromif veth1 classid 1:10 action drop
    filter parent 1: protocol ip pref 44 handle 1 cgroup
    filter parent 1: protocol ip pref 44 handle 1 cgroup match 'meta(priority eq 3)' action drop
    filter parent 1: protocol all pref 45 handle 2 flow hash keys src,dst,proto-src,proto-dst,nfct-src,rxhash divisor 1024 perturb 10 baseclass 1:10
    filter parent 1: protocol all pref 46 handle 3 flow map key mark and 0xff xor 0x1 rshift 2 addend 0x5 divisor 8 baseclass 1:1 \
        match 'cmp(u8 at 0 layer network mask 0xf0 eq 64)' action drop
    filter parent 1: protocol ip pref 47 basic match 'cmp(u16 at 2 layer transport trans gt 0x50) and not (nbyte(deadbeef at 4 layer link) or u32(u32 0x11 0xff at 8))' classid 1:10
    filter parent 1: protocol ip pref 48 basic match "'meta(dev eq \"veth0\") and meta(nf_mark mask 0xf gt 5) and meta(vlan mask 0xfff eq 7) and meta(random shift 3 lt 9)'" \
        classid 1:10 action pass
    filter parent 1: protocol can pref 50 basic match 'canid(sff 0x123:0x7ff eff 0x1234567)' classid 1:10
    filter parent 1: protocol ip pref 53 bpf bytecode "'4,40 0 0 12,21 0 1 2048,6 0 0 262144,6 0 0 0'" classid 1:10
    filter ingress protocol ip pref 54 bpf direct-action bytecode "'1,6 0 0 4294967295'"
    run python captures/scenes/tc_more.py filters
    traffic
    tell filter show dev veth0 parent 1:
    tell filter show dev veth0 egress
    tell filter show dev veth0 ingress
    tell filter change dev veth0 egress protocol ip pref 21 handle 1 flower ip_proto udp dst_port 53/0xff00 src_port 4001 skip_hw action pass
    tell filter replace dev veth0 parent 1: protocol ip pref 41 handle 6 fw classid 1:1
    tell filter get dev veth0 egress protocol ip pref 20 handle 1 flower
    tell filter del dev veth0 egress protocol ip pref 22 handle 1 flower
    tell filter del dev veth0 egress protocol ip pref 23
    tell filter del dev veth0 parent 1:

    # chains and shared blocks
    tell chain add dev veth0 egress protocol ip chain 5 flower ip_proto udp
    filter egress chain 5 protocol ip pref 60 flower ip_proto udp action goto chain 6
    filter egress chain 6 protocol ip pref 60 matchall action drop
    tell chain show dev veth0 egress
    tell filter show dev veth0 egress chain 5
    tell chain del dev veth0 egress chain 5
    tell qdisc add dev veth2 ingress_block 22 clsact
    tell filter add block 22 protocol ip pref 1 flower dst_ip 192.0.2.0/24 action drop
    tell filter show block 22
    tell chain add block 22 chain 3
    tell chain show block 22
    tell filter del block 22
    tell qdisc del dev veth2 clsact

    # refusals
    filter egress protocol ip pref 20 flower ip_proto udp dst_port 100-50 action drop
    filter egress protocol ip pref 40 u32 match u32 0 0
    filter egress protocol ip flower skip_sw action drop
    filter parent 9: protocol ip matchall
    filter egress protocol ip nosuchkind
    tell filter del dev veth0 egress protocol ip pref 99
    hush
    deaf
}
