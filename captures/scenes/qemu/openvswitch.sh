# Open vSwitch's families (ovs_datapath, ovs_vport, ovs_flow, ovs_packet, ovs_ct_limit, ovs_meter): a bridge,
# packets that miss and are sent up, the flows that ovs-vswitchd makes of them, flows set by hand.
before() {
    modprobe openvswitch
    for number in 0 1; do
        ip netns add "far$number"
        ip link add "veth$number" type veth peer name "far$number" netns "far$number"
        ip link set "veth$number" up
        ip -n "far$number" link set "far$number" up
        ip -n "far$number" addr add "192.0.2.1$number/24" dev "far$number"
    done
    mkdir -p /etc/openvswitch /run/openvswitch /var/log/openvswitch
    ovsdb-tool create /etc/openvswitch/conf.db /usr/share/openvswitch/vswitch.ovsschema
    ovsdb-server --remote=punix:/run/openvswitch/db.sock --detach --no-chdir --pidfile --log-file=/dev/null
    ovs-vsctl --no-wait init
    ovs-vswitchd --detach --no-chdir --pidfile --log-file=/dev/null
    # What it tries the kernel with when it first sees a datapath, and the links that it asks for at each change, would
    # be most of the capture.
    ovs-vsctl add-br br0 -- add-port br0 veth0 -- add-port br0 veth1
    sleep 1
}

# flow MATCH ACTIONS: set one in the kernel by hand.
flow() { run ovs-appctl dpctl/add-flow "$1" "$2"; }

scene() {
    ip="eth(),eth_type(0x0800),ipv4"
    run ovs-appctl dpctl/add-if ovs-system vx0,type=vxlan,dst_port=4790
    run ip netns exec far0 ping -c 2 -i 0.3 -W 2 192.0.2.11
    run ovs-appctl dpctl/show
    run ovs-appctl dpctl/dump-flows -m
    run ovs-ofctl add-flow br0 "priority=9,ip,nw_dst=198.51.100.1,actions=mod_nw_ttl:9,set_field:02:00:00:00:00:09->eth_dst,output:veth1"
    run ip -n far0 route add 198.51.100.0/24 via 192.0.2.11
    run ip netns exec far0 ping -c 1 -W 1 198.51.100.1
    run ovs-ofctl -O OpenFlow13 add-meter br0 "meter=1,kbps,burst,band=type=drop,rate=1000,burst_size=100"
    flow "in_port(1),eth(),eth_type(0x8100),vlan(vid=5,pcp=0),encap(eth_type(0x0800),ipv4(proto=17,frag=no),udp(src=53,dst=53))" \
        "pop_vlan,2"
    flow "in_port(2),eth(),eth_type(0x86dd),ipv6(proto=58,frag=no)" "push_vlan(vid=7,pcp=1),1"
    flow "in_port(2),$ip(proto=1,frag=no)" "ct(commit,zone=5,mark=0x1/0xff),recirc(1)"
    flow "recirc_id(1),in_port(2),ct_state(+est+trk),$ip(frag=no)" "sample(sample=50.0%,actions(1)),trunc(100),set(tunnel(tun_id=0x7,src=192.0.2.1,dst=192.0.2.9,ttl=64,flags(df|key))),1"
    run ovs-appctl dpctl/dump-flows
    run ovs-appctl dpctl/ct-set-limits default=100 zone=5,limit=10
    run ovs-appctl dpctl/ct-get-limits
    run ovs-appctl dpctl/ct-del-limits zone=5
    run ovs-appctl dpctl/del-flows
    run ovs-appctl dpctl/del-if ovs-system 4
}
