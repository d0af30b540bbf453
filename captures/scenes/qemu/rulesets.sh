# iptables-nft as Docker and kube-proxy use it: thousands of rules at once, then changes of a service and a container
# while `nft monitor` listens, and what iptables-nft-save asks for.
before() {
    offices
    ip link add docker0 type bridge
    ip link set docker0 up
    iptables-nft --version
    python3 -ES captures/scenes/qemu/rulesets.py
}
. captures/scenes/qemu/lib.sh

scene() {
    listen nft monitor
    # As dockerd does it: a command for each rule, and --wait.
    while read -r line; do run iptables-nft --wait $line; done < /tmp/docker
    # As kube-proxy does it: a file for each change.
    run iptables-nft-restore --wait 5 --noflush --counters /tmp/kube
    run iptables-nft-restore --wait 5 --noflush --counters /tmp/change
    run iptables-nft-restore --noflush /tmp/refused
    run iptables-nft -C DOCKER-USER -j RETURN
    run iptables-nft -C DOCKER-USER -j DROP
    run iptables-nft -t nat -D DOCKER 1
    run iptables-nft -t nat -Z KUBE-SERVICES
    run ip6tables-nft -A INPUT -p ipv6-icmp --icmpv6-type echo-request -m limit --limit 5/sec -j ACCEPT
    run iptables-nft -t nat -nL KUBE-NODEPORTS
    iptables-nft-save -c | wc -l
    sleep 1
    deaf
}
