# Conversations that are hard to follow: equal sequence numbers at the same time, several requests in one datagram,
# batches that fail, errors that name an attribute, dumps that are disturbed. conversations.py makes most of them with
# sockets of its own. All run under strace: conversations.truth.json says whose each frame is.
before() {
    ip link set lo up
    ip link add dummy0 type dummy
    ip link set dummy0 up
    ip addr add 192.0.2.1/24 dev dummy0
    python - <<'END' > /tmp/routes
for number in range(400):
    print(f"route add 10.{number >> 8}.{number & 255}.0/24 via 192.0.2.2")
END
    ip -batch /tmp/routes
}
scene() {
    listen traced ip monitor route
    listen traced ip monitor all
    traced python captures/scenes/conversations.py
    run traced nft add table bridge fine
    run traced nft 'add chain bridge fine one; add chain bridge fine two; add rule bridge fine one counter jump two'
    fails traced nft -f - <<'END'
add chain bridge fine three
create chain bridge fine two
add chain bridge fine four
END
    run traced nft list ruleset
    fails traced ip route add 203.0.113.0/24 via 192.0.2.2 mtu lock 1300 congctl nosuch
    run traced ip -echo route add 203.0.113.0/24 via 192.0.2.2
    # Many at once: they share a second, and so mostly their sequence numbers.
    programs=
    for number in 1 2 3 4 5 6 7 8; do
        traced ip route add "198.51.100.$number/32" via 192.0.2.2 &
        programs="$programs $!"
        traced ip -6 route show table all > /dev/null &
        programs="$programs $!"
        traced ip link show > /dev/null &
        programs="$programs $!"
    done
    wait $programs
    deaf
}
