# The team driver's own family: teamd with two ports, options of every type read, listed and set by teamnl. Each of
# these asks for all links first, so there are few.
before() {
    modprobe -a team team_mode_activebackup
    for number in 0 1; do
        ip link add "veth$number" type veth peer name "far$number"
        ip link set "far$number" up
    done
    mkdir -p /run/teamd
}

scene() {
    run teamd -d -t team0 -c '{"runner": {"name": "activebackup"}, "link_watch": {"name": "ethtool"},
        "ports": {"veth0": {"prio": 10}, "veth1": {"prio": -5, "sticky": true}}}'
    sleep 0.5
    run teamnl team0 options
    run teamnl -p veth0 team0 setoption priority 77
    fails teamnl team0 setoption mode nothing
    run ip link set far0 down
    sleep 0.5
    run teamd -k -t team0
}
