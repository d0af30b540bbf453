# Policy rules and the neighbour table: added, refused, changed, dumped, flushed; and what becomes of a neighbour that
# does not answer.
before() {
    ip link add veth0 type veth peer name veth1
    ip link add br0 type bridge
    ip link set veth1 master br0
    for link in veth0 veth1 br0; do ip link set "$link" up; done
    ip addr add 192.0.2.1/24 dev veth0
    ip addr add 2001:db8::1/64 dev veth0 nodad
    sleep 2
}

scene() {
    listen ip monitor rule neigh netconf
    run ip rule add from 192.0.2.0/24 lookup 100
    run ip rule add to 203.0.113.0/24 table 4000 priority 1000
    run ip rule add fwmark 0x10/0xff iif veth0 lookup main priority 1001
    run ip rule add oif veth0 tos 0x08 blackhole priority 1002
    run ip rule add ipproto tcp sport 1024-65534 dport 443 lookup 100 priority 1003
    run ip rule add uidrange 1000-1999 lookup 100 priority 1004
    run ip rule add from all lookup main suppress_prefixlength 0 suppress_ifgroup 4 priority 1005
    run ip rule add not from 10.0.0.0/8 prohibit priority 1006
    run ip rule add priority 1007 goto 1010
    run ip rule add priority 1010 nop
    run ip rule add l3mdev protocol static priority 1011
    run ip -6 rule add from 2001:db8::/32 lookup 100 priority 1012
    fails ip rule add to 203.0.113.0/24 table 4000 priority 1000
    fails ip rule del priority 4711
    fails ip rule add priority 2000 goto 1
    fails ip rule add ipproto tcp sport 1024-65535 lookup 100 priority 2001
    run ip rule show
    run ip -6 rule show
    run ip rule del priority 1000
    # This takes the rule for the main table with it.
    run ip rule flush
    run ip rule add lookup main priority 32766

    run ip neigh add 192.0.2.50 lladdr 02:00:00:00:00:50 dev veth0 nud permanent
    run ip neigh add 192.0.2.51 lladdr 02:00:00:00:00:51 dev veth0 nud stale
    run ip neigh replace 192.0.2.51 lladdr 02:00:00:00:00:52 dev veth0 nud reachable protocol static
    run ip neigh add proxy 192.0.2.60 dev veth0
    run ip -6 neigh add 2001:db8::50 lladdr 02:00:00:00:00:50 dev veth0 router nud permanent
    run ip neigh add 192.0.2.70 dev veth0 extern_learn lladdr 02:00:00:00:00:70
    run ip neigh add 192.0.2.71 dev veth0 managed
    fails ip neigh add 192.0.2.50 lladdr 02:00:00:00:00:99 dev veth0
    fails ip neigh del 192.0.2.99 dev veth0
    fails ip neigh get 192.0.2.98 dev veth0
    run ip neigh get 192.0.2.50 dev veth0
    # Nobody answers at that address: incomplete, then failed.
    run python -c 'import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"", ("192.0.2.80", 9))'
    sleep 3.5
    run bridge fdb add 02:00:00:00:00:61 dev veth1 master static vlan 1
    run bridge fdb show br br0
    run ip -s neigh show
    run ip -6 neigh show
    run ip neigh show proxy
    run ip ntable show dev veth0
    run ip neigh flush dev veth0
    run ip netconf show dev veth0
    deaf
}
