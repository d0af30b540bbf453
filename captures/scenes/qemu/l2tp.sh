# L2TP: tunnels over UDP and IP, sessions with cookies, what `ip l2tp` shows, and refusals. The cookies are made up.
before() {
    modprobe -a l2tp_netlink l2tp_eth l2tp_ip l2tp_ip6
    ip link add veth0 type veth peer name veth1
    ip link set veth0 up
    ip link set veth1 up
    ip addr add 192.0.2.1/24 dev veth0
    ip addr add 2001:db8::1/64 dev veth0 nodad
}

scene() {
    listen python3 captures/scenes/qemu/listen.py l2tp
    run ip l2tp add tunnel tunnel_id 3000 peer_tunnel_id 4000 encap udp local 192.0.2.1 remote 192.0.2.2 \
        udp_sport 5000 udp_dport 6000 udp_csum on
    run ip l2tp add session name l2tp0 tunnel_id 3000 session_id 1000 peer_session_id 2000 \
        cookie 5eed0badfacade01 peer_cookie 5eed0badfacade02 seq both
    run ip l2tp add session name l2tp1 tunnel_id 3000 session_id 1001 peer_session_id 2001 cookie 5eed0bad l2spec_type none
    run ip l2tp add tunnel tunnel_id 3001 peer_tunnel_id 4001 encap ip local 192.0.2.1 remote 192.0.2.3
    run ip l2tp add tunnel tunnel_id 3002 peer_tunnel_id 4002 encap udp local 2001:db8::1 remote 2001:db8::2 \
        udp_sport 5002 udp_dport 6002 udp6_csum_tx off udp6_csum_rx on
    run ip l2tp show tunnel
    run ip l2tp show session
    run ip l2tp show session tunnel_id 3000 session_id 1000
    fails ip l2tp add tunnel tunnel_id 3000 peer_tunnel_id 4000 encap ip local 192.0.2.1 remote 192.0.2.2
    run ip l2tp add session name l2tp2 tunnel_id 3000 session_id 1000 peer_session_id 2000
    fails ip l2tp del tunnel tunnel_id 99
    run ip l2tp del session tunnel_id 3000 session_id 1000
    run ip l2tp del tunnel tunnel_id 3000
    run ip l2tp del tunnel tunnel_id 3001
    deaf
}
