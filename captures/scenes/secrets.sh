# Keys that are not XFRM's: MACsec associations, and requests with a key that the kernel refuses and sends back.
# All of them are made up. (User-mode Linux has no l2tp_netlink, else L2TP's cookies would be here, too.)
before() {
    for module in macsec gcm aes_generic xfrm_user esp4 seqiv authenc; do
        modprobe -q $module
    done
    ip link add veth0 type veth peer name veth1
    ip link set veth0 up
    ip link set veth1 up
    ip addr add 192.0.2.1/24 dev veth0
}

scene() {
    run ip link add link veth0 macsec0 type macsec sci 0200000000010001 encrypt on
    run ip macsec add macsec0 tx sa 0 pn 1 on key 000102030405060708090a0b0c0d0e0f 81818181818181818181818181818182
    run ip macsec add macsec0 rx port 1 address 02:00:00:00:00:02
    run ip macsec add macsec0 rx port 1 address 02:00:00:00:00:02 sa 0 pn 1 on \
        key 101112131415161718191a1b1c1d1e1f a0a1a2a3a4a5a6a7a8a9aaabacadaeaf
    run ip macsec show
    run ip -s macsec show macsec0
    run ip macsec set macsec0 tx sa 0 pn 100 off
    run ip macsec set macsec0 rx port 1 address 02:00:00:00:00:02 sa 0 pn 200
    run ip macsec set macsec0 rx port 1 address 02:00:00:00:00:02 off
    run ip macsec offload macsec0 off
    fails ip macsec add macsec0 tx sa 0 pn 1 on key 202122232425262728292a2b2c2d2e2f b0b1b2b3b4b5b6b7b8b9babbbcbdbebf
    fails ip macsec add macsec0 tx sa 1 pn 1 on key 303132333435363738393a3b3c3d3e3f c0c1c2c3c4c5c6c7c8c9
    run ip macsec del macsec0 rx port 1 address 02:00:00:00:00:02 sa 0
    run ip macsec del macsec0 rx port 1 address 02:00:00:00:00:02
    run ip macsec del macsec0 tx sa 0
    # Packet numbers of 64 bits want a salt, which is as secret as the key.
    run ip link add link veth1 macsec1 type macsec cipher gcm-aes-xpn-256
    run ip macsec add macsec1 tx sa 2 xpn 0x100000001 salt d0d1d2d3d4d5d6d7d8d9dadb ssci 7 on \
        key 404142434445464748494a4b4c4d4e4f e0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfe01
    run ip macsec show macsec1
    run ip link del macsec1

    us="src 192.0.2.1 dst 192.0.2.2"
    run ip xfrm state add $us proto esp spi 0x101 aead "rfc4106(gcm(aes))" 0x5eedfacade01020304050607080910a1b2c3d4e5 128
    fails ip xfrm state add $us proto esp spi 0x101 aead "rfc4106(gcm(aes))" \
        0x5eedfacade01020304050607080910a1b2c3d4e6 128
    run ip xfrm state flush
}
