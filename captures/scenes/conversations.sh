# Conversations that are hard to follow: equal sequence numbers at the same time, several requests in one datagram,
# batches that fail, errors that name an attribute, dumps that are disturbed. conversations.py makes most of them with
# sockets of its own and writes down what each socket sent and received: conversations.truth.json.
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
    listen ip monitor route
    listen ip monitor all
    python captures/scenes/conversations.py "$NLSNIFF_SHARE/conversations.truth.json"
    run nft add table bridge fine
    run nft 'add chain bridge fine one; add chain bridge fine two; add rule bridge fine one counter jump two'
    fails nft -f - <<'END'
add chain bridge fine three
create chain bridge fine two
add chain bridge fine four
END
    run nft list ruleset
    fails ip route add 203.0.113.0/24 via 192.0.2.2 mtu lock 1300 congctl nosuch
    run ip -echo route add 203.0.113.0/24 via 192.0.2.2
    # Many at once: they share a second, and so mostly their sequence numbers.
    for number in 1 2 3 4 5 6 7 8; do
        ip route add "198.51.100.$number/32" via 192.0.2.2 &
        ip -6 route show table all > /dev/null &
        ip link show > /dev/null &
    done
    sleep 2
    deaf
}
