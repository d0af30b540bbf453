# `ipset -o xml list` and, where ipset can, `-o json` as referees: a set of every type, and what ipset says of each. Then
# sets are changed, tested, saved, restored in one go, and refused.
scene=referee-ipset
before() {
    ip link set lo up
    ip link add veth0 type veth peer name veth1
}

sets() {
    cat << 'END'
create ip4 hash:ip family inet hashsize 64 maxelem 1000 timeout 3000 counters comment skbinfo
add ip4 192.0.2.1 timeout 600 packets 5 bytes 400 comment "the printer"
add ip4 192.0.2.2 skbmark 0x10/0xff skbprio 1:10 skbqueue 3
add ip4 192.0.2.8-192.0.2.11 timeout 0
create ip6 hash:ip family inet6
add ip6 2001:db8::1
create ip-mask hash:ip netmask 24 forceadd
add ip-mask 198.51.100.77
create ip-mac hash:ip,mac
add ip-mac 192.0.2.1,02:00:00:00:00:01
create ip-mark hash:ip,mark markmask 0x0000ffff
add ip-mark 192.0.2.1,0x63
create ip-port hash:ip,port
add ip-port 192.0.2.1,80
add ip-port 192.0.2.1,udp:53
add ip-port 192.0.2.1,icmp:echo-request
add ip-port 192.0.2.2,tcp:1000-1002
add ip-port 192.0.2.3,vrrp:0
create ip-port6 hash:ip,port family inet6
add ip-port6 2001:db8::1,icmpv6:echo-request
create ip-port-ip hash:ip,port,ip
add ip-port-ip 192.0.2.1,sctp:80,198.51.100.1
create ip-port-net hash:ip,port,net
add ip-port-net 192.0.2.1,443,198.51.100.0/24
create only-mac hash:mac counters
add only-mac 02:00:00:00:00:0a packets 1 bytes 60
create net4 hash:net comment
add net4 10.0.0.0/8 comment "all of 10"
add net4 10.1.0.0/16 nomatch
add net4 192.0.2.1
add net4 203.0.113.4-203.0.113.13
create net6 hash:net family inet6
add net6 2001:db8::/32
add net6 2001:db8::1
create net-net hash:net,net
add net-net 10.0.0.0/8,192.0.2.0/24
add net-net 10.0.0.1,192.0.2.1 nomatch
add net-net 10.0.0.2-10.0.0.3,198.51.100.0-198.51.100.255
create net-port hash:net,port
add net-port 10.0.0.0/24,tcp:22
create net-port-net hash:net,port,net
add net-port-net 10.0.0.0/24,udp:123,192.0.2.0/28
create net-iface hash:net,iface
add net-iface 10.0.0.0/8,veth0
add net-iface 10.0.0.0/8,physdev:veth1
create bits-ip bitmap:ip range 10.1.0.0/16 netmask 24
add bits-ip 10.1.7.0
create bits-ip-mac bitmap:ip,mac range 192.168.0.0-192.168.0.255
add bits-ip-mac 192.168.0.3,02:00:00:00:00:0b
add bits-ip-mac 192.168.0.4
create bits-port bitmap:port range 1024-65535 timeout 100
add bits-port 8080-8082
create lists list:set size 8 counters
add lists ip4
add lists net4 before ip4
add lists ip6 after ip4
END
    newer
}

# What newer kernels and programs alone have; see scenes/qemu.
newer() { :; }

scene() {
    sets | while IFS= read -r line; do
        eval "run ipset $line"
    done
    ask ipset -o xml list
    # ipset says JSON from version 7.20 on.
    ! ipset -o json list -n > /dev/null 2>&1 || ask ipset -o json list
    ask ipset save
    run ipset list -n
    run ipset -t list net4
    run ipset save ip4
    run ipset del ip4 192.0.2.9
    run ipset test ip4 192.0.2.8
    fails ipset test ip4 192.0.2.9
    fails ipset add bits-port 90-100
    fails ipset add ip6 2001:db8::1
    fails ipset add bits-port 80
    fails ipset add ip-port 192.0.2.1,vrrp:7
    fails ipset add lists lists
    fails ipset create ip4 hash:net
    fails ipset create wide bitmap:ip range 10.0.0.0-11.0.0.0
    fails ipset destroy ip4
    fails ipset swap ip6 net4
    fails ipset destroy nothing
    run ipset create ip4b hash:ip counters comment skbinfo timeout 10
    run ipset swap ip4 ip4b
    run ipset rename net-net both
    run ipset flush both
    run ipset destroy both
    ipset save > /run/saved
    run ipset flush
    run ipset destroy
    run ipset restore < /run/saved
    (echo create many hash:ip; for at in $(seq 1 200); do echo "add many 10.9.0.$at"; done) > /run/many
    run ipset restore < /run/many
    # The sixth of these lines is refused; the five before it have been carried out.
    (for at in 205 204 203 202 201 200 199 198; do echo "add many 10.9.0.$at"; done) > /run/again
    fails ipset restore < /run/again
    run ipset -exist restore < /run/again
    run ipset create little hash:ip maxelem 1
    run ipset add little 192.0.2.1
    fails ipset add little 192.0.2.2
    (echo create less hash:ip maxelem 2; for at in 1 2 3 4; do echo "add less 192.0.2.$at"; done) > /run/less
    fails ipset restore < /run/less
    fails ipset del little 192.0.2.3
    fails ipset add little 192.0.2.3 timeout 7
    fails ipset create odd hash:ip netmask 33
    fails ipset create odd hash:nothing
    fails ipset rename little many
    run ipset -exist destroy nothing
}
