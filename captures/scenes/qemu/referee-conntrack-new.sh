# The connections of scenes/referee-conntrack.sh with a newer kernel and a newer conntrack.
. captures/scenes/referee-conntrack.sh
scene=referee-conntrack-new
track() {
    modprobe -aq nf_tables nft_ct nft_chain_nat nft_nat
    nft -f - << 'END'
table ip translate {
    chain out {
        type nat hook output priority -100
        ip daddr 127.0.0.2 tcp dport 8001 ct mark set 7 dnat to 127.0.0.1:8000
    }
}
table inet track {
    ct helper ftp-here {
        type "ftp" protocol tcp
    }
    chain early {
        type filter hook output priority -300
        udp dport 9 ct zone set 5
    }
    chain out {
        type filter hook output priority 0
        tcp dport 21 ct helper set "ftp-here"
        ct state new counter
    }
}
END
}
