# Many programs at once, each under strace, so that the truth of every frame is known (at-once.truth.json): iproute2 in
# loops, with sequence numbers that are all made from the same clock, in batches, with failures, with dumps of many reads,
# nft with batches of which some fail, ss, and three listeners.
before() {
    ip link set lo up
    ip link add dummy0 type dummy
    ip link set dummy0 up
    ip addr add 192.0.2.1/24 dev dummy0
    python - << END > /tmp/routes
for number in range(${routes:-600}):
    print(f"route add 10.{number >> 8}.{number & 255}.0/24 via 192.0.2.2")
END
    ip -batch /tmp/routes
    # Every fifth is refused: it is there already, or its gateway is nowhere.
    python - << END > /tmp/batch
for number in range(${batch:-60}):
    print(f"route add 10.100.{number - number % 5 // 4}.0/24 via 192.0.2.2")
    print(f"neigh add 192.0.2.{number + 20} lladdr 02:00:00:00:00:{number:02x} dev dummy0")
    if number % 10 == 3:
        print("route add 10.99.0.0/24 via 203.0.113.1")
        print("rule show")
for number in range(${batch:-60}):
    print(f"route del 10.100.{number}.0/24")
END
    sleep 1
}

scene() {
    listen traced ip monitor all
    listen traced ip monitor route
    listen traced ip monitor all
    loop 5 'ip link add d$i type dummy; ip link set d$i up; ip addr add 10.200.$i.1/24 dev d$i; ip link del d$i'
    loop 12 'ip route add 10.101.$i.0/24 via 192.0.2.2; ip route add 10.101.$i.0/24 via 192.0.2.2; ip route del 10.101.$i.0/24'
    loop 12 'ip route add 10.102.$i.0/24 via 192.0.2.2; ip route get 10.102.$i.1; ip route del 10.102.$i.0/24'
    loop 10 'ip route show'
    loop 10 'ip route show table all; ip -6 route show table all'
    loop 10 'ip rule add from 10.3.$i.0/24 table 7; ip rule show; ip rule del from 10.3.$i.0/24 table 7'
    loop 10 'ip neigh add 192.0.2.20$i lladdr 2:0:0:0:0:1 dev dummy0; ip neigh show; ip neigh del 192.0.2.20$i dev dummy0'
    loop 12 'ip link show dev lo; ip addr show dev lo'
    loop 12 'ip link show dev lo; ip addr show dev lo'
    loop 2 'ip -force -batch /tmp/batch'
    loop 5 'nft add table bridge t$i; nft "add chain bridge t$i c; add rule bridge t$i c counter accept"; nft "add chain bridge t$i two; create chain bridge t$i c; add chain bridge t$i three; add rule bridge none c accept"; nft delete table bridge t$i'
    loop 5 'nft list ruleset; nft "add table bridge s$i; add chain bridge s$i c"; nft add rule bridge s$i none accept'
    loop 10 'ss -a; bridge fdb show'
    loop 8 'ip nexthop add id $((i + 10)) via 192.0.2.2 dev dummy0; ip nexthop show; ip nexthop del id $((i + 10))'
    loop 8 'ip -echo route add 10.104.$i.0/24 via 192.0.2.2; ip route flush 10.104.$i.0/24'
    loop 8 'ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi $((i + 300)) mode tunnel auth digest_null ""; ip xfrm state; ip xfrm state delete src 192.0.2.1 dst 192.0.2.2 proto esp spi $((i + 300))'
    join
    sleep 1
    deaf
}
