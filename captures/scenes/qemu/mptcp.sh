# Multipath TCP's path manager: endpoints and limits, one connection with two subflows heard by `ip mptcp monitor`, and
# what the kernel remembers of TCP hosts (tcp_metrics).
before() {
    modprobe mptcp_diag
    ip netns add far
    for number in 0 1; do
        ip link add "veth$number" type veth peer name "far$number" netns far
        ip link set "veth$number" up
        ip addr add "192.0.$number.1/24" dev "veth$number"
        ip -n far link set "far$number" up
        ip -n far addr add "192.0.$number.2/24" dev "far$number"
    done
    ip addr add 2001:db8::1/64 dev veth0 nodad
    ip link set lo up
    ip -n far link set lo up
    ip netns exec far ip mptcp endpoint add 192.0.1.2 signal
}

scene() {
    listen ip mptcp monitor
    run ip mptcp limits show
    run ip mptcp limits set subflows 4 add_addr_accepted 4
    run ip mptcp limits show
    run ip mptcp endpoint add 192.0.1.1 dev veth1 subflow backup
    run ip mptcp endpoint add 2001:db8::1 id 9 signal port 4711
    run ip mptcp endpoint show
    run ip mptcp endpoint show id 9
    run ip mptcp endpoint change 192.0.1.1 nobackup
    fails ip mptcp endpoint add 192.0.1.1 subflow
    fails ip mptcp endpoint delete id 77
    ip netns exec far python3 captures/scenes/qemu/mptcp_peer.py serve 192.0.0.2 &
    sleep 1
    run python3 captures/scenes/qemu/mptcp_peer.py ask 192.0.0.2
    run ip mptcp endpoint delete id 9
    run ip mptcp endpoint flush
    run ip tcp_metrics show
    run ip tcp_metrics delete 192.0.0.2
    fails ip tcp_metrics delete 203.0.113.1
    run ip tcp_metrics flush
    deaf
}
