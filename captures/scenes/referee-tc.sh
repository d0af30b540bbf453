# `tc -json` as referee: queueing disciplines, classes, filters and actions of many kinds, and what tc says of them.
# Not of classes, and not of the filters fw and basic: what tc 6.1 prints of those is no JSON.
scene=referee-tc
before() {
    for at in 0 2 4 6 8 10; do ip link add "veth$at" type veth peer name "veth$((at + 1))"; done
    for at in 0 1 2 3 4 5 6 7 8 9 10 11; do ip link set "veth$at" up; done
    ip addr add 192.0.2.1/24 dev veth0
    ip neigh add 192.0.2.2 lladdr 02:00:00:00:00:02 dev veth0 nud permanent
    tc qdisc add dev veth0 root handle 1: htb default 20 r2q 5
    tc class add dev veth0 parent 1: classid 1:1 htb rate 100mbit
    tc class add dev veth0 parent 1:1 classid 1:10 htb rate 30mbit ceil 80mbit burst 20k cburst 30k prio 1 quantum 3000
    tc class add dev veth0 parent 1:1 classid 1:20 htb rate 40gbit ceil 50gbit
    tc qdisc add dev veth0 parent 1:10 handle 10: sfq perturb 10
    tc qdisc add dev veth0 parent 1:20 handle 20: fq_codel ce_threshold 3ms
    tc qdisc add dev veth1 root handle 2: tbf rate 10mbit burst 32kb latency 50ms peakrate 20mbit mtu 2000
    tc qdisc add dev veth2 root handle 3: netem delay 10ms 3ms 25% loss 1.5% 25% duplicate 1% reorder 20% 50% corrupt 0.2% gap 5 \
        rate 5mbit limit 800
    tc qdisc add dev veth3 root handle 4: cake bandwidth 50mbit diffserv4 nat ack-filter overhead 18
    tc qdisc add dev veth4 root handle 5: fq maxrate 100mbit
    tc qdisc add dev veth5 root handle 6: red limit 400000 min 30000 max 90000 avpkt 1000 burst 55 bandwidth 10mbit ecn
    tc qdisc add dev veth6 root handle 7: pie limit 800 target 20ms ecn
    tc qdisc add dev veth7 root handle 8: codel limit 900 target 4ms
    tc qdisc add dev veth8 root handle 9: hhf
    tc qdisc add dev veth9 root handle a: prio bands 4
    tc qdisc add dev veth11 root handle c: drr
    tc class add dev veth11 parent c: classid c:1 drr quantum 1600
    tc qdisc add dev veth0 clsact
    tc filter add dev veth0 egress protocol ip pref 20 flower src_ip 192.0.2.1 dst_ip 192.0.2.0/24 ip_proto udp dst_port 9 \
        ip_tos 0x10/0xfc action pass
    tc filter add dev veth0 egress protocol 802.1Q pref 21 flower vlan_id 7 vlan_prio 3 dst_mac 02:00:00:00:00:01 skip_hw action drop
    tc filter add dev veth0 egress protocol ip pref 22 matchall action mirred egress mirror dev veth1 pipe action skbedit mark 5
    tc filter add dev veth0 ingress protocol ip pref 23 flower enc_key_id 42 enc_dst_ip 198.51.100.1 enc_dst_port 4789 \
        action tunnel_key unset pipe action vlan push id 7 priority 3
    tc filter add dev veth0 ingress protocol ip pref 24 flower ct_state +trk+est action goto chain 5
    tc filter add dev veth0 parent 1: protocol ip pref 30 u32 match ip dst 192.0.2.0/24 match ip dport 53 0xffff flowid 1:10
    tc actions add action police rate 10mbit burst 20k mtu 2000 conform-exceed drop/pipe index 30
    tc actions add action gact drop index 10
    tc actions add action pedit ex munge ip ttl set 63 munge tcp dport set 8080 index 40
    tc actions add action nat egress 192.0.2.0/24 198.51.100.1 index 80
    tc actions add action csum ip4h tcp index 70
    for port in 7 8 9; do bash -c "echo hello > /dev/udp/192.0.2.2/$port"; done
    sleep 2
}

scene() {
    ask tc -j -s -d qdisc show
    ask tc -j -s -d filter show dev veth0 egress
    ask tc -j -s -d filter show dev veth0 ingress
    ask tc -j -s -d filter show dev veth0 parent 1:
    for kind in police gact pedit nat csum; do ask tc -j -s actions list action "$kind"; done
    ask tc -j chain show dev veth0 egress
}
