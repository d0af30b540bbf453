# Rules of iptables, ip6tables, ebtables and arptables by way of nf_tables, with matches and targets of every kind; and
# what the tools say of them.
scene=xtables
before() {
    ip link set lo up
    ipset create addresses hash:ip,port
    ipset create marks hash:ip skbinfo
    for kind in nft_compat nft_counter; do modprobe "$kind" 2> /dev/null; done
}

rules() {
    cat << 'END'
*filter
-A INPUT -p tcp --dport 22 --sport 1024:65535 --tcp-flags SYN,ACK SYN --tcp-option 3 -j ACCEPT
-A INPUT -p udp ! --dport 53 --sport 5000 -j DROP
-A INPUT -m conntrack --ctstate NEW,ESTABLISHED,RELATED,DNAT -j ACCEPT
-A INPUT -m conntrack --ctproto 6 ! --ctorigsrc 10.0.0.0/8 --ctorigdstport 80:90 --ctstatus ASSURED --ctexpire 10:20 --ctdir ORIGINAL -j ACCEPT
-A INPUT -m state --state NEW -j ACCEPT
-A INPUT -m comment --comment "what a rule is for" -j RETURN
-A INPUT -p tcp -m multiport --dports 22,80,1000:2000 -j ACCEPT
-A INPUT -p tcp -m multiport ! --ports 22,80 -j ACCEPT
-A INPUT -m addrtype --src-type UNICAST --dst-type LOCAL --limit-iface-in -j ACCEPT
-A INPUT -m connmark ! --mark 0x1/0xff -j ACCEPT
-A INPUT -m hashlimit --hashlimit-above 10/sec --hashlimit-burst 9 --hashlimit-mode srcip,dstport --hashlimit-name web --hashlimit-srcmask 24 -j DROP
-A INPUT -m statistic --mode random --probability 0.25 -j ACCEPT
-A INPUT -m statistic --mode nth --every 3 --packet 1 -j ACCEPT
-A INPUT -m recent --name visitors --rcheck --seconds 60 --hitcount 4 --rsource -j DROP
-A INPUT -m recent --name visitors --set --rdest
-A INPUT -m set --match-set addresses src,dst -j ACCEPT
-A INPUT -m set ! --match-set marks src --packets-gt 10 ! --update-counters -j ACCEPT
-A INPUT -m string --string "evil" --algo bm --from 10 --to 100 --icase -j DROP
-A INPUT -m string --hex-string "|00ff|abc" --algo kmp -j DROP
-A OUTPUT -m owner --uid-owner 0-1000 ! --gid-owner 5 -j ACCEPT
-A INPUT -m iprange --src-range 10.0.0.1-10.0.0.9 ! --dst-range 192.0.2.1-192.0.2.2 -j ACCEPT
-A FORWARD -m physdev --physdev-in eth0 --physdev-is-bridged -j ACCEPT
-A INPUT -m mac --mac-source 02:00:00:00:00:01 -j ACCEPT
-A INPUT -p icmp --icmp-type 8 -j ACCEPT
-A INPUT -p icmp ! --icmp-type 3/1 -j ACCEPT
-A INPUT -p tcp -m tcpmss --mss 100:1000 -j ACCEPT
-A INPUT -p tcp -m connlimit --connlimit-above 10 --connlimit-mask 24 -j DROP
-A INPUT -m length --length 100:200 -j DROP
-A INPUT -m ttl --ttl-lt 5 -j DROP
-A INPUT -m tos --tos 0x10/0x3f -j DROP
-A INPUT -m dscp ! --dscp 0x0a -j DROP
-A INPUT -p tcp -m ecn --ecn-tcp-ece -j DROP
-A INPUT -p esp -m esp --espspi 1:100 -j DROP
-A INPUT -p ah -m ah --ahspi 1:100 -j DROP
-A INPUT -p sctp -m sctp --dport 5 -j DROP
-A INPUT -m helper --helper ftp -j DROP
-A INPUT -m time --timestart 10:00 --timestop 12:00 --weekdays Mon,Tue -j DROP
-A INPUT -m quota --quota 1000 -j DROP
-A INPUT -m cpu --cpu 1 -j DROP
-A INPUT -m devgroup --src-group 5 -j DROP
-A INPUT -m socket --transparent -j DROP
-A INPUT -m policy --dir in --pol ipsec --reqid 5 --proto esp -j DROP
-A INPUT -m connbytes --connbytes 10:20 --connbytes-mode bytes --connbytes-dir both -j DROP
-A INPUT -m bpf --bytecode "4,48 0 0 9,21 0 1 6,6 0 0 1,6 0 0 0" -j DROP
-A INPUT -m u32 --u32 "6&0xFF=1" -j DROP
-A INPUT -j LOG --log-prefix "refused: " --log-level info --log-tcp-options
-A INPUT -p tcp -j REJECT --reject-with tcp-reset
-A INPUT -j NFQUEUE --queue-balance 1:5 --queue-bypass
-A INPUT -j REJECT --reject-with icmp-admin-prohibited
COMMIT
*nat
-A PREROUTING -p tcp --dport 80 -j DNAT --to-destination 10.0.0.2:8080
-A PREROUTING -p tcp --dport 81 -j DNAT --to-destination 10.0.0.2-10.0.0.5:8080-8090/80 --random
-A PREROUTING -p tcp -j REDIRECT --to-ports 8080
-A PREROUTING -j NETMAP --to 10.1.0.0/16
-A POSTROUTING -p tcp -j SNAT --to-source 10.0.0.2-10.0.0.4:1-100 --persistent
-A POSTROUTING -p tcp -j MASQUERADE --to-ports 1-100
-A POSTROUTING -j MASQUERADE --random-fully
COMMIT
*mangle
-A PREROUTING -j MARK --set-xmark 0x1/0xff
-A PREROUTING -j CONNMARK --save-mark --nfmask 0xff --ctmask 0xff
-A PREROUTING -j CONNMARK --set-xmark 0x5/0xffffffff
-A PREROUTING -p tcp -j TPROXY --on-port 1234 --on-ip 127.0.0.1 --tproxy-mark 0x1/0x1
-A PREROUTING -j DSCP --set-dscp 0x0a
-A PREROUTING -j TOS --set-tos 0x10/0x3f
-A PREROUTING -j TTL --ttl-set 10
-A PREROUTING -j TEE --gateway 10.0.0.1
-A FORWARD -p tcp -j TCPMSS --clamp-mss-to-pmtu
-A FORWARD -p tcp -j TCPMSS --set-mss 1400
-A FORWARD -p tcp -j TCPOPTSTRIP --strip-options timestamp
-A FORWARD -p udp -j CHECKSUM --checksum-fill
-A POSTROUTING -j CLASSIFY --set-class 1:10
-A POSTROUTING -j SET --add-set addresses src,dst --exist --timeout 100
-A POSTROUTING -j SET --map-set marks src --map-mark
COMMIT
*raw
-A PREROUTING -p tcp -j CT --zone 5
-A PREROUTING -j CT --notrack
-A PREROUTING -j CT --ctevents new,destroy
COMMIT
END
}

rules6() {
    cat << 'END'
*filter
-A INPUT -p ipv6-icmp --icmpv6-type 128 -j ACCEPT
-A INPUT -m hl --hl-lt 5 -j DROP
-A INPUT -m conntrack --ctorigsrc fe80::/10 -j ACCEPT
-A INPUT -m iprange --src-range fe80::1-fe80::9 -j ACCEPT
-A INPUT -m frag --fragid 1 -j DROP
-A INPUT -m rt --rt-type 0 -j DROP
-A INPUT -m ipv6header --header hop,dst --soft -j DROP
-A INPUT -m dst --dst-len 8 -j DROP
-A INPUT -m recent --name visitors --set --rsource
-A INPUT -j REJECT --reject-with icmp6-adm-prohibited
COMMIT
*nat
-A PREROUTING -p tcp -j DNAT --to-destination [fd00::1]:80
-A PREROUTING -p tcp -j REDIRECT --to-ports 8080
-A PREROUTING -j NETMAP --to fd00::/64
-A POSTROUTING -p tcp -j SNAT --to-source fd00::1-fd00::3
-A POSTROUTING -p tcp -j MASQUERADE --to-ports 10-20
COMMIT
*mangle
-A PREROUTING -p tcp -j TPROXY --on-port 1234 --on-ip ::1 --tproxy-mark 0x1/0x1
-A PREROUTING -j HL --hl-set 10
COMMIT
END
}

frames() {
    cat << 'END'
*filter
-A INPUT -p IPv4 --ip-src 10.0.0.1 --ip-proto tcp --ip-dport 80 -j ACCEPT
-A INPUT -p IPv6 --ip6-src fe80::1 --ip6-proto tcp --ip6-dport 80 -j DROP
-A INPUT -p ARP --arp-op Request --arp-ip-src 10.0.0.1 -j ACCEPT
-A INPUT -p 802_1Q --vlan-id 5 -j DROP
-A INPUT --mark 0x5 -j ACCEPT
-A INPUT --pkttype-type broadcast -j ACCEPT
-A INPUT -d BGA --stp-type config -j ACCEPT
-A INPUT --log-level info --log-prefix "frame" --log-ip -j CONTINUE
-A INPUT -j mark --mark-set 0x5 --mark-target ACCEPT
*nat
-A PREROUTING -j dnat --to-dst 02:00:00:00:00:01 --dnat-target ACCEPT
-A PREROUTING -j redirect --redirect-target ACCEPT
-A POSTROUTING -j snat --to-src 02:00:00:00:00:01 --snat-target ACCEPT
END
}

# restore TOOL: hand it a table at a time; where the kernel lacks what one rule needs, the others go without it.
restore() {
    rules=$(cat)
    while ! echo "$rules" | "$1" --noflush 2> /run/refused; do
        line=$(grep -o 'line [0-9]*' /run/refused | head -n 1 | cut -d ' ' -f 2)
        [ -n "$line" ] || { cat /run/refused; return; }
        echo "refused: $(echo "$rules" | sed -n "${line}p")"
        rules=$(echo "$rules" | sed "${line}d")
    done
}

scene() {
    rules | restore iptables-nft-restore
    rules6 | restore ip6tables-nft-restore
    frames | ebtables-nft-restore --noflush
    run arptables-nft -A INPUT -s 10.0.0.1 -j mangle --mangle-ip-s 10.0.0.2
    ask iptables-nft-save
    ask ip6tables-nft-save
    ask ebtables-nft-save
    ask arptables-nft-save
}
