# devlink on a simulated device (netdevsim): what it is, ports, parameters, health, traps, resources, regions, rates,
# virtual functions, reload and flash, heard by `devlink monitor`.
before() {
    modprobe netdevsim
    mount -t debugfs debugfs /sys/kernel/debug
    echo "10 2" > /sys/bus/netdevsim/new_device
    sleep 0.5
    mkdir -p /lib/firmware
    head -c 100000 /dev/zero > /lib/firmware/dummy
}

scene() {
    dev=netdevsim/netdevsim10
    listen devlink monitor
    run devlink dev show
    run devlink dev info
    run devlink dev param show
    run devlink dev param set $dev name test1 value true cmode driverinit
    run devlink dev param set $dev name max_macs value 16 cmode driverinit
    run devlink port show
    run devlink resource show $dev
    run devlink resource set $dev path IPv4/fib size 100
    run devlink dev reload $dev
    run devlink health show
    run devlink health diagnose $dev reporter dummy
    run devlink health set $dev reporter dummy grace_period 1000 auto_recover true
    echo some error > /sys/kernel/debug/netdevsim/netdevsim10/health/break_health
    run devlink health dump show $dev reporter dummy
    run devlink health recover $dev reporter dummy
    run devlink health dump clear $dev reporter dummy
    run devlink -s trap show
    run devlink trap set $dev trap blackhole_route action trap
    run devlink trap group show
    run devlink trap group set $dev group l3_drops policer 2
    run devlink -s trap policer show
    run devlink trap policer set $dev policer 2 rate 2000 burst 256
    run devlink region show
    run devlink region new $dev/dummy snapshot 7
    run devlink region read $dev/dummy snapshot 7 address 0 length 64
    run devlink region del $dev/dummy snapshot 7
    run devlink dev eswitch show $dev
    echo 2 > /sys/bus/netdevsim/devices/netdevsim10/sriov_numvfs
    run devlink dev eswitch set $dev mode switchdev
    run devlink port show
    run devlink port function rate show
    run devlink port function rate add $dev/group tx_share 10mbit tx_max 100mbit
    run devlink port function rate set $dev/128 tx_share 1mbit tx_max 10mbit parent group
    run devlink port function rate show
    run devlink port function rate set $dev/128 noparent
    run devlink port function rate del $dev/group
    run devlink dev flash $dev file dummy
    run devlink dev selftests show $dev
    run devlink sb show
    run devlink dpipe table show $dev
    fails devlink dev param set $dev name nothing value 1 cmode runtime
    fails devlink dev eswitch set $dev mode switchdev_inactive
    fails devlink port split $dev/0 count 2
    echo 0 > /sys/bus/netdevsim/devices/netdevsim10/sriov_numvfs
    deaf
}
