# charon again (strongswan.sh), while others work on states and policies, too, with listeners: all under strace, so that
# the truth of every frame is known (charon-at-once.truth.json). XFRM's answers and notifications repeat what a request
# says its port is, and say 0 where it says nothing: nothing but time and content tells whose they are.
. captures/scenes/strongswan.sh

scene() {
    listen traced ip xfrm monitor
    listen traced ip xfrm monitor
    charon west traced
    other="src 192.0.2.1 dst 192.0.2.2 proto esp"
    loop 25 "ip xfrm state add $other spi \$((i + 300)) mode tunnel auth digest_null ''; ip xfrm state get $other spi \$((i + 300)); ip xfrm state list; ip xfrm state delete $other spi \$((i + 300))"
    loop 25 "ip xfrm policy add src 10.7.\$i.0/24 dst 10.8.0.0/24 dir out tmpl $other mode tunnel; ip xfrm policy list; ip xfrm policy delete src 10.7.\$i.0/24 dst 10.8.0.0/24 dir out"
    loop 25 "ip xfrm policy get src 10.7.\$i.0/24 dst 10.8.0.0/24 dir out; ip xfrm policy list; ip xfrm state count"
    loop 25 "ip xfrm state allocspi $other min \$((i + 4000)) max \$((i + 4100)); ip xfrm state flush proto ah; ip route show"
    control west --load-all > /dev/null
    control west --install --child net
    send 10.2.0.1 9
    sleep 3
    control west --rekey --child net
    sleep 3
    control west --initiate --child brief
    sleep 5
    control west --rekey --ike peers --reauth
    sleep 3
    join
    control west --uninstall --child net
    control west --terminate --ike peers
    sleep 1
    tail -n 20 /tmp/west/log
    deaf
}
