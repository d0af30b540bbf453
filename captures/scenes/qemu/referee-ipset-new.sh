# The sets of scenes/referee-ipset.sh with a newer kernel and a newer ipset, and what only these have.
. captures/scenes/referee-ipset.sh
scene=referee-ipset-new
before() {
    modprobe -a ip_set ip_set_bitmap_ip ip_set_bitmap_ipmac ip_set_bitmap_port ip_set_hash_ip ip_set_hash_ipmac \
        ip_set_hash_ipmark ip_set_hash_ipport ip_set_hash_ipportip ip_set_hash_ipportnet ip_set_hash_mac ip_set_hash_net \
        ip_set_hash_netiface ip_set_hash_netnet ip_set_hash_netport ip_set_hash_netportnet ip_set_list_set
    ip link set lo up
    ip link add veth0 type veth peer name veth1
}

newer() {
    cat << 'END'
create ip-bits hash:ip bitmask 255.255.0.255
add ip-bits 192.0.2.1
create ip-port-bits hash:ip,port family inet6 bitmask ffff:ffff::ffff
add ip-port-bits 2001:db8:7::1,tcp:22
create net-net-mask hash:net,net netmask 24
add net-net-mask 192.0.2.1,198.51.100.0/28
create small hash:ip bucketsize 4 initval 0x1234 hashsize 64
add small 192.0.2.1
create wildcard hash:net,iface
add wildcard 10.0.0.0/8,veth wildcard
END
}
