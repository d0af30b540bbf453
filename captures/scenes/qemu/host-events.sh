# What never passes an nlmon device: uevents of the kernel and of udev, process events, and audit, which is told of by its
# multicast group and, as nobody else hears requests and answers, by the system calls of the programs that ask.
options="--groups uevent,audit,connector"

before() {
    modprobe dummy
    /usr/lib/systemd/systemd-udevd --daemon
    udevadm settle
}

scene() {
    run overheard auditctl -s
    run overheard auditctl -e 1 -b 100
    run overheard auditctl -m 'hello from a program'
    run overheard auditctl -w /etc/shadow -p wa -k 'my shadow'
    run overheard auditctl -a always,exit -F arch=b64 -S unlinkat,renameat2 -F 'auid>=1000' -F auid!=unset -F success=1 -k remove
    run overheard auditctl -l
    fails overheard auditctl -a always,exit -F arch=b64 -S openat -F path=relative -k wrong
    run touch /etc/shadow
    run overheard python3 captures/scenes/qemu/typed.py
    run overheard auditctl -D
    run ip link add dummy0 type dummy
    run ip link set dummy0 name other0
    run ip link del other0
    run udevadm settle
    run su -s /bin/sh -c true nobody
    run useradd -M someone
    run sh -c 'kill -SEGV $$'
    run overheard auditctl -e 0
    sleep 0.5
}
