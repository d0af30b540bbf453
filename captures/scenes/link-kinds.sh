# One link of every kind that the kernel has, with settings of its own; shown in all detail; some of them changed. Kinds
# that it has not been built with are asked for all the same. Nobody listens: the events would say it all once more.
before() {
    ip link add veth0 type veth peer name veth1
    ip link add veth2 type veth peer name veth3
    ip link add veth4 type veth peer name veth5
    for link in veth0 veth1 veth2 veth3; do ip link set "$link" up; done
    ip addr add 192.0.2.1/24 dev veth0
    ip addr add 2001:db8::1/64 dev veth0 nodad
    for kind in bonding bridge can-dev dummy geneve gtp hsr ifb ip_gre ip6_gre ip6_tunnel ip6_vti ip_vti ipip ipvlan ipvtap macsec \
        macvlan macvtap nlmon ppp_generic sit team tun vcan vrf vxcan vxlan xfrm_interface bareudp batman-adv 8021q rmnet \
        netdevsim fou amt erspan ip_tunnel slcan nlmon; do
        modprobe "$kind" 2> /dev/null
    done
    sleep 2
}

add() { tell link add "$@"; }

scene() {
    talk ip
    add dummy1 type dummy
    add ifb1 type ifb
    add veth8 numtxqueues 2 numrxqueues 2 type veth peer name veth9
    add br1 type bridge stp_state 1 vlan_filtering 1 vlan_default_pvid 7 vlan_stats_enabled 1 mcast_snooping 1 mcast_querier 1 \
        ageing_time 5000 hello_time 300 forward_delay 400 priority 4096 group_fwd_mask 8 nf_call_iptables 1
    add br2 type bridge vlan_filtering 1 vlan_protocol 802.1ad \
        group_address 01:80:c2:00:00:04 nf_call_ip6tables 1 mcast_vlan_snooping 1
    tell link set dummy1 master br1
    tell link set dummy1 type bridge_slave cost 9 priority 16 guard on hairpin on fastleave on root_block on learning off flood off \
        mcast_router 2 mcast_flood off neigh_suppress on isolated on locked on vlan_tunnel on bcast_flood off
    add bond1 type bond mode 802.3ad miimon 100 lacp_rate fast xmit_hash_policy layer3+4 ad_select bandwidth min_links 1
    add bond2 type bond mode active-backup arp_interval 200 arp_ip_target 192.0.2.9,192.0.2.10 arp_validate all primary_reselect better \
        ns_ip6_target 2001:db8::9
    tell link set veth8 down
    tell link set veth8 master bond1
    add team1 type team
    add link veth0 name vlan7 type vlan id 7 ingress-qos-map 1:2 3:4 egress-qos-map 5:6 gvrp on
    add link veth0 name vlan8 type vlan proto 802.1ad id 8 loose_binding on reorder_hdr off
    add link veth0 name mv1 type macvlan mode bridge
    add link veth2 name mv2 type macvlan mode source macaddr add 02:00:00:00:00:11
    tell link set mv2 type macvlan macaddr add 02:00:00:00:00:12
    add link veth2 name mt1 type macvtap mode vepa
    add link veth1 name iv1 type ipvlan mode l3s private
    add link veth1 name it1 type ipvtap mode l2
    add vx1 type vxlan id 42 group 239.1.1.1 dev veth0 dstport 4789 srcport 1000 2000 ttl 5 tos inherit ageing 100 maxaddress 50 \
        learning proxy rsc l2miss l3miss udpcsum gbp
    add vx2 type vxlan id 43 local 2001:db8::1 remote 2001:db8::9 dstport 4790 udp6zerocsumtx udp6zerocsumrx flowlabel 0x123 nolearning
    add vx3 type vxlan dstport 4791 external vnifilter
    add gn1 type geneve id 44 remote 192.0.2.9 ttl inherit tos 4 dstport 6082 udpcsum
    add gn2 type geneve external
    add bu1 type bareudp dstport 6635 ethertype mpls_uc srcportmin 100 multiproto
    add gre1 type gre local 192.0.2.1 remote 192.0.2.9 key 5 csum seq ttl 64 tos 8 dev veth0 nopmtudisc ignore-df
    add gretap1 type gretap local 192.0.2.1 remote 192.0.2.10 ikey 1 okey 2 encap fou encap-sport auto encap-dport 5555 encap-csum
    add er1 type erspan local 192.0.2.1 remote 192.0.2.11 seq key 7 erspan_ver 1 erspan 123
    add er2 type erspan local 192.0.2.1 remote 192.0.2.12 seq key 8 erspan_ver 2 erspan_dir egress erspan_hwid 5
    add ip6gre1 type ip6gre local 2001:db8::1 remote 2001:db8::9 key 9 hoplimit 33 encaplimit 2 tclass 4 flowlabel 0x22
    add ip6gretap1 type ip6gretap local 2001:db8::1 remote 2001:db8::a
    add ip6er1 type ip6erspan local 2001:db8::1 remote 2001:db8::b seq key 10 erspan_ver 1 erspan 321
    add ipip1 type ipip local 192.0.2.1 remote 192.0.2.13 ttl 9 mode any
    add sit1 type sit local 192.0.2.1 remote 192.0.2.14 6rd-prefix 2001:db8:6::/48 6rd-relay_prefix 192.0.2.0/24
    add tnl61 type ip6tnl local 2001:db8::1 remote 2001:db8::c mode ipip6 dscp inherit encaplimit none
    add vti1 type vti local 192.0.2.1 remote 192.0.2.15 key 11
    add vti61 type vti6 local 2001:db8::1 remote 2001:db8::d ikey 12 okey 13
    add xf1 type xfrm dev veth0 if_id 77
    add vrf1 type vrf table 1001
    tell link set vlan7 master vrf1
    add hsr1 type hsr slave1 veth4 slave2 veth5 supervision 45 version 1
    add link veth3 name ms1 type macsec port 11 encrypt on icvlen 16 protect on replay on window 32 \
        validate strict
    add vcan1 type vcan
    add vxcan1 type vxcan peer name vxcan2
    add can1 type can bitrate 500000
    add gtp1 type gtp role sgsn
    add nlmon8 type nlmon
    add rmnet1 link veth0 type rmnet mux_id 5
    add bat1 type batadv
    add amt1 type amt mode gateway local 192.0.2.1 discovery 192.0.2.9 dev veth0
    add netkit1 type netkit
    add wg1 type wireguard
    add nd1 type netdevsim
    tell tuntap add dev tun1 mode tun user 1000 group 1001
    tell tuntap add dev tap1 mode tap multi_queue vnet_hdr
    add nosuch1 type nosuchkind
    tell link show
    tell link property add dev dummy1 altname another-name-of-dummy1 altname dummy1x
    tell link set dummy1 alias "the-first" group 9 txqueuelen 77 gso_max_size 60000 gso_max_segs 30
    tell link set vx1 protodown on protodown_reason 3 on
    tell link set vx1 protodown on
    tell link property del dev dummy1 altname dummy1x
    tell link show dev dummy1
    tell link set vx1 type vxlan ttl 9
    tell link set vlan7 type vlan egress-qos-map 1:7
    tell link set gre1 type gre local 192.0.2.1 remote 192.0.2.20 key 6
    tell link set ms1 type macsec encrypt off
    tell link xstats type bridge
    tell link afstats
    tell link del bond1
    tell link del nosuch9
    hush
}
