# What is recorded again and again: links, routes, traffic control, IPsec, nf_tables, sockets, refusals, a pyroute2
# program, and two programs that speak a protocol of their own, while somebody listens to the news. Every command may
# print; its conversations are what is compared.
here=$(dirname "$0")
exec > /dev/null 2>&1
listener=$(python "$here/listener.py")
# The kernel tells of carriers, and changes what it says of links by them, up to a second later, when it has time.
settle() { sleep 1.2; }
# What Linux 7 does at another time than Linux 6 is left out where kernels are compared: it tells of a bridge's new address
# later, and of an IPv6 address at once; of a carrier it may tell before the ACK. And one default is another.
varies() { [ -n "$COMMON" ] || "$@"; }
[ -z "$COMMON" ] || for conf in /proc/sys/net/ipv6/conf/*; do echo 172800 > "$conf/temp_valid_lft"; done

ip link add veth0 type veth peer name veth1
ip link set veth1 address 02:00:00:00:00:02
ip link add br0 type bridge
ip link add dummy0 type dummy
varies ip link set dummy0 master br0
settle
ip link set veth0 mtu 1400 up
varies ip link set veth1 up
ip link set br0 up
ip link set dummy0 up
settle
ip addr add 192.0.2.1/24 dev veth0
ip addr add 198.51.100.1/24 dev br0 valid_lft 3000 preferred_lft 2000
varies ip addr add 2001:db8::1/64 dev veth0 nodad
ip route add 203.0.113.0/24 via 192.0.2.2
ip route add 10.0.0.0/8 dev br0 metric 50 mtu 1300
ip route add blackhole 10.9.0.0/16 table 100
ip route replace 10.0.0.0/8 dev br0 metric 50 mtu 1280
ip rule add from 192.0.2.0/24 lookup 100 priority 1000
ip neigh add 192.0.2.7 lladdr 02:00:00:00:00:07 dev veth0 nud permanent
tc qdisc add dev veth0 root handle 1: htb default 10
tc class add dev veth0 parent 1: classid 1:10 htb rate 10mbit
tc filter add dev veth0 parent 1: protocol ip prio 1 u32 match ip dst 203.0.113.9/32 flowid 1:10
# User-mode Linux has nf_tables for bridges alone. The last file is refused for a chain that is not there.
nft -f - << END
table bridge filter {
    counter hits { }
    set blocked { type ipv4_addr . inet_service; flags interval; comment "by hand"; elements = { 10.0.0.0/24 . 22, 10.0.1.7 . 80-90 } }
    map ports { type inet_service : verdict; elements = { 22 : accept, 23 : drop } }
    chain input {
        type filter hook input priority 0; policy accept;
        iifname "br0" ct state established,related counter accept comment "answers"
        ip saddr . tcp dport @blocked counter name "hits" drop
        tcp dport vmap @ports
    }
}
END
nft -f - << END
add set bridge filter seen { type ipv4_addr; flags timeout; timeout 1h; }
add element bridge filter seen { 192.0.2.7, 192.0.2.8 timeout 2h, 192.0.2.9 comment "third" }
insert rule bridge filter input ip saddr @seen accept
add rule bridge filter input ip saddr 203.0.113.0/24 limit rate 10/second log prefix "slow " accept
END
nft -f - << END
delete element bridge filter blocked { 10.0.0.0/24 . 22 }
insert rule bridge filter input index 0 udp dport 53 accept
delete rule bridge filter input handle 7
END
nft -f - << END
add chain bridge filter extra
add rule bridge filter extra accept
add rule bridge filter output drop
add rule bridge filter extra drop
END
nft -a list ruleset
nft -j list set bridge filter seen
nft delete element bridge filter seen { 192.0.2.8 }
nft delete chain bridge filter nowhere
ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x1000 mode tunnel reqid 7 \
    enc 'cbc(aes)' 0x000102030405060708090a0b0c0d0e0f auth 'hmac(sha256)' 0x0f0e0d0c0b0a09080706050403020100
ip xfrm state allocspi src 192.0.2.2 dst 192.0.2.1 proto esp mode tunnel reqid 8 min 0x2000 max 0x2fff
ip xfrm policy add src 10.1.0.0/16 dst 10.2.0.0/16 dir out tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 7 mode tunnel
ip xfrm policy get src 10.1.0.0/16 dst 10.2.0.0/16 dir out
ip link add veth0 type dummy
ip link add vxlan0 type vxlan id 42 dstport 4789 srcport 500 400
ip route del 172.16.0.0/12
ss -tan
ip -d link show
ip addr show
ip route show table all
ip neigh show
tc -s qdisc show
ip xfrm state
python "$here/program.py"
python "$here/../../../captures/scenes/greeting.py"
ip link del veth0
ip link del br0
kill "$listener"
