# What the scenes of netfilter have in common: a router between two rooms, each a network namespace.
#   left 192.0.2.2 -- veth0 192.0.2.1, the router, 198.51.100.1 veth2 -- right 198.51.100.2
offices() {
    mount -t debugfs debugfs /sys/kernel/debug 2> /dev/null
    # All at once: nf_tables carries out a whole batch again for each module that it has to wait for.
    modules=/lib/modules/$(uname -r)/kernel/net
    modprobe -aq $(ls "$modules/netfilter" "$modules/"*/netfilter | sed -n 's/^\(nft_[^.]*\)\.ko.*/\1/p') \
        nf_conntrack_netlink nf_nat_ftp nf_nat_tftp nf_flow_table_inet nfnetlink_queue nfnetlink_log dummy veth
    sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.netfilter.nf_conntrack_acct=1 \
        net.netfilter.nf_conntrack_timestamp=1 net.netfilter.nf_conntrack_events=1
    ip link set lo up
    ip link add dummy0 type dummy
    room left veth0 192.0.2 2001:db8:1
    room right veth2 198.51.100 2001:db8:2
    ip link set dummy0 up
}

# room NAME LINK NET NET6: a namespace that reaches the rest over our LINK.
room() {
    ip netns add "$1"
    ip link add "$2" type veth peer name eth0 netns "$1"
    ip addr add "$3.1/24" dev "$2"
    ip addr add "$4::1/64" dev "$2" nodad
    ip link set "$2" up
    ip -n "$1" addr add "$3.2/24" dev eth0
    ip -n "$1" addr add "$4::2/64" dev eth0 nodad
    ip -n "$1" link set lo up
    ip -n "$1" link set eth0 up
    ip -n "$1" route add default via "$3.1"
    ip -n "$1" route add default via "$4::1"
}

left() { ip netns exec left "$@"; }
right() { ip netns exec right "$@"; }
# speak ROOM [tcp|udp/ADDRESS/PORT/BYTES]...: send a few bytes from a room and wait a moment for what comes back.
speak() {
    speaker=$1
    shift
    ip netns exec "$speaker" python3 -ES captures/scenes/qemu/talk.py "$@"
}

# A few packets of each kind, through the router and to it.
traffic() {
    speak left tcp/192.0.2.1/22/9 tcp/192.0.2.1/90/9 tcp/192.0.2.1/5555/9 tcp/198.51.100.2/80/9 udp/198.51.100.2/9999/700 udp/192.0.2.1/7778/5 icmp/192.0.2.1/0/40 icmp/198.51.100.2/0/40
    speak right tcp/192.0.2.2/993/9 tcp/2001:db8:1::2/80/9
}
