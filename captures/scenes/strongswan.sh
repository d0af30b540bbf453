# strongSwan's charon, twice: one end in this namespace, whose netlink traffic is recorded, the other in `east`. They
# meet by IKEv2 with a pre-shared key that is no secret. On the way: a trap policy that makes the kernel ask for a state
# (ACQUIRE), rekeying by hand and by EXPIRE, reauthentication, a change of address (MOBIKE), deletion, and a state whose
# peer has died, so that nothing but its hard lifetime ends it.
#
# Needs the packages strongswan-charon, strongswan-swanctl and libstrongswan-extra-plugins, which has curve25519 (5.9.8
# made the recording).
west=192.0.2.1
east=192.0.2.2
roaming=192.0.2.7

# config NAME LOCAL REMOTE INNER OUTER: folder of one end, with all that charon and swanctl read.
config() {
    folder=/tmp/$1
    mkdir -p "$folder/swanctl"
    cat > "$folder/strongswan.conf" << END
charon {
    load = random nonce aes sha1 sha2 hmac kdf gmp curve25519 drbg pem pkcs1 x509 pubkey constraints kernel-netlink socket-default vici
    install_routes = no
    port = 500
    retransmit_timeout = 0.5
    retransmit_tries = 2
    delete_rekeyed_delay = 1
    filelog { stderr { default = 1 knl = 1 } }
    plugins { vici { socket = unix://$folder/vici } }
}
swanctl { load = random pem pkcs1 x509 pubkey }
END
    cat > "$folder/swanctl/swanctl.conf" << END
connections {
    peers {
        version = 2
        proposals = aes128-sha256-curve25519
        local_addrs = $2
        remote_addrs = $3
        mobike = yes
        local { auth = psk
            id = $1 }
        remote { auth = psk }
        children {
            net { local_ts = $4
                remote_ts = $5
                esp_proposals = aes128gcm16-esn
                rekey_time = 1h }
            brief { local_ts = dynamic[udp/7]
                remote_ts = dynamic[udp/7]
                mode = transport
                esp_proposals = aes128-sha256
                rekey_time = 2s
                rand_time = 0
                life_time = 3s }
        }
    }
}
secrets { ike-peer { secret = "this is no secret" } }
END
}

# charon NAME [PREFIX...]: run one end's daemon. Its pid file has a fixed place, so each gets a /run of its own.
charon() {
    name=$1
    shift
    STRONGSWAN_CONF=/tmp/$name/strongswan.conf "$@" unshare -m sh -c \
        'mount -t tmpfs tmpfs /run; exec /usr/lib/ipsec/charon' > "/tmp/$name/log" 2>&1 &
    until [ -S "/tmp/$name/vici" ]; do sleep 0.1; done
}
control() { # control NAME COMMAND...
    name=$1
    shift
    STRONGSWAN_CONF=/tmp/$name/strongswan.conf SWANCTL_DIR=/tmp/$name/swanctl \
        run swanctl "$@" --uri "unix:///tmp/$name/vici"
}

before() {
    for module in xfrm_user af_key esp4 xfrm4_tunnel aes_generic cbc ctr gcm hmac sha1_generic sha256_generic seqiv \
        echainiv authenc authencesn; do
        modprobe -q $module
    done
    ip netns add east
    ip link add veth0 type veth peer name veth1 netns east
    ip addr add $west/24 dev veth0
    ip link set veth0 up
    ip link add dummy0 type dummy
    ip addr add 10.1.0.1/24 dev dummy0
    ip link set dummy0 up
    ip route add 10.2.0.0/24 via $east src 10.1.0.1
    ip -n east addr add $east/24 dev veth1
    ip -n east link set veth1 up
    ip -n east link set lo up
    ip -n east link add dummy0 type dummy
    ip -n east addr add 10.2.0.1/24 dev dummy0
    ip -n east link set dummy0 up
    ip -n east route add 10.1.0.0/24 via $west src 10.2.0.1
    ip link set lo up
    config west $west $east 10.1.0.0/24 10.2.0.0/24
    config east $east $west 10.2.0.0/24 10.1.0.0/24
    # East never starts anything: what is recorded has one mover.
    sed -i 's/rekey_time = 2s/rekey_time = 1h/; s/life_time = 3s/life_time = 2h/' /tmp/east/swanctl/swanctl.conf
    sed -i "s/remote_addrs = .*/remote_addrs = %any/" /tmp/east/swanctl/swanctl.conf
    charon east ip netns exec east
    control east --load-all > /dev/null
    sleep 2
}

send() { # send ADDRESS PORT: one datagram
    python -c 'import socket, sys
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"hello", (sys.argv[1], int(sys.argv[2])))' "$1" "$2"
}

scene() {
    charon west
    control west --load-all
    # A trap: the first packet makes the kernel ask, and charon answers it with a tunnel.
    control west --install --child net
    send 10.2.0.1 9
    sleep 1.5
    control west --list-sas
    control west --rekey --child net
    sleep 2.5
    control west --rekey --ike peers --reauth
    sleep 2
    # West moves (MOBIKE): its states and policies go to another address. An address that is added while another one of
    # its network is there goes with that one.
    run ip addr add $roaming/24 dev veth0
    run ip addr del $west/24 dev veth0
    run ip addr add $roaming/24 dev veth0
    run ip route replace 10.2.0.0/24 via $east src 10.1.0.1
    sleep 2
    control west --list-sas
    # States that live 2 seconds until they are renewed; the kernel says when (EXPIRE, soft).
    control west --initiate --child brief
    sleep 2.7
    control west --terminate --child net
    # Nobody answers any more: what is left ends by its hard lifetime (EXPIRE, hard).
    ip netns pids east | xargs kill -9
    sleep 4
    control west --uninstall --child net
    control west --terminate --ike peers --force --timeout 1
    tail -n 200 /tmp/west/log
}
