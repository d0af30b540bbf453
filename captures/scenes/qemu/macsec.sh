# MACsec on a newer kernel: ciphers with 64-bit packet numbers, offload to a simulated device, traffic and its counters.
# The keys are made up.
before() {
    modprobe -a macsec netdevsim
    mount -t debugfs debugfs /sys/kernel/debug
    echo "1 1" > /sys/bus/netdevsim/new_device
    sleep 0.5
    ip link set "$(ls /sys/bus/netdevsim/devices/netdevsim1/net)" name sim0
    ip link set sim0 up
    ip netns add far
    ip link add veth0 type veth peer name veth1 netns far
    ip link set veth0 address 02:00:00:00:00:01 up
    ip -n far link set veth1 address 02:00:00:00:00:02 up
    ip -n far link add link veth1 macsec1 type macsec encrypt on
    ip -n far macsec add macsec1 tx sa 0 pn 1 on key 111112131415161718191a1b1c1d1e1f 5eed0a0ffee0a2a2a3a4a5a6a7a8a9aa
    ip -n far macsec add macsec1 rx port 1 address 02:00:00:00:00:01
    ip -n far macsec add macsec1 rx port 1 address 02:00:00:00:00:01 sa 0 pn 1 on \
        key 101112131415161718191a1b1c1d1e1f 5eed0b0ffee0b2b2b3b4b5b6b7b8b9ba
    ip -n far link set macsec1 up
    ip -n far addr add 198.51.100.2/24 dev macsec1
}

scene() {
    run ip link add link veth0 macsec0 type macsec encrypt on
    run ip macsec add macsec0 tx sa 0 pn 1 on key 101112131415161718191a1b1c1d1e1f 5eed0b0ffee0b2b2b3b4b5b6b7b8b9ba
    run ip macsec add macsec0 rx port 1 address 02:00:00:00:00:02
    run ip macsec add macsec0 rx port 1 address 02:00:00:00:00:02 sa 0 pn 1 on \
        key 111112131415161718191a1b1c1d1e1f 5eed0a0ffee0a2a2a3a4a5a6a7a8a9aa
    run ip link set macsec0 up
    run ip addr add 198.51.100.1/24 dev macsec0
    run ping -c 2 -i 0.2 -W 5 198.51.100.2
    run ip -s macsec show macsec0
    run ip macsec set macsec0 tx sa 0 pn 1000
    run ip -d -s link show macsec0
    run ip link del macsec0
    run ip link add link sim0 macsec2 type macsec sci 0200000000020001 cipher gcm-aes-xpn-256 offload mac
    run ip macsec add macsec2 tx sa 1 xpn 0x100000001 salt 5eedd2d3d4d5d6d7d8d9dadb ssci 7 on \
        key 404142434445464748494a4b4c4d4e4f 5eed0e0ffee0e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfc
    run ip macsec add macsec2 rx sci 0x1234567800000001
    run ip macsec offload macsec2 off
    run ip -s macsec show macsec2
    fails ip macsec add macsec2 tx sa 1 xpn 1 salt 5eedd2d3d4d5d6d7d8d9dadc ssci 7 on \
        key 505152535455565758595a5b5c5d5e5f 5eed0f0ffee0f3f4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfd
    run ip link del macsec2
}
