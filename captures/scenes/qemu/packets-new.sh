# Scene packets on a newer kernel, where there are hooks to list, too, and a bridge whose frames are queued and logged.
before() {
    ip link set lo up
    modprobe -a nf_conntrack_netlink nfnetlink_osf nfnetlink_hook
    nft -f - << 'END'
table ip packets {
    flowtable fast { hook ingress priority 3; devices = { lo }; }
    chain out-marks { type route hook output priority -150; udp dport 1002 meta mark set 0x2a; }
    chain in-marks { type filter hook input priority -150; udp dport 1007 meta mark set 7; }
    chain out {
        type filter hook output priority 0
        ct state new
        udp dport 1001 queue to 1
        udp dport 1002 queue flags bypass to 1
        udp dport 1003 log prefix "to 1003: " group 5
        udp dport 1004 log group 5 snaplen 30
        tcp flags syn tcp dport 1005 queue to 3
    }
    chain in {
        type filter hook input priority 0
        udp dport 1006 queue to 1
        udp dport 1007 log prefix "in" group 5 queue-threshold 1
    }
}
table netdev packets {
    chain in { type filter hook ingress device lo priority 5; }
}
table bridge packets {
    chain out { type filter hook output priority 0; }
}
END
    sleep 2
}

scene() {
    run python captures/scenes/packets.py
    ask nft list hooks
}
