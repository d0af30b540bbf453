# `nft -j list ruleset` as referee: a set or map of every type of data, of concatenations and intervals, with what nft
# keeps beside them (comments, the expressions behind `typeof`). User-mode Linux has nf_tables for bridges alone.
scene=nft-types
before() {
    modprobe -a nf_tables nft_limit
    ip link set lo up
    cat > /run/types.nft << 'END'
table bridge types {
    comment "every type"
    counter web { }
    set blocked { type ipv4_addr; flags timeout; comment "bad ones"; elements = { 10.0.0.1 timeout 1h comment "scanner", 10.0.0.2 }; }
    set nets { type ipv4_addr; flags interval; auto-merge; elements = { 10.1.0.0/16, 192.168.0.5-192.168.0.9, 255.0.0.0/8 }; }
    set pairs { type ipv4_addr . inet_service; flags interval; elements = { 10.0.0.0/8 . 80-90, 10.0.0.5 . 443 }; }
    set ifs { type ifname; elements = { "eth0", "lo" }; }
    set iifs { type ifname; flags interval; elements = { "eth*", "lo" }; }
    set ifidx { type iface_index; elements = { lo }; }
    set sizes { typeof ip length; elements = { 40, 1500 }; }
    set mlen { typeof meta length; elements = { 40, 1500 }; }
    set imarks { type mark; flags interval; elements = { 0x10-0x20, 0x100 }; }
    map ports { type inet_service : ipv4_addr; elements = { 80 : 10.0.0.1, 443 : 10.0.0.2 }; }
    map ranges { type ipv4_addr : interval ipv4_addr . inet_service; flags interval; elements = { 10.0.0.0/24 : 10.0.1.0/24 . 80 }; }
    map verdicts { type ipv4_addr : verdict; elements = { 10.0.0.1 : drop, 10.0.0.2 : jump other, * : accept }; }
    map counts { type ipv4_addr : counter; elements = { 10.0.0.1 : "web" }; }
    set six { type ipv6_addr . ether_addr; elements = { fe80::1 . 02:00:00:00:00:01 }; }
    set im { type ipv4_addr . mark; flags interval; elements = { 10.0.0.0/8 . 0x10-0x20, 10.1.1.1 . 0x30 }; }
    set cu { type uid . mark . ct_state . ifname; elements = { 1000 . 0x10 . established . "eth0" }; }
    map mm { type mark : mark; flags interval; elements = { 0x10-0x20 : 0x30 }; }
    map am { type ipv4_addr : mark; flags interval; elements = { 10.0.0.0/8 : 0x30 }; }
    map aim { type ipv4_addr : interval mark; elements = { 10.0.0.0 : 0x30-0x40 }; }
    set tl { typeof ip length . meta length . ip id; elements = { 100 . 101 . 102 }; }
    set tp { typeof vlan id; elements = { 5, 3 }; }
    set hr { typeof meta hour; elements = { "17:00" }; }
    set dy { typeof meta day; elements = { "Monday" }; }
    set tm { type time; }; set ds { type dscp; elements = { cs1 }; }
    set tc { type tcp_flag; elements = { syn, ack }; }
    set dt { typeof meta time; elements = { "2024-01-01 10:00" }; }
    set ll { type ether_addr . ether_type . arp_op; elements = { 02:00:00:00:00:01 . ip . request }; }
    set ma { typeof ip saddr . meta mark; flags dynamic, timeout; elements = { 10.0.0.1 . 0x10 limit rate 5/second timeout 5s }; }
    set ctz { typeof ct zone; elements = { 7 }; }
    set fb { typeof fib saddr type; elements = { local }; }
    set cst { type ct_status; elements = { assured }; }
    set cdir { type ct_dir; elements = { original }; }
    set pk { type pkt_type; elements = { host }; }
    set iet { type icmp_type; elements = { echo-request }; }
    set dg { type devgroup; elements = { 3 }; }
    set np { type nf_proto; elements = { ipv4 }; }
    set ipp { type inet_proto; elements = { tcp }; }
    set gi { type gid; elements = { 1 }; }
    set re { type realm; elements = { 3 }; }
    set cl { type classid; elements = { 1:10 }; }
    set it { type iface_type; elements = { ether }; }
    set ico { type icmp_code; elements = { host-unreachable }; }
    set ic6 { type icmpv6_type; elements = { echo-request }; }
    set ec { type ecn; elements = { ect0 }; }
    set bo { type boolean; elements = { exists }; }
    set ig { type igmp_type; elements = { leave-group }; }
    set mhh { type mh_type; elements = { binding-refresh-request }; }
    set dc { type dccp_pkttype; elements = { request }; }
    set icx { type icmpx_code; elements = { port-unreachable }; }
    set iv6c { type icmpv6_code; elements = { no-route }; }
    set nt { typeof tcp option maxseg size; elements = { 1400 }; }
    set v6 { typeof ip6 saddr . ip6 daddr; flags interval; auto-merge; elements = { fe80::/64 . ff02::1 }; }
    set sockm { typeof socket mark; elements = { 1 }; }
    set rtc { typeof rt classid; elements = { 1 }; }
    set ipse { typeof ipsec in reqid; elements = { 1 }; }
    set osn { typeof osf name; elements = { "Linux" }; }
    set tsv { typeof tcp option timestamp tsval; elements = { 1 }; }
    set win { typeof tcp option window count; elements = { 7 }; }
    set rawp { typeof @nh,32,16; elements = { 7 }; }
    set sym { typeof symhash mod 10; elements = { 7 }; }
    set ng { typeof numgen inc mod 2; elements = { 1 }; }
    set tims { type time; elements = { 5s }; }
    map mtyp { typeof ip saddr . tcp dport : meta mark; elements = { 10.0.0.1 . 80 : 5 }; }
    set stk { type ipv4_addr; flags dynamic; counter; elements = { 10.0.0.1 counter packets 1 bytes 2 }; }
    set cg { typeof meta cgroup; elements = { 7 }; }
    set tot { typeof ip daddr . meta mark . ip length; elements = { 10.0.0.1 . 5 . 6 }; }
    set sct { typeof sctp chunk data tsn; elements = { 7 }; }
    set hbho { typeof ip option rr ptr; elements = { 7 }; }
    set hb { typeof hbh nexthdr; elements = { 7 }; }
    set fr { typeof frag id . ip6 saddr; elements = { 7 . fe80::1 }; }
    chain other { comment "a chain"; }
}
END
}

scene() {
    run nft -f /run/types.nft
    ask nft -j list ruleset
    fails nft create element bridge types blocked '{ 10.0.0.1 }'
}
