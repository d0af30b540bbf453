# Every option of `ip xfrm`, each once where it can be, and beside the capture what ip itself shows of the outcome:
# xfrm-options.states.txt, .policies.txt and .monitor.txt are the referees of tests/decode/test_xfrm_referee.py.
# The keys are made up: key BYTES [START] counts up from START, so that each state has its own.
key() {
    printf 0x
    i=${2:-0}
    end=$((i + $1))
    while [ $i -lt $end ]; do
        printf %02x $((i % 256))
        i=$((i + 1))
    done
}

# Not flushed at once by ip when it writes into a file; a terminal makes it write line by line.
monitor() {
    stdbuf -oL ip -t xfrm monitor all > "$NLSNIFF_SHARE/xfrm-options.monitor.txt" &
    listeners="$listeners $!"
    sleep 0.3
}

before() {
    for module in xfrm_user af_key esp4 esp6 ah4 ah6 ipcomp ipcomp6 xfrm_interface mip6 xfrm4_tunnel xfrm6_tunnel \
        aes_generic cbc ctr gcm ccm chacha20poly1305 hmac sha1_generic sha256_generic sha512_generic md5 \
        rfc4543 seqiv echainiv authenc authencesn crypto_null deflate xcbc cmac des_generic camellia_generic; do
        modprobe -q $module
    done
    ip link add veth0 type veth peer name veth1
    ip link set veth0 up
    ip link set veth1 up
    ip addr add 192.0.2.1/24 dev veth0
    ip addr add 2001:db8::1/64 dev veth0 nodad
    sleep 2
}

scene() {
    monitor
    us="src 192.0.2.1 dst 192.0.2.2"
    us6="src 2001:db8::1 dst 2001:db8::2"
    gcm="aead rfc4106(gcm(aes))"

    # Modes and protocols over both families.
    for mode in transport tunnel beet; do
        spi=$((0x100 + ${#mode}))
        run ip xfrm state add $us proto esp spi $spi mode $mode $gcm $(key 20 $spi) 128
        run ip xfrm state add $us6 proto esp spi $((spi + 16)) mode $mode $gcm $(key 36 $spi) 64
    done
    run ip xfrm state add $us6 proto route2 mode ro coa 2001:db8::9
    run ip xfrm state add $us6 proto hao mode ro coa 2001:db8::8
    run ip xfrm state add $us proto esp spi 0x150 mode in_trigger $gcm $(key 20 21) 128
    run ip xfrm state add $us proto ah spi 0x160 auth "hmac(sha1)" $(key 20 31)
    run ip xfrm state add $us proto ah spi 0x161 auth-trunc "hmac(sha512)" $(key 64 41) 256
    run ip xfrm state add $us proto comp spi 0x31 mode tunnel comp deflate
    run ip xfrm state add $us proto esp spi 0x162 enc "cbc(aes)" $(key 32 51) auth "hmac(md5)" $(key 16 61)
    run ip xfrm state add $us proto esp spi 0x163 enc "cbc(aes)" 0x303132333435363738394142434445aa \
        auth-trunc "hmac(sha256)" $(key 32 71) 128
    # A key may be given as text.
    run ip xfrm state add $us proto esp spi 0x164 enc "cbc(aes)" "sixteen bytes ok" auth "hmac(sha1)" "twenty bytes of text"

    # What stands beside the algorithm.
    run ip xfrm state add $us proto esp spi 0x200 $gcm $(key 20 81) 128 mark 0x11 mask 0xff reqid 17 seq 0x5eed
    run ip xfrm state add $us proto esp spi 0x201 $gcm $(key 20 82) 128 replay-window 32 replay-seq 5 replay-oseq 6
    run ip xfrm state add $us proto esp spi 0x202 $gcm $(key 20 83) 128 flag esn replay-window 256 \
        replay-seq 0x10 replay-oseq 0x20 replay-seq-hi 1 replay-oseq-hi 2
    spi=528
    for flag in noecn decap-dscp nopmtudisc wildrecv icmp af-unspec align4; do
        run ip xfrm state add $us proto esp spi $spi mode tunnel $gcm $(key 20 $spi) 128 flag $flag
        spi=$((spi + 1))
    done
    run ip xfrm state add $us proto esp spi 0x220 $gcm $(key 20 91) 128 extra-flag dont-encap-dscp extra-flag oseq-may-wrap
    run ip xfrm state add $us proto esp spi 0x221 $gcm $(key 20 92) 128 tfcpad 256 mode tunnel
    run ip xfrm state add $us proto esp spi 0x222 $gcm $(key 20 93) 128 output-mark 0x55 mask 0x7f
    run ip xfrm state add $us proto esp spi 0x223 $gcm $(key 20 94) 128 if_id 0x2b
    run ip xfrm state add $us proto esp spi 0x224 $gcm $(key 20 95) 128 encap espinudp 4500 4501 192.0.2.77
    run ip xfrm state add $us6 proto esp spi 0x225 $gcm $(key 20 96) 128 encap espinudp 4500 4500 2001:db8::77
    run ip xfrm state add $us proto esp spi 0x226 $gcm $(key 20 97) 128 encap espinudp-nonike 4500 4500 0.0.0.0
    run ip xfrm state add $us proto esp spi 0x227 $gcm $(key 20 98) 128 encap espintcp 4500 4500 0.0.0.0
    run ip xfrm state add $us proto esp spi 0x228 $gcm $(key 20 99) 128 offload dev veth0 dir in
    run ip xfrm state add $us proto esp spi 0x229 $gcm $(key 20 100) 128 ctx "system_u:object_r:ipsec_spd_t:s0"
    run ip xfrm state add $us proto esp spi 0x22a $gcm $(key 20 101) 128 \
        limit time-soft 3000 limit time-hard 3600 limit time-use-soft 700 limit time-use-hard 800 \
        limit byte-soft 5000 limit byte-hard 6000 limit packet-soft 70 limit packet-hard 80
    # Selectors, with all that ports can mean.
    pair="sel src 192.0.2.0/28 dst 192.0.2.2/32"
    run ip xfrm state add $us proto esp spi 0x230 $gcm $(key 20 111) 128 $pair dev veth0 proto tcp sport 22 dport 1022
    run ip xfrm state add $us proto esp spi 0x231 $gcm $(key 20 112) 128 $pair proto sctp dport 36412
    run ip xfrm state add $us proto esp spi 0x232 $gcm $(key 20 113) 128 $pair proto dccp sport 33
    run ip xfrm state add $us proto esp spi 0x233 $gcm $(key 20 114) 128 $pair proto icmp type 8 code 0
    run ip xfrm state add $us proto esp spi 0x234 $gcm $(key 20 115) 128 $pair proto gre key 1.2.3.4
    run ip xfrm state add $us proto esp spi 0x235 $gcm $(key 20 116) 128 $pair proto gre key 77
    run ip xfrm state add $us proto esp spi 0x236 $gcm $(key 20 117) 128 $pair proto ospf
    run ip xfrm state add $us6 proto esp spi 0x237 $gcm $(key 20 118) 128 \
        sel src 2001:db8::/64 dst 2001:db8::2/128 proto ipv6-icmp type 128
    run ip xfrm state add $us6 proto esp spi 0x238 $gcm $(key 20 119) 128 \
        sel src 2001:db8::1 dst 2001:db8::2 proto mobility-header type 5
    # A state whose life ends while we look on.
    run ip xfrm state add $us proto esp spi 0x240 reqid 40 $gcm $(key 20 121) 128 limit time-soft 1 limit time-hard 2

    # Asking and changing.
    run ip xfrm state get $us proto esp spi 0x200 mark 0x11 mask 0xff
    run ip xfrm state get dst 2001:db8::2 proto esp spi 0x237
    run ip xfrm state allocspi $us proto esp mode tunnel reqid 23 seq 0x77 mark 0x9 mask 0xf min 0xc0000000 max 0xc000ffff
    run ip xfrm state allocspi $us6 proto esp mode transport
    run ip xfrm state update $us proto esp spi 0x22a $gcm $(key 20 101) 128 limit packet-hard 90
    run ip xfrm state update $us proto esp spi 0x224 $gcm $(key 20 95) 128 encap espinudp 4510 4511 192.0.2.78
    run ip xfrm state count
    run ip xfrm state list proto ah
    run ip xfrm state list reqid 17
    run ip xfrm state list $us mode tunnel
    run ip xfrm state list flag esn
    sleep 2.5

    # Policies.
    net="src 10.1.0.0/16 dst 10.2.0.0/16"
    back="src 10.2.0.0/16 dst 10.1.0.0/16"
    esp="tmpl $us proto esp"
    run ip xfrm policy add $net dir out priority 10 $esp reqid 7 mode tunnel
    run ip xfrm policy add $back dir in ptype main action allow priority 11 tmpl src 192.0.2.2 dst 192.0.2.1 \
        proto esp spi 0xabc reqid 7 mode tunnel level use
    run ip xfrm policy add $back dir fwd index 130 tmpl proto esp mode tunnel level required
    run ip xfrm policy add $net dir out priority 12 mark 0x21 mask 0x2f if_id 0x2c flag localok flag icmp $esp mode beet
    run ip xfrm policy add src 10.3.0.0/16 dst 10.4.0.0/16 dir out action block priority 13 \
        limit time-soft 3000 limit time-hard 3600 limit time-use-soft 700 limit time-use-hard 800 \
        limit byte-soft 5000 limit byte-hard 6000 limit packet-soft 70 limit packet-hard 80
    run ip xfrm policy add src 10.5.0.0/16 dst 10.6.0.0/16 dev veth0 proto tcp sport 80 dport 8080 dir out \
        tmpl proto comp reqid 1 mode transport level use $esp reqid 2 mode transport tmpl proto ah reqid 3 mode transport
    run ip xfrm policy add src 2001:db8:1::/48 dst 2001:db8:2::/48 dir out tmpl $us6 proto esp reqid 8 mode tunnel
    run ip xfrm policy add src 2001:db8:1::/48 dst 2001:db8:2::/48 proto ipv6-icmp type 128 code 0 dir out action allow
    run ip xfrm policy add $net dir out ptype sub priority 14 tmpl $us6 proto route2 mode ro
    run ip xfrm policy add src 10.7.0.0/16 dst 10.8.0.0/16 proto gre key 99 dir out
    run ip xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir in ctx "system_u:object_r:ipsec_spd_t:s0"
    run ip xfrm policy get $net dir out
    run ip xfrm policy get $net dir out mark 0x21 mask 0x2f if_id 0x2c
    run ip xfrm policy get index 130 dir fwd
    run ip xfrm policy update $net dir out priority 9 $esp reqid 7 mode tunnel
    run ip xfrm policy count
    run ip xfrm policy set hthresh4 20 24
    run ip xfrm policy set hthresh6 56 64
    run ip -s xfrm policy count
    run ip xfrm policy setdefault out block
    run ip xfrm policy setdefault in accept out accept fwd block
    run ip xfrm policy setdefault fwd accept
    run ip xfrm policy list nosock dir out
    run ip xfrm policy list action block
    run ip xfrm policy list priority 9

    # A packet that the states and policies count, so that the lifetimes are not all zero.
    run ip neigh replace 192.0.2.2 lladdr 02:00:00:00:00:02 dev veth0 nud permanent
    run ip xfrm state add $us proto esp spi 0x250 reqid 50 mode transport $gcm $(key 20 131) 128
    run ip xfrm policy add src 192.0.2.1/32 dst 192.0.2.2/32 proto udp dir out $esp reqid 50 mode transport
    run python -c 'import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"hello", ("192.0.2.2", 9))'
    sleep 0.3

    # And one for which there is no state: the kernel asks for one (ACQUIRE), and has a larval state meanwhile.
    run ip neigh replace 192.0.2.3 lladdr 02:00:00:00:00:03 dev veth0 nud permanent
    run ip xfrm policy add src 192.0.2.1/32 dst 192.0.2.3/32 proto udp dport 9 dir out mark 0 mask 0xf0 \
        tmpl src 192.0.2.1 dst 192.0.2.3 proto esp reqid 51 mode transport
    run python -c 'import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"hello", ("192.0.2.3", 9))'
    sleep 0.3

    # The referees. The dumps that ip makes for them are in the capture, and are what they are compared with.
    ip -s xfrm state > "$NLSNIFF_SHARE/xfrm-options.states.txt"
    ip -s xfrm policy > "$NLSNIFF_SHARE/xfrm-options.policies.txt"

    run ip xfrm policy delete $net dir out mark 0x21 mask 0x2f if_id 0x2c
    run ip xfrm policy delete index 130 dir fwd
    run ip xfrm policy deleteall dir in
    run ip xfrm policy flush ptype sub
    run ip xfrm policy flush
    run ip xfrm state delete $us proto esp spi 0x200 mark 0x11 mask 0xff
    run ip xfrm state deleteall $us proto esp mode beet
    run ip xfrm state deleteall reqid 50
    run ip xfrm state flush proto ah
    run ip xfrm state flush
    # Other listeners than those to everything.
    listen ip xfrm monitor nokeys SA policy
    listen ip xfrm monitor all-nsid acquire expire aevent report
    run ip xfrm state add $us proto esp spi 0x260 $gcm $(key 20 141) 128
    run ip xfrm state delete $us proto esp spi 0x260
    deaf
}
