# Batches of nf_tables, each under strace (commits.truth.json): several of one socket (nft -i), many at once in few tables
# and in the same, such as are refused in the middle, such as are only tried, and what nft and ebtables-nft do not send
# (commits.py). Two `nft monitor` listen.
before() {
    ip link set lo up
    cat > /tmp/interactive << 'END'
add table bridge shell
add chain bridge shell a
add chain bridge shell b
add rule bridge shell a counter
add rule bridge shell a counter accept
flush chain bridge shell b
delete chain bridge shell b
add set bridge shell s { type ipv4_addr; }
add element bridge shell s { 10.0.0.1, 10.0.0.2 }
delete table bridge shell
quit
END
    nft add table bridge sixty
    nft add chain bridge sixty input
    nft add set bridge sixty small '{ type ipv4_addr; size 2; }'
    # The 43rd names a counter that is not there: nft cannot know.
    python - << 'END' > /tmp/sixty
for number in range(1, 61):
    verdict = 'counter name "absent"' if number == 43 else "accept"
    print(f"add rule bridge sixty input tcp dport {1000 + number} {verdict}")
END
    nft add table bridge x
    nft add table bridge y
}

scene() {
    listen traced nft monitor
    listen traced nft monitor
    fails traced nft -f /tmp/sixty
    run traced nft -c add rule bridge sixty input accept
    run traced nft -e add rule bridge sixty input accept
    fails traced nft create table bridge sixty
    fails traced nft add element bridge sixty small '{ 10.0.0.1, 10.0.0.2, 10.0.0.3 }'
    fails traced nft 'add chain bridge sixty one; add rule bridge sixty one jump input; delete chain bridge sixty input'
    run traced nft 'flush table bridge sixty; delete table bridge sixty'
    traced python captures/scenes/commits.py
    # How many requests a batch of each has differs, so that equal sequence numbers are of several types.
    loop 3 'nft -i < /tmp/interactive'
    loop 3 'nft -i < /tmp/interactive'
    loop 8 'nft add table bridge x; nft "add chain bridge x c$i; add rule bridge x c$i counter"; nft -c add chain bridge x e; nft flush chain bridge x c$i'
    loop 8 'nft "add chain bridge y c$i; add rule bridge y c$i counter"; nft delete chain bridge y c$i; nft add rule bridge y c$i counter'
    loop 8 'nft add rule bridge x none accept; nft add table bridge z$i; nft "add set bridge z$i s { type ipv4_addr; }; add element bridge z$i s { 10.0.0.$i }"; nft delete table bridge z$i'
    loop 4 'ebtables-nft -A INPUT -p IPv4 --ip-proto tcp --ip-dport $i -j ACCEPT; ebtables-nft -D INPUT 1'
    loop 4 'ebtables-nft -A OUTPUT -p IPv4 --ip-proto udp --ip-dport $i -j ACCEPT; ebtables-nft -D OUTPUT 1'
    join
    run traced nft flush ruleset
    sleep 1
    deaf
}
