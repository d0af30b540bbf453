# Packets that wait for verdicts and packets that are logged, fingerprints of systems, and hooks: packets.py has a socket
# for each, passes verdicts of every kind, and does what is refused.
before() {
    ip link set lo up
    sleep 2
}
scene() {
    run python captures/scenes/packets.py
}
