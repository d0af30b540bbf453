# Wireless without hardware (mac80211_hwsim): hostapd makes an access point with WPA2, iw looks and scans, wpa_supplicant
# joins and leaves; iw event listens. The keys of the connection are random and of no more use; the daemons' logs, which
# print them, become nl80211.keys.txt, a referee for what must not be shown.
before() {
    modprobe mac80211_hwsim radios=2
    sleep 1
    cat > /run/ap.conf << END
interface=wlan0
ssid=nlsniff
hw_mode=g
channel=6
wpa=2
wpa_key_mgmt=WPA-PSK
rsn_pairwise=CCMP
wpa_passphrase=a dummy passphrase
END
    cat > /run/sta.conf << END
p2p_disabled=1
network={
    ssid="nlsniff"
    psk="a dummy passphrase"
}
END
    hostapd -K -dd /run/ap.conf > /run/ap.log 2>&1 &
    until grep -q AP-ENABLED /run/ap.log; do sleep 0.2; done
    # It and every iw that waits ask 14 times for the family, 2 KiB each.
    listen iw event -t
}

scene() {
    # Read its configuration again: the access point ends and begins, without asking all that it asks at its start.
    run kill -HUP $(pidof hostapd)
    sleep 2
    run ip link set wlan1 up
    run iw dev wlan1 scan trigger freq 2437
    sleep 1
    run iw dev wlan1 scan dump
    wpa_supplicant -K -dd -i wlan1 -D nl80211 -c /run/sta.conf > /run/sta.log 2>&1 &
    supplicant=$!
    until grep -q CTRL-EVENT-CONNECTED /run/sta.log; do sleep 0.2; done
    run iw dev wlan1 link
    run iw dev wlan1 station dump
    run iw dev wlan0 survey dump
    kill $supplicant
    sleep 1
    # A key that is set by hand: WEP, which no one should use.
    run iw dev wlan1 connect open 2437 keys d:0:5eed0a0ffee0a1b2c3d4e5f607
    kill $(pidof hostapd)
    sleep 1
    deaf
    grep -hE '(PTK|GTK|TK|KCK|KEK|PMK|NL80211.*[kK]ey).*hexdump' /run/ap.log /run/sta.log |
        sed 's/^[0-9.]*: //' > "$NLSNIFF_SHARE/nl80211.keys.txt"
}
