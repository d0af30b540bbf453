# Packets that wait for verdicts and packets that are logged, fingerprints of systems, and hooks: packets.py has a socket
# for each, passes verdicts of every kind, and does what is refused.
before() {
    ip link set lo up
    iptables-legacy -A OUTPUT -p udp --dport 1001 -j NFQUEUE --queue-num 1
    iptables-legacy -t mangle -A OUTPUT -p udp --dport 1002 -j MARK --set-mark 0x2a
    iptables-legacy -A OUTPUT -p udp --dport 1002 -j NFQUEUE --queue-num 1 --queue-bypass
    iptables-legacy -A OUTPUT -p udp --dport 1003 -j NFLOG --nflog-group 5 --nflog-prefix 'to 1003: '
    iptables-legacy -A OUTPUT -p udp --dport 1004 -j NFLOG --nflog-group 5 --nflog-size 30
    iptables-legacy -A OUTPUT -p tcp --syn --dport 1005 -j NFQUEUE --queue-num 3
    iptables-legacy -A INPUT -p udp --dport 1006 -j NFQUEUE --queue-num 1
    iptables-legacy -t mangle -A INPUT -p udp --dport 1007 -j MARK --set-mark 7
    iptables-legacy -A INPUT -p udp --dport 1007 -j NFLOG --nflog-group 5 --nflog-prefix in
    modprobe -a nf_conntrack_netlink nfnetlink_osf
    sleep 2
}

scene() {
    run python captures/scenes/packets.py
}
