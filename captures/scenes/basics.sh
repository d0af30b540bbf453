# What netlink is used for, each thing once and small: a state of IPsec that three listeners hear of, a policy that is
# asked for and deleted, an address with the routes that come of it, a route with gateway and metrics, and two programs
# that greet each other.
before() {
    ip link add veth0 type veth peer name veth1
    ip link set veth0 up
    ip link set veth1 up
    sleep 2 # duplicate address detection of IPv6 is over, so nothing but the scene speaks
}

scene() {
    listen ip xfrm monitor
    listen ip xfrm monitor SA
    listen ip xfrm monitor all
    run ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x1000 mode transport \
        enc 'cbc(aes)' 0x000102030405060708090a0b0c0d0e0f auth 'hmac(sha256)' 0x000102030405060708090a0b0c0d0e0f
    deaf
    run ip xfrm policy add src 10.1.0.0/16 dst 10.2.0.0/16 dir out tmpl src 192.0.2.1 dst 192.0.2.2 proto esp mode tunnel
    run ip xfrm policy get src 10.1.0.0/16 dst 10.2.0.0/16 dir out
    run ip xfrm policy delete src 10.1.0.0/16 dst 10.2.0.0/16 dir out
    listen ip monitor address route
    run ip addr add 192.0.2.1/24 dev veth0
    run ip route add 203.0.113.0/24 via 192.0.2.254 mtu 1400 advmss 1360 initcwnd 14 proto static metric 100
    deaf
    run python captures/scenes/greeting.py
}
