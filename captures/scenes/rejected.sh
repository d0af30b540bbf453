# What the kernel rejects, and where it points: a range of ports that ends before it begins, deep in a nest; an
# attribute of the wrong size and one that is missing, which no ip command sends; and a key that nobody may see.
before() {
    ip link add veth0 type veth peer name veth1
    ip link set veth0 up
    ip link set veth1 up
    ip addr add 192.0.2.1/24 dev veth0
    sleep 2 # duplicate address detection of IPv6 is over, so nothing but the scene speaks
}

scene() {
    run ip addr add 198.51.100.1/24 dev veth0
    run ip route add 203.0.113.0/24 via 192.0.2.254 dev veth0
    fails ip link add vxlan0 type vxlan id 42 dstport 4789 srcport 500 400
    run python captures/scenes/rejected.py
    run ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x1234 mode transport \
        enc 'cbc(aes)' 0x00112233445566778899aabbccddeeff auth 'hmac(sha256)' 0xfeedfacefeedfacefeedfacefeedface
    run ip xfrm state list
    run ip route show
}
