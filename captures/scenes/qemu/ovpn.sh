# OpenVPN in the kernel: a peer with its socket, keys in both slots, swapped and deleted; a listener and refusals.
# Debian's openvpn would want certificates for that, so ovpn.py speaks. The keys are made up, and stand there.
before() {
    modprobe ovpn
    ip link add veth0 type veth peer name veth1
    ip link set veth0 up
    ip link set veth1 up
    ip addr add 192.0.2.1/24 dev veth0
}

scene() {
    listen python3 captures/scenes/qemu/listen.py ovpn
    run ip link add tun0 type ovpn
    run ip link set tun0 up
    run python3 captures/scenes/qemu/ovpn.py tun0
    run ip link del tun0
    deaf
}
