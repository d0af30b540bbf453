# WireGuard between two network namespaces: devices, peers, allowed addresses, a handshake, what `wg` sets and shows.
# The keys are made up; a private key is any 32 bytes of which the first is a multiple of 8 and the last 0x40 to 0x7f.
# key NAME HEX: write a key down as wg wants it. Those that are sent while we record are secrets.
key() { echo "$2" | basenc -d --base16 | base64 > "/run/keys/$1"; }
secret() { key "$@"; }

before() {
    modprobe wireguard
    ip netns add far
    ip link add veth0 type veth peer name veth1 netns far
    ip link set veth0 up
    ip addr add 192.0.2.1/24 dev veth0
    ip -n far link set veth1 up
    ip -n far addr add 192.0.2.2/24 dev veth1
    mkdir /run/keys
    secret near 585A1C0FFEE00102030405060708090A0B0C0D0E0F1011121314151617181941
    key far 605A2C0FFEE0A1A2A3A4A5A6A7A8A9AAABACADAEAFB0B1B2B3B4B5B6B7B8B952
    key other 685A3C0FFEE0C1C2C3C4C5C6C7C8C9CACBCCCDCECFD0D1D2D3D4D5D6D7D8D963
    secret shared 705A4C0FFEE0E1E2E3E4E5E6E7E8E9EAEBECEDEEEFF0F1F2F3F4F5F6F7F8F974
    for name in near far other; do
        wg pubkey < /run/keys/$name > /run/keys/$name.pub
    done
    ip -n far link add wg1 type wireguard
    ip netns exec far wg set wg1 listen-port 51821 private-key /run/keys/far peer "$(cat /run/keys/near.pub)" \
        preshared-key /run/keys/shared allowed-ips 198.51.100.1/32
    ip -n far addr add 198.51.100.2/24 dev wg1
    ip -n far link set wg1 up
}

scene() {
    run ip link add wg0 type wireguard
    run wg set wg0 listen-port 51820 private-key /run/keys/near fwmark 0x2a
    run wg set wg0 peer "$(cat /run/keys/far.pub)" preshared-key /run/keys/shared endpoint 192.0.2.2:51821 \
        persistent-keepalive 25 allowed-ips 198.51.100.0/24,2001:db8:1::/48,203.0.113.7/32
    run wg set wg0 peer "$(cat /run/keys/other.pub)" endpoint '[2001:db8::9]:4500' allowed-ips 2001:db8:2::/64
    run ip addr add 198.51.100.1/24 dev wg0
    run ip link set wg0 up
    run ping -c 1 -W 5 198.51.100.2
    run wg show
    run wg showconf wg0
    run wg set wg0 peer "$(cat /run/keys/far.pub)" allowed-ips -203.0.113.7/32
    run wg set wg0 peer "$(cat /run/keys/other.pub)" remove
    run wg show wg0 dump
    fails wg set wg7 listen-port 1
    run ip -d link show wg0
    run ip link del wg0
}
