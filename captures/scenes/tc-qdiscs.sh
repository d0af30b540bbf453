# Every queueing discipline that the kernel has: added, changed, shown with its counters, deleted, with one listener.
# Those that it has not been built with are asked for all the same: the refusal is a conversation, too.
before() {
    ip link add veth0 numtxqueues 4 numrxqueues 4 type veth peer name veth1 numtxqueues 4 numrxqueues 4
    ip link set veth0 up
    ip link set veth1 up
    ip addr add 192.0.2.1/24 dev veth0
    ip neigh add 192.0.2.2 lladdr 02:00:00:00:00:02 dev veth0 nud permanent
    # Loading a module of a kind is not what is shown.
    for kind in cake cbs choke codel drr etf ets fq fq_codel fq_pie gred hfsc hhf htb ingress mqprio multiq netem pie \
        plug prio qfq red sfb sfq skbprio taprio tbf; do
        modprobe "sch_$kind" 2> /dev/null
    done
    sleep 2
}

# Three packets, so that counters count.
traffic() {
    bash -c 'for _ in 1 2 3; do echo hello > /dev/udp/192.0.2.2/9; done'
}

# qdisc KIND OPTIONS...: add it, send something through it, show it.
qdisc() {
    tell qdisc add dev veth0 root handle 1: "$@"
    traffic
    tell qdisc show dev veth0
}
# gone [OPTIONS...]: change it, if it can be changed, and delete it.
gone() {
    [ $# -eq 0 ] || tell qdisc change dev veth0 root handle 1: "$@"
    tell qdisc del dev veth0 root
}

scene() {
    listen tc monitor
    talk tc
    qdisc pfifo limit 50
    gone pfifo limit 60
    qdisc bfifo limit 64k
    gone
    qdisc pfifo_head_drop limit 20
    gone
    qdisc prio bands 4 priomap 1 2 2 2 1 2 0 0 1 1 1 1 3 3 3 3
    gone prio bands 3
    qdisc multiq
    gone
    qdisc tbf rate 10mbit burst 32kb latency 50ms peakrate 20mbit mtu 2000
    gone tbf rate 40gbit burst 1mb limit 1mb
    qdisc sfq quantum 3000 perturb 10 limit 100 depth 20 divisor 512 headdrop redflowlimit 40000 min 8000 max 24000 \
        probability 0.2 ecn
    gone
    qdisc red limit 400000 min 30000 max 90000 avpkt 1000 burst 55 bandwidth 10mbit probability 0.1 ecn nodrop
    gone red limit 500000 min 30000 max 90000 avpkt 1000 burst 55 ecn adaptive
    qdisc gred setup vqs 3 default 1 grio
    tell qdisc change dev veth0 root gred limit 60K min 15K max 45K burst 20 avpkt 1000 bandwidth 10Mbit vq 1 prio 2 \
        probability 0.02
    tell qdisc show dev veth0
    gone
    qdisc choke limit 1000 bandwidth 10mbit min 100 max 300 burst 150 ecn
    gone
    qdisc codel limit 900 target 4ms interval 80ms ecn ce_threshold 3ms
    gone codel target 6ms
    qdisc fq_codel limit 5000 flows 512 target 4ms interval 80ms quantum 1514 ecn ce_threshold 2ms ce_threshold_selector 0x1/0x3 \
        memory_limit 16mb drop_batch 32
    gone fq_codel noecn target 6ms
    qdisc fq limit 5000 flow_limit 50 quantum 3000 initial_quantum 15000 maxrate 100mbit ce_threshold 4ms horizon 5s \
        horizon_drop timer_slack 20us orphan_mask 511 refill_delay 30ms low_rate_threshold 1mbit
    gone fq pacing
    qdisc pie limit 800 target 20ms tupdate 16ms alpha 3 beta 18 ecn bytemode
    gone pie dq_rate_estimator
    qdisc fq_pie limit 800 flows 64 target 20ms
    gone
    qdisc hhf limit 900 quantum 1500 hh_limit 1024 reset_timeout 30ms admit_bytes 131072 evict_timeout 1s non_hh_weight 3
    gone
    qdisc sfb rehash 60000 db 6000 limit 500 max 20 target 15 increment 0.0005 decrement 0.00005 penalty_rate 10 \
        penalty_burst 20
    gone
    qdisc cake bandwidth 50mbit diffserv4 triple-isolate nat wash ack-filter overhead 18 mpu 64 rtt 50ms memlimit 4mb \
        fwmark 0xf split-gso
    gone cake bandwidth 20mbit besteffort dual-srchost ingress atm
    qdisc skbprio limit 100
    gone
    qdisc plug limit 30000
    tell qdisc change dev veth0 root handle 1: plug release_indefinite
    gone
    qdisc netem delay 10ms 3ms 25% distribution normal loss 1.5% 25% duplicate 1% 10% reorder 20% 50% corrupt 0.2% gap 5 \
        limit 800
    gone netem loss gemodel 1% 10% 70% 0.1% ecn rate 5mbit 20 100 5 slot 1ms 5ms packets 10 bytes 10000
    qdisc netem loss state 5% 20% 10% 1% 2% delay 4s rate 50gbit slot distribution normal 1ms 200us
    gone
    qdisc ets bands 4 strict 2 quanta 4000 3000 priomap 3 2 1 0
    gone
    qdisc mqprio num_tc 2 map 0 0 0 0 1 1 1 1 0 0 0 0 1 1 1 1 queues 2@0 2@2 hw 0
    gone
    qdisc mq
    gone
    qdisc taprio num_tc 2 map 0 0 0 0 1 1 1 1 0 0 0 0 1 1 1 1 queues 2@0 2@2 base-time 1000000000 sched-entry S 01 300000 \
        sched-entry S 02 700000 cycle-time 1000000 cycle-time-extension 1000 clockid CLOCK_TAI
    tell qdisc change dev veth0 root handle 1: taprio base-time 9000000000000000000 sched-entry S 03 500000 clockid CLOCK_TAI
    tell qdisc show dev veth0
    gone
    tell qdisc add dev veth0 root handle 1: mqprio num_tc 2 map 0 0 0 0 1 1 1 1 0 0 0 0 1 1 1 1 queues 2@0 2@2 hw 0
    tell qdisc replace dev veth0 parent 1:1 handle 10: etf clockid CLOCK_TAI delta 500000 skip_sock_check
    tell qdisc replace dev veth0 parent 1:2 handle 20: cbs idleslope 98688 sendslope -901312 hicredit 153 locredit -1389
    tell qdisc show dev veth0
    gone
    # A size table, which stands beside the options, and a rate estimator.
    tell qdisc add dev veth0 root handle 1: stab overhead 22 linklayer atm mpu 53 mtu 2047 tsize 128 \
        estimator 250ms 1s tbf rate 1mbit burst 10kb limit 30kb
    tell qdisc show dev veth0
    gone
    tell qdisc add dev veth0 ingress_block 7 egress_block 8 clsact
    tell qdisc show dev veth0
    tell qdisc del dev veth0 clsact
    tell qdisc add dev veth0 handle ffff: ingress
    tell qdisc show dev veth0 ingress
    tell qdisc del dev veth0 ingress
    tell qdisc add dev veth0 root nosuchkind
    tell qdisc del dev veth0 root
    tell qdisc add dev veth0 root fq_codel flows 100000
    tell qdisc add dev veth0 parent 9:1 pfifo
    tell qdisc show invisible
    hush
    deaf
}
