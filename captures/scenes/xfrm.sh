# IPsec's states and policies: every form that `ip xfrm` can send, and what the kernel answers. The keys are no secret:
# they are 00 01 02 ... counted up to the length that the algorithm wants.
key() { # key BYTES: 0x000102...
    printf 0x
    i=0
    while [ $i -lt "$1" ]; do
        printf %02x $i
        i=$((i + 1))
    done
}

before() {
    for module in xfrm_user af_key esp4 esp6 ah4 ah6 ipcomp ipcomp6 xfrm_interface \
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
    listen ip xfrm monitor all
    us="src 192.0.2.1 dst 192.0.2.2"
    us6="src 2001:db8::1 dst 2001:db8::2"

    # States: authentication, encryption, both, compression, no algorithm that hides anything.
    run ip xfrm state add $us proto ah spi 0x101 mode transport auth-trunc "hmac(sha256)" $(key 32) 128
    run ip xfrm state add $us proto ah spi 0x102 mode tunnel auth "hmac(sha1)" $(key 20)
    run ip xfrm state add $us proto ah spi 0x103 mode transport auth-trunc "hmac(sha512)" $(key 64) 256
    run ip xfrm state add $us proto ah spi 0x104 mode transport auth "hmac(md5)" $(key 16)
    run ip xfrm state add $us proto ah spi 0x105 mode transport auth-trunc "xcbc(aes)" $(key 16) 96
    run ip xfrm state add $us proto ah spi 0x106 mode transport auth-trunc "cmac(aes)" $(key 16) 96
    run ip xfrm state add $us proto esp spi 0x201 mode tunnel enc "cbc(aes)" $(key 16) auth "hmac(sha1)" $(key 20)
    run ip xfrm state add $us proto esp spi 0x202 reqid 7 mode tunnel \
        enc "cbc(aes)" $(key 32) auth-trunc "hmac(sha256)" $(key 32) 128
    run ip xfrm state add $us proto esp spi 0x203 mode transport enc "rfc3686(ctr(aes))" $(key 20) \
        auth-trunc "hmac(sha384)" $(key 48) 192
    run ip xfrm state add $us proto esp spi 0x204 mode transport enc "cbc(camellia)" $(key 16) auth "hmac(sha1)" $(key 20)
    run ip xfrm state add $us proto esp spi 0x205 mode transport enc "cbc(des3_ede)" $(key 24) auth "hmac(md5)" $(key 16)
    run ip xfrm state add $us proto esp spi 0x206 mode transport enc ecb"(cipher_null)" "" auth "hmac(sha1)" $(key 20)
    run ip xfrm state add $us proto esp spi 0x207 mode tunnel aead "rfc4106(gcm(aes))" $(key 20) 128
    run ip xfrm state add $us proto esp spi 0x208 mode transport aead "rfc4309(ccm(aes))" $(key 19) 64
    run ip xfrm state add $us proto esp spi 0x209 mode tunnel aead "rfc7539esp(chacha20,poly1305)" $(key 36) 128
    run ip xfrm state add $us proto esp spi 0x20a mode transport aead "rfc4543(gcm(aes))" $(key 20) 128
    run ip xfrm state add $us proto comp spi 0x30 mode transport comp deflate
    run ip xfrm state add $us6 proto esp spi 0x401 mode tunnel aead "rfc4106(gcm(aes))" $(key 36) 128
    run ip xfrm state add $us6 proto ah spi 0x402 mode transport auth-trunc "hmac(sha256)" $(key 32) 128
    run ip xfrm state add $us6 proto comp spi 0x31 mode tunnel comp deflate
    # ... and everything that may stand beside the algorithm.
    run ip xfrm state add $us proto esp spi 0x501 mode beet enc "cbc(aes)" $(key 16) auth "hmac(sha1)" $(key 20) \
        sel src 192.0.2.1/32 dst 192.0.2.2/32
    run ip xfrm state add $us proto esp spi 0x502 mode tunnel aead "rfc4106(gcm(aes))" $(key 20) 128 \
        mark 0x10 mask 0xff if_id 0x2a
    run ip xfrm state add $us proto esp spi 0x503 mode tunnel aead "rfc4106(gcm(aes))" $(key 20) 128 \
        flag esn replay-window 128
    run ip xfrm state add $us proto esp spi 0x504 mode transport aead "rfc4106(gcm(aes))" $(key 20) 128 \
        encap espinudp 4500 4501 192.0.2.9
    run ip xfrm state add $us proto esp spi 0x505 mode tunnel aead "rfc4106(gcm(aes))" $(key 20) 128 \
        replay-window 64 replay-seq 0x11 replay-oseq 0x22 flag noecn flag decap-dscp flag nopmtudisc flag af-unspec \
        extra-flag dont-encap-dscp
    run ip xfrm state add $us proto esp spi 0x506 mode transport aead "rfc4106(gcm(aes))" $(key 20) 128 \
        limit time-soft 300 limit time-hard 600 limit time-use-soft 100 limit time-use-hard 200 \
        limit byte-soft 1000000 limit byte-hard 2000000 limit packet-soft 1000 limit packet-hard 2000
    run ip xfrm state add $us proto esp spi 0x507 mode transport aead "rfc4106(gcm(aes))" $(key 20) 128 \
        sel src 192.0.2.1/32 dst 192.0.2.2/32 proto tcp sport 1024 dport 443 dev veth0
    run ip xfrm state add $us proto esp spi 0x508 mode transport aead "rfc4106(gcm(aes))" $(key 20) 128 \
        output-mark 0x77 mask 0xff seq 0x99
    run ip xfrm state add $us proto esp spi 0x509 mode transport aead "rfc4106(gcm(aes))" $(key 20) 128 \
        flag icmp flag wildrecv flag align4
    # A device that cannot encrypt: taken all the same, and done in software.
    run ip xfrm state add $us proto esp spi 0x50b mode transport aead "rfc4106(gcm(aes))" $(key 20) 128 \
        offload dev veth0 dir out
    # A state whose life ends while we look on: EXPIRE soft, EXPIRE hard.
    run ip xfrm state add $us proto esp spi 0x50a mode transport aead "rfc4106(gcm(aes))" $(key 20) 128 \
        limit time-soft 1 limit time-hard 2

    # Asking, changing, taking away.
    run ip xfrm state get $us proto esp spi 0x207
    run ip xfrm state allocspi $us proto esp reqid 9 mode tunnel min 0x1000 max 0x1000
    run ip xfrm state update $us proto esp spi 0x1000 reqid 9 mode tunnel aead "rfc4106(gcm(aes))" $(key 20) 128
    run ip xfrm state update $us proto esp spi 0x207 mode tunnel aead "rfc4106(gcm(aes))" $(key 20) 128 \
        limit packet-hard 77
    run ip xfrm state delete $us proto esp spi 0x208
    run ip xfrm state deleteall $us proto comp
    run ip xfrm state count
    run ip -s xfrm state count
    run ip xfrm state list
    run ip xfrm state list nokeys proto ah

    # What the kernel refuses.
    fails ip xfrm state add $us proto esp spi 0x207 mode tunnel aead "rfc4106(gcm(aes))" $(key 20) 128
    fails ip xfrm state add $us proto esp spi 0x601 mode tunnel aead "rfc4106(gcm(aes))" $(key 7) 128
    fails ip xfrm state add $us proto esp spi 0x602 mode tunnel enc "cbc(nosuch)" $(key 16)
    fails ip xfrm state add $us proto esp spi 0x603 mode tunnel aead "rfc4106(gcm(aes))" $(key 20) 128 \
        encap espinudp 4500 4501 192.0.2.9 offload dev veth0 dir out
    fails ip xfrm state get $us proto esp spi 0xdead
    fails ip xfrm state delete $us proto esp spi 0xdead

    # Policies.
    run ip xfrm policy add src 10.1.0.0/16 dst 10.2.0.0/16 dir out ptype main action allow priority 100 \
        tmpl $us proto esp reqid 7 mode tunnel
    run ip xfrm policy add src 10.2.0.0/16 dst 10.1.0.0/16 dir in \
        tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 7 mode tunnel level use
    run ip xfrm policy add src 10.2.0.0/16 dst 10.1.0.0/16 dir fwd \
        tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 7 mode tunnel
    run ip xfrm policy add src 10.3.0.0/16 dst 10.4.0.0/16 proto udp sport 500 dport 4500 dir out action block \
        priority 7 index 73
    run ip xfrm policy add src 192.0.2.1/32 dst 192.0.2.2/32 proto icmp type 8 code 0 dir out \
        tmpl proto comp reqid 1 mode transport level use tmpl proto esp spi 0x207 reqid 2 mode transport
    run ip xfrm policy add src 2001:db8:1::/48 dst 2001:db8:2::/48 dir out \
        tmpl $us6 proto esp reqid 8 mode tunnel
    run ip xfrm policy add src 10.5.0.0/16 dst 10.6.0.0/16 dir out mark 0x10 mask 0xff if_id 0x2a flag localok flag icmp \
        limit time-soft 300 limit byte-hard 4000000 tmpl $us proto esp mode tunnel
    run ip xfrm policy add src 10.7.0.0/16 dst 10.8.0.0/16 dev veth0 dir out tmpl $us proto ah mode transport
    run ip xfrm policy get src 10.1.0.0/16 dst 10.2.0.0/16 dir out
    run ip xfrm policy get index 73 dir out
    run ip xfrm policy update src 10.1.0.0/16 dst 10.2.0.0/16 dir out priority 50 tmpl $us proto esp reqid 7 mode tunnel
    run ip xfrm policy count
    run ip -s xfrm policy count
    run ip xfrm policy set hthresh4 24 32 hthresh6 64 128
    run ip xfrm policy setdefault in block fwd block out accept
    run ip xfrm policy getdefault
    run ip xfrm policy setdefault in accept fwd accept
    run ip xfrm policy list
    run ip xfrm policy list dir in
    run ip xfrm policy delete src 10.1.0.0/16 dst 10.2.0.0/16 dir out
    fails ip xfrm policy delete src 10.1.0.0/16 dst 10.2.0.0/16 dir out
    fails ip xfrm policy get index 4711 dir out
    fails ip xfrm policy add src 10.3.0.0/16 dst 10.4.0.0/16 proto udp sport 500 dport 4500 dir out action block

    # Traffic for which there is a policy and no state: the kernel asks the listener for one (ACQUIRE).
    run ip neigh replace 192.0.2.2 lladdr 02:00:00:00:00:02 dev veth0 nud permanent
    run ip xfrm policy add src 192.0.2.1/32 dst 192.0.2.2/32 proto udp dir out \
        tmpl $us proto esp reqid 55 mode transport
    run python -c 'import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"hello", ("192.0.2.2", 9))'
    # ip has no word for these: the replay counters of a state, asked for, and a move of both ends to new addresses.
    run python captures/scenes/xfrm_more.py
    sleep 2.2

    run ip xfrm policy flush
    run ip xfrm state flush proto ah
    run ip xfrm state flush
    run ip xfrm state list
    deaf
}
