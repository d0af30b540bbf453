# What the kernel tells of queues, NAPI instances and page pools (netdev), and traffic shapers (net_shaper), on a
# simulated device; changes heard by a listener. No tool of Debian speaks these families, so netdev.py does.
before() {
    modprobe netdevsim
    mount -t debugfs debugfs /sys/kernel/debug
    echo "1 1 4" > /sys/bus/netdevsim/new_device
    sleep 0.5
    ip link set "$(ls /sys/bus/netdevsim/devices/netdevsim1/net)" name sim0
    ip link add veth0 type veth peer name veth1
}

scene() {
    listen python3 captures/scenes/qemu/listen.py netdev
    run ip link set sim0 up
    run python3 captures/scenes/qemu/netdev.py sim0
    run ip link set sim0 down
    run ip link del veth0
    deaf
}
