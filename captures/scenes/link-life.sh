# A link from its making to its end, with addresses, while one program listens: every change comes back as an event.
scene() {
    listen ip monitor link address route
    run ip link add name veth0 type veth peer name veth1
    run ip link set veth0 mtu 1400 alias "to the other side"
    run ip link set veth0 up
    run ip link set veth1 up
    run ip addr add 192.0.2.1/24 broadcast + dev veth0 label veth0:web
    run ip addr add 192.0.2.2/24 dev veth0 valid_lft 300 preferred_lft 200
    run ip addr add 198.51.100.1 peer 198.51.100.2/32 dev veth1
    run ip addr add 2001:db8::1/64 dev veth0 nodad
    run ip addr add 2001:db8::2/64 dev veth0 valid_lft 300 preferred_lft 0 noprefixroute
    run ip addr change 192.0.2.2/24 dev veth0 valid_lft forever preferred_lft forever
    fails ip addr add 192.0.2.1/24 dev veth0
    fails ip addr del 203.0.113.9/24 dev veth0
    fails ip link set nosuch0 up
    fails ip link add veth0 type dummy
    run ip link add br0 type bridge stp_state 1 forward_delay 400
    run ip link set veth1 master br0
    run ip link add link veth0 name veth0.7 type vlan id 7
    run ip link add dummy0 address 02:00:00:00:00:2a type dummy
    run ip link add vxlan9 type vxlan id 9 dev veth0 remote 192.0.2.9 dstport 4789
    run ip link set dummy0 name renamed0
    run ip link set renamed0 promisc on
    run ip -d link show
    run ip -s link show dev veth0
    run ip addr show
    run ip link set veth1 nomaster
    run ip link set veth0 down
    run ip addr flush dev veth0
    run ip link del veth0
    run ip link del br0
    deaf
}
