# Classes of every classful kind, with queueing disciplines below them, changed, shown with their counters, deleted.
before() {
    ip link add veth0 type veth peer name veth1
    ip link set veth0 up
    ip link set veth1 up
    ip addr add 192.0.2.1/24 dev veth0
    ip neigh add 192.0.2.2 lladdr 02:00:00:00:00:02 dev veth0 nud permanent
    for kind in cake drr ets fq_codel hfsc htb prio qfq sfq; do modprobe "sch_$kind" 2> /dev/null; done
    sleep 2
}

traffic() {
    for port in 7 8 9; do bash -c "echo hello > /dev/udp/192.0.2.2/$port"; done
}

# More than a slow queue can send at once.
flood() {
    for port in 7 8 9; do head -c 1200 /dev/zero | bash -c "cat > /dev/udp/192.0.2.2/$port"; done
}

show() {
    traffic
    tell class show dev veth0
}

scene() {
    listen tc monitor
    talk tc
    tell qdisc add dev veth0 root handle 1: htb default 20 r2q 5 direct_qlen 500
    tell class add dev veth0 parent 1: classid 1:1 htb rate 100mbit ceil 100mbit
    tell class add dev veth0 parent 1:1 classid 1:10 htb rate 30mbit ceil 80mbit burst 20k cburst 30k prio 1 quantum 3000
    tell class add dev veth0 parent 1:1 classid 1:20 estimator 250ms 1s htb rate 40gbit ceil 50gbit mtu 9000 mpu 64 overhead 14
    tell qdisc add dev veth0 parent 1:10 handle 10: sfq perturb 10
    tell qdisc add dev veth0 parent 1:20 handle 20: fq_codel
    tell class change dev veth0 parent 1:1 classid 1:10 htb rate 20mbit ceil 60mbit
    show
    tell qdisc show dev veth0
    tell class add dev veth0 parent 1:1 classid 1:10 htb rate 20mbit
    tell class del dev veth0 classid 1:1
    tell class del dev veth0 classid 1:10
    tell qdisc del dev veth0 root

    tell qdisc add dev veth0 root handle 2: hfsc default 2
    tell class add dev veth0 parent 2: classid 2:1 hfsc sc rate 50mbit ul rate 50mbit
    tell class add dev veth0 parent 2:1 classid 2:2 hfsc rt m1 20mbit d 10ms m2 5mbit ls rate 10mbit ul m1 0 d 5ms m2 40mbit
    show
    tell class change dev veth0 parent 2:1 classid 2:2 hfsc ls rate 12mbit
    tell class del dev veth0 classid 2:2
    tell qdisc del dev veth0 root

    tell qdisc add dev veth0 root handle 3: drr
    tell class add dev veth0 parent 3: classid 3:1 drr quantum 1600
    tell filter add dev veth0 parent 3: matchall classid 3:1
    show
    tell qdisc del dev veth0 root

    tell qdisc add dev veth0 root handle 4: qfq
    tell class add dev veth0 parent 4: classid 4:1 qfq weight 10 maxpkt 2000
    tell filter add dev veth0 parent 4: matchall classid 4:1
    show
    tell qdisc del dev veth0 root

    tell qdisc add dev veth0 root handle 5: prio bands 3
    tell qdisc add dev veth0 parent 5:1 handle 50: netem delay 1s
    show
    tell qdisc del dev veth0 root

    tell qdisc add dev veth0 root handle 6: ets bands 3 strict 1 quanta 3000 2000
    tell class change dev veth0 classid 6:2 ets quantum 3500
    show
    tell qdisc del dev veth0 root

    # The flows of these show up as classes while packets wait in them.
    for kind in 'sfq perturb 10' fq_codel cake; do
        tell qdisc add dev veth0 root handle 7: tbf rate 8kbit burst 1500 limit 100kb
        tell qdisc add dev veth0 parent 7:1 handle 70: $kind
        flood
        show
        tell class show dev veth0 parent 70:
        tell qdisc del dev veth0 root
    done
    hush
    deaf
}
