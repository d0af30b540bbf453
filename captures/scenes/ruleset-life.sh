# What becomes of tables, chains, rules, sets and objects of nf_tables, by nft with its monitor beside it; a file of which
# one line is refused. User-mode Linux has nf_tables for bridges alone.
before() {
    modprobe -a nf_tables nft_ct nft_objref nft_quota nf_conntrack_bridge
    cat > /run/shop.nft << 'END'
table bridge shop {
    counter hits { }
    quota monthly { 500 mbytes }
    set blocked { type ipv4_addr; flags interval; elements = { 10.0.0.0/24, 10.0.1.7 } }
    map doors { type inet_service : verdict; }
    chain common { counter accept; }
    chain input {
        type filter hook input priority 0; policy accept;
        ip saddr @blocked counter name "hits" drop
        tcp dport { 22, 80, 443 } jump common
        tcp dport vmap @doors
        udp dport 53 accept comment "names"
    }
}
END
    cat > /run/refused.nft << 'END'
add chain bridge shop extra
add rule bridge shop input udp dport 1 drop
add rule bridge shop nowhere accept
add rule bridge shop input udp dport 2 drop
END
}
scene() {
    listen nft monitor
    run nft -f /run/shop.nft
    run nft add element bridge shop blocked '{ 192.0.2.0/28, 198.51.100.1 }'
    run nft add element bridge shop doors '{ 25 : jump common, 110 : drop }'
    run nft delete element bridge shop blocked '{ 10.0.1.7 }'
    run nft add table bridge shop
    run nft replace rule bridge shop input handle 12 udp dport 5353 drop
    run nft add chain bridge shop input '{ policy drop; }'
    run nft rename chain bridge shop common usual
    fails nft -f /run/refused.nft
    fails nft create table bridge shop
    fails nft delete chain bridge shop usual
    run nft -a list ruleset
    run nft flush set bridge shop blocked
    run nft reset counter bridge shop hits
    run nft insert rule bridge shop usual drop
    run nft flush chain bridge shop input
    run nft delete map bridge shop doors
    run nft delete quota bridge shop monthly
    run nft add table bridge empty
    run nft delete table bridge shop
    run nft flush ruleset
    deaf
}
