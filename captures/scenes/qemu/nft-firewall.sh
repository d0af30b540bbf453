# A firewall from beginning to end, as `nft monitor` hears it: tables, chains, sets, maps, objects and flowtables of every
# kind (firewall.nft), packets that meet them, elements that come and go, rules replaced and moved, counters reset, traces
# of packets; at the end what `nft -j` says of all that is left.
scene=${scene:-nft-firewall}
. captures/scenes/qemu/lib.sh
newer=${newer-captures/scenes/firewall-newer.nft}

before() {
    offices
    sleep 1
}

scene() {
    listen nft monitor
    listen nft monitor trace
    run nft -f captures/scenes/firewall.nft
    [ -z "$newer" ] || run nft -f "$newer"
    run nft 'add element inet filter admins { 192.0.2.12 comment "by day", 192.0.2.13 }'
    run nft add element inet filter banned '{ 198.51.100.9 timeout 5s, 198.51.100.10 }'
    run nft add element inet filter triples '{ 10.3.0.0/16 . udp . 100-200 }'
    run nft add element inet filter verdicts '{ 90 : jump services, 91 : goto services }'
    traffic
    run nft delete element inet filter admins '{ 192.0.2.10 }'
    run nft delete element inet filter nets '{ 172.16.0.0/12 }'
    run nft get element inet filter nets '{ 10.20.30.40 }'
    run nft add rule inet filter forward position 0 counter
    run nft insert rule inet filter forward iifname '"dummy0"' drop
    handle=$(nft -a list chain inet filter forward | sed -n 's/.*dummy0.* handle //p')
    run nft replace rule inet filter forward handle "$handle" iifname '"dummy0"' counter accept
    run nft delete rule inet filter forward handle "$handle"
    run nft rename chain inet filter strangers foreigners
    run nft 'chain inet filter forward { policy accept; }'
    run nft reset counters
    run nft reset quotas
    run nft reset counter inet filter web
    run nft --echo --handle add rule inet filter forward counter
    run nft --check add rule inet filter forward counter
    run nft list set inet filter seen
    run nft list chain inet filter services
    run nft list flowtables
    run nft flush set inet filter banned
    run nft delete map inet filter typedmap
    run nft 'add table ip guard; add chain ip guard one; add rule ip guard one counter; flush chain ip guard one; delete table ip guard'
    run nft add table inet short '{ flags dormant; }'
    run nft 'add table inet short; flush table inet short; delete table inet short'
    run nft 'add flowtable inet filter fast { devices = { dummy0 }; }'
    run nft 'delete flowtable inet filter fast { devices = { dummy0 }; }'
    sleep 1
    deaf
    ask nft -j list ruleset
}
