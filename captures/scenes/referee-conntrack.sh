# `conntrack -L -o xml` and `conntrack -E` as referees: connections of every protocol, with NAT, marks, zones and a helper,
# from their first packet on. Then programs make, change and delete some, and are refused; timeouts and counters.
scene=referee-conntrack
before() {
    ip link set lo up
    modprobe -aq nf_conntrack_netlink nf_conntrack_ftp nf_nat_ftp sctp nfnetlink_cttimeout nfnetlink_cthelper nfnetlink_acct
    track
    sysctl -qe -w net.netfilter.nf_conntrack_acct=1 net.netfilter.nf_conntrack_timestamp=1 net.netfilter.nf_conntrack_events=1
    sleep 2
}

# A helper, a mark and NAT; user-mode Linux has no NAT by nf_tables, and no zones.
track() {
    iptables-legacy -t raw -A OUTPUT -p tcp --dport 21 -j CT --helper ftp
    iptables-legacy -t mangle -A OUTPUT -p tcp --dport 8001 -j CONNMARK --set-mark 7
    iptables-legacy -t nat -A OUTPUT -d 127.0.0.2 -p tcp --dport 8001 -j DNAT --to-destination 127.0.0.1:8000
    ip6tables-legacy -A OUTPUT -m conntrack --ctstate NEW
}

scene() {
    share=$NLSNIFF_SHARE
    conntrack -E -e ALL -o extended,id > "$share/$scene.events.txt" &
    listeners=$!
    conntrack -E expect > "$share/expect.txt" &
    listeners="$listeners $!"
    sleep 1
    # What conntrack says of what is expected; before `ask`, since it has to be asked while it is.
    run python captures/scenes/connections.py traffic conntrack -L expect
    sleep 1
    ask conntrack -L -o xml,id
    ask conntrack -L -f ipv6 -o xml,id
    ask conntrack -L -o extended,id
    run conntrack -L -p tcp -m 7
    run conntrack -U -p tcp --orig-port-dst 8001 -m 9
    run conntrack -D -p udp
    run conntrack -D -p icmp -s 127.0.0.1
    fails conntrack -D -p tcp --orig-port-dst 4
    run conntrack -I -p tcp -s 192.0.2.1 -d 192.0.2.2 --sport 1 --dport 2 --state ESTABLISHED -t 100 -n 192.0.2.5
    run conntrack -I -p tcp -s 2001:db8::1 -d 2001:db8::2 --sport 1 --dport 2 --state TIME_WAIT -t 100
    run conntrack -I -p udp -s 192.0.2.1 -d 192.0.2.2 --sport 1 --dport 2 -t 1
    fails conntrack -I -p tcp -s 192.0.2.1 -d 192.0.2.2 --sport 1 --dport 2 --state ESTABLISHED -t 100
    run conntrack -G -p tcp -s 192.0.2.1 -d 192.0.2.2 --sport 1 --dport 2
    ask conntrack -L -o xml,id
    run conntrack -S
    run conntrack -S expect
    run conntrack -C
    run conntrack -L dying
    run conntrack -L unconfirmed
    run conntrack -L -z
    sleep 3
    run conntrack -L -p udp # one has timed out, which the kernel finds when it lists it
    run conntrack -F
    run nfct add timeout short inet tcp established 100 close 10
    run nfct add timeout brief inet udp unreplied 5 replied 50
    run nfct list timeout
    run nfct default-get timeout inet tcp
    run nfct delete timeout short
    fails nfct delete timeout short
    run python captures/scenes/connections.py accounts
    deaf
    { echo "--"; cat "$share/expect.txt"; } >> "$share/$scene.events.txt"
}
