# The ethtool family: all that a simulated device (netdevsim) and a veth answer, changes heard by `ethtool --monitor`.
before() {
    modprobe netdevsim
    mount -t debugfs debugfs /sys/kernel/debug
    echo "1 1 4" > /sys/bus/netdevsim/new_device
    sleep 0.5
    dev=$(ls /sys/bus/netdevsim/devices/netdevsim1/net)
    ip link set "$dev" name sim0
    ip link set sim0 up
    ip link add veth0 type veth peer name veth1
    ip link set veth0 up
    ip link set veth1 up
    echo 1 > "/sys/kernel/debug/netdevsim/netdevsim1/ports/0/ethtool/pause/report_stats_rx"
    echo 1 > "/sys/kernel/debug/netdevsim/netdevsim1/ports/0/ethtool/pause/report_stats_tx"
}

scene() {
    listen ethtool --monitor
    for what in "" -k -c -g -l -T -P -a --show-fec --show-eee --show-priv-flags --show-tunnels -x -m --show-plca-cfg \
        --show-pse --show-mm --get-phc-vclocks --get-hwtimestamp-cfg --show-module --include-statistics\ -a; do
        run ethtool $what sim0
    done
    run ethtool veth0
    run ethtool -k veth0
    run ethtool -l veth0
    run ethtool --json -S sim0 --groups eth-mac eth-phy eth-ctrl rmon
    run ethtool -S veth0 --all-groups
    run ethtool -I --show-fec sim0
    run ethtool -K sim0 gro off rx-gro-list on tso off
    run ethtool -K veth0 tx-checksumming off
    run ethtool -G sim0 rx 256 tx 128
    run ethtool -L sim0 combined 2
    run ethtool -C sim0 rx-usecs 30 rx-frames 8 adaptive-rx on
    run ethtool -A sim0 rx on tx off
    run ethtool --set-fec sim0 encoding rs
    run ethtool -s sim0 msglvl drv on link on
    run ethtool -s sim0 speed 1000 duplex full
    run ethtool -s sim0 wol g
    run ethtool -X sim0 equal 2
    run ethtool -X sim0 context new
    run ethtool --set-priv-flags sim0 some on
    run ethtool -N sim0 flow-type tcp4 dst-port 80 action 1
    fails ethtool -G sim0 rx 100000
    fails ethtool -L sim0 combined 0
    run ethtool -g sim0
    run ethtool -k sim0
    run ethtool --cable-test sim0
    run ethtool --show-features lo
    deaf
}
