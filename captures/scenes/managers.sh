# NetworkManager and systemd-networkd at work, each on links of its own, while iproute2 makes and takes away others; with
# a listener. All run under strace: managers.truth.json says whose each frame is.
#
# Needs the packages network-manager (1.42.4) and systemd (252).
before() {
    # Both take a /sys that cannot be written for a container's, and so do not wait for udev.
    mount -o remount,ro /sys
    mkdir -p /run/dbus /run/NetworkManager /run/systemd/network /run/systemd/netif/links /run/systemd/netif/leases \
        /run/systemd/netif/lldp
    chown -R systemd-network:systemd-network /run/systemd/netif
    dbus-daemon --system --nopidfile --nosyslog
    cat > /tmp/nm.conf << 'END'
[main]
plugins=keyfile
dhcp=internal
dns=none
rc-manager=unmanaged
no-auto-default=*
[keyfile]
unmanaged-devices=interface-name:nd*;interface-name:br*;interface-name:temporary*;type:loopback
[logging]
backend=syslog
END
    cat > /run/systemd/network/nd0.network << 'END'
[Match]
Name=nd0
[Network]
Address=203.0.113.1/24
Address=2001:db8:1::1/64
Gateway=203.0.113.2
VLAN=nd0.7
MACVLAN=ndmacvlan
VXLAN=ndvxlan
Tunnel=ndgre
LinkLocalAddressing=ipv6
[Route]
Destination=10.9.0.0/16
Gateway=203.0.113.3
Metric=77
Table=1000
[Route]
Destination=10.10.0.0/16
Type=unreachable
[RoutingPolicyRule]
From=10.0.0.0/8
Table=1000
Priority=1000
[NextHop]
Id=70
Gateway=203.0.113.4
[TokenBucketFilter]
Rate=5M
BurstBytes=5K
LatencySec=70msec
[Neighbor]
Address=203.0.113.9
LinkLayerAddress=02:00:00:00:00:09
END
    cat > /run/systemd/network/vlan.netdev << 'END'
[NetDev]
Name=nd0.7
Kind=vlan
[VLAN]
Id=7
END
    cat > /run/systemd/network/bridge.netdev << 'END'
[NetDev]
Name=br7
Kind=bridge
[Bridge]
STP=yes
VLANFiltering=yes
ForwardDelaySec=4
END
    printf '[NetDev]\nName=ndmacvlan\nKind=macvlan\n[MACVLAN]\nMode=bridge\n' > /run/systemd/network/macvlan.netdev
    printf '[NetDev]\nName=ndvxlan\nKind=vxlan\n[VXLAN]\nVNI=70\nGroup=239.1.1.1\n' > /run/systemd/network/vxlan.netdev
    printf '[NetDev]\nName=ndgre\nKind=gre\n[Tunnel]\nLocal=203.0.113.1\nRemote=203.0.113.2\nKey=7\n' > \
        /run/systemd/network/gre.netdev
    printf '[NetDev]\nName=ndbond\nKind=bond\n[Bond]\nMode=802.3ad\nMIIMonitorSec=1s\n' > /run/systemd/network/bond.netdev
    printf '[NetDev]\nName=ndvrf\nKind=vrf\n[VRF]\nTable=1001\n' > /run/systemd/network/vrf.netdev
    printf '[Match]\nName=nd1\n[Network]\nBridge=br7\n[BridgeVLAN]\nVLAN=10-20\n[BridgeFDB]\nMACAddress=02:00:00:00:00:77\n[Link]\nMTUBytes=1400\n' > /run/systemd/network/nd1.network
    printf '[Match]\nName=br7\n[Network]\nAddress=198.51.100.1/24\nDHCPServer=no\n' > /run/systemd/network/br7.network
    printf '[Match]\nName=*\n[Link]\nUnmanaged=yes\n' > /run/systemd/network/zz.network
    ip link set lo up
    for name in nd0 nd1 nm0 nm1; do
        ip link add $name type veth peer name peer-$name
        ip link set peer-$name up
    done
    sleep 2
}

scene() {
    listen traced ip monitor all
    traced NetworkManager --no-daemon --config=/tmp/nm.conf > /tmp/nm.log 2>&1 &
    manager=$!
    SYSTEMD_LOG_TARGET=console traced /usr/lib/systemd/systemd-networkd > /tmp/networkd.log 2>&1 &
    networkd=$!
    loop 6 'ip link add temporary$i type dummy; ip link set temporary$i up; ip addr add 192.0.2.$i/32 dev temporary$i; ip route add 10.77.$i.0/24 dev temporary$i; ip route show table all; ip link del temporary$i'
    sleep 6
    run nmcli connection add type ethernet ifname nm0 con-name nm0 ipv4.method manual ipv4.addresses 192.0.2.65/26 \
        ipv4.gateway 192.0.2.66 ipv4.routes '10.20.0.0/16 192.0.2.67 50 table=77, 10.21.0.0/16 192.0.2.67' \
        ipv4.routing-rules 'priority 900 from 10.20.0.0/16 table 77' ipv6.method manual ipv6.addresses 2001:db8:2::1/64
    run nmcli connection add type bridge ifname nmbr con-name nmbr ipv4.method disabled ipv6.method disabled
    run nmcli connection add type ethernet ifname nm1 con-name nm1 master nmbr
    run nmcli connection add type vlan ifname nm0.9 con-name nm0.9 dev nm0 id 9 ipv4.method auto ipv6.method ignore
    run nmcli connection add type dummy ifname nmdummy con-name nmdummy ipv4.method manual ipv4.addresses 192.0.2.129/26
    run nmcli connection add type bond ifname nmbond con-name nmbond bond.options mode=active-backup,miimon=100 \
        ipv4.method disabled ipv6.method disabled
    run nmcli connection add type vxlan ifname nmvxlan con-name nmvxlan id 71 remote 192.0.2.66 ipv4.method disabled \
        ipv6.method disabled
    run nmcli connection add type macvlan ifname nmmacvlan con-name nmmacvlan dev nm0 mode bridge ipv4.method disabled \
        ipv6.method disabled
    run nmcli connection add type ip-tunnel ifname nmgre con-name nmgre mode gre local 192.0.2.65 remote 192.0.2.66 \
        ipv4.method disabled ipv6.method disabled
    run nmcli connection modify nmdummy tc.qdiscs 'root tbf rate 1000000 burst 5000 limit 10000'
    run nmcli connection up nmdummy
    sleep 4
    for name in nm0 nm1; do run nmcli connection up $name; done
    sleep 3
    run nmcli device status
    run traced networkctl --no-pager list
    join
    run nmcli connection down nm0
    run nmcli connection delete nmdummy nmbr nm0.9
    run traced ip link set nd0 down
    run traced ip link set nd0 up
    sleep 5
    kill $manager $networkd
    wait $manager $networkd
    sleep 2
    deaf
    tail -n 5 /tmp/nm.log /tmp/networkd.log
}
